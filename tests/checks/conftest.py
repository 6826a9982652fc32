"""What one client's run has sent and shown, made up."""

import json

import msgspec
import pytest

from harness.checks.check import Evidence
from harness.model.observation import Exit, Observation, SeenRequest

BODY = {"messages": [{"role": "user", "content": "Hi"}], "temperature": 1}
URL = "/chat/completions"


@pytest.fixture
def run(project):
    """What one client's run has sent and shown."""

    def run(
        client,
        *bodies,
        target=URL,
        kind="application/json",
        more=(),
        shown=b"",
        said=b"",
        code=0,
        response=None,
        **operation,
    ):
        cell = next(one for one in project.cells() if one.id == f"{client}/basic")
        changed = msgspec.structs.replace(cell.operation, **operation)
        cell = msgspec.structs.replace(cell, operation=changed)
        if response is not None:
            exchange = msgspec.structs.replace(cell.recording.exchanges[0], response=response)
            recording = msgspec.structs.replace(cell.recording, exchanges=(exchange,))
            cell = msgspec.structs.replace(cell, recording=recording)
        requests = tuple(
            SeenRequest(
                scheme="https",
                host="models.inference.ai.azure.com",
                port=443,
                method="POST",
                target=target,
                headers=(("Content-Type", kind), ("Authorization", "Bearer canary-1"), *more),
                body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            )
            for body in bodies or [BODY]
        )
        observation = Observation(
            requests=requests,
            stdout=shown,
            stderr=said,
            exit=Exit(code=code),
            gates=(),
            canary="canary-1",
            limit_s=1,
            duration_ms=1,
        )
        return Evidence(cell=cell, observation=observation)

    return run
