"""Whatever a project's files hold, a command says what is wrong: none of it is a fault of ours."""

import os
import random
import shutil
import time

import pytest
from ruamel.yaml import YAML

from harness.cli.main import invoke

SECONDS = float(os.environ.get("FUZZ_S", "15"))
LEAST = 12
"""Projects that are tried, however slow the machine is."""

ODD = (
    *(b"!!int one", b"!!set {a}", b"!!binary '='", b"9" * 5000, b"0x" + b"f" * 999, b"1e999999"),
    *(b"&a [*a]", b"*a", b"<<: {a: 1}", b"[" * 200, b"\x00", b"\x1b[31m", b"\xff", b"---\nb\n"),
    *(
        b'"\\ud800"',
        b'"\\0"',
        b"{[a]: 1}",
        b"|\n",
        b"'",
        b"\t",
        b"null",
        b"{}",
        b"[]",
        b"-1",
        b"yes",
    ),
    *(
        b"2026-13-45",
        b"http://[::1",
        b"http://h:99999",
        b"{type: nubmer}",
        b"{$ref: '#'}",
        b"(",
        b"$.",
    ),
    *(
        b"{{ x.y.z }}",
        b"{% if %}",
        b"{token}",
        b"{0}",
        b"../../etc",
        b"/",
        b"",
        b"::error::x",
        b"\r\n",
    ),
)

VALUES = (
    None,
    True,
    -1,
    0,
    2**53,
    1.5,
    "",
    "x",
    "\x00",
    "(",
    "$[",
    "{",
    "{a}",
    [],
    [None],
    {},
    {"": {}},
)


def places(value, place=()):
    if place:
        yield place
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*place, key))


def restructured(chance, content):
    """YAML with one part of it dropped, replaced, or put where another is."""
    yaml = YAML(typ="safe", pure=True)
    data = yaml.load(content)
    every = list(places(data))
    *way, last = chance.choice(every)
    holder = data
    for step in way:
        holder = holder[step]
    if chance.random() < 0.3:
        del holder[last]
    elif chance.random() < 0.3 and isinstance(holder, dict):
        holder[chance.choice(["odd", "*", "a b", "\x00"])] = holder[last]
    else:
        holder[last] = chance.choice(VALUES)
    return plain(data).encode("utf-8", "surrogatepass")


def plain(data):
    import json

    return json.dumps(data, default=str)  # YAML 1.2 is JSON and more


def garbled(chance, content):
    """Bytes with something odd in a value's place, or in any place, or cut off."""
    if chance.random() < 0.15:
        return content[: chance.randrange(len(content) + 1)]
    if chance.random() < 0.6:
        lines = content.split(b"\n")
        number = chance.randrange(len(lines))
        key, colon, _ = lines[number].partition(b": ")
        lines[number] = key + colon + chance.choice(ODD)
        return b"\n".join(lines)
    begin = chance.randrange(len(content) + 1)
    return content[:begin] + chance.choice(ODD) + content[begin + chance.randrange(20) :]


def replace(chance, path):
    """Put something in a file's place."""
    content = path.read_bytes()
    what = chance.randrange(8)
    if what < 4 and path.suffix == ".yaml":
        path.write_bytes(restructured(chance, content))
    elif what < 7:
        path.write_bytes(garbled(chance, content))
    else:
        path.unlink()
        chance.choice(
            [
                path.mkdir,
                lambda: os.mkfifo(path),
                lambda: path.symlink_to("/dev/zero"),
                lambda: path.symlink_to(path),
                path.touch,
            ]
        )()


@pytest.fixture
def project(tmp_path, copy_first_samples):
    return copy_first_samples(tmp_path / "project")


def test_no_file_of_a_project_is_a_fault_of_ours(project, tmp_path, capsys):
    files = sorted(
        path.relative_to(project)
        for path in project.rglob("*")
        if path.is_file() and path.suffix in {".yaml", ".j2", ".txt", ".py", ".sh", ".js"}
    )
    small = [path for path in files if (project / path).stat().st_size < 20_000]
    codes = set()
    seed = int(os.environ.get("FUZZ_SEED", "0"))
    deadline, last = time.monotonic() + SECONDS, seed + LEAST
    while time.monotonic() < deadline or seed < last:
        chance = random.Random(seed)
        name = chance.choice(small)
        kept = tmp_path / "kept"
        shutil.copy(project / name, kept)
        replace(chance, project / name)
        for words in (["list"], ["check"], ["render", "--check"], ["docs", "check"]):
            code = invoke([*words, "--project", str(project)])
            codes.add(code)
            said = capsys.readouterr().err
            assert code in {0, 1, 2, 3, 4}, (seed, name, words, said)
            assert "fault in sampleproof" not in said, (seed, name, words, said)
            assert len(said) < 50_000, (seed, name, words)
            assert not {*said} & {"\x00", "\x1b", "\r"}, (seed, name, words, said)
            if code == 2:
                break  # the others read the same files
        if (project / name).is_dir():
            (project / name).rmdir()
        else:
            (project / name).unlink()
        shutil.copy(kept, project / name)
        seed += 1
    assert {0, 2} <= codes
    assert invoke(["check", "--project", str(project)]) == 0
