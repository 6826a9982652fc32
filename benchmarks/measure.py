"""What was measured, as ratios and a few numbers, and how it is shown.

Times say more of the machine, and of what else it does, than of the harness. So whatever is compared
is measured in turn, A B A B, and what is kept is a ratio of medians, with that of the luckiest and
of the unluckiest round, and the floor's own spread as the noise.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Told = Callable[[str], None]

T = TypeVar("T")

WIDTHS = (32, 18, 10, 10, 15, 7, 9)
HEADS = ("", "against", "in", "measured", "rounds", "noise", "goal")


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was measured: a ratio, or a plain number where there is nothing to hold it to."""

    what: str
    against: str = ""
    """What it is a ratio to; empty for a plain number."""
    unit: str
    """Of the ratio's both sides, or of the number."""
    value: float
    """A ratio is of the medians."""
    lowest: float | None = None
    """Of one round, as the next."""
    highest: float | None = None
    noise: float | None = None
    """The spread of the floor's middle half, as a part of its median."""
    goal: float | None = None
    at_least: bool = False
    """Whether more is better."""

    @property
    def reached(self) -> bool:
        """Whether the goal is reached, if there is one."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value <= self.goal


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs together."""

    name: str
    title: str
    measures: tuple[Measure, ...]
    notes: tuple[str, ...] = ()
    """What else there is to know, in sentences."""
    parts: dict[str, float] = {}
    """What something is spent on, as parts of the whole."""


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """One run of it all."""

    cores: int
    python: str
    others: float | None
    """The part of the machine that other programs kept busy meanwhile."""
    groups: tuple[Group, ...]


def in_turn(rounds: int, told: Told, what: str, *things: Callable[[], T]) -> list[tuple[T, ...]]:
    """What each thing gives, round after round."""
    found = []
    for number in range(1, rounds + 1):
        told(f"{what}: round {number} of {rounds}")
        found.append(tuple(thing() for thing in things))
    return found


def spread(numbers: Iterable[float]) -> float:
    """How far the middle half lies apart, as a part of the median."""
    ordered = sorted(numbers)
    middle = ordered[len(ordered) // 4 : len(ordered) - len(ordered) // 4]
    return (middle[-1] - middle[0]) / median(ordered)


def ratio(
    what: str,
    against: str,
    unit: str,
    pairs: Sequence[tuple[float, float]],
    goal: float | None = None,
    *,
    at_least: bool = False,
) -> Measure:
    """A ratio, of pairs measured in turn: the thing, then its floor."""
    each = [cost / floor for cost, floor in pairs]
    floors = [floor for _, floor in pairs]
    return Measure(
        what=what,
        against=against,
        unit=unit,
        value=median(cost for cost, _ in pairs) / median(floors),
        lowest=min(each),
        highest=max(each),
        noise=spread(floors),
        goal=goal,
        at_least=at_least,
    )


def table(group: Group) -> str:
    """A group as a terminal shows it."""
    lines = [group.title, _line(HEADS)]
    lines += [_line(texts(one)) for one in group.measures]
    lines += [f"  {part:4.0%}  {what}" for what, part in group.parts.items()]
    return "\n".join([*lines, *group.notes])


def texts(one: Measure, missed: str = " !") -> tuple[str, ...]:
    """A measure's texts, column by column.

    Args:
        one: The measure.
        missed: Stands behind a goal that is not reached.
    """
    rounds = goal = ""
    if one.lowest is not None and one.highest is not None:
        rounds = f"{_number(one.lowest)}–{_number(one.highest)}"
    if one.goal is not None:
        goal = f"{'≥' if one.at_least else '≤'} {one.goal:g}{'' if one.reached else missed}"
    noise = "" if one.noise is None else f"{one.noise:.0%}"
    return one.what, one.against, one.unit, _number(one.value), rounds, noise, goal


def _number(value: float) -> str:
    """A number, no more exact than it was measured."""
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"


def _line(columns: Sequence[str]) -> str:
    """Three columns of words, then the numbers."""
    words = (f"{text:{width}}" for text, width in zip(columns[:3], WIDTHS, strict=False))
    numbers = (f"{text:>{width}}" for text, width in zip(columns[3:], WIDTHS[3:], strict=True))
    return f"  {''.join((*words, *numbers))}".rstrip()
