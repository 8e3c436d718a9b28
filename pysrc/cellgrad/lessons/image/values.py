"""The values of the sheets with an image a row, worked out as their formulas say but all cells of a kind at once.

The evaluator of formulas goes cell by cell: minutes for so many. Products are rounded and sums exact here as there
(`math.fsum`), so that the two agree bit for bit, which a test holds on a sample of the rows; nothing depends on how
many threads there are, or on who compiled the sums.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from operator import mul

from cellgrad.lessons.image.layout import (
    DIGITS,
    LINEAR_SCORE_AT,
    POOLED,
    POOLED_AT,
    SCORE_AT,
    SHIFTS,
    SIDE,
    WINDOW,
    Image,
)
from cellgrad.lessons.training import Results

Row = dict[int, float]
"""Column, counted from 0, -> value, of the formulas of one image."""

PATCH = [SIDE * row + column for row in range(WINDOW) for column in range(WINDOW)]
"""Where the pixels under a filter are, in reading order, from its first."""


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """SUMPRODUCT of two rows."""
    return math.fsum(map(mul, a, b))


def pooled(pixels: Sequence[float], filters: Sequence[Sequence[float]], biases: Sequence[float]) -> Iterator[float]:
    """For each filter and each square of four places: the largest of the four sums and the bias, or 0 if negative."""
    for weights, bias in zip(filters, biases, strict=True):
        for row in range(POOLED):
            for column in range(POOLED):
                corner = 2 * (SIDE * row + column)
                sums = (dot([pixels[corner + shift + at] for at in PATCH], weights) for shift in SHIFTS)
                yield max(0.0, bias + max(sums))


def judged(scores: Sequence[float], digit: int) -> tuple[int, int, float, float]:
    """(the digit read, 1 where it is right, probability of the truth, cross-entropy)."""
    read = scores.index(max(scores))
    entropy = math.log(math.fsum(math.exp(score - scores[digit]) for score in scores))
    return read, int(read == digit), math.exp(-entropy), entropy


def network_row(image: Image, found: Results) -> Row:
    """A row of the sheets train and held_out."""
    features = list(pooled(image.pixels, found["filters"], found["biases"]))
    scores = [
        constant + dot(features, weights)
        for constant, weights in zip(found["constants"], found["dense"], strict=True)
    ]  # fmt: skip
    row = dict(enumerate(judged(scores, image.digit), start=2))
    return row | dict(enumerate(scores, start=SCORE_AT)) | dict(enumerate(features, start=POOLED_AT))


def linear_row(image: Image, found: Results) -> Row:
    """A row of the sheet linear."""
    columns = [[weights[digit] for weights in found["linear"]] for digit in range(DIGITS)]
    scores = [dot(image.pixels, column) + constant
              for column, constant in zip(columns, found["linear_constants"], strict=True)]  # fmt: skip
    read, right, _, entropy = judged(scores, image.digit)
    return {2: read, 3: right, 4: entropy} | dict(enumerate(scores, start=LINEAR_SCORE_AT))
