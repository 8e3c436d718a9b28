# ruff: noqa: E501 - a row of a table is a line, whatever its length
"""Cells that need each other: told in words, or iterated where the workbook says so; values and slopes in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CircularReferenceError, UnsupportedError
from cellgrad.program.compiling import compile_model, constant_live
from cellgrad.program.recalculate import recalculate
from cellgrad.reference import Reference
from cellgrad.values import Value
from cellgrad.workbook import Workbook, decode

# An interest that is earned on a balance that includes half of it: i = r (b + i / 2), so i = r b / (1 - r / 2)
INTEREST: dict[str, Value] = {"A1": 1000.0, "A2": 0.1, "B1": "=A2*B2", "B2": "=A1+B1/2", "B3": "=A1+B1", "C1": "=A1*2"}
INTEREST_EARNED = 0.1 * 1000 / (1 - 0.05)


def iterating(cells: dict[str, Value], cached: dict[str, Value] | None = None, **settings: object) -> Workbook:
    return book_of({"Sheet": cells}, cached=cached, iterate=True, **settings)  # type: ignore[arg-type]


def recalculated(book: Workbook) -> tuple[dict[str, Value], dict[str, Exception]]:
    dependence = Dependence(book)
    result = recalculate(dependence, dependence.all_blocks(), {})
    values = {
        block.region.a1: decode(int(kinds[0, 0]), float(data[0, 0]), book.strings)
        for block, (kinds, data) in result.blocks.items()
    }
    return values, {block.region.a1: error for block, error in result.failures.items()}


def test_without_iteration_a_circle_is_told_and_the_rest_evaluated() -> None:
    book = book_of({"Sheet": INTEREST})
    values, failures = recalculated(book)
    assert values == {"C1": 2000.0}
    assert set(failures) == {"B1", "B2", "B3"}
    assert all(isinstance(error, CircularReferenceError) for error in failures.values())
    assert "Sheet!B1 -> Sheet!B2 -> Sheet!B1" in str(failures["B3"]) or "Sheet!B2 -> Sheet!B1" in str(failures["B3"])
    with pytest.raises(CircularReferenceError, match=r"Sheet!B1 needs Sheet!B2 needs Sheet!B1.*turn iterative"):
        Reference(book).value("Sheet", 0, 1)
    assert Reference(book).value("Sheet", 0, 2) == 2000.0


@pytest.mark.parametrize(
    "cells",
    [
        INTEREST,
        {**INTEREST, "B1": "=A2*AVERAGE(B3,A1)"},  # through a range and another cell: i = r (b + (b + i)) / 2
        {**INTEREST, "B1": "=A2*(A1+SUM(B1:B1)/2)"},  # in itself
        {**INTEREST, "B1": "=IF(A2>0,A2*B2,0)"},
    ],
)
def test_the_fixed_point_equals_the_closed_form(cells: dict[str, Value]) -> None:
    book = iterating(cells)
    reference = Reference(book, exact=True)
    assert math.isclose(reference.value("Sheet", 0, 1), INTEREST_EARNED, rel_tol=1e-14)  # type: ignore[arg-type]
    assert math.isclose(reference.value("Sheet", 2, 1), 1000 + INTEREST_EARNED, rel_tol=1e-14)  # type: ignore[arg-type]


def test_the_files_own_tolerance_and_count() -> None:
    """From 0 each pass leaves a twentieth of the error: 100, 105, 105.25, 105.2625, ... to within the tolerance."""
    loose = Reference(iterating(INTEREST, iterate_delta=0.5, iterate_count=100))  # type: ignore[arg-type]
    assert loose.value("Sheet", 0, 1) == pytest.approx(0.1 * (1000 + 0.1 * (1000 + 100 / 2) / 2), abs=1e-12)
    once = Reference(iterating(INTEREST, iterate_delta=1e-9, iterate_count=2))  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="does not come to rest"):
        once.value("Sheet", 0, 1)


def test_cached_values_within_the_tolerance_stand() -> None:
    """What the program that saved the file stopped at is what it shows; a start further away is iterated."""
    close = {"B1": 105.2630, "B2": 1052.6315, "B3": 1105.2630}
    values, failures = recalculated(iterating(INTEREST, close))
    assert not failures
    assert (values["B1"], values["B2"]) == (105.2630, 1052.6315)
    values, _ = recalculated(iterating(INTEREST, {"B1": 5.0, "B2": 7.0}))
    assert values["B1"] == pytest.approx(INTEREST_EARNED, abs=1e-3)


@pytest.mark.parametrize(
    "cells",
    [{"B1": "=B1+1"}, {"B1": "=-2*B2", "B2": "=B1+1"}, {"B1": "=1-B1"}, {"B1": '=B1&"x"'}],
)
def test_a_circle_that_does_not_settle_is_refused_in_words(cells: dict[str, Value]) -> None:
    values, failures = recalculated(iterating({**cells, "C1": "=A1+1"}))
    assert values == {"C1": 1.0}
    assert all("does not come to rest" in str(error) for error in failures.values())
    assert len(failures) == len(cells)


def test_a_circle_over_sheets_in_the_order_of_the_tabs() -> None:
    """One pass goes over 'b' before 'a', since that is the tabs' order: b!A1 = 1 + a!A1 / 2, a!A1 = b!A1 / 2."""
    book = book_of(
        {"b": {"A1": "=1+a!A1/2"}, "a": {"A1": "=b!A1/2"}}, iterate=True, iterate_count=1, iterate_delta=10,  # type: ignore[arg-type]
        cached={"b!A1": 100.0, "a!A1": 0.0},
    )  # fmt: skip
    with pytest.raises(UnsupportedError, match="2 cells"):  # b moved by 99 in the one pass
        Reference(book).value("b", 0, 0)
    book = book_of({"b": {"A1": "=1+a!A1/2"}, "a": {"A1": "=b!A1/2"}}, iterate=True)
    assert Reference(book, exact=True).value("a", 0, 0) == pytest.approx(2 / 3, rel=1e-14)


