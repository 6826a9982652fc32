"""Whatever leaves a sample beside whole requests is seen, sealed or not; what clients do in passing is right."""

import msgspec
import pytest
from ruamel.yaml import YAML
from workshop import MINIATURES, Variant, Workshop, copy_project

PREAMBLE = """
import base64
import socket
import ssl
from http.client import HTTPResponse
from urllib.parse import urlsplit

NOBODY = '''{certificate}'''
proxy = urlsplit(os.environ["HTTPS_PROXY"])
data = json.dumps(body).encode()


def reach():
    return socket.create_connection((proxy.hostname, proxy.port), timeout=5)


def tunnel(place="api.example.com:443", *lines):
    sock = reach()
    sock.sendall("\\r\\n".join([f"CONNECT {{place}} HTTP/1.1", f"Host: {{place}}", *lines, "", ""]).encode())
    assert b" 200 " in sock.recv(1000)
    return sock


def secure(sock, name="api.example.com"):
    return ssl.create_default_context().wrap_socket(sock, server_hostname=name)


def message(*lines, body=data):
    if body:
        lines = (*lines, f"Content-Length: {{len(body)}}")
    lines = ("POST /v2/answers HTTP/1.1", "Host: api.example.com", *lines)
    lines += tuple(f"{{name}}: {{value}}" for name, value in headers.items())
    return "\\r\\n".join([*lines, "", ""]).encode() + body


def ask(sock, sent):
    sock.sendall(sent)
    found = HTTPResponse(sock)
    found.begin()
    return found
"""


class Road(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of `roads.yaml`."""

    name: str
    after: str = ""
    instead: str = ""
    checks: dict[str, tuple[str, ...]]
    raises: str = ""
    """What its lines may raise, which is then passed over."""

    def variant(self, certificate):
        """The sample that takes it."""
        code = self.after or self.instead
        lines = [f"    {line}" for line in code.splitlines()]
        if self.raises:
            indented = [f"    {line}" for line in lines]
            fallback = "return io.BytesIO(ANSWER)" if self.instead else "pass"
            lines = ["    try:", *indented, f"    except {self.raises}:", f"        {fallback}"]
        road = "\n".join(["", "", "def road():", *lines, "", ""])
        preamble = PREAMBLE.format(certificate=certificate)
        preamble += '\n\nimport io\n\nANSWER = b\'{"choices": [{"message": {"content": "Paris is the capital of France."}}]}\'\n'
        start = "try:\n    response = send()"
        used = "try:\n    response = road()" if self.instead else start
        return Variant(
            name=self.name,
            replace={start: f"{preamble}{road}{used}"},
            append="road()" if self.after else "",
        )


ROADS = msgspec.convert(YAML(typ="safe", pure=True).load(MINIATURES / "roads.yaml"), list[Road])


@pytest.fixture(scope="module", params=["sealed", "unsealed"])
def judged(request, miniatures, tmp_path_factory):
    root = copy_project(MINIATURES, tmp_path_factory.mktemp("roads") / "project")
    shop = Workshop(root, miniatures.toolchains, seal=request.param == "sealed")
    try:
        if request.param == "sealed" and shop.stage.unsealed:
            pytest.skip(f"runs cannot be sealed here: {shop.stage.unsealed}")
        certificate = shop.stage.authority.bundle.read_text()
        yield shop.judge([road.variant(certificate) for road in ROADS], "keeping")
    finally:
        shop.close()


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.name)
def test_what_leaves_a_sample_is_seen(judged, road):
    found = judged[road.name]
    assert {one.check for one in found.outcome.findings} == set(road.checks), found.outcome
    for check, says in road.checks.items():
        said = "\n".join(
            f"{one.message}\n{one.received}" for one in found.outcome.findings if one.check == check
        )
        assert [text for text in says if text not in said] == []
    token = found.outcome.observation.canary
    assert token not in found.said
    assert found.outcome.verdict == ("fail" if road.checks else "pass")
