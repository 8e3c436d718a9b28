"""Fits whose residuals are linear in the changing cells: solved at once, as well as by a search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.commands import workbook

import cellgrad
from cellgrad.errors import ModelError
from cellgrad.optimize import Solution, Status
from cellgrad.optimize.lone import linear_fit

LONGLEY = """
60323 83.0 234289 2356 1590 107608 1947
61122 88.5 259426 2325 1456 108632 1948
60171 88.2 258054 3682 1616 109773 1949
61187 89.5 284599 3351 1650 110929 1950
63221 96.2 328975 2099 3099 112075 1951
63639 98.1 346999 1932 3594 113270 1952
64989 99.0 365385 1870 3547 115094 1953
63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955
67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957
66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959
69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961
70551 116.9 554894 4007 2827 130081 1962
"""
"""NIST StRD, linear regression, Longley (1967): y and six regressors, observation by observation."""
LONGLEY_CERTIFIED = (
    -3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683, -1.03322686717359,
    -0.511041056535807e-01, 1829.15146461355,
)  # fmt: skip
LONGLEY_SQUARES = 836424.055505915

WAMPLER = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
"""NIST StRD, Wampler1 and Wampler3 to 5: y = 1 + x + ... + x^5 at x = 0 .. 20, plus what is orthogonal to all of it."""


def model_of(path: Path, y: np.ndarray, X: np.ndarray, summary: str = "SUMSQ(B{0}:B{1})") -> cellgrad.Model:
    """Row i: B = y - (b0 X0 + b1 X1 + ...) with the parameters in row 1, from all zeros."""
    m, n = X.shape
    first, last = 3, m + 2
    letters = [chr(ord("D") + j) for j in range(n)]
    cells: dict[str, object] = {f"{letter}1": 0 for letter in letters}
    for i in range(m):
        row = first + i
        cells[f"A{row}"] = float(y[i])
        cells[f"B{row}"] = f"=A{row}-SUMPRODUCT({letters[0]}{row}:{letters[-1]}{row},$D$1:${letters[-1]}$1)"
        cells |= {f"{letter}{row}": float(value) for letter, value in zip(letters, X[i], strict=True)}
    cells["A1"] = f"={summary.format(first, last)}"
    return cellgrad.open(workbook(path, cells)).model("Sheet1", "A1", f"D1:{letters[-1]}1")


def searched(model: cellgrad.Model, monkeypatch: pytest.MonkeyPatch) -> Solution:
    """The same without the way at once."""
    with monkeypatch.context() as patch:
        patch.setattr("cellgrad.optimize.free.fits_at_once", lambda *_: False)
        return model.optimize(starts=1)


def longley() -> tuple[np.ndarray, np.ndarray]:
    data = np.array(LONGLEY.split(), float).reshape(-1, 7)
    return data[:, 0], np.column_stack((np.ones(16), data[:, 1:]))


def digits(found: np.ndarray, certified: tuple[float, ...]) -> float:
    return float(-np.log10(np.abs(found / np.array(certified) - 1).max() + 1e-16))


def test_longley(tmp_path: Path) -> None:
    model = model_of(tmp_path / "longley.xlsx", *longley())
    solution = model.optimize()
    assert solution.status is Status.OPTIMAL and solution.method == "levenberg-marquardt"
    assert solution.reason.endswith("linear in them")
    assert digits(solution.x, LONGLEY_CERTIFIED) >= 9
    assert solution.value == pytest.approx(LONGLEY_SQUARES, rel=1e-10)


@pytest.mark.parametrize(("noise", "least"), [(0, 9.0), (1, 8.0), (100, 7.0), (10_000, 5.5)])
def test_wampler(tmp_path: Path, noise: float, least: float) -> None:
    """What is added has no component along any column: the parameters stay 1."""
    t = np.arange(21.0)
    X = t[:, None] ** np.arange(6)
    random = np.random.default_rng(0).normal(size=21)
    q, _ = np.linalg.qr(np.linalg.qr(X)[0])
    y = X.sum(1) + noise * (random - q @ (q.T @ random)) * 100
    solution = model_of(tmp_path / "wampler.xlsx", y, X).optimize()
    assert solution.status is Status.OPTIMAL
    assert digits(solution.x, WAMPLER) >= least


@pytest.mark.parametrize(
    "summary", ["SUMSQ(B{0}:B{1})", "SUMSQ(B{0}:B{1})/7", "SQRT(SUMSQ(B{0}:B{1})/7)", "SUMPRODUCT(B{0}:B{1},B{0}:B{1})"]
)
@pytest.mark.parametrize("spread", [0, 6])
def test_as_a_search_and_as_lstsq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, summary: str, spread: float) -> None:
    """Columns whose sizes lie `spread` powers of ten apart."""
    random = np.random.default_rng(1)
    X = random.normal(size=(40, 5)) * 10.0 ** np.linspace(0, spread, 5)
    y = random.normal(size=40)
    model = model_of(tmp_path / "fit.xlsx", y, X, summary)
    once, far = model.optimize(), searched(model, monkeypatch)
    np.testing.assert_allclose(once.x, np.linalg.lstsq(X, y)[0], rtol=1e-9)
    np.testing.assert_allclose(once.x, far.x, rtol=1e-9)
    assert once.value == pytest.approx(far.value, rel=1e-13)
    assert (once.status, once.message.split(".")[0]) == (far.status, far.message.split(".")[0])
    assert once.start_value == pytest.approx(far.start_value, rel=1e-13)
    assert once.iterations == 1


def test_cells_that_are_not_determined_move_no_further_than_they_must(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(2)
    X = random.normal(size=(12, 3))
    X = np.column_stack((X, X[:, 0] + X[:, 1], np.zeros(12)))
    model = model_of(tmp_path / "fit.xlsx", random.normal(size=12), X)
    once, far = model.optimize(), searched(model, monkeypatch)
    np.testing.assert_allclose(once.x, far.x, rtol=1e-8, atol=1e-12)
    assert once.status is far.status is Status.OPTIMAL
    assert once.warnings == far.warnings and "without moving the objective" in once.warnings[0]


def test_from_the_answer_nothing_moves(tmp_path: Path) -> None:
    model = model_of(tmp_path / "longley.xlsx", *longley())
    first = model.optimize()
    again = model.optimize(start=first.x)
    assert again.status is Status.OPTIMAL
    assert again.value == pytest.approx(first.value, rel=1e-12)
    assert again.iterations <= 1


def test_the_user_is_told_and_may_end_it(tmp_path: Path) -> None:
    model = model_of(tmp_path / "longley.xlsx", *longley())
    seen = []
    assert model.optimize(callback=lambda at: seen.append((at.step, at.value))).status is Status.OPTIMAL
    assert seen == [(2, pytest.approx(LONGLEY_SQUARES))]
    assert model.optimize(callback=lambda at: True).status is Status.STOPPED
    assert model.optimize(evaluations=1).status is Status.EVALUATION_LIMIT
    assert model.optimize(steps=0).status is Status.STEP_LIMIT
    assert model.optimize(seconds=0).status is Status.TIME_LIMIT


@pytest.mark.parametrize(
    ("formula", "straight"),
    [("A{0}-D{0}*$D$1", True), ("(A{0}-D{0}*$D$1)*2+1", True), ("A{0}-EXP(D{0}*$D$1)", False),
     ("A{0}-ABS(D{0}*$D$1)", False), ("A{0}-D{0}*$D$1*$E$1", False), ("IF(D{0}>0,A{0}-$D$1,$E$1)", True)],
)  # fmt: skip
def test_what_is_linear_is_told_by_the_formulas(tmp_path: Path, formula: str, straight: bool) -> None:
    cells: dict[str, object] = {"D1": 1, "E1": 1, "A1": "=SUMSQ(B3:B6)"}
    for row in range(3, 7):
        cells |= {f"A{row}": row, f"D{row}": row - 4.5, f"B{row}": f"={formula.format(row)}"}
    model = cellgrad.open(workbook(tmp_path / "book.xlsx", cells)).model("Sheet1", "A1", "D1:E1")
    assert model.structure.straight is straight


def test_bounds_are_kept_by_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("bounds are nothing for it")

    monkeypatch.setattr(linear_fit, "fitted", refuse)
    path = workbook(tmp_path / "book.xlsx", {"A1": 1, "B1": "=(A1-3)^2"})
    solution = cellgrad.open(path).model("Sheet1", "B1", "A1", bounds=["A1=0..2"]).optimize()
    assert solution.x.tolist() == [2]


def test_an_error_is_told_where_it_begins(tmp_path: Path) -> None:
    cells = {"D1": 1, "B1": "=1/0", "B2": "=4-D1", "A1": "=SUMSQ(B1:B2)"}
    with pytest.raises(ModelError, match="#DIV/0!") as caught:
        cellgrad.open(workbook(tmp_path / "book.xlsx", cells)).model("Sheet1", "A1", "D1").optimize()
    assert caught.value.cell == "Sheet1!B1"
