"""The passengers of the comparison, dealt into five parts: in each split one part judges what the others teach.

In split k nobody trains on part k, which judges; the part after it (after the last comes the first) says when to stop;
the three others are trained on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cellgrad.lessons.titanic.passengers import INPUTS, Columns, complete, computed, read_passengers

PARTS = 5
GRAIN = 1024
"""Inputs are rounded to this part of one: sums of products of such numbers, and of weights alike, come out exact in
every program and in any order."""
SPLITS = range(1, PARTS + 1)
"""Each part is held out in one of them."""


@dataclass(frozen=True)
class Passengers:
    """The passengers that have an age and a port, part after part.

    number (n,): from 1, in the file's order. part (n,): from 1. survived (n,): 1 or 0. inputs (n, 10): of `INPUTS`,
    rounded to the `GRAIN`.
    raw: the columns of the file as they came.
    """

    number: np.ndarray
    part: np.ndarray
    survived: np.ndarray
    inputs: np.ndarray
    raw: Columns

    def rows(self, part: int) -> tuple[int, int]:
        """The first passenger of a part and the one behind its last, from 0."""
        first, end = np.searchsorted(self.part, [part, part + 1])
        return int(first), int(end)


def passengers(data: Path) -> Passengers:
    """The passengers of `data`/titanic.csv. Raises FileError where that is missing or other."""
    people = complete(read_passengers(data / "titanic.csv"))
    values = people | {name: column.tolist() for name, column in computed(people).items()}
    number = np.arange(1, len(people["Survived"]) + 1)
    part = (number - 1) % PARTS + 1
    order = np.argsort(part, kind="stable")
    inputs = np.round(GRAIN * np.array([values[name] for name in INPUTS], float).T) / GRAIN
    raw = {name: [column[row] for row in order] for name, column in people.items()}
    return Passengers(number[order], part[order], np.array(raw["Survived"], float), inputs[order], raw)


def digest(everyone: Passengers) -> str:
    """A fingerprint of the data and its parts: other data has another."""
    columns = np.column_stack([everyone.number, everyone.part, everyone.survived, everyone.inputs])
    return hashlib.sha256(columns.tobytes()).hexdigest()
