#!/usr/bin/env bash
# Hold a conversation
#
# Sends the conversation so far along with the next question, since the service
# keeps no history.

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
            },
            {
                "role": "assistant",
                "content": "The capital of France is Paris."
            },
            {
                "role": "user",
                "content": "What about Spain?"
            }
        ],
        "model": "Phi-3-small-8k-instruct"
    }'
