"""Training the models that are compared: each in a workbook of its own, through its cells' formulas.

Every model is trained in every split, once stopped in time and once to the end, and two of them are trained on fewer
passengers too, for the learning curve.
"""

from __future__ import annotations

import importlib.metadata
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from cellgrad.lessons.compare.nets import NETS, Net
from cellgrad.lessons.compare.parts import SPLITS, Passengers, digest, passengers
from cellgrad.lessons.compare.scratch import SHEET, write_model
from cellgrad.lessons.training import Results
from cellgrad.optimize.first_order import FirstOrderOptions
from cellgrad.session.book import Book, open_book
from cellgrad.session.model import Model

METHOD, RATE, PATIENCE, MOST_STEPS, STARTS = "adam", 0.02, 20, 3000, 4
"""Stopped in time: Adam from four starts at once, a look every ten steps, and the end after 20 looks in a row without
a better loss on the part that says when to stop."""

END_STEPS = 2000
"""To the end: so many steps from the same starts, whatever other passengers say; of the four the one with the least
loss on the rows trained on."""

CURVE = (Net(0, 0, True), Net(8, 1, True))
"""The models of the learning curve."""
CURVE_UP_TO = (62, 125, 250, 375, 500, 625, 712)
"""The last passenger to learn from: with a fifth held out, about 50, 100, 200, ... remain to train and stop on."""

MEASURES = ("training", "validation", "right")
"""The cells of the scratch workbook that are kept: mean squared error on the rows trained on and on those that judge,
and the share of the latter that is predicted right."""
GRAIN = 4096
"""Parameters are rounded to this part of one, see `parts.GRAIN`; the measures are those of the rounded parameters."""


def train(data: Path) -> Results:
    """Train all there is to train.

    The answer: ``made with`` (cores, torch's version), ``recipe``, ``data`` (see `parts.digest`), and
    runs, as `stopped_in_time` describes one: ``models`` and ``to the end`` hold for each net's name a run a split,
    ``curve`` a run a size and split. Raises FileError where the data is missing or other.
    """
    everyone = passengers(data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xlsx"
        models = {net.name: [stopped_in_time(path, net, everyone, split) for split in SPLITS] for net in NETS}
        to_the_end = {net.name: [trained_to_the_end(path, net, everyone, split) for split in SPLITS] for net in NETS}
        curve = {
            net.name: [stopped_in_time(path, net, everyone, split, most) for most in CURVE_UP_TO for split in SPLITS]
            for net in CURVE
        }
    return {
        "made with": {"cores": os.cpu_count(), "torch": importlib.metadata.version("torch")},
        "recipe": {"method": METHOD, "learning rate": RATE, "patience": PATIENCE, "starts": STARTS},
        "data": digest(everyone),
        "models": models,
        "to the end": to_the_end,
        "curve": curve,
    }  # fmt: skip


def stopped_in_time(path: Path, net: Net, everyone: Passengers, split: int, most: int | None = None) -> dict[str, Any]:
    """A net trained until the part that says when to stop has had enough.

    most: the last passenger to learn from; the part that judges stays whole. path: a file to write and write over.
    The answer: split, ``up to`` (`most`), seconds of processor time, steps, the `MEASURES` and the parameters.
    """
    book, model = _opened(path, net, everyone, split, most or len(everyone.number))
    began = time.process_time()
    found = model.optimize(
        METHOD, steps=MOST_STEPS, starts=STARTS, seed=split, validation="loss_to_stop",
        options=FirstOrderOptions(rate=RATE, patience=PATIENCE),
    )  # fmt: skip
    seconds = time.process_time() - began
    return {
        "split": split,
        "up to": most,
        "seconds": round(seconds, 3),
        **_kept(book, model, found.x, found.iterations),
    }


def trained_to_the_end(path: Path, net: Net, everyone: Passengers, split: int) -> dict[str, Any]:
    """The same net on the same rows from the same starts, with nobody to say when to stop."""
    book, model = _opened(path, net, everyone, split, len(everyone.number))
    began = time.process_time()
    found = model.optimize(METHOD, learning_rate=RATE, steps=END_STEPS, starts=STARTS, seed=split)
    seconds = time.process_time() - began
    return {"split": split, "seconds": round(seconds, 3), **_kept(book, model, found.x, found.iterations)}


def _opened(path: Path, net: Net, everyone: Passengers, split: int, most: int) -> tuple[Book, Model]:
    start = np.random.default_rng([split, net.units, net.layers]).uniform(-0.5, 0.5, net.parameters)
    book = open_book(write_model(path, net, everyone, split, most, start))
    return book, book.model(SHEET)


def _kept(book: Book, model: Model, x: np.ndarray, steps: int) -> dict[str, Any]:
    rounded = np.round(GRAIN * x) / GRAIN + 0.0  # no -0.0
    book.put(model.compiled.areas, rounded)
    measures = {name: book.value(book.cell(name, SHEET)) for name in MEASURES}
    return {"steps": steps, **measures, "parameters": rounded.tolist()}
