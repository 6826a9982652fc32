"""Files as others write them."""

import json

from harness.record.foreign.importing import import_file

ANSWER = '{"choices":[{"message":{"content":"Paris: é"}}]}'
STREAM = 'data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n'
URL = "https://models.example.com/v1/chat/completions?api-version=2024"


def har(*entries):
    return {"log": {"version": "1.2", "entries": list(entries)}}


def har_entry(text=ANSWER, kind="application/json", method="POST", url=URL, **more):
    fields = [{"name": ":status", "value": "200"}, {"name": "Content-Type", "value": kind}]
    fields += [{"name": "content-encoding", "value": "br"}, {"name": "X-One", "value": "1"}]
    content = {"size": 1, "mimeType": kind, "text": text} | more.pop("content", {})
    response = {"status": 200, "statusText": "", "headers": fields, "content": content}
    return {
        "startedDateTime": "2026-03-04T05:06:07Z",
        "request": {"method": method, "url": url, "headers": []},
        "response": response | more,
    }


CASSETTE = """\
interactions:
- request:
    body: '{{"model": "x"}}'
    headers: {{Accept: ['*/*']}}
    method: POST
    uri: {url}
  response:
    body:
      string: {body}
    headers:
      Content-Type: [{kind}]
      Date: ['Wed, 04 Mar 2026 05:06:07 GMT']
      Set-Cookie: [a=1, b=2]
      {more}
    status: {{code: {code}, message: {message}}}
version: 1
"""


def cassette(
    body, kind="application/json", more="Transfer-Encoding: [chunked]", code=200, message="OK"
):
    return CASSETTE.format(url=URL, body=body, kind=kind, more=more, code=code, message=message)


def proxy(body, kind="application/json", status=200, **headers):
    entry = {
        "RequestUri": URL,
        "RequestMethod": "POST",
        "RequestHeaders": {},
        "RequestBody": {"model": "x"},
        "StatusCode": status,
        "ResponseHeaders": {"Content-Type": kind, "Set-Cookie": ["a=1", "b=2"], **headers},
        "ResponseBody": body,
    }
    return {"Entries": [entry], "Variables": {}}


def load(
    folder, project, form, content, name="file.json", scenario="basic", numbers=(), chosen="chat"
):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    wanted = project.scenarios[scenario]
    # Whether an answer is whole is another question than how a file tells it.
    return import_file(
        path,
        form,
        wanted,
        project.operations[chosen],
        numbers,
        operations=project.operations.values(),
        keep_failed=True,
    )


def response(imported):
    (exchange,) = imported.recording.exchanges
    assert (exchange.method, exchange.path) == ("POST", "/chat/completions")
    return exchange.response
