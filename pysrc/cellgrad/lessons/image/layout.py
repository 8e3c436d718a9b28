"""What stands where in image.xlsx, the images themselves, and where the search for the parameters begins."""

from __future__ import annotations

import csv
import math
import random
from dataclasses import dataclass
from pathlib import Path

from xlsxwriter.utility import xl_col_to_name

from cellgrad.errors import FileError
from cellgrad.lessons.training import Results

SIDE = 8
"""Pixels along an edge of an image."""
INK = 16
"""The darkest pixel in the data; the sheets hold shares of it, from 0 to 1."""
FILTERS, WINDOW = 12, 3
MAP = SIDE - WINDOW + 1
"""Places along an edge where a filter fits."""
POOLED = MAP // 2
DIGITS = 10
FEATURES = FILTERS * POOLED * POOLED
TRAINING, HELD_OUT = 1000, 300
"""The first images of the file, and the next ones."""
PENALTY = 0.0001

HEADER, FIRST = 6, 7
"""On the sheets with an image a row, counted from 0: the row of headers, the first image."""
SCORE_AT, PIXEL_AT, POOLED_AT = 6, 16, 80
"""On the same sheets, the first column of the scores, the pixels and the pooled numbers."""
SPAN = SIDE * (WINDOW - 1) + WINDOW
"""Pixels in reading order from the first to the last that a filter sees at one place."""
SHIFTS = (0, 1, SIDE, SIDE + 1)
"""How many pixels on the four windows of one pooled number begin."""


@dataclass(frozen=True)
class Image:
    """An image as (64) shares of ink in reading order, and the digit that it is."""

    pixels: tuple[float, ...]
    digit: int


def read_images(path: Path) -> list[Image]:
    """The images of digits.csv: TRAINING and then HELD_OUT. Raises FileError where it is missing or other."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        images = [Image(tuple(int(text) / INK for text in pixels), int(digit)) for digit, *pixels in rows]
    except (OSError, ValueError) as problem:
        raise FileError(f"{path} cannot be read: {problem}") from problem
    if (
        len(header) != SIDE * SIDE + 1
        or len(images) != TRAINING + HELD_OUT
        or any(len(image.pixels) != SIDE * SIDE or not 0 <= image.digit < DIGITS for image in images)
    ):
        raise FileError(f"{path} is not a table of {TRAINING + HELD_OUT} images: a digit and 64 pixels each")
    return images


def start() -> Results:
    """Where the search begins: filters that see edges, turned bit by bit and not quite even, and small weights.

    {"filters": (FILTERS, 9), "biases": (FILTERS,), "dense": (DIGITS, FEATURES), "constants": (DIGITS,),
    "linear": (64, DIGITS), "linear_constants": (DIGITS,)}; the linear model, which has one valley only, begins at 0.
    """
    draw = random.Random(START)

    def normal(spread: float) -> float:
        return round(draw.gauss(0, spread), 6)

    angles = [2 * math.pi * number / FILTERS for number in range(FILTERS)]
    return {
        "filters": [
            [
                round(0.3 * ((column - 1) * math.cos(angle) + (row - 1) * math.sin(angle)), 6) + normal(0.1)
                for row in range(WINDOW)
                for column in range(WINDOW)
            ]
            for angle in angles
        ],
        "biases": [0.0] * FILTERS,
        "dense": [[normal(0.01) for _ in range(FEATURES)] for _ in range(DIGITS)],
        "constants": [0.0] * DIGITS,
        "linear": [[0.0] * DIGITS for _ in range(SIDE * SIDE)],
        "linear_constants": [0.0] * DIGITS,
    }


START = 9
"""The seed of the start. Of twelve, that whose end read most of the 497 further images of the data set, which are not
in the workbook: neither training nor held out. Number and size of the filters and the penalty were chosen so, too."""


# ---- the sheet look: the image on the left, a band of columns for each filter --------------------------------------

IMAGE_AT = (4, 1)
"""Row and column of the chosen image's first pixel, from 0."""
BAND_AT, BAND = 10, MAP + 1
"""The first filter's first column, and how many further on the next filter's stands."""
FILTER_ROW, BIAS_ROW, SLID_ROW, RELU_ROW, POOLED_ROW, WEIGHT_ROW, PART_ROW = 4, 7, 9, 16, 23, 27, 31
"""The first row of each picture in a band, from 0."""


def band(number: int) -> int:
    """The first column of a filter's band on the sheet look, from 0."""
    return BAND_AT + BAND * number


def region(top: int, left: int, rows: int, columns: int) -> str:
    """An absolute reference to a rectangle counted from 0."""
    first, last = xl_col_to_name(left), xl_col_to_name(left + columns - 1)
    return f"${first}${top + 1}" + ("" if rows == columns == 1 else f":${last}${top + rows}")


def filter_region(number: int) -> str:
    """The nine weights of a filter on the sheet look."""
    return region(FILTER_ROW, band(number), WINDOW, WINDOW)


def bias_cell(number: int) -> str:
    """What a filter adds everywhere, on the sheet look."""
    return region(BIAS_ROW, band(number) + 2, 1, 1)


ALL_FILTERS = region(FILTER_ROW, BAND_AT, WINDOW, BAND * FILTERS - 1)
"""The rows of the sheet look whose only numbers are the filters' weights."""

# ---- the sheets dense and layers -------------------------------------------------------------------------------------

DENSE_ROW, CONSTANT_AT, WEIGHT_AT, FEATURE_ROW = 5, 2, 3, 3
"""The sheet dense, from 0: first digit's row, column of the constants, of the first weight, row of the image."""
FLAT_ROW, FLAT_AT = 18, 3
"""The sheet layers, from 0: the first filter's row of its weights laid out flat, and their first column."""


def dense_row(digit: int) -> str:
    """The weights of a digit on the sheet dense."""
    return region(DENSE_ROW + digit, WEIGHT_AT, 1, FEATURES)


def flat_region(number: int) -> str:
    """A filter on the sheet layers, laid out flat: its three rows, with zeros for the pixels between them."""
    return region(FLAT_ROW + number, FLAT_AT, 1, SPAN)


# ---- the sheet linear -----------------------------------------------------------------------------------------------

LINEAR_SCORE_AT, LINEAR_AT = 5, 17
"""The sheet linear, from 0: the first column of the scores, and of the weights, whose first row is the constants."""
LINEAR_CONSTANTS = region(FIRST, LINEAR_AT, 1, DIGITS)
LINEAR_WEIGHTS = region(FIRST + 1, LINEAR_AT, SIDE * SIDE, DIGITS)

CHANGING = ",".join(
    [f"look!{filter_region(number)}" for number in range(FILTERS)]
    + [f"look!{bias_cell(number)}" for number in range(FILTERS)]
    + [f"dense!{region(DENSE_ROW, CONSTANT_AT, DIGITS, 1 + FEATURES)}"]
)
"""The network's parameters, filter by filter, their biases, then digit by digit the constant and the weights."""
