"""A figure: Cellgrad against a peer, measured in one run, as a ratio beside the target it is held to."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.table import Table


@dataclass(frozen=True)
class Spread:
    """The median of repeated measurements, the quartiles that half of them lie between, the least and the most."""

    median: float
    lower: float
    upper: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Of one measurement or more."""
        low, lower, median, upper, high = (float(part) for part in np.quantile(list(values), (0, 0.25, 0.5, 0.75, 1)))
        return cls(median, lower, upper, low, high)

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.lower:.3g}..{self.upper:.3g}; {self.low:.3g}..{self.high:.3g})"


@dataclass(frozen=True)
class Figure:
    """What was measured, of us and of a peer, in `unit` (s, MiB, KiB, loss or apart), and the ratio of the two.

    target: the ratio must not exceed it; None where nothing was promised. note: what the reader has to know as well.
    device: what computed it, where that was not the processor.
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
    device: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the median ratio keeps the target; None without one."""
        return None if self.target is None else self.ratio.median <= self.target

    @property
    def verdict(self) -> str:
        """Met, missed, or missed in the median while a quarter of the rounds kept it: a quieter machine has to tell."""
        if self.met is None or self.target is None:
            return ""
        return "met" if self.met else "missed" if self.ratio.lower > self.target else "missed, within noise"

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
    device: str = "",
) -> Figure:
    """A figure from measurements in pairs: the ratio is taken within each round, where the machine was equally busy."""
    ratios = Spread.of(our / their for our, their in zip(ours, theirs, strict=True))
    return Figure(section, what, against, unit, Spread.of(ours), Spread.of(theirs), ratios, target, note, device)


def against_limit(
    section: str, what: str, ours: Sequence[float], limit: float, *, unit: str = "s", note: str = "", device: str = ""
) -> Figure:
    """A figure held to a fixed number instead of a peer."""
    theirs, peer = [limit] * len(ours), f"limit {shown(limit, unit)}"
    return compare(section, what, ours, peer, theirs, unit=unit, target=1.0, note=note, device=device)


def fastest(taken: Mapping[str, Sequence[float]]) -> str:
    """The contender with the least median: one for all rounds, so that no peer is a mixture of several."""
    return min(taken, key=lambda name: statistics.median(taken[name]))


def shown(value: float, unit: str) -> str:
    """A measurement for people: seconds in the unit that fits, a loss with the digits that tell two ends apart."""
    if unit == "s":
        scale, name = next((s, n) for s, n in ((1, "s"), (1e-3, "ms"), (1e-6, "us")) if value >= s or n == "us")
        return f"{value / scale:.3g} {name}"
    if unit in ("loss", "apart"):
        return f"{value:.9f}" if unit == "loss" else f"{value:.2g}"
    return f"{value:,.3g} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def headings(figures: Sequence[Figure]) -> list[str]:
    """The columns of a section's table; that of the device only where one is named."""
    named = ["device"] if any(figure.device for figure in figures) else []
    return ["figure", *named, "cellgrad", "against", "its figure", "ratio (half of the rounds; all)", "target", "note"]


def cells(figure: Figure, with_device: bool) -> list[str]:
    """A figure as the cells of a line below `headings`."""
    return [
        figure.what,
        *([figure.device or "processor"] if with_device else []),
        shown(figure.ours.median, figure.unit),
        figure.against,
        shown(figure.theirs.median, figure.unit),
        str(figure.ratio),
        "" if figure.met is None else f"<= {figure.target:g} {figure.verdict}",
        figure.note,
    ]


def table(title: str, figures: Sequence[Figure]) -> Table:
    """One section's figures, the missed ones in red."""
    made = Table(title=title, title_justify="left")
    names = headings(figures)
    for name in names:
        plain = name in ("figure", "device", "against", "note")
        made.add_column(name, justify="left" if plain else "right", overflow="fold")
    for figure in figures:
        made.add_row(*cells(figure, "device" in names), style="bold red" if figure.met is False else None)
    return made


def markdown(title: str, figures: Sequence[Figure]) -> str:
    """One section's figures as a table for documents, the missed ones in bold."""
    names = headings(figures)
    lines = [f"### {title}", "", _line(names), _line(["---"] * len(names))]
    for figure in figures:
        line = cells(figure, "device" in names)
        at = names.index("target")
        if figure.met is False:
            line[at] = f"**{line[at]}**"
        lines.append(_line(line))
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
