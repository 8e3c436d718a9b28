"""The models that are compared, and their formulas: the same ones are trained and stand in the lesson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from cellgrad.lessons.titanic.passengers import INPUTS

SIZES = (2, 4, 8, 16)


@dataclass(frozen=True)
class Net:
    """A linear model (units 0, layers 0), or a net with that many units in each of one or two layers of ReLUs.

    sigmoid: the score is turned into a probability and cross-entropy made small; otherwise the score itself is the
    prediction and the squared error is made small.
    """

    units: int
    layers: int
    sigmoid: bool

    @property
    def name(self) -> str:
        """Such as ``8-8 sigmoid``: the units of each layer, and whether a sigmoid follows."""
        return f"{self.size} sigmoid" if self.sigmoid else self.size

    @property
    def size(self) -> str:
        """The name without its sigmoid, such as ``8-8``."""
        return "-".join([str(self.units)] * self.layers) or "linear"

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of each block of parameters: the weights of each layer, and from the second on a constant.

        The first layer needs none, because one of its inputs is always 1.
        """
        if not self.layers:
            return [(len(INPUTS), 1)]
        further = [(self.units, self.units), (1, self.units)] * (self.layers - 1)
        return [(len(INPUTS), self.units), *further, (self.units, 1), (1, 1)]

    @property
    def parameters(self) -> int:
        """How many parameters there are."""
        return sum(map(prod, self.shapes))

    def blocks(self, parameters: Sequence[float] | np.ndarray) -> list[np.ndarray]:
        """The parameters, listed block after block and row after row, as blocks."""
        ends = np.cumsum([prod(shape) for shape in self.shapes])
        return [
            part.reshape(shape)
            for part, shape in zip(np.split(np.asarray(parameters), ends[:-1]), self.shapes, strict=True)
        ]


NETS = [Net(0, 0, sigmoid) for sigmoid in (True, False)] + [
    Net(units, layers, sigmoid) for units in SIZES for layers in (1, 2) for sigmoid in (True, False)
]
"""The models in the order of the lesson: by their number of parameters, those with a sigmoid first."""

TABLE_TOP = 6
"""The row of the first model in every table of models, from 0."""


def table_row(net: Net) -> int:
    """The row of a model in every table of models, from 0."""
    return TABLE_TOP + NETS.index(net)


def first_layer(inputs: str, weights: str) -> str:
    """All units of the first layer for all passengers, before their ReLU: a formula without its ``=``, as all here."""
    return f"MMULT({inputs},{weights})"


def next_layer(units: str, weights: str, constants: str) -> str:
    """The units of a further layer, or the score, from the units before it: their ReLU times the weights."""
    return f"MMULT(({units}>0)*{units},{weights})+{constants}"


def probability(score: str) -> str:
    """The sigmoid: any number becomes one between 0 and 1."""
    return f"1/(1+EXP(-({score})))"
