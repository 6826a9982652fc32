#!/usr/bin/env bash
# Ask one question
#
# Sends one question to the model and prints its answer.

# The token comes from the environment: it is never published with the code.
# --fail-with-body shows the service's error, and still exits with 22.
curl "https://models.inference.ai.azure.com/chat/completions" \
    --fail-with-body \
    --no-progress-meter \
    --header "Authorization: Bearer $GITHUB_TOKEN" \
    --header "Content-Type: application/json" \
    --data '{
        "messages": [
            {
                "role": "system",
                "content": "You are a helpful assistant."
            },
            {
                "role": "user",
                "content": "What is the capital of France?"
            }
        ],
        "temperature": 1,
        "max_tokens": 1000,
        "top_p": 1,
        "model": "Phi-3-small-8k-instruct"
    }'
