"""Hold a conversation

Sends the conversation so far along with the next question, since the service keeps
no history.
"""

import os
import sys

from azure.ai.inference import ChatCompletionsClient
from azure.ai.inference.models import AssistantMessage, SystemMessage, UserMessage
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError

endpoint = "https://models.inference.ai.azure.com"
model = "Phi-3-small-8k-instruct"

# From the environment, so that it is never published with the code.
token = os.environ["GITHUB_TOKEN"]

client = ChatCompletionsClient(endpoint=endpoint, credential=AzureKeyCredential(token))

try:
    response = client.complete(
        messages=[
            SystemMessage(content="You are a helpful assistant."),
            UserMessage(content="What is the capital of France?"),
            AssistantMessage(content="The capital of France is Paris."),
            UserMessage(content="What about Spain?"),
        ],
        model=model,
    )
    # An answer that was filtered has no choice, or one without text.
    answer = response.choices[0].message.content if response.choices else None
    if not answer:
        sys.exit("The answer is empty.")
    print(answer)
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
