"""Whatever a sealed sample tries, it gets nothing of this machine, and the report says what it tried."""

import os
import time
from pathlib import Path

import msgspec
import pytest
from host import Host
from ruamel.yaml import YAML
from workshop import TESTS, Workshop, copy_project

ESCAPES = TESTS / "escapes"
CLIENTS = {".py": "python", ".js": "javascript", ".sh": "curl"}
ROOT = os.geteuid() == 0


class Attempt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of `attempts.yaml`."""

    name: str
    check: str
    says: tuple[str, ...]
    limit_s: float | None = None
    unsealed: str = "yes"

    def files(self):
        return [ESCAPES / f"{self.name}{suffix}" for suffix in CLIENTS if self.file(suffix)]

    def file(self, suffix):
        return (ESCAPES / f"{self.name}{suffix}").is_file()


ATTEMPTS = msgspec.convert(
    YAML(typ="safe", pure=True).load(ESCAPES / "attempts.yaml"), list[Attempt]
)
EACH = [(attempt, file) for attempt in ATTEMPTS for file in attempt.files()]
NAMES = [file.name for _, file in EACH]


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    opened = Host(tmp_path_factory.mktemp("host"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def run_attempts(root, toolchains, host, tmp_path_factory):
    """Runs attempts as samples, sealed or not; gives what came of each by its file's name."""

    def run(chosen, *, seal):
        folder = tmp_path_factory.mktemp("escapes")
        shop = Workshop(copy_project(root, folder / "project"), toolchains, seal=seal)
        try:
            if seal and shop.stage.unsealed:
                pytest.skip(f"runs cannot be sealed here: {shop.stage.unsealed}")
            cells = [_cell(shop, host, file) for _, file in chosen]
            limits = {
                cell.id: attempt.limit_s or 20
                for cell, (attempt, _) in zip(cells, chosen, strict=True)
            }
            outcomes = shop.run(cells, limits)
        finally:
            shop.close()
        return dict(zip([file.name for _, file in chosen], outcomes, strict=True))

    return run


def _cell(shop, host, file):
    client = CLIENTS[file.suffix]
    cell = shop.cell(client, "basic")
    other = "python/basic.py" if client == "curl" else "curl/basic.sh"
    own = shop.stage.folders.new() / "of-another-run"
    own.write_text("an answer\n")
    words = host.words() | {
        "__OTHER__": str(shop.root / "samples" / other),
        "__RUN__": str(own),
    }
    text = file.read_text()
    for word, value in words.items():
        text = text.replace(word, value)
    path = shop.root / "samples" / client / file.name
    path.write_text(text)
    return msgspec.structs.replace(
        cell, id=f"{client}/{file.stem}", path=str(path.relative_to(shop.root))
    )


@pytest.fixture(scope="module")
def sealed(host, run_attempts):
    host.heard.clear()
    outcomes = run_attempts(EACH, seal=True)
    time.sleep(2)  # a daemon's, if one has outlived its run
    return outcomes


@pytest.mark.parametrize(("attempt", "file"), EACH, ids=NAMES)
def test_an_attempt_fails_and_is_reported(sealed, host, attempt, file):
    if attempt.name == "ipv6" and not host.has_ipv6:
        pytest.skip("this machine has no IPv6")
    outcome = sealed[file.name]
    shown = outcome.observation.stdout + outcome.observation.stderr
    assert b"ESCAPED" not in shown, shown[-500:]
    assert outcome.verdict == "fail"
    found = {one.check: one for one in outcome.findings}
    assert attempt.check in found, outcome.findings
    said = " ".join(f"{one.message} {one.received}" for one in outcome.findings).lower()
    for words in attempt.says:
        assert words.replace("__PORT__", str(host.port)).lower() in said


def test_this_machine_has_heard_nothing(sealed, host):
    assert sealed
    assert host.heard == []


def test_nothing_outlives_its_run(sealed):
    assert sealed
    left = [
        process.name
        for process in Path("/proc").glob("[0-9]*")
        if b"/escapes" in _words(process / "cmdline")
    ]
    assert left == []


def _words(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


POSSIBLE = [
    (attempt, file)
    for attempt, file in EACH
    if attempt.unsealed in {"yes", "keys"} or (attempt.unsealed == "root" and ROOT)
]


@pytest.fixture(scope="module")
def unsealed(run_attempts):
    return run_attempts(POSSIBLE, seal=False)


@pytest.mark.parametrize(("attempt", "file"), POSSIBLE, ids=[file.name for _, file in POSSIBLE])
def test_without_a_seal_it_would_have_succeeded(unsealed, host, attempt, file):
    if attempt.name == "ipv6" and not host.has_ipv6:
        pytest.skip("this machine has no IPv6")
    if attempt.unsealed == "keys" and not host.has_keys:
        pytest.skip("this machine keeps no keys")
    observed = unsealed[file.name].observation
    assert b"ESCAPED" in observed.stdout, observed.stderr


def test_every_file_is_an_attempt():
    known = {file for _, file in EACH} | {ESCAPES / "attempts.yaml"}
    assert {path for path in ESCAPES.iterdir() if path.is_file()} == known
