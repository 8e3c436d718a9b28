"""What happens to cells that depend on a changed cell but cannot be computed: never a stale value in silence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import UnsupportedError
from cellgrad.program.compiling import compile_model, constant_live
from cellgrad.program.recalculate import recalculate
from cellgrad.values import CellError

# formula in C1 (A1 changes from 2 to 5; cached value 10), its value after the change, or None where it is lost
AFTER = [
    ("=A1*2", 10.0),
    ("=IF(A1>3,\"large\",\"small\")", "large"),
    ("=\"A1 is \"&A1", "A1 is 5"),
    ("=B1", None),  # B1 is RAND()*A1: only the file knows a random value, and it is stale now
    ("=OFFSET(A1,0,0)", 5.0),
    ("=INDIRECT(\"A\"&1)", 5.0),
    ("=OFFSET(A1,0,(A1-3)/2)", None),  # it lands on B1 now, whose value only the file knew
    ("=NOSUCHNAME*A1", CellError.NAME),
    ("=[1]Sheet1!A1+A1", None),
    ("=IFERROR(1/(A1-5),-1)", -1.0),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "after"), AFTER)
def test_dependents_are_recalculated_or_lose_their_value(formula, after) -> None:
    book = book_of(
        {"Sheet": {"A1": 2.0, "B1": "=RAND()*A1", "C1": formula, "D1": "=RAND()"}},
        cached={"B1": 0.7, "C1": 7.0, "D1": 0.2},
    )
    dependence = Dependence(book)
    areas = [parse_region("A1", "Sheet")]
    result = recalculate(dependence, dependence.dependents(areas), constant_live(areas, np.array([5.0])))
    cells = result.cells(dependence)["Sheet"]
    assert cells[0, 2] == after
    assert (0, 3) not in cells  # chance that depends on nothing changed keeps its cached value


def test_chance_on_the_way_to_the_objective_is_refused() -> None:
    book = book_of({"Sheet": {"A1": 2.0, "B1": "=RAND()*A1", "C1": "=B1^2"}}, cached={"B1": 0.7})
    with pytest.raises(UnsupportedError, match=r"Sheet!B1: =RAND\(\)\*A1"):
        compile_model(Dependence(book), parse_region("C1", "Sheet"), [parse_region("A1", "Sheet")])


def test_chance_beside_the_changing_cells_is_data() -> None:
    book = book_of({"Sheet": {"A1": 2.0, "B1": "=RAND()", "C1": "=(A1-B1)^2"}}, cached={"B1": 0.75})
    model = compile_model(Dependence(book), parse_region("C1", "Sheet"), [parse_region("A1", "Sheet")])
    assert model.function.value_and_gradient(torch.tensor([[2.0]], dtype=torch.float64))[0].item() == 1.25**2
