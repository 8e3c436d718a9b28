"""Mini-batches: estimates from some rows whose mean over a pass is the objective, at the cost of those rows alone."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.sheets import book_of

import cellgrad
from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import ArgumentError
from cellgrad.optimize.threads import threads_for
from cellgrad.program.compiling import compile_model
from cellgrad.program.objective import CompiledObjective
from cellgrad.program.row_batches import RowBatches, RowTable
from cellgrad.program.row_slices import is_parameter
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import constant, input_node, topological
from cellgrad.values import Value

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"
ROWS = 60


def require_unbiased(function: CompiledObjective, rows: int, batch: int, X: torch.Tensor) -> RowTable:
    """Over one pass, estimates weighted by their rows are the objective and its gradient; each alone is not, and no
    operation of a batch works on as many numbers as there are rows."""
    table = RowTable(function)
    assert table.rows == rows
    value, gradient = function.value_and_gradient(X)
    if table.merit_is_square:
        value, gradient = value.square(), 2 * value.unsqueeze(1) * gradient
    batches = RowBatches(table, batch, seed=1)
    values, gradients, seen = torch.zeros_like(value), torch.zeros_like(gradient), []
    spread = 0.0
    for numbers in batches.epoch(0):
        v, g = table.some(len(numbers)).value_and_gradient(X, numbers)
        assert v.shape == value.shape
        assert g.shape == gradient.shape
        share = len(numbers) / rows
        values, gradients = values + share * v, gradients + share * g
        spread = max(spread, float((g - gradient).abs().max()))
        seen += numbers.tolist()
    assert sorted(seen) == list(range(rows))
    size = gradient.abs().max().clamp(min=1.0)
    assert float((gradients - gradient).abs().max() / size) <= 1e-12
    assert float((values - value).abs().max() / value.abs().max().clamp(min=1.0)) <= 1e-12
    assert spread > 1e-6 * float(size), "every batch gives the whole gradient: nothing was left out"
    torch.testing.assert_close(batches.value(X), value, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(table.estimate(X, table.all_rows()), value, rtol=1e-12, atol=1e-12)
    return table


def largest_operation(table: RowTable, batch: int) -> int:
    """The most numbers that one operation of a batch makes; moving changing cells about not counted."""
    nodes = topological(table.some(batch).outputs)
    sizes = [node.size for node in nodes if not node.is_constant and not is_parameter(node)]
    return max(size for size in sizes if size != table.function.size)


@pytest.mark.parametrize("starts", [1, 3])
@pytest.mark.parametrize("batch", [1, 64, 89, 712])
@pytest.mark.parametrize("sheet", ["linear", "nnet", "mmult"])
def test_the_titanic_models(sheet: str, batch: int, starts: int) -> None:
    function = cellgrad.open(TITANIC).model(sheet).function
    X = torch.from_numpy(np.random.default_rng(0).normal(size=(starts, function.size)))
    table = RowTable(function)
    for number, rows in enumerate(RowBatches(table, batch).epoch(3)):
        assert len(rows) == min(batch, 712 - number * batch)
    if batch < 712:
        require_unbiased(function, 712, batch, X)
        assert largest_operation(table, batch) <= 10 * batch + 20


RANDOM = np.random.default_rng(7)
DATA: dict[str, Value] = {
    f"{column}{row}": float(value)
    for column in "ABCDE"
    for row, value in enumerate(RANDOM.normal(size=ROWS).round(3).tolist(), 1)
}
MASK: dict[str, Value] = {f"G{row}": ["yes", "no", None, 3.0][row % 4] for row in range(1, ROWS + 1)}
LABELS: dict[str, Value] = {f"H{row}": float(row % 4 + 1) for row in range(1, ROWS + 1)}
LIVE: dict[str, Value] = {f"J{row}": float(value) for row, value in enumerate((0.3, -0.2, 0.5, 0.7), 1)}
# J1:J4 are the changing cells

OBJECTIVES: list[tuple[str, dict[str, Value], dict[str, str]]] = [
    # a name, formulas (the objective in Z1), array formulas
    ("sumxmy2", {"M1:M60": "=J$1*A1+J$2", "Z1": "=SUMXMY2(B1:B60,M1:M60)"}, {}),
    ("sumsq of a column", {"M1:M60": "=B1-J$1*A1-J$2", "Z1": "=SUMSQ(M1:M60)"}, {}),
    ("sumproduct of a column with itself", {"M1:M60": "=B1-J$1*A1", "Z1": "=SUMPRODUCT(M1:M60,M1:M60)"}, {}),
    ("a weighted sum", {"M1:M60": "=EXP(-J$1*A1)+J$2", "Z1": "=SUMPRODUCT(C1:C60,M1:M60)"}, {}),
    ("a weighted mean", {"M1:M60": "=(B1-J$1*A1)^2", "Z1": "=SUMPRODUCT(C1:C60^2,M1:M60)/SUMSQ(C1:C60)"}, {}),
    ("sumproduct over formulas", {"Z1": "=SUMPRODUCT((B1:B60-J1*A1:A60-J2)^2)"}, {}),
    ("an array formula", {}, {"Z1": "=AVERAGE((B1:B60-J1*A1:A60)^2)"}),
    ("an array formula with IF", {}, {"Z1": '=AVERAGE(IF(G1:G60="yes",(B1:B60-J1*A1:A60)^2))'}),
    ("a mask of blanks", {"M1:M60": '=IF(ISBLANK(G1),0,(B1-J$1*A1-J$2)^2)', "Z1": "=SUM(M1:M60)"}, {}),
    ("texts left out of the mean", {"M1:M60": '=IF(G1="no","",(B1-J$1*A1)^2)', "Z1": "=AVERAGE(M1:M60)"}, {}),
    ("sumif by a label", {"M1:M60": "=(B1-J$1*A1)^2", "Z1": '=SUMPRODUCT((G1:G60="yes")*M1:M60)'}, {}),
    ("a mean by a criterion", {"M1:M60": "=(B1-J$1*A1)^2", "Z1": '=AVERAGEIF(G1:G60,"yes",M1:M60)'}, {}),
    ("sums by criteria", {"M1:M60": "=(B1-J$1*A1)^2", "Z2:Z5": "=SUMIFS(M$1:M$60,H$1:H$60,ROW()-1,A$1:A$60,\">-1\")",
                          "Z1": "=SUMPRODUCT(Z2:Z5,A1:A4)"}, {}),
    ("a criterion that leaves errors out", {"M1:M60": "=LN(J$1^2*A1)", "Z1": '=SUMIF(A1:A60,">0",M1:M60)'}, {}),
    ("a mask of blanks and a parameter by label", {"M1:M60": "=IF(ISBLANK(G1),0,(B1-INDEX(J$2:J$4,MIN(H1,3)))^2)",
                                     "Z1": "=SUM(M1:M60)/COUNTA(G1:G60)"}, {}),
    ("a likelihood", {"M1:M60": "=LN(NORM.DIST(B1,J$1+J$2*A1,EXP(J$3),FALSE))", "Z1": "=-SUM(M1:M60)"}, {}),
    ("a lambda by row", {"Z1": "=SUM(MAP(A1:A60,B1:B60,LAMBDA(a,b,(b-J1*a-J2)^2)))"}, {}),
    ("mmult and relu", {"L1:L60": "=MAX(0,M1)+MAX(0,N1)", "Z1": "=SUMXMY2(L1:L60,E1:E60)"},
     {"M1:N60": "=MMULT(A1:B60,TRANSPOSE(WRAPROWS(J1:J4,2)))"}),
    ("a kinked condition", {"M1:M60": "=IF(A1*J$1>J$2,A1*J$3,B1*J$4)", "Z1": "=SUMXMY2(M1:M60,C1:C60)"}, {}),
    ("a logistic loss", {"M1:M60": "=1/(1+EXP(-J$1-J$2*A1))",
                         "N1:N60": "=-IF(B1>0,LN(M1),LN(1-M1))", "Z1": "=AVERAGE(N1:N60)"}, {}),
    ("a softmax within each row", {"L1:L60": "=EXP(J$1*A1)", "M1:M60": "=EXP(J$2*B1)", "N1:N60": "=EXP(J$3*C1)",
                                   "Z1": "=-SUMPRODUCT(LN(L1:L60/(L1:L60+M1:M60+N1:N60)))"}, {}),
    ("a largest within each row", {"M1:M60": "=MAX(J$1*A1,J$2*B1,J$3)", "Z1": "=SUM(M1:M60)"}, {}),
    ("a penalty beside", {"M1:M60": "=(B1-J$1*A1)^2", "Z1": "=AVERAGE(M1:M60)+0.1*SUMSQ(J1:J4)"}, {}),
    ("two sums over the same rows", {"M1:M60": "=(B1-J$1*A1)^2", "N1:N60": "=ABS(C1-J$2*A1)",
                                     "Z1": "=SUM(M1:M60)/3-2*AVERAGE(N1:N60)"}, {}),
    ("sums of several columns", {"M1:O60": "=(A1-J$1)^2*J$2", "Z1": "=SUM(M1:O60)"}, {}),
    ("a parameter looked up by its label", {"M1:M60": "=(B1-INDEX(J$1:J$4,H1))^2", "Z1": "=SUM(M1:M60)"}, {}),
    ("a root mean square", {"M1:M60": "=(B1-J$1*A1)^2", "Z1": "=SQRT(AVERAGE(M1:M60))"}, {}),
    ("rows in two kinds of formula", {"M1:M25": "=(B1-J$1*A1)^2", "M26:M60": "=ABS(B26-J$2*A26)^3",
                                      "Z1": "=SUM(M1:M60)"}, {}),
    ("differences of neighbours", {"M1:M61": "=J$1*A1+J$2*A1^2", "N1:N60": "=(M2-M1-B1)^2", "Z1": "=SUM(N1:N60)"}, {}),
    ("moving means", {"M1:M60": "=SUM(A1:A3)*J$1-B1", "Z1": "=SUMSQ(M1:M60)"}, {}),
    ("moving means of live cells", {"L1:L62": "=J$1*A1+J$2", "M1:M60": "=AVERAGE(L1:L3)-B1", "Z1": "=SUMSQ(M1:M60)"},
     {}),
    ("a part of the rows of a longer column", {"M1:M80": "=J$1*A1+J$2", "Z1": "=SUMXMY2(M11:M70,B1:B60)"}, {}),
]  # fmt: skip


@pytest.mark.parametrize("batch", [1, 16, 20])
@pytest.mark.parametrize(("formulas", "arrays"), [o[1:] for o in OBJECTIVES], ids=[o[0] for o in OBJECTIVES])
def test_sums_over_rows(formulas: dict[str, Value], arrays: dict[str, str], batch: int) -> None:
    function = compiled(formulas, arrays)
    X = torch.from_numpy(np.random.default_rng(2).normal(size=(2, function.size)))
    require_unbiased(function, ROWS, batch, X)
    require_unbiased(function, ROWS, batch, X[:1])


def compiled(formulas: dict[str, Value], arrays: dict[str, str]) -> CompiledObjective:
    book = book_of(
        {"S": {**DATA, **MASK, **LABELS, **LIVE, **formulas}}, arrays={f"S!{at}": text for at, text in arrays.items()}
    )
    model = compile_model(Dependence(book), parse_region("Z1", "S"), [parse_region("J1:J4", "S")])
    return model.function


@pytest.mark.parametrize(
    ("formulas", "words"),
    [
        ({"M1": "=J1", "M2:M60": "=M1*0.9+A2*J$2", "Z1": "=SUMXMY2(M1:M60,B1:B60)"}, "a recurrence"),
        ({"M1:M60": "=A1*J$1", "Z1": "=STDEV.P(M1:M60)"}, "in the way"),
        ({"M1:M60": "=ABS(A1*J$1-B1)", "Z1": "=MAX(M1:M60)"}, "no sum or mean over the rows of a table"),
        ({"M1:M60": "=(A1*J$1-B1)^2", "Z1": "=SUM(M1:M60)^2"}, "a square of the sum"),
        ({"M1:M60": "=A1*J$1-B1", "Z1": "=EXP(SUM(M1:M60))"}, "the operation exp"),
        ({"M1:M60": "=EXP(A1*J$1)", "N1:N60": "=LN(M1/SUM(M$1:M$60))", "Z1": "=SUM(N1:N60)"}, "in the way"),
        ({"M1:M60": "=ABS(A1*J$1)", "Z1": "=SUM(M1:M60)/SUM(M1:M60,1)"}, "a division by a sum"),
        ({"Z1": "=SUMSQ(J1:J4)"}, "no sum or mean over the rows of a table"),
        ({"Z1": "=(J1-1)^2+J2*J3"}, "no sum or mean over the rows of a table"),
    ],
)
def test_what_has_no_mini_batches_says_why(formulas: dict[str, Value], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        RowTable(compiled(formulas, {}))


def test_changing_cells_with_a_row_of_their_own() -> None:
    """A factorisation with holes: each row of the ratings reads its own row of factors."""
    rng = np.random.default_rng(0)
    people, things, rank = 40, 30, 3
    x = input_node("x", ((people + things) * rank,))
    left = t.reshape(t.crop(x, (0,), (people * rank,)), (people, rank))
    right = t.reshape(t.crop(x, (people * rank,), (x.size,)), (rank, things))
    known = constant(torch.from_numpy(rng.random((people, things)) < 0.4))
    ratings = constant(torch.from_numpy(rng.normal(size=(people, things))))
    miss = t.select(known, t.square(t.sub(ratings, t.matmul(left, right))), t.ZERO)
    function = CompiledObjective(x, t.total(miss, (0, 1)))
    X = torch.from_numpy(rng.normal(size=(2, x.size)))
    require_unbiased(function, people, 7, X)


def test_long_chains_of_formulas_are_followed() -> None:
    """A thousand columns, each of the one before, then a thousand terms added one by one."""
    x = input_node("x", (2,))
    data = constant(torch.from_numpy(RANDOM.normal(size=(ROWS, 1))))
    node = t.mul(data, t.reshape(t.crop(x, (0,), (1,)), (1, 1)))
    for _ in range(1000):
        node = t.add(node, t.mul(t.number(0.001), t.unary("sin", node)))
    total = t.total(node, (0,))
    for number in range(1000):
        total = t.add(total, t.mul(t.number(1e-4 * number), t.reshape(t.crop(x, (1,), (2,)), (1, 1))))
    X = torch.tensor([[0.5, 2.0]], dtype=torch.float64)
    require_unbiased(CompiledObjective(x, total), ROWS, 16, X)


FACTORS = {"mmult and if": ({"Z1": "=SUMXMY2(A1:L40,AA1:AL40)"},
                            {"AA1:AL40": '=IF(A1:L40="",0,MMULT(U1:W40,A50:L52))'}),
           "filled down": ({"AA1:AL40": '=IF(A1="",0,$U1*A$50+$V1*A$51+$W1*A$52)',
                            "Z1": "=SUMXMY2(A1:L40,AA1:AL40)/COUNT(A1:L40)"}, {}),
           "under a root": ({"AA1:AL40": '=IF(A1="",0,SUMPRODUCT($U1:$W1,TRANSPOSE(A$50:A$52))-A1)',
                             "Z1": "=SQRT(SUMSQ(AA1:AL40)/COUNT(A1:L40))"}, {})}  # fmt: skip


@pytest.mark.parametrize("how", FACTORS)
def test_a_factorisation_of_ratings_with_blanks(how: str) -> None:
    """40 people by 12 films, two fifths of the ratings missing: a batch is some people."""
    formulas, arrays = FACTORS[how]
    rng = np.random.default_rng(0)
    cells: dict[str, Value] = {
        f"{film}{person}": float(rng.normal())
        for person in range(1, 41)
        for film in "ABCDEFGHIJKL"
        if rng.random() < 0.6
    }
    cells |= {"U1:W40": 0.1, "A50:L52": 0.2, **formulas}
    book = book_of({"S": cells}, arrays={f"S!{at}": text for at, text in arrays.items()})
    changing = [parse_region("U1:W40", "S"), parse_region("A50:L52", "S")]
    function = compile_model(Dependence(book), parse_region("Z1", "S"), changing).function
    table = require_unbiased(function, 40, 7, torch.from_numpy(rng.normal(size=(2, function.size))))
    assert largest_operation(table, 7) <= 12 * 7 + 40


def test_order_is_drawn_from_the_seed_and_anew_for_each_pass() -> None:
    table = RowTable(compiled({"Z1": "=SUMPRODUCT((B1:B60-J1*A1:A60)^2)"}, {}))

    def order(seed: int, epoch: int) -> list[int]:
        return torch.cat(list(RowBatches(table, 16, seed).epoch(epoch))).tolist()

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)
    kept = RowBatches(table, 16, 1, torch.arange(10, 50))
    assert sorted(torch.cat(list(kept.epoch(0))).tolist()) == list(range(10, 50))
    assert kept.per_epoch == 3


def test_an_error_in_one_row_is_an_error_of_its_batch_alone() -> None:
    function = compiled({"M1:M60": "=SQRT(J$1-(ROW()=5)*2)*A1", "Z1": "=SUM(M1:M60)"}, {})
    table = RowTable(function)
    X = torch.ones(1, 4, dtype=torch.float64)
    fine, bad = torch.tensor([0, 1, 2]), torch.tensor([3, 4, 5])
    assert bool(table.some(3).value(X, fine).isfinite())
    assert not bool(table.some(3).value(X, bad).isfinite())
    assert not bool(function.value(X).isfinite())


def big_net(rows: int) -> CompiledObjective:
    """The Titanic net on made-up rows."""
    rng = np.random.default_rng(0)
    x = input_node("x", (20,))
    data = constant(torch.from_numpy(rng.normal(size=(rows, 10))))
    target = constant(torch.from_numpy(rng.normal(size=(rows, 1))))
    units = t.unary("relu", t.matmul(data, t.reshape(x, (10, 2))))
    misses = t.square(t.sub(target, t.total(units, (1,))))
    return CompiledObjective(x, t.div(t.total(misses, (0, 1)), t.number(rows)))


def test_a_step_costs_by_the_batch_and_not_by_the_table() -> None:
    """A thousand times the rows: the same program of a batch, and nearly the same time."""
    times, programs = [], []
    X = torch.randn(1, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for rows in (1_000, 1_000_000):
        table = RowTable(big_net(rows))
        run = table.some(100)
        programs.append([(node.operation, node.shape) for node in topological(run.outputs)])
        taken = []
        with threads_for(0):
            for number in range(50):
                chosen = torch.from_numpy(np.random.default_rng(number).integers(0, rows, 100))
                began = time.perf_counter()
                run.value_and_gradient(X, chosen)
                taken.append(time.perf_counter() - began)
        times.append(min(taken))
    assert programs[0] == programs[1]
    assert times[1] < 10 * times[0]
