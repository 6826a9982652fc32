// Show the answer as it comes
//
// Prints each piece of the answer as soon as it arrives.

import { text } from "node:stream/consumers";
import ModelClient from "@azure-rest/ai-inference";
import { AzureKeyCredential } from "@azure/core-auth";
import { createSseStream } from "@azure/core-sse";

const endpoint = "https://models.inference.ai.azure.com";
const model = "Phi-3-small-8k-instruct";

try {
  // From the environment, so that it is never published with the code.
  const credential = new AzureKeyCredential(process.env.GITHUB_TOKEN);
  const client = ModelClient(endpoint, credential);

  const response = await client
    .path("/chat/completions")
    .post({
      body: {
        messages: [
          { role: "system", content: "You are a helpful assistant." },
          {
            role: "user",
            content: "Give me 5 good reasons why I should exercise every day.",
          },
        ],
        model,
        stream: true,
      },
    })
    .asNodeStream();

  if (response.status !== "200") {
    throw new Error(explain(response.status, await text(response.body)));
  }

  let answer = "";
  for await (const event of createSseStream(response.body)) {
    if (event.data === "[DONE]") break;
    const { choices, error } = JSON.parse(event.data);
    // A stream can still fail after it has begun.
    if (error) {
      process.stdout.write("\n");
      throw new Error(explain(response.status, event.data));
    }
    // Some events carry no choice, and some choices no text.
    const piece = choices?.[0]?.delta?.content ?? "";
    process.stdout.write(piece);
    answer += piece;
  }
  process.stdout.write("\n");
  // An answer that was filtered may have no text.
  if (!answer) throw new Error("The answer is empty.");
} catch (error) {
  console.error(error.message.replace(/\s+/g, " ").trim());
  process.exitCode = 1;
}

// The service names its errors. A proxy on the way may send any text, or none.
function explain(status, body) {
  try {
    const { code, message } = JSON.parse(body).error;
    if (code && message) return `${code}: ${message}`;
  } catch {
    // The body is not the service's.
  }
  return `HTTP ${status}: ${body}`;
}
