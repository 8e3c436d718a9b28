"""A gradient with respect to very many changing cells, against one evaluation of the same objective."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from tests.sheets import columns_of
from xlsxwriter.utility import xl_col_to_name

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import compile_model
from cellgrad.workbook import Workbook

SAMPLES = 10
"""Columns of data that the matrix is multiplied with."""
AGREE = 1e-9


@dataclass(frozen=True)
class Sheet:
    """A sheet with a column or a matrix of changing cells, and its objective worked out by hand."""

    book: Workbook
    objective: str
    changing: str
    by_hand: Callable[[np.ndarray], tuple[float, np.ndarray]]
    """x (n,) -> value and gradient (n,)."""


def column(cells: int) -> Sheet:
    """Parameters in A, data in B: one SUMXMY2, which an evaluation passes over once."""
    data = np.random.default_rng(0).standard_normal(cells)

    def by_hand(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(((x - data) ** 2).sum()), 2 * (x - data)

    book = columns_of({f"A1:A{cells}": 0.1, f"B1:B{cells}": data, "D1": f"=SUMXMY2(A1:A{cells},B1:B{cells})"})
    return Sheet(book, "D1", f"A1:A{cells}", by_hand)


def formulas(cells: int) -> Sheet:
    """Parameters in A, data in B and C, a logistic curve filled down D and a squared error filled down E."""
    drawn = np.random.default_rng(0)
    data, wanted = drawn.standard_normal(cells), drawn.random(cells)
    contents: dict[str, float | str | np.ndarray] = {
        f"A1:A{cells}": 0.1,
        f"B1:B{cells}": data,
        f"C1:C{cells}": wanted,
        f"D1:D{cells}": "=1/(1+EXP(-A1*B1))",
        f"E1:E{cells}": "=(D1-C1)^2",
        "G1": f"=AVERAGE(E1:E{cells})",
    }

    def by_hand(x: np.ndarray) -> tuple[float, np.ndarray]:
        p = 1 / (1 + np.exp(-x * data))
        return float(((p - wanted) ** 2).mean()), 2 / cells * (p - wanted) * p * (1 - p) * data

    return Sheet(columns_of(contents), "G1", f"A1:A{cells}", by_hand)


def matrix(cells: int) -> Sheet:
    """A square matrix of parameters, MMULT with columns of data beside it, and SUMXMY2 with what it should come to.

    Has the next smaller square number of cells.
    """
    side = math.isqrt(cells)
    drawn = np.random.default_rng(0)
    data, wanted = drawn.standard_normal((2, side, SAMPLES))
    first, last = (xl_col_to_name(at) for at in (side + 1, side + SAMPLES))
    then, end = (xl_col_to_name(at) for at in (side + SAMPLES + 2, side + 2 * SAMPLES + 1))
    parameters, objective = f"A1:{xl_col_to_name(side - 1)}{side}", f"{xl_col_to_name(side + 2 * SAMPLES + 3)}1"
    given, compared = f"{first}1:{last}{side}", f"{then}1:{end}{side}"
    contents: dict[str, float | str | np.ndarray] = {
        parameters: 0.1,
        given: data,
        compared: wanted,
        objective: f"=SUMXMY2(MMULT({parameters},{given}),{compared})/{side}",
    }

    def by_hand(x: np.ndarray) -> tuple[float, np.ndarray]:
        errors = x.reshape(side, side) @ data - wanted
        return float((errors**2).sum() / side), (2 / side * errors @ data.T).reshape(-1)

    return Sheet(columns_of(contents), objective, parameters, by_hand)


SHAPES = {one.__name__: one for one in (column, formulas, matrix)}


def run(cells: int, shape: str, rounds: int) -> dict:
    """Seconds of an evaluation and of a value with its gradient, in pairs, one a round; those to compile, and to the
    first gradient beyond that.

    shape: 'column', 'formulas' or 'matrix'. Raises ArithmeticError where value or gradient differ from those worked
    out by hand.
    """
    sheet = SHAPES[shape](cells)
    began = time.perf_counter()
    dependence = Dependence(sheet.book)
    changing = [parse_region(sheet.changing, "Sheet")]
    function = compile_model(dependence, parse_region(sheet.objective, "Sheet"), changing).function
    compiled = time.perf_counter()
    points = torch.as_tensor(np.random.default_rng(1).standard_normal((rounds + 1, function.size)))
    prepared = time.perf_counter()
    _require_agreement(function.value_and_gradient(points[:1]), sheet.by_hand(points[0].numpy()))
    first = time.perf_counter()
    function.value(points[:1])
    answer: dict[str, object] = {"compile": compiled - began, "first": first - prepared, "cells": function.size}
    taken: dict[str, list[float]] = {"evaluation": [], "gradient": []}
    for point in points[1:]:
        for name, call in (("evaluation", function.value), ("gradient", function.value_and_gradient)):
            began = time.perf_counter()
            call(point[None])
            taken[name].append(time.perf_counter() - began)
    return answer | taken


def _require_agreement(ours: tuple[torch.Tensor, torch.Tensor], hand: tuple[float, np.ndarray]) -> None:
    value, slope = float(ours[0][0]), ours[1][0].numpy()
    apart = max(abs(value - hand[0]) / abs(hand[0]), float(np.abs(slope - hand[1]).max() / np.abs(hand[1]).max()))
    if not apart <= AGREE:
        raise ArithmeticError(f"value or gradient is {apart:.2g} away from that by hand")
