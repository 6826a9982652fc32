"""The project's own cells, and programs that read literals back in their own language."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.model.client import Literals

ROOT = Path(__file__).parents[2]

PERL = {
    "string": {
        "open": '"',
        "close": '"',
        "escapes": {'"': '\\"', "\\": "\\\\", "$": "\\$", "@": "\\@", "\n": "\\n"},
        "others": [{"up_to": 0x10FFFF, "form": "\\x{{{0:x}}}"}],
    },
    "true": "JSON::PP::true",
    "false": "JSON::PP::false",
    "null": "undef",
    "list": {"open": "[", "close": "]"},
    "object": {"open": "{", "close": "}", "pair": " => "},
}


@pytest.fixture(scope="session")
def cells(project):
    return {cell.id: cell for cell in project.cells()}


@pytest.fixture(scope="session")
def rules(project):
    """By language, its literals; a fourth one is data alone."""
    perl = msgspec.convert(PERL, Literals)
    return {name: client.literals for name, client in project.clients.items()} | {"perl": perl}


@pytest.fixture
def copy(tmp_path, copy_first_samples):
    """A project of one's own to spoil."""
    copy = copy_first_samples(tmp_path)
    (copy / "samples/javascript/node_modules").unlink(missing_ok=True)
    return copy


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Run a program's text with its language's interpreter."""
    folder = tmp_path_factory.mktemp("programs")

    def _run(language: str, text: str) -> str:
        path = folder / f"program{SUFFIX[language]}"
        path.write_bytes(text.encode())
        command = [*interpreter(language), str(path)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return _run


SUFFIX = {"python": ".py", "javascript": ".mjs", "curl": ".sh", "perl": ".pl"}


def interpreter(language: str) -> list[str]:
    if language == "python":
        return [sys.executable, "-I"]
    name = {"javascript": "node", "curl": "bash", "perl": "perl"}[language]
    found = shutil.which(name)
    assert found, f"{name} is not on PATH: install it, these tests hold our literals against it"
    return [found]


@pytest.fixture(scope="session")
def read_back(run):
    """What a language's own interpreter makes of literals, many in one process."""

    def _read_back(language: str, literals: list[str]) -> list:
        if language == "curl":
            # In a sample they stand inside single quotes.
            words = " ".join(f"'{text}'" for text in literals)
            output = run(language, f"printf '%s\\0' {words}\n")
            return [json.loads(part) for part in output.split("\0")[:-1]]
        program = {
            "python": "import json\nprint(json.dumps([\n%s\n]))\n",
            "javascript": "process.stdout.write(JSON.stringify([\n%s\n]));\n",
            "perl": "use utf8; use JSON::PP; print JSON::PP->new->ascii->encode([\n%s\n]);\n",
        }[language]
        return json.loads(run(language, program.replace("%s", ",\n".join(literals))))

    return _read_back
