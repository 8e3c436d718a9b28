"""What Optimize finds from the start: the network's parameters and the linear model's, through the cells' formulas."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cellgrad.lessons.image.layout import (
    DIGITS,
    FEATURES,
    FILTERS,
    PENALTY,
    SIDE,
    TRAINING,
    WINDOW,
    Image,
    read_images,
    start,
)
from cellgrad.lessons.image.values import linear_row, network_row
from cellgrad.lessons.image.workbook import build_with
from cellgrad.lessons.training import Results
from cellgrad.session import open_book

METHOD, STEPS = "l-bfgs", 300
DECIMALS = 5
"""Kept of a parameter: more would say nothing about a digit."""


def train(data: Path) -> Results:
    """Optimise both models as a reader would who opens the workbook with the start in its cells.

    `layout.start` with the numbers found in place of those of the start, and {"start", "loss", "linear_loss": the
    losses, "training", "held out": the shares read right, "seconds": what opening and optimising the network took}.
    """
    images = read_images(data / "digits.csv")
    begun = start() | {"loss": 0.0, "linear_loss": 0.0, "start": 0.0, "seconds": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        path = build_with(images, begun, Path(folder) / "start.xlsx")
        clock = time.perf_counter()
        solution = open_book(path).model("train").optimize(method=METHOD, starts=1, steps=STEPS)
        seconds = time.perf_counter() - clock
        linear = open_book(path).model("linear").optimize(method=METHOD, starts=1)
    found = begun | network_from(solution.x) | linear_from(linear.x)
    return found | {
        "start": round(network_loss(images, begun), 6),
        "loss": round(network_loss(images, found), 6),
        "linear_loss": round(linear_loss(images, found), 6),
        "training": share_right(images[:TRAINING], found),
        "held out": share_right(images[TRAINING:], found),
        "seconds": round(seconds, 1),
    }


def network_from(x: np.ndarray) -> Results:
    """The network's part of the results from its changing cells, in the order of `layout.CHANGING`."""
    x = np.round(x, DECIMALS) + 0.0
    filters, biases, dense = np.split(x, [FILTERS * WINDOW**2, FILTERS * (WINDOW**2 + 1)])
    dense = dense.reshape(DIGITS, 1 + FEATURES)
    return {
        "filters": filters.reshape(FILTERS, WINDOW**2).tolist(), "biases": biases.tolist(),
        "dense": dense[:, 1:].tolist(), "constants": dense[:, 0].tolist(),
    }  # fmt: skip


def linear_from(x: np.ndarray) -> Results:
    """The linear model's part, from a row of constants and a row a pixel."""
    rows = (np.round(x, DECIMALS) + 0.0).reshape(1 + SIDE * SIDE, DIGITS)
    return {"linear": rows[1:].tolist(), "linear_constants": rows[0].tolist()}


def network_loss(images: Sequence[Image], found: Results) -> float:
    """The cell train!C3."""
    entropies = [network_row(image, found)[5] for image in images[:TRAINING]]
    return math.fsum(entropies) / TRAINING + PENALTY * (_squares(found["filters"]) + _squares(found["dense"]))


def linear_loss(images: Sequence[Image], found: Results) -> float:
    """The cell linear!C3."""
    entropies = [linear_row(image, found)[4] for image in images[:TRAINING]]
    return math.fsum(entropies) / TRAINING + PENALTY * _squares(found["linear"])


def share_right(images: Sequence[Image], found: Results) -> float:
    """The share of images that the network reads right."""
    return sum(network_row(image, found)[3] for image in images) / len(images)


def _squares(rows: Sequence[Sequence[float]]) -> float:
    return math.fsum(weight * weight for row in rows for weight in row)
