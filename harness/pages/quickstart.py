"""Quickstarts: one page for each human language, from one template and the samples that passed.

The project has `docs/quickstart.md.j2`, and prose in `docs/messages/LANGUAGE.yaml`. Each such file
gives `docs/quickstart.LANGUAGE.md`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from harness.model import files
from harness.model.client import Client
from harness.model.problem import HarnessError, InvalidError, Problem
from harness.model.scenario import Scenario
from harness.pages.layout import fence
from harness.pages.messages import Messages, wrong_keys
from harness.pages.tabs import Tab, side_by_side
from harness.render.generated import difference, read
from harness.render.stale import WHY, Stale, Why, spare
from harness.render.template import environment, fill
from harness.render.written import FILE, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

    from harness.model.project import Project
    from harness.pages.proof import Proven

TEMPLATE = "docs/quickstart.md.j2"
MESSAGES = "docs/messages"
WEAKEST_FIRST = ("authored", "imported", "recorded")
"""How recordings come to be, by how little they say of a service."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A generated page."""

    path: str
    """From the project's root."""
    language: str
    """What it is called by those who speak it."""
    text: str
    code: tuple[str, ...]
    """What was put into it, block by block."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A sample, as the template sees it."""

    id: str
    client: Client
    scenario: Scenario
    text: str
    file: str
    """What a reader saves it as."""
    command: str
    """What a reader runs it with."""
    version: str
    """Of the client's library."""
    passed: str
    """ISO 8601 date."""


def languages(root: Path) -> list[Path]:
    """The files of messages, one a language."""
    return [root / MESSAGES / name for name in files.listed(root / MESSAGES, root, ".yaml")]


def leftovers(root: Path) -> list[str]:
    """Pages in languages that have no messages."""
    known = {page_of(path) for path in languages(root)}
    names = files.listed(root / "docs", root, ".md")
    pages = (f"docs/{name}" for name in names if name.startswith("quickstart."))
    return [page for page in pages if page not in known]


def pages(
    root: Path, project: Project, proven: Sequence[Proven], layout: str = "plain"
) -> list[Page]:
    """Every language's page; none if the project has no template for them.

    Args:
        root: The project's root.
        project: The project.
        proven: Its samples, all of which may be published.
        layout: How samples stand beside one another: a tab format.

    Raises:
        InvalidError: With everything that is wrong in the template and in the messages.
        HarnessError: A file cannot be read.
    """
    template = read(root / TEMPLATE, root)
    if template is None:
        return []
    problems: list[Problem] = []
    found: list[tuple[Messages, Page]] = []
    for path in languages(root):
        file = f"{MESSAGES}/{path.name}"
        try:
            says = Messages(path, file, TEMPLATE)
            code: list[str] = []
            text = _fill(template, says, project, proven, layout, code)
        except InvalidError as error:
            problems += error.problems
        else:
            page = Page(path=page_of(path), language=says.language, text=text, code=tuple(code))
            found.append((says, page))
    passed_over, wrong = wrong_keys([says for says, _ in found], TEMPLATE)
    problems += wrong
    for says, _ in found:
        problems += says.problems(passed_over)
    if not found and not problems:
        message = "expected at least one file of messages, as en.yaml; found none"
        problems.append(Problem(file=MESSAGES, message=message))
    if problems:
        raise InvalidError(set(problems))
    return [page for _, page in found]


def page_of(messages: Path) -> str:
    """The page that a file of messages makes, from the project's root."""
    return f"docs/quickstart.{messages.stem}.md"


