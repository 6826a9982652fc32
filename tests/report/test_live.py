"""The table of a run under way keeps its shape."""

import io
import re
from functools import partial

import pytest
from msgspec.structs import replace
from readers import commands
from rich.console import Console

from harness.printer import Styled
from harness.report import live


class Slow:
    """An estimate of a run that takes a while yet."""

    def left_s(self):
        return 3.0


@pytest.fixture
def drawn(project, monkeypatch):
    """Draws the table once, and gives its lines."""

    def draw(clients, width=80, height=24, models=(), lines=()):
        said = io.StringIO()
        console = partial(Console, force_terminal=True, width=width, height=height)
        monkeypatch.setattr(live, "Console", console)
        monkeypatch.setattr(live, "as_is", lambda _: said)
        cells = [cell for cell in project.cells() if cell.client.name in clients]
        cells += [replace(cells[0], model=name, committed=False) for name in models]
        table = live.LiveTable(cells, Slow(), {})
        table.print([*lines])
        table.refresh(1)
        drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.getvalue()).splitlines()
        table.close()
        return drawn

    return draw


@pytest.mark.parametrize("clients", [["curl"], ["curl", "javascript", "python"]])
def test_how_far_a_run_is_stands_in_one_line(drawn, clients):
    """However narrow the table is."""
    *table, bar = drawn(clients)
    assert re.fullmatch(rf"━+ 1/{3 * len(clients)}  a few seconds left", bar)
    assert len(table) == 4


def test_on_a_narrow_terminal_too(drawn):
    *table, bar = drawn(["curl"], width=30)
    assert bar.startswith("━━━")
    assert bar.endswith("…")
    assert len(table) == 4


def test_names_and_words_are_no_markup_and_move_nothing(drawn):
    model = "[red]a[/b]\x1b[2J\n:smile:"
    said = ("    [bold]\x1b[2J ::error::x ", Styled("[/]##[error]x", "red"))
    lines = drawn(["curl"], width=200, models=[model], lines=[said, ("::error::x",)])
    assert any(r"@[red]a[/b]\x1b[2J\n:smile:" in line for line in lines)
    assert lines[0] == r"    [bold]\x1b[2J ::error::x [/]\x23#[error]x"
    assert r"\x3a:error::x" in lines
    assert not commands("\n".join(lines))
