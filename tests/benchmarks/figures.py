"""A figure: Cellgrad against a peer, measured in one run, as a ratio beside the target it is held to."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Spread:
    """The median of repeated measurements, and the least and the most of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Of one measurement or more."""
        values = list(values)
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Figure:
    """What was measured, of us and of a peer, in `unit` (s, MiB, KiB or loss), and the ratio of the two.

    target: the ratio must not exceed it; None where nothing was promised. note: what the reader has to know as well.
    """

    section: str
    what: str
    against: str
    unit: str
    ours: Spread
    theirs: Spread
    ratio: Spread
    target: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the median ratio keeps the target; None without one."""
        return None if self.target is None else self.ratio.median <= self.target

    @property
    def verdict(self) -> str:
        """Met, missed, or missed in the median while some rounds kept it: then a quieter machine has to tell."""
        if self.met is None or self.target is None:
            return ""
        return "met" if self.met else "missed" if self.ratio.low > self.target else "missed, within noise"

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"met": self.met, "verdict": self.verdict}


def compare(
    section: str,
    what: str,
    ours: Sequence[float],
    against: str,
    theirs: Sequence[float],
    *,
    unit: str = "s",
    target: float | None = None,
    note: str = "",
) -> Figure:
    """A figure from measurements in pairs: the ratio is taken within each round, where the machine was equally busy."""
    ratios = Spread.of(our / their for our, their in zip(ours, theirs, strict=True))
    return Figure(section, what, against, unit, Spread.of(ours), Spread.of(theirs), ratios, target, note)


def against_limit(
    section: str, what: str, ours: Sequence[float], limit: float, *, unit: str = "s", note: str = ""
) -> Figure:
    """A figure held to a fixed number instead of a peer."""
    theirs = [limit] * len(ours)
    return compare(section, what, ours, f"limit {shown(limit, unit)}", theirs, unit=unit, target=1.0, note=note)


def shown(value: float, unit: str) -> str:
    """A measurement for people: seconds in the unit that fits, a loss with the digits that tell two ends apart."""
    if unit == "s":
        scale, name = next((s, n) for s, n in ((1, "s"), (1e-3, "ms"), (1e-6, "us")) if value >= s or n == "us")
        return f"{value / scale:.3g} {name}"
    return f"{value:.9f}" if unit == "loss" else f"{value:,.3g} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def table(title: str, figures: Iterable[Figure]) -> Table:
    """One section's figures."""
    made = Table(title=title, title_justify="left")
    for name in ("figure", "cellgrad", "against", "its figure", "ratio (min..max)", "target", "note"):
        made.add_column(name, justify="left" if name in ("figure", "against", "note") else "right", overflow="fold")
    for figure in figures:
        ratio = figure.ratio
        target = "" if figure.met is None else f"<= {figure.target:g} {figure.verdict}"
        made.add_row(
            figure.what,
            shown(figure.ours.median, figure.unit),
            figure.against,
            shown(figure.theirs.median, figure.unit),
            f"{ratio.median:.3g} ({ratio.low:.3g}..{ratio.high:.3g})",
            target,
            figure.note,
            style="bold red" if figure.met is False else None,
        )
    return made
