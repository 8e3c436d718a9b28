"""What training found, read and looked over: results of other data or of other models are refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cellgrad.errors import FileError
from cellgrad.lessons.compare.nets import NETS, Net
from cellgrad.lessons.compare.parts import SPLITS, Passengers, digest
from cellgrad.lessons.compare.training import CURVE, CURVE_UP_TO
from cellgrad.lessons.training import read_results, results_path

LESSON = "compare"


@dataclass(frozen=True)
class Run:
    """One training: see `training.stopped_in_time`. blocks: the parameters as `Net.blocks` has them."""

    split: int
    seconds: float
    training: float
    validation: float
    right: float
    blocks: list[np.ndarray]


@dataclass(frozen=True)
class Trained:
    """All runs. models, to_the_end: for each net, a run a split. curve: for each net, the runs by (up to, split)."""

    cores: int
    torch: str
    models: Mapping[Net, Sequence[Run]]
    to_the_end: Mapping[Net, Sequence[Run]]
    curve: Mapping[Net, Mapping[tuple[int, int], Run]]


def read_trained(data: Path, everyone: Passengers) -> Trained:
    """The results in `data`/trained/compare.json. Raises FileError where they are missing or other."""
    found = read_results(data, LESSON)
    try:
        if found["data"] != digest(everyone):
            raise _stale(data, "was found on other passengers than those of titanic.csv")
        places = [(most, split) for most in CURVE_UP_TO for split in SPLITS]
        curve = {net: _runs(net, found["curve"][net.name], [split for _, split in places]) for net in CURVE}
        made = found["made with"]
        return Trained(
            cores=int(made["cores"]),
            torch=str(made["torch"]),
            models={net: _runs(net, found["models"][net.name], SPLITS) for net in NETS},
            to_the_end={net: _runs(net, found["to the end"][net.name], SPLITS) for net in NETS},
            curve={net: dict(zip(places, runs, strict=True)) for net, runs in curve.items()},
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise _stale(data, f"does not hold what this lesson trains ({problem!r})") from problem


def _runs(net: Net, found: Sequence[Mapping[str, Any]], splits: Sequence[int]) -> list[Run]:
    """Runs of a net, one for each of `splits`. Raises KeyError, TypeError or ValueError where they are others."""
    if [run["split"] for run in found] != list(splits):
        raise ValueError(f"{net.name}: other splits")
    runs = []
    for run in found:
        numbers = {name: float(run[name]) for name in ("seconds", "training", "validation", "right")}
        parameters = [float(number) for number in run["parameters"]]
        if len(parameters) != net.parameters or not all(map(math.isfinite, [*numbers.values(), *parameters])):
            raise ValueError(f"{net.name}: not {net.parameters} parameters, or no numbers")
        runs.append(Run(split=run["split"], blocks=net.blocks(parameters), **numbers))
    return runs


def _stale(data: Path, why: str) -> FileError:
    return FileError(f"{results_path(data, LESSON)} {why}", action=f"run `cellgrad lessons train --only {LESSON}`")