def _fill(
    template: bytes,
    says: Messages,
    project: Project,
    proven: Sequence[Proven],
    layout: str,
    code: list[str],
) -> str:
    def fenced(tag: str, text: str) -> str:
        code.append(text.removesuffix("\n") + "\n")
        return fence(tag, text)

    def tabs(ways: Sequence[tuple[str, str]]) -> str:
        given = [Tab(client=title, label=title, block=text) for title, text in ways]
        return side_by_side(layout, given)

    fenced.is_for_templates = tabs.is_for_templates = True  # type: ignore[attr-defined]
    endpoint = project.catalog.endpoint
    recordings = [project.recordings[one.cell.scenario.name].provenance for one in proven]
    return fill(
        _environment(),
        template.decode("utf-8", "replace"),
        TEMPLATE,
        t=says,
        language=says.code,
        catalog=project.catalog,
        endpoint=endpoint,
        service=endpoint.title.partition(",")[0],
        clients=list(project.clients.values()),
        scenarios=list(project.scenarios.values()),
        samples=[_shown(one) for one in proven],
        # The weakest of them speaks for all.
        recorded=min(recordings, key=lambda one: (WEAKEST_FIRST.index(one.how), one.on)),
        fence=fenced,
        tabs=tabs,
    )


def _shown(one: Proven) -> Shown:
    client = one.cell.client
    file = Path(one.cell.path).name
    words = {"sample": file, "python": "python", "node": "node"}
    words |= {program.name: program.name for program in client.toolchain.programs}
    return Shown(
        id=one.cell.id,
        client=client,
        scenario=one.cell.scenario,
        text=one.text,
        file=file,
        command=" ".join(word.format(**words) for word in client.run),
        version=one.receipt.versions.get(client.library, ""),
        passed=one.receipt.on,
    )


def stale(root: Path, made: Sequence[Page]) -> list[Stale]:
    """Every page that is not as it should be.

    Raises:
        HarnessError: One cannot be read.
    """
    written = Written(root)
    found: list[Stale] = []
    unnoted = False
    for page in made:
        is_bytes, should_be = read(root / page.path, root), page.text.encode()
        if is_bytes == should_be:
            unnoted = unnoted or not written.holds(page.path, should_be)
        else:
            diff = difference(page.path, is_bytes, should_be)
            found.append(_stale(page.path, written.why(page.path, is_bytes), diff))
    return found if found or not unnoted else [_stale(FILE, "unnoted", "")]


def _stale(path: str, why: Why, diff: str) -> Stale:
    return Stale(
        path=path,
        why=why,
        diff=diff,
        source="the messages or the template",
        command="sampleproof docs quickstart",
    )


def told(one: Stale) -> str:
    """Why a page is not as it should be, in words."""
    return "is not what its template and messages give" if one.why == "differs" else WHY[one.why]


def write(root: Path, made: Sequence[Page], *, force: bool) -> list[str]:
    """Write every page that is stale, and say which.

    Args:
        root: The project's root.
        made: The pages.
        force: Whether what somebody wrote by hand is replaced, too.

    Raises:
        InvalidError: Somebody's work would be lost; then nothing has been written.
        HarnessError: A page cannot be read or written, or does not show its code.
    """
    changed = stale(root, made)
    if not force:
        spare(changed)
    paths = {one.path for one in changed}
    files.check([root / path for path in (*paths, FILE)], root)
    for page in made:
        if page.path in paths:
            see_code(page)
            files.replace(root / page.path, page.text.encode(), root)
    Written(root).note({page.path: page.text.encode() for page in made})
    return [page.path for page in made if page.path in paths]


def see_code(page: Page) -> None:
    """Find on a plain page, as a reader's Markdown does, just the code that was put into it.

    Raises:
        HarnessError: Something in the page swallowed or changed a block.
    """
    from markdown_it import MarkdownIt  # takes longer to import than all else here takes

    tokens = MarkdownIt("commonmark").parse(page.text)
    seen = [token.content for token in tokens if token.type in {"fence", "code_block"}]
    if sorted(seen) != sorted(page.code):
        lost = next((code for code in page.code if code not in seen), "")
        first = lost.partition("\n")[0]
        raise HarnessError(
            f"{page.path} does not show all of its code: {first!r} is lost",
            f"see in {TEMPLATE} that blocks stand on lines of their own, between empty ones",
        )


@cache
def _environment() -> Environment:
    filters: dict[str, Any] = {}
    return environment(filters)
