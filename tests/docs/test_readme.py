"""README.md, CONTRIBUTING.md and the guides, held to their word."""

import re
import shlex
from pathlib import Path

import click
import pytest
from walk import FENCE, blocks

from harness import outcome
from harness.checks.judge import CHECKS
from harness.cli import main
from harness.model.selector import select
from harness.toolchain import node, packages
from harness.toolchain.need import Need
from harness.toolchain.npm_lock import read_lock

PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/guides/{one}.md" for one in ("publish", "ci", "speed")),
]
README = PAGES[:1]

FOLDERS = {"DIR", "one", "two"}
"""Names that stand for a reader's own folders."""


def commands(page):
    """Every command that a page shows, as words: in blocks, and in code within a sentence."""
    for block in blocks(page):
        if block.language in {"sh", "console"}:
            for line in block.text.splitlines():
                if block.language == "sh" or line.startswith("$ "):
                    yield shlex.split(line.removeprefix("$ "), comments=True)
    for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", page)):
        if code.split()[0] in {"make", "sampleproof", "pytest"}:
            yield shlex.split(code)


def of(page, program):
    return [words[1:] for words in commands(page) if words and words[0].endswith(program)]


def table(page, header):
    """The first cells of the table with this header."""
    rows = page.partition(f"| {header} |")[2].split("\n\n")[0].splitlines()[2:]
    return [row.split("|")[1].strip(" `") for row in rows]


@pytest.mark.parametrize("page", README, indirect=True)
def test_the_transcripts_are_what_a_reader_sees(page, clone):
    shown = blocks(page, "console")
    assert len(shown) == 2
    for block in shown:
        clone.do(block)


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_every_call_of_make_is_one_it_knows(page, root):
    makefile = (root / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    variables = re.findall(r"^(\w+) \?=", makefile, re.MULTILINE)
    called = of(page, "make")
    assert called
    for word in (word for words in called for word in words):
        name, equals, _ = word.partition("=")
        assert name in (variables if equals else targets), word


def understood(words, root):
    """The command that words call, and what it understands of them."""
    command, context = main.cli, click.Context(main.cli)
    while isinstance(command, click.Group) and words:
        verb, *words = words
        command = command.get_command(context, verb)
        assert command is not None, verb
    if "--help" in words or isinstance(command, click.Group):
        return command, {}
    given = [str(root) if word in FOLDERS else word for word in words]
    return command, command.make_context(command.name, given).params


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_every_call_is_understood(page, root, project):
    for words in filter(None, of(page, "sampleproof")):
        command, chosen = understood(words, root)
        if command.name == "run" and chosen:
            names = {name: chosen[name] for name in ("clients", "scenarios", "models")}
            selectors = [
                str(root / one) if one.startswith("samples/") else one
                for one in chosen["selectors"]
            ]
            assert select(project, root, selectors, **names)


@pytest.mark.parametrize("page", README, indirect=True)
def test_every_verb_is_shown(page):
    assert {words[0] for words in of(page, "sampleproof") if words} == set(main.VERBS)


@pytest.mark.parametrize("page", README, indirect=True)
def test_every_option_of_pytest_is_one_it_knows(page, pytestconfig):
    called = of(page, "pytest")
    assert called
    for option in (word.partition("=")[0] for words in called for word in words):
        if option.startswith("-"):
            known = pytestconfig.getoption(option, default="unknown")
            assert known != "unknown" or option == "-n", option  # xdist may be absent


@pytest.mark.parametrize("page", README, indirect=True)
def test_the_checks_are_those_there_are(page):
    between = re.findall(r'"(parity\.\w+)"', Path(outcome.__file__).read_text("utf-8"))
    every = ["sample.text", *(check.id for check in CHECKS), *between]
    assert table(page, "check | what must hold") == every


@pytest.mark.parametrize("page", README, indirect=True)
def test_the_exit_codes_are_those_there_are(page):
    codes = sorted({0, main.FAIL, main.INVALID, main.HARNESS, main.STALE})
    assert table(page, "exit code | meaning") == [str(code) for code in codes]


@pytest.mark.parametrize("page", README, indirect=True)
def test_the_facts_are_those_of_the_data(page, root, project):
    assert "Python 3.11 or newer" in page
    assert 'requires-python = ">=3.11"' in (root / "pyproject.toml").read_text()
    (curl,) = (p for p in project.clients["curl"].toolchain.programs if p.name == "curl")
    assert f"curl {curl.minimum} or newer" in page
    assert f"switched off on {project.catalog.endpoint.retired}" in page
    for library in project.catalog.libraries.values():
        assert f"retired on {library.retired}" in page
    assert list(project.operations) == ["chat"], "the page says that there is no other"
    assert {one.provenance.how for one in project.recordings.values()} == {"authored"}


@pytest.mark.parametrize("page", README, indirect=True)
def test_the_node_that_is_named_is_the_oldest_that_fits(page, root, project):
    client = project.clients["javascript"]
    folder = (root / client.file).parent
    need = Need(client=client, root=root, folder=folder, state=root, announce=print)
    wanted = packages.engines(read_lock(need))
    oldest = int(re.search(r"version (\d+) or newer", page)[1])
    assert not node.misfits(f"{oldest}.99.0", wanted)
    assert node.misfits(f"{oldest - 1}.99.0", wanted)


@pytest.mark.parametrize("page", PAGES[:2], indirect=True)  # the site has those of the guides
def test_links_lead_somewhere(page, root):
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert links
    for target, _, anchor in (link.partition("#") for link in links if "://" not in link):
        assert (root / target).exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", (root / target).read_text("utf-8"), re.MULTILINE)
            assert anchor in [title.lower().replace(" ", "-") for title in titles], anchor


@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_no_place_of_one_machine_is_named(page):
    assert re.findall(r"(?<![\w.])/(?:home|root|tmp|var|work)\b", page) == []
    assert re.findall(r"#\d+\b", page) == []


@pytest.mark.parametrize("page", README, indirect=True)
def test_it_stays_short(page):
    assert page.count("\n") < 200
