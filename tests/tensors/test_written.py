"""A program written out as one function gives what the loop over its calls gives, to the last bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.problems import nist
from tests.problems.hock_schittkowski import EXAMPLES
from tests.problems.known import Known

import cellgrad
from cellgrad.tensors import operations as t
from cellgrad.tensors import written
from cellgrad.tensors.execute import OFTEN, Program
from cellgrad.tensors.nodes import constant, input_node

WORKBOOKS = {
    **{name: nist.problem(name, "start1") for name in ("Hahn1", "Nelson", "MGH09")},
    **{f"Hock-Schittkowski {one.number}": one.known for one in EXAMPLES[::4]},
}


@pytest.mark.parametrize("known", WORKBOOKS.values(), ids=WORKBOOKS)
def test_programs_of_workbooks(known: Known, tmp_path: Path) -> None:
    """Values, slopes, rows and Jacobians, at the start and beside it, in an error too."""
    model = cellgrad.open(known.write(tmp_path / "book.xlsx")).model()
    functions = [model.function.value, model.function.value_and_gradient, model.system.values, model.system.slopes]
    if model.function.has_residuals:
        functions.append(model.function.residuals_and_jacobian)
    points = [torch.as_tensor(model.x0)[None] * factor for factor in (1.0, 1.1, -3.0)]
    points.append(torch.full_like(points[0], torch.nan))
    for function in functions:
        looped = [function(point) for point in points]
        for _ in range(OFTEN):
            function(points[0])
        torch.testing.assert_close([function(point) for point in points], looped, rtol=0, atol=0, equal_nan=True)
    programs = [*model.function._programs.values(), *model.system._programs.values()]
    assert any(program._written is not None for program in programs)


def program() -> Program:
    """Outputs that are an input, a constant, what nobody reads further, and what a fixed input settles."""
    x, fixed = input_node("x", (2,)), input_node("fixed", (2,))
    double = t.add(fixed, fixed)
    out = t.mul(t.add(x, double), x)
    twos = {"fixed": torch.full((2,), 2.0, dtype=torch.float64)}
    return Program([out, x, constant(torch.ones(2)), out, double], ["x", "unread"], fixed=twos)


def test_every_kind_of_register() -> None:
    x, unread = torch.tensor([1.0, 3.0], dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    run = program()
    for _ in range(OFTEN + 2):
        assert [found.tolist() for found in run(x, unread)] == [[5, 21], [1, 3], [1, 1], [5, 21], [4, 4]]
    assert run._written is not None


def test_what_is_long_stays_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellgrad.tensors.execute.MOST_STEPS", 1)
    run = program()
    for _ in range(OFTEN + 2):
        run(torch.ones(2, dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    assert run._written is None and len(run) > 1 and written.MOST_STEPS > 1
