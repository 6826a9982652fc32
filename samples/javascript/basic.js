// Ask one question
//
// Sends one question to the model and prints its answer.

import ModelClient from "@azure-rest/ai-inference";
import { AzureKeyCredential } from "@azure/core-auth";

const endpoint = "https://models.inference.ai.azure.com";
const model = "Phi-3-small-8k-instruct";

try {
  // From the environment, so that it is never published with the code.
  const credential = new AzureKeyCredential(process.env.GITHUB_TOKEN);
  const client = ModelClient(endpoint, credential);

  const response = await client.path("/chat/completions").post({
    body: {
      messages: [
        { role: "system", content: "You are a helpful assistant." },
        { role: "user", content: "What is the capital of France?" },
      ],
      model,
      temperature: 1,
      max_tokens: 1000,
      top_p: 1,
    },
  });

  if (response.status !== "200") {
    throw new Error(explain(response.status, response.body));
  }

  // An answer that was filtered has no choice, or one without text.
  const answer = response.body.choices?.[0]?.message?.content;
  if (!answer) throw new Error("The answer is empty.");
  console.log(answer);
} catch (error) {
  // A body that is not the JSON it claims to be ends here, with its status.
  const status = error.statusCode ? `HTTP ${error.statusCode}: ` : "";
  console.error(status + error.message.replace(/\s+/g, " ").trim());
  process.exitCode = 1;
}

// The service names its errors. A proxy on the way may send any text, or none.
function explain(status, body) {
  const { code, message } = body?.error ?? {};
  if (code && message) return `${code}: ${message}`;
  const text = typeof body === "object" ? JSON.stringify(body) : (body ?? "");
  return `HTTP ${status}: ${text}`;
}
