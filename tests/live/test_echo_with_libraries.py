"""The echo, used by the official libraries of Azure and OpenAI."""

import asyncio
import json

import pytest
from azure.ai.inference import ChatCompletionsClient
from azure.ai.inference import aio as azure_aio
from azure.ai.inference import models as azure
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from openai import (
    AsyncOpenAI,
    AuthenticationError,
    BadRequestError,
    OpenAI,
    UnprocessableEntityError,
)

MODEL = "Phi-3-mini-4k-instruct"
ASK = [{"role": "user", "content": "Where is the railway station?"}]
SAID = "You said: Where is the railway station?"
WEATHER = {
    "name": "weather",
    "description": "Tells the weather",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 1},
        },
        "required": ["city"],
    },
}
ARGUMENTS = {"city": "city", "unit": "celsius", "days": 1}
TOOLS = [{"type": "function", "function": WEATHER}]


@pytest.fixture(scope="module")
def openai(echo):
    with OpenAI(base_url=f"{echo.url}/v1", api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def inference(echo):
    credential = AzureKeyCredential("any")
    with ChatCompletionsClient(endpoint=echo.url, credential=credential) as client:
        yield client


def streamed(events):
    return [event for event in events if event.choices]


def test_openai_plain(openai):
    answer = openai.chat.completions.create(model=MODEL, messages=ASK)
    assert answer.choices[0].message.content == SAID
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == MODEL
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_openai_streamed(openai):
    events = list(
        openai.chat.completions.create(
            model=MODEL, messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    )
    pieces = [event.choices[0].delta.content or "" for event in streamed(events)]
    assert "".join(pieces) == SAID
    assert len([piece for piece in pieces if piece]) > 3
    assert streamed(events)[-1].choices[0].finish_reason == "stop"
    assert events[-1].usage.completion_tokens > 3


def test_openai_calls_a_tool_and_is_told_what_it_said(openai):
    answer = openai.chat.completions.create(model=MODEL, messages=ASK, tools=TOOLS)
    message = answer.choices[0].message
    call = message.tool_calls[0]
    assert answer.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", ARGUMENTS)
    result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    again = openai.chat.completions.create(
        model=MODEL, messages=[*ASK, message, result], tools=TOOLS
    )
    assert again.choices[0].message.content == "The function says: rain"


def test_openai_streams_a_tool_call(openai):
    with openai.chat.completions.stream(model=MODEL, messages=ASK, tools=TOOLS) as stream:
        found = stream.get_final_completion().choices[0]
    assert json.loads(found.message.tool_calls[0].function.arguments) == ARGUMENTS
    assert found.finish_reason == "tool_calls"


def test_openai_calls_a_function_in_the_old_way(openai):
    answer = openai.chat.completions.create(
        model=MODEL, messages=ASK, functions=[WEATHER], function_call={"name": "weather"}
    )
    assert answer.choices[0].finish_reason == "function_call"
    assert json.loads(answer.choices[0].message.function_call.arguments) == ARGUMENTS


def test_openai_chooses_among_tools(openai):
    other = {"type": "function", "function": {"name": "time"}}
    named = {"type": "function", "function": {"name": "time"}}
    for choice, wanted in ((named, "time"), ("required", "weather"), ("none", None)):
        answer = openai.chat.completions.create(
            model=MODEL, messages=ASK, tools=[*TOOLS, other], tool_choice=choice
        )
        calls = answer.choices[0].message.tool_calls or []
        assert [call.function.name for call in calls] == ([wanted] if wanted else [])


def test_openai_gives_several_choices(openai):
    answer = openai.chat.completions.create(model=MODEL, messages=ASK, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in answer.choices}) == 3
    texts = {}
    for event in openai.chat.completions.create(model=MODEL, messages=ASK, n=3, stream=True):
        for choice in event.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    assert list(texts.values()) == [choice.message.content for choice in answer.choices]


def test_openai_json_modes(openai):
    ask = [{"role": "user", "content": "Answer in JSON"}]
    plain = openai.chat.completions.create(
        model=MODEL, messages=ask, response_format={"type": "json_object"}
    )
    assert isinstance(json.loads(plain.choices[0].message.content), dict)
    schema = {"name": "forecast", "schema": WEATHER["parameters"]}
    shaped = openai.chat.completions.create(
        model=MODEL,
        messages=ask,
        response_format={"type": "json_schema", "json_schema": schema},
    )
    assert json.loads(shaped.choices[0].message.content) == ARGUMENTS


def test_openai_stops_where_it_is_told(openai):
    stopped = openai.chat.completions.create(model=MODEL, messages=ASK, stop=["railway"])
    assert stopped.choices[0].message.content == "You said: Where is the "
    short = openai.chat.completions.create(model=MODEL, messages=ASK, max_tokens=2)
    assert short.choices[0].finish_reason == "length"
    assert SAID.startswith(short.choices[0].message.content)
    assert short.usage.completion_tokens == 2


def test_openai_async(echo):
    async def ask():
        async with AsyncOpenAI(base_url=f"{echo.url}/v1", api_key="any") as client:
            answer = await client.chat.completions.create(model=MODEL, messages=ASK)
            text = ""
            async for event in await client.chat.completions.create(
                model=MODEL, messages=ASK, stream=True
            ):
                text += (event.choices and event.choices[0].delta.content) or ""
            return answer.choices[0].message.content, text

    assert asyncio.run(ask()) == (SAID, SAID)


def test_openai_lists_models(openai):
    assert MODEL in [model.id for model in openai.models.list()]


def test_openai_sees_refusals(openai):
    with pytest.raises(UnprocessableEntityError) as refused:
        openai.chat.completions.create(model=MODEL, messages=[])
    assert refused.value.response.json() == {"error": ["$.messages: [] should be non-empty"]}
    with pytest.raises(BadRequestError, match="preceding message"):
        openai.chat.completions.create(
            model=MODEL, messages=[{"role": "tool", "tool_call_id": "x", "content": "y"}]
        )
    with pytest.raises(AuthenticationError, match="Bad credentials"):
        openai.with_options(default_headers={"Authorization": ""}).chat.completions.create(
            model=MODEL, messages=ASK
        )


def test_azure_plain(inference):
    answer = inference.complete(
        messages=[azure.UserMessage(content=ASK[0]["content"])], model=MODEL
    )
    assert answer.choices[0].message.content == SAID
    assert answer.choices[0].finish_reason == azure.CompletionsFinishReason.STOPPED
    assert answer.usage.completion_tokens > 3


def test_azure_streamed(inference):
    events = inference.complete(messages=ASK, model=MODEL, stream=True)
    text = "".join(event.choices[0].delta.content or "" for event in streamed(events))
    assert text == SAID


def test_azure_tools(inference):
    tool = azure.ChatCompletionsToolDefinition(function=azure.FunctionDefinition(**WEATHER))
    answer = inference.complete(messages=ASK, model=MODEL, tools=[tool])
    message = answer.choices[0].message
    call = message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", ARGUMENTS)
    said = [
        *ASK,
        azure.AssistantMessage(tool_calls=message.tool_calls),
        azure.ToolMessage(tool_call_id=call.id, content="rain"),
    ]
    again = inference.complete(messages=said, model=MODEL, tools=[tool])
    assert again.choices[0].message.content == "The function says: rain"
    events = list(
        streamed(inference.complete(messages=ASK, model=MODEL, tools=[tool], stream=True))
    )
    calls = [one for event in events for one in event.choices[0].delta.tool_calls or []]
    assert json.loads("".join(one.function.arguments for one in calls)) == ARGUMENTS


def test_azure_json_and_several_choices(inference):
    ask = [azure.UserMessage(content="JSON, please")]
    answer = inference.complete(messages=ask, model=MODEL, response_format="json_object")
    assert json.loads(answer.choices[0].message.content) == {"echo": "JSON, please"}
    several = inference.complete(messages=ASK, model=MODEL, model_extras={"n": 2})
    assert [choice.index for choice in several.choices] == [0, 1]


def test_azure_images(inference):
    parts = [
        azure.TextContentItem(text="What is this?"),
        azure.ImageContentItem(image_url=azure.ImageUrl(url="data:image/png;base64,AAAA")),
    ]
    answer = inference.complete(messages=[azure.UserMessage(content=parts)], model=MODEL)
    assert answer.choices[0].message.content == "You said: What is this? [image_url]"


def test_azure_async(echo):
    async def ask():
        credential = AzureKeyCredential("any")
        async with azure_aio.ChatCompletionsClient(echo.url, credential) as client:
            answer = await client.complete(messages=ASK, model=MODEL)
            text = ""
            async for event in await client.complete(messages=ASK, model=MODEL, stream=True):
                text += (event.choices and event.choices[0].delta.content) or ""
            return answer.choices[0].message.content, text

    assert asyncio.run(ask()) == (SAID, SAID)


def test_azure_sees_refusals(inference):
    with pytest.raises(HttpResponseError) as refused:
        inference.complete(messages=ASK, model=MODEL, temperature=7)
    assert refused.value.status_code == 422
