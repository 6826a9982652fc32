"""Show the answer as it comes

Prints each piece of the answer as soon as it arrives.
"""

import os
import sys

from azure.ai.inference import ChatCompletionsClient
from azure.ai.inference.models import SystemMessage, UserMessage
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError

endpoint = "https://models.inference.ai.azure.com"
model = "Phi-3-small-8k-instruct"

# From the environment, so that it is never published with the code.
token = os.environ["GITHUB_TOKEN"]

client = ChatCompletionsClient(endpoint=endpoint, credential=AzureKeyCredential(token))

try:
    updates = client.complete(
        stream=True,
        messages=[
            SystemMessage(content="You are a helpful assistant."),
            UserMessage(
                content="Give me 5 good reasons why I should exercise every day."
            ),
        ],
        model=model,
    )
    answer = ""
    for update in updates:
        # Some updates carry no choice, and some choices no text.
        if update.choices:
            piece = update.choices[0].delta.content or ""
            # Without flush, the text would wait in a buffer.
            print(piece, end="", flush=True)
            answer += piece
    print()
    # An answer that was filtered may have no text.
    if not answer:
        sys.exit("The answer is empty.")
except AzureError as error:
    # The service names its errors. A proxy on the way may send any text, or none.
    named, response = getattr(error, "error", None), getattr(error, "response", None)
    if named and named.code and named.message:
        reason = f"{named.code}: {named.message}"
    elif response:
        reason = f"HTTP {response.status_code}: {response.text()}"
    else:
        reason = str(error)
    sys.exit(" ".join(reason.split()))
