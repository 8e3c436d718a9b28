"""The passengers of the Titanic lesson: read, cleaned, turned into the ten inputs; and where the parameters start."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Context, Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from cellgrad.errors import FileError

CSV_COLUMNS = ("Survived", "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
RAW = ("Survived", "Embarked", "Pclass", "Sex", "Age", "Fare", "SibSp", "Parch")
INPUTS = ("SibSp", "Parch", "Age_N", "log_Fare", "Pclass_1", "Pclass_2", "Embark_S", "Embark_C", "Male", "Ones")
"""The ten columns that are multiplied by parameters, G:P; SibSp and Parch are raw, the others computed."""

TABLE_COLUMNS = (*RAW, *INPUTS[2:])
FORMULAS: Mapping[str, str] = MappingProxyType(
    {
        "Age_N": "{t}[[#This Row],[Age]]/MAX({t}[Age])",
        "log_Fare": "LOG10({t}[[#This Row],[Fare]]+1)",
        "Pclass_1": "IF({t}[[#This Row],[Pclass]]=1,1,0)",
        "Pclass_2": "IF({t}[[#This Row],[Pclass]]=2,1,0)",
        "Embark_S": 'IF({t}[[#This Row],[Embarked]]="S",1,0)',
        "Embark_C": 'IF({t}[[#This Row],[Embarked]]="C",1,0)',
        "Male": 'IF({t}[[#This Row],[Sex]]="male",1,0)',
    }
)
"""The computed columns of a table {t}, in the form that files store; Excel shows `[@Age]` for `[[#This Row],[Age]]`."""

TABLES = MappingProxyType({"all_rows": "Passengers", "linear": "LinearData", "nnet": "NetData", "mmult": "MatrixData"})
"""Each sheet's table. Not the sheets' own names: a formula that says `MMULT(mmult[...` reads like a slip."""

SEED = 3342
"""The start, chosen among the seeds 0 to 5999. From most of them some method ends in a poor valley or with a dead
unit; 28 passed limits from 0.1330 (L-BFGS, Levenberg-Marquardt) to 0.1450 (momentum at a high rate) on the net. Over
17 further settings of gradient descent, momentum, Adam, L-BFGS and Levenberg-Marquardt this one ends at 0.1364 at worst
and 0.1322 in the middle, and both its units are awake for a good share of the passengers at the start. A start that
suits one method only would teach the wrong lesson."""

Columns = dict[str, list[float | str | None]]
"""Column -> its values, one a passenger; None for a blank."""


def read_passengers(path: Path) -> Columns:
    """The csv as columns: numbers, text, and None for a blank. Raises FileError."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            if tuple(reader.fieldnames or ()) != CSV_COLUMNS:
                raise FileError(f"{path} does not have the columns {', '.join(CSV_COLUMNS)}")
            rows = [[_value(row, name, f"{path}, row {reader.line_num}") for name in CSV_COLUMNS] for row in reader]
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror}") from problem
    return {name: [row[at] for row in rows] for at, name in enumerate(CSV_COLUMNS)}


def _value(row: Mapping[str, str | None], name: str, where: str) -> float | str | None:
    text = row[name]
    if not text or name in ("Sex", "Embarked"):
        return text or None
    try:
        return float(text)
    except ValueError as problem:
        raise FileError(f"{where}, {name}: {text!r} is not a number") from problem


def complete(everyone: Columns) -> Columns:
    """The passengers that have an age and a port, in the same order."""
    keep = [
        age is not None and port is not None for age, port in zip(everyone["Age"], everyone["Embarked"], strict=True)
    ]
    return {name: [v for v, kept in zip(values, keep, strict=True) if kept] for name, values in everyone.items()}


def computed(people: Columns) -> dict[str, np.ndarray]:
    """The values of the table's computed columns and of Ones, float64, one entry a passenger."""
    age, fare, pclass = (np.array(people[name], float) for name in ("Age", "Fare", "Pclass"))
    port, sex = np.array(people["Embarked"]), np.array(people["Sex"])
    values = {
        "Age_N": age / age.max(),
        "log_Fare": np.array([_log10(price) for price in (fare + 1).tolist()]),
        "Pclass_1": pclass == 1,
        "Pclass_2": pclass == 2,
        "Embark_S": port == "S",
        "Embark_C": port == "C",
        "Male": sex == "male",
        "Ones": np.ones(len(age)),
    }
    return {name: column.astype(float) for name, column in values.items()}


@lru_cache
def _log10(value: float) -> float:
    """The logarithm, correctly rounded: libraries and processors differ in its last bit, a rebuilt file must not."""
    return float(Context(prec=40).log10(Decimal(value)))


def products(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """x (n, k) times w (k, units), added from left to right: the same bits everywhere, as no BLAS promises."""
    total = np.zeros((len(x), w.shape[1]))
    for column, row in zip(x.T, w, strict=True):
        total = total + column[:, None] * row
    return total


def start() -> tuple[np.ndarray, np.ndarray]:
    """Where the parameters start: those of the net (10, 2), one column a unit, and those of the linear model (10,)."""
    draws = np.random.default_rng(SEED).random(30) - 0.5
    draws = np.array([float(f"{draw:.15g}") for draw in draws])  # as many digits as a pasted value shows
    return draws[:20].reshape(10, 2), draws[20:]
