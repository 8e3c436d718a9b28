"""A race: a problem as a workbook, and the same problem as an expert hands it to scipy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tests.problems.known import Known

Floats = NDArray[np.float64]
Peer = Callable[[], float]
"""Solves the problem from the workbook's start, and gives the objective there in the workbook's sign."""


@dataclass(frozen=True)
class Race:
    """known: the workbook with its saved model. peers: scipy's methods, each on functions written by hand.

    held_to_it: the peers that the cost of the spreadsheet is measured by; the others are told alone. method: what
    Cellgrad is asked for. by_hand: one evaluation of all that is written by hand, with its slopes, at the start;
    squares: they are residuals.
    """

    name: str
    known: Known
    peers: Mapping[str, Peer]
    held_to_it: tuple[str, ...]
    method: str = "auto"
    by_hand: Callable[[], object] | None = None
    squares: bool = False
