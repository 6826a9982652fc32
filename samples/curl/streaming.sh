#!/usr/bin/env bash
# Show the answer as it comes
#
# Prints each piece of the answer as soon as it arrives.

# The token comes from the environment: it is never published with the code.
# --fail-with-body shows the service's error, and still exits with 22.
# --no-buffer shows each piece of the answer as soon as it arrives.
curl "https://models.inference.ai.azure.com/chat/completions" \
    --fail-with-body \
    --no-progress-meter \
    --no-buffer \
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
                "content": "Give me 5 good reasons why I should exercise every day."
            }
        ],
        "stream": true,
        "model": "Phi-3-small-8k-instruct"
    }'
