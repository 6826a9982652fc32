"""Ask one question

Sends one question to the model and prints its answer.
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
    response = client.complete(
        messages=[
            SystemMessage(content="You are a helpful assistant."),
            UserMessage(content="What is the capital of France?"),
        ],
        model=model,
        temperature=1,
        max_tokens=1000,
        top_p=1,
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