def test_an_array_formula_in_a_circle() -> None:
    book = book_of(
        {"Sheet": {"A1": 1.0, "A2": 2.0, "D1": "=SUM(B1:B2)/10"}}, arrays={"Sheet!B1:B2": "=A1:A2+D1"}, iterate=True
    )
    assert Reference(book, exact=True).value("Sheet", 0, 3) == pytest.approx(0.3 / 0.8, rel=1e-14)


# name, formulas of a circle with the objective H1 and the changing cells A1, A2; the objective in closed form
LOOPS = [
    ("interest on itself", {"B1": "=A2*B2", "B2": "=A1+B1/2", "H1": "=B1^2"}, lambda b, r: (r * b / (1 - r / 2)) ** 2),
    ("Newton's square root", {"B1": "=(B1+A1/B1)/2", "H1": "=B1*A2"}, lambda a, c: math.sqrt(a) * c),
    ("a filled column against its total", {"B1:B4": "=A$2*ROW()+$C$1/10", "C1": "=SUM(B1:B4)/A1", "H1": "=C1"}, lambda a, c: 10 * c / (a - 0.4)),
    ("a branch", {"B1": "=IF(B2>0,A2*B2,7)", "B2": "=A1+B1/2", "H1": "=B1+B2"}, lambda b, r: (r * b / (1 - r / 2)) * 1.5 + b),
    ("two circles, one on the other", {"B1": "=A1+B2/4", "B2": "=B1/2", "C1": "=B1*A2+C2/3", "C2": "=C1", "H1": "=C1"}, lambda a, c: a / (1 - 1 / 8) * c * 1.5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cells", "closed"), LOOPS, ids=[row[0] for row in LOOPS])
def test_slopes_through_a_fixed_point(name, cells, closed) -> None:
    cached = {"B1": 30.0} if "Newton" in name else {}
    book = iterating({"A1": 900.0, "A2": 0.08, **cells}, cached)
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A2", "Sheet")])
    x = model.x0
    value, slope = model.function.value_and_gradient(torch.from_numpy(x[None]))
    assert math.isclose(value.item(), closed(*x), rel_tol=1e-12)
    for at, step in enumerate([1e-2, 1e-6]):
        moved = np.eye(2)[at] * step
        difference = (closed(*(x + moved)) - closed(*(x - moved))) / (2 * step)
        assert math.isclose(slope[0, at].item(), difference, rel_tol=1e-6, abs_tol=1e-9)
    both, _ = model.function.value_and_gradient(torch.from_numpy(np.stack([x, x * 1.1])))
    assert math.isclose(both[1].item(), closed(*(x * 1.1)), rel_tol=1e-12)


def test_second_derivatives_through_a_fixed_point() -> None:
    book = iterating({"A1": 900.0, "A2": 0.08, **LOOPS[0][1]})
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1:A2", "Sheet")])
    x, direction = model.x0, np.array([10.0, 0.02])
    product = model.function.hessian_product(torch.from_numpy(x[None]), torch.from_numpy(direction[None]))[0]

    def slope(at: np.ndarray) -> np.ndarray:
        return model.function.value_and_gradient(torch.from_numpy(at[None]))[1][0].numpy()

    differences = (slope(x + 1e-5 * direction) - slope(x - 1e-5 * direction)) / 2e-5
    assert np.allclose(product.numpy(), differences, rtol=1e-6)


def test_a_fixed_point_that_is_lost_on_the_way_is_an_error_there() -> None:
    book = iterating({"A1": 0.5, "B1": "=A1*B1+1", "H1": "=B1"})
    model = compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1", "Sheet")])
    value = model.function.value(torch.tensor([[0.5], [1.5]], dtype=torch.float64))
    assert value[0].item() == pytest.approx(2.0, rel=1e-14)
    assert not math.isfinite(value[1].item())


def test_saving_after_a_change_settles_the_circle_anew() -> None:
    book = iterating(INTEREST, {"B1": 105.263, "B2": 1052.6315, "B3": 1105.263})
    dependence = Dependence(book)
    areas = [parse_region("A1", "Sheet")]
    result = recalculate(dependence, dependence.dependents(areas), constant_live(areas, np.array([2000.0])))
    cells = result.cells(dependence)["Sheet"]
    assert cells[0, 1] == pytest.approx(2 * INTEREST_EARNED, rel=1e-13)


def test_a_circle_through_text_is_refused_where_it_is_live() -> None:
    book = iterating({"A1": 1.0, "B1": '=IF(C1="x",A1,2)', "C1": '=IF(B1>0,"x","y")', "H1": "=B1*A1"})
    with pytest.raises(UnsupportedError, match=r"Sheet!C1.*\n.*holds no\s+number"):
        compile_model(Dependence(book), parse_region("H1", "Sheet"), [parse_region("A1", "Sheet")])
    assert Reference(book).value("Sheet", 0, 1) == 1.0
