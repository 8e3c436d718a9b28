"""Step functions of live cells: compiled over a whole block they have the reference's values, and no slope."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.program.compiling import compile_model
from cellgrad.reference import Reference
from cellgrad.values import Value

CELLS: dict[str, Value] = {
    **{f"A{r}": v for r, v in enumerate([7.3, 2.5, 7.3, 1.25, 9.0, 4.75], 1)},
    **{f"B{r}": v for r, v in enumerate([2.0, 0.5, 3.0, 0.25, 2.0, 1.0], 1)},
    "C1": 3.0, "C2": 8.0, "C3": 5.0, "C4": "text", "C5": True, "C6": "12",
}  # fmt: skip

FORMULAS = [
    "CEILING(A1,B1)", "FLOOR(A1,B1)", "CEILING.MATH(A1,B1)", "FLOOR.MATH(-A1,B1,1)", "MROUND(A1,B1)",
    "EVEN(A1)+ODD(A1)", "QUOTIENT(A1,B1)", "COMBIN(A1,B1)+COMBINA(A1,B1)", "FACT(A1)+FACTDOUBLE(A1)",
    "PERMUT(A1,B1)+PERMUTATIONA(A1,B1)",
    "DELTA(A1,A$1)+GESTEP(A1,B1)", "RANK(A1,$A$1:$A$6)", "RANK.EQ(A1,A$1:A$6,1)+RANK.AVG(A1,$A$1:$A$6)",
    "PERCENTRANK(A$1:A$6,A1)+PERCENTRANK.EXC(A$1:A$6,A1,2)", "GCD(A1,C$1:C$3)+LCM(A1,C$6)+MULTINOMIAL(A1,2)",
    "BINOM.INV(A1,B1/4,0.3)", "HYPGEOM.DIST(B1/4,A1,6,40,TRUE)", "INDEX(FREQUENCY(A$1:A$6,C$1:C$3),2)",
    "SUM(FREQUENCY(A$1:A$6,{5,3,8,3})*{1;10;100;1000;10000})+A1-A1",
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_steps_over_a_block(formula: str) -> None:
    book = book_of({"Sheet1": {**CELLS, "D1:D6": "=" + formula, "E1": "=SUMPRODUCT(D1:D6,A1:A6)+SUM(A1:A6)"}})
    model = compile_model(Dependence(book), parse_region("E1", "Sheet1"), [parse_region("A1:A6", "Sheet1")])
    value, slope = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    reference = Reference(book)
    assert value.item() == pytest.approx(reference.value("Sheet1", 0, 4), rel=1e-13)
    # What is left of the slope is the factor beside the steps: the product rule with steps held fixed.
    steps = [reference.value("Sheet1", row, 3) for row in range(6)]
    np.testing.assert_allclose(slope[0].numpy(), 1 + np.array(steps, float), rtol=1e-12)


def test_an_objective_of_steps_alone_has_no_slope() -> None:
    book = book_of({"Sheet1": {"A1": 7.3, "B1": "=MROUND(A1,2)*COMBIN(A1,2)"}})
    model = compile_model(Dependence(book), parse_region("B1", "Sheet1"), [parse_region("A1", "Sheet1")])
    _, slope = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert slope.item() == 0.0


def test_a_domain_error_is_an_error_when_compiled() -> None:
    book = book_of({"Sheet1": {"A1": -7.3, "B1": "=COMBIN(A1,2)"}})
    model = compile_model(Dependence(book), parse_region("B1", "Sheet1"), [parse_region("A1", "Sheet1")])
    value, _ = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert not np.isfinite(value.item())
