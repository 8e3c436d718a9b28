"""Compiled gradients of every differentiable function against differences of the per-cell reference.

The two sides share no code: the gradient comes from the kernels over whole blocks, the differences from the plain
values of the reference, which knows of no derivative. They are compared by inner products with random directions.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from tests.functions import gradient_cases
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import Binary, Call, Unary, walk
from cellgrad.functions.registry import FUNCTIONS, Smoothness
from cellgrad.program.compiling import compile_model
from cellgrad.reference import Reference
from cellgrad.tensors.nodes import Node
from cellgrad.tensors.operations import OPERATIONS, mul, number
from cellgrad.values import Value
from cellgrad.workbook import Workbook

Cells = dict[str, float | tuple[float, float]]

TOLERANCE = 1e-6
POINTS, DIRECTIONS = 2, 2
OBJECTIVE = "Z99"

NOT_YET: frozenset[str] = frozenset()
"""Functions declared differentiable that no case covers yet. The list only shrinks."""

ELSEWHERE = {
    "CG_": "compared with torch in test_neural.py",
    "{}": "stands behind defined names, and cannot be written",
}


@cache
def _tables() -> dict[str, tuple[tuple[str, Cells], ...]]:
    names = [module.name for module in pkgutil.iter_modules(gradient_cases.__path__)]
    return {name: tuple(importlib.import_module(f"tests.functions.gradient_cases.{name}").CASES) for name in names}


def cases() -> Iterator[tuple[str, Cells]]:
    for table in _tables().values():
        yield from table


def _uses(formula: str) -> set[str]:
    """The functions and operators of a formula, by the names of their records."""
    found = set()
    for node in walk(parse(formula, 98, 25)):
        match node:
            case Call():
                found.add(node.function)
            case Binary():
                found.add(node.operator)
            case Unary():
                found.add(node.operator if node.operator in "%@#" else f"unary {node.operator}")
    return found


def _book(formula: str, cells: Cells, point: dict[str, float]) -> Workbook:
    held: dict[str, Value] = {name: point.get(name, at) for name, at in cells.items()}  # type: ignore[misc]
    return book_of({"Sheet1": held}, arrays={f"Sheet1!{OBJECTIVE}": "=" + formula})


def worst_slope(formula: str, cells: Cells, seed: int = 0) -> float:
    """The largest |gradient . d - difference along d| / max(1, |gradient . d|) over random points and directions."""
    random = np.random.default_rng(seed)
    changing = [name for name, value in cells.items() if isinstance(value, tuple)]
    low, high = (np.array([cells[name][i] for name in changing], float) for i in (0, 1))  # type: ignore[index]
    worst = 0.0
    for _ in range(POINTS):
        x = random.uniform(low, high)
        book = _book(formula, cells, dict(zip(changing, x.tolist(), strict=True)))
        regions = [parse_region(name, "Sheet1") for name in changing]
        model = compile_model(Dependence(book), parse_region(OBJECTIVE, "Sheet1"), regions)
        start = torch.from_numpy(model.x0)[None]
        value, slopes = model.function.value_and_gradient(start)

        reference = partial(_by_reference, formula, book, [("Sheet1", r.top, r.left) for r in regions])
        here = reference(x)
        assert math.isclose(value.item(), here, rel_tol=1e-9, abs_tol=1e-9), (
            f"compiled {value.item()}, reference {here}"
        )
        for _ in range(DIRECTIONS):
            direction = random.uniform(0.5, 1.5, len(x)) * random.choice([-1.0, 1.0], len(x)) * np.maximum(0.1, abs(x))
            exact = float(slopes[0].numpy() @ direction)
            difference = _difference(lambda s, x=x, d=direction, f=reference: f(x + s * d))
            worst = max(worst, abs(exact - difference) / max(1.0, abs(exact)))
    return worst


def _by_reference(formula: str, book: Workbook, places: list[tuple[str, int, int]], at: np.ndarray) -> float:
    """The formula's value, by the per-cell reference, where the changing cells hold `at`."""
    overrides = dict(zip(places, at.tolist(), strict=True))
    answer = Reference(book, overrides).value("Sheet1", 98, 25)
    assert type(answer) is float, f"{formula} at {overrides} is {answer}"
    return answer


def _difference(along: Callable[[float], float]) -> float:
    """The derivative at 0 by central differences of fourth order, of the step that the next finer one agrees with."""
    found = []
    for step in (1e-2, 3e-3, 1e-3, 3e-4, 1e-4):
        near, far = (along(s) - along(-s) for s in (step, 2 * step))
        found.append((8 * near - far) / (12 * step))
    disagreement = [abs(a - b) for a, b in pairwise(found)]
    return found[disagreement.index(min(disagreement)) + 1]


@pytest.mark.parametrize(("formula", "cells"), list(cases()), ids=[formula for formula, _ in cases()])
def test_gradient(formula: str, cells: Cells) -> None:
    assert worst_slope(formula, cells) < TOLERANCE


def _kinked(record_name: str) -> bool:
    return FUNCTIONS[record_name].smoothness in (Smoothness.SMOOTH, Smoothness.PIECEWISE)


def test_every_differentiable_function_has_a_case() -> None:
    covered = set().union(*(_uses(formula) for formula, _ in cases()))
    wanted = {name for name in FUNCTIONS if _kinked(name) and not name.startswith(tuple(ELSEWHERE))}
    assert sorted(wanted - covered - NOT_YET) == [], "write a case in tests/functions/gradient_cases"
    assert sorted(NOT_YET & covered) == [], "strike these from NOT_YET"


def test_a_wrong_gradient_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation whose value is right and whose derivative is off by a thousandth does not pass."""
    case: tuple[str, Cells] = ("SIN(A1)*A2", {"A1": (0.5, 1), "A2": (1, 2)})
    assert worst_slope(*case) < TOLERANCE
    sine = OPERATIONS["sin"]
    assert sine.vjp is not None

    def wrong(node: Node, cotangent: Node) -> tuple[Node | None, ...]:
        (right,) = sine.vjp(node, cotangent)  # type: ignore[misc]
        return (mul(number(1.001), right),)  # type: ignore[arg-type]

    monkeypatch.setitem(OPERATIONS, "sin", replace(sine, vjp=wrong))
    assert worst_slope(*case) > 100 * TOLERANCE
