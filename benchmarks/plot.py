"""Draws what was measured: an SVG for a page, on a ground of its own, so that no theme makes it unreadable.

It is as wide as a small phone, and every number in it is text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Bench, Measure

WIDTH, ROW, HEAD = 360, 22, 34
LEFT, FROM, TO, RIGHT = 10, 152, 304, 350
"""Where labels begin, bars begin and end, and numbers end."""

STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #1f2430 }
.title { font-weight: 600 } .value, .missed { text-anchor: end } .missed { font-weight: 700 }
.ground { fill: #fff; stroke: #c9cdd6 } .bar { fill: #7c9ee6 } .rounds { stroke: #1f2430 }
.one { stroke: #5b6270; stroke-dasharray: 2 2 } .goal { fill: #b3470e }
@media (prefers-color-scheme: dark) {
  text { fill: #e7e9ee } .ground { fill: #1b1e26; stroke: #4a5060 } .bar { fill: #4a6fc0 }
  .rounds { stroke: #e7e9ee } .one { stroke: #9aa1b0 } .goal { fill: #ff9d5c }
}"""


class Panel(NamedTuple):
    """Bars of one kind."""

    title: str
    rows: list[tuple[str, Measure]]
    """Each with its label."""


def panels(bench: Bench) -> Iterator[Panel]:
    """What is drawn of all that was measured."""
    groups = {group.name: group.measures for group in bench.groups}
    for unit, title in (("time", "Time"), ("processor", "Processor time")):
        yield Panel(
            f"{title} of the suite. Started by hand: 1",
            [
                (f"{name.rpartition('-')[2]}: {one.what}", one)
                for name, measures in groups.items()
                if name.startswith("suite-")
                for one in measures
                if one.unit == unit
            ],
        )
    yield Panel(
        "More cells. At 9 cells: 1",
        [
            (f"{one.what.split()[-1 if one.unit != 'memory' else -2]}: {SCALE[one.unit]}", one)
            for one in groups.get("scale", ())
        ],
    )
    yield Panel(
        "Answers a second of the gateway. The other: 1",
        [(one.against, one) for one in groups.get("gateway", ()) if one.unit == "answers/s"],
    )
    yield Panel(
        "Start-up. “import click”: 1",
        [(one.what.partition(" ")[2], one) for one in groups.get("start", ()) if one.against],
    )


SCALE = {"time": "time of a cell", "processor": "its processor", "memory": "memory in all"}


def draw(bench: Bench) -> str:
    """The whole picture."""
    parts: list[str] = []
    y = 8
    for panel in panels(bench):
        if panel.rows:
            parts += _panel(panel, y)
            y += HEAD + ROW * len(panel.rows)
    y += 14
    parts += [
        f'<path class="goal" d="{_mark(LEFT + 5, y + 8)}"/>',
        _text(LEFT + 14, y + 12, "a goal; “!” if it is missed"),
        f'<line class="rounds" x1="204" x2="222" y1="{y + 8}" y2="{y + 8}"/>',
        _text(228, y + 12, "all rounds"),
    ]
    height = y + 24
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                f'width="{WIDTH}" height="{height}" role="img">'
            ),
            "<title>What was measured, as ratios</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _panel(panel: Panel, top: int) -> Iterator[str]:
    """One panel, from a height on."""
    yield _text(LEFT, top + 20, panel.title, "title")
    most = max(max(one.highest or 0, one.value, one.goal or 0, 1.0) for _, one in panel.rows)

    def at(value: float) -> float:
        return round(FROM + (TO - FROM) * value / most, 1)

    bottom = top + HEAD + ROW * len(panel.rows)
    for number, (label, one) in enumerate(panel.rows):
        y = top + HEAD + ROW * number
        yield _text(LEFT, y + 12, label)
        yield (
            f'<rect class="bar" x="{FROM}" y="{y + 2}" '
            f'width="{max(1, round(at(one.value) - FROM, 1))}" height="12"/>'
        )
        if one.lowest is not None and one.highest is not None:
            yield (
                f'<line class="rounds" x1="{at(one.lowest)}" x2="{at(one.highest)}" '
                f'y1="{y + 8}" y2="{y + 8}"/>'
            )
        if one.goal is not None:
            yield f'<path class="goal" d="{_mark(at(one.goal), y + 8)}"/>'
        missed = "" if one.reached else " !"
        kind = "missed" if missed else "value"
        yield _text(RIGHT, y + 12, f"{one.value:.2f}{missed}", kind)
    yield f'<line class="one" x1="{at(1)}" x2="{at(1)}" y1="{top + HEAD - 4}" y2="{bottom - 4}"/>'


def _mark(x: float, y: float) -> str:
    return f"M{x} {y - 6}l4 6l-4 6l-4 -6z"


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f'<text{attribute} x="{x}" y="{y}">{escape(text)}</text>'
