"""Smooth functions with constraints: three of Hock and Schittkowski's, and a portfolio of 50 assets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.optimize
from tests.benchmarks.races.race import Floats, Peer, Race
from tests.problems.hock_schittkowski import EXAMPLES
from tests.problems.known import Known

SLSQP, TRUST_CONSTR, COBYQA = "scipy SLSQP", "scipy trust-constr", "scipy COBYQA"
SETTINGS = {
    SLSQP: {"ftol": 1e-13, "maxiter": 1000},
    TRUST_CONSTR: {"gtol": 1e-9, "xtol": 1e-12, "maxiter": 5000},
    COBYQA: {"final_tr_radius": 1e-9, "maxfev": 20_000},
}
ASSETS, FACTORS, WANTED = 50, 5, 0.08


@dataclass(frozen=True)
class ByHand:
    """A problem in numpy. inside, equal: rows (c,) that must not be negative, or must be zero; each with its slopes
    (c, n). All take x (n,)."""

    start: Floats
    loss: Callable[[Floats], tuple[float, Floats]]
    inside: tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]] | None = None
    equal: tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]] | None = None
    bounds: tuple[float, float] | None = None

    def evaluate(self) -> object:
        """All of it once, at the start."""
        pairs = [pair for pair in (self.inside, self.equal) if pair is not None]
        return self.loss(self.start), [(row(self.start), slopes(self.start)) for row, slopes in pairs]

    def peer(self, method: str) -> Peer:
        """The problem solved by a method of scipy.optimize.minimize."""
        low, high = self.bounds or (-np.inf, np.inf)
        size = len(self.start)
        shared = {"bounds": scipy.optimize.Bounds(np.full(size, low), np.full(size, high))} if self.bounds else {}
        rows = [(kind, pair) for kind, pair in (("ineq", self.inside), ("eq", self.equal)) if pair is not None]
        if method == SLSQP:
            constraints: list[object] = [{"type": kind, "fun": row, "jac": slopes} for kind, (row, slopes) in rows]
        else:
            constraints = [
                scipy.optimize.NonlinearConstraint(row, 0, np.inf if kind == "ineq" else 0, jac=slopes)
                for kind, (row, slopes) in rows
            ]
        word = method.removeprefix("scipy ")

        def solve() -> float:
            loss, slope = (lambda x: self.loss(x)[0], None) if method == COBYQA else (self.loss, True)
            return float(
                scipy.optimize.minimize(
                    loss, self.start, jac=slope, method=word, constraints=constraints, options=SETTINGS[method],
                    **shared,
                ).fun
            )  # fmt: skip

        return solve


def hock_schittkowski(number: int) -> Race:
    """One of the three that are written by hand here."""
    example = next(one for one in EXAMPLES if one.number == number)
    by_hand = {71: _problem_71, 100: _problem_100, 113: _problem_113}[number](np.array(example.start, np.float64))
    methods = (SLSQP, TRUST_CONSTR, *([COBYQA] if number == 71 else []))
    return Race(
        f"Hock-Schittkowski {number}", example.known, {method: by_hand.peer(method) for method in methods}, (SLSQP,),
        by_hand=by_hand.evaluate,
    )  # fmt: skip


def _problem_71(start: Floats) -> ByHand:
    def loss(x: Floats) -> tuple[float, Floats]:
        a, b, c, d = x
        total = a + b + c
        return a * d * total + c, np.array([d * (total + a), a * d, a * d + 1, a * total])

    def product(x: Floats) -> Floats:
        return np.array([x[0] * x[1] * x[2] * x[3] - 25])

    def product_slopes(x: Floats) -> Floats:
        a, b, c, d = x
        return np.array([[b * c * d, a * c * d, a * b * d, a * b * c]])

    sphere = (lambda x: np.array([x @ x - 40]), lambda x: 2 * x[None])
    return ByHand(start, loss, (product, product_slopes), sphere, (1, 5))


def _problem_100(start: Floats) -> ByHand:
    def loss(x: Floats) -> tuple[float, Floats]:
        a, b, c, d, e, f, g = x
        value = (
            (a - 10) ** 2 + 5 * (b - 12) ** 2 + c**4 + 3 * (d - 11) ** 2 + 10 * e**6 + 7 * f**2 + g**4
            - 4 * f * g - 10 * f - 8 * g
        )  # fmt: skip
        return value, np.array([
            2 * (a - 10), 10 * (b - 12), 4 * c**3, 6 * (d - 11), 60 * e**5, 14 * f - 4 * g - 10, 4 * g**3 - 4 * f - 8,
        ])  # fmt: skip

    def rows(x: Floats) -> Floats:
        a, b, c, d, e, f, g = x
        return np.array([
            127 - 2 * a**2 - 3 * b**4 - c - 4 * d**2 - 5 * e, 282 - 7 * a - 3 * b - 10 * c**2 - d + e,
            196 - 23 * a - b**2 - 6 * f**2 + 8 * g, -4 * a**2 - b**2 + 3 * a * b - 2 * c**2 - 5 * f + 11 * g,
        ])  # fmt: skip

    def slopes(x: Floats) -> Floats:
        a, b, c, d, _, f, _ = x
        return np.array([
            [-4 * a, -12 * b**3, -1, -8 * d, -5, 0, 0], [-7, -3, -20 * c, -1, 1, 0, 0],
            [-23, -2 * b, 0, 0, 0, -12 * f, 8], [3 * b - 8 * a, 3 * a - 2 * b, -4 * c, 0, 0, -5, 11],
        ])  # fmt: skip

    return ByHand(start, loss, (rows, slopes))


def _problem_113(start: Floats) -> ByHand:
    weights, centres = np.array([1, 1, 1, 4, 1, 2, 5, 7, 2, 1]), np.array([7, 8, 10, 5, 3, 1, 0, 11, 10, 7])

    def loss(x: Floats) -> tuple[float, Floats]:
        apart = x - centres
        slope = 2 * weights * apart
        slope[0] += x[1]
        slope[1] += x[0]
        return float(weights @ apart**2 + x[0] * x[1] + 45 - 49 - 64), slope

    def rows(x: Floats) -> Floats:
        a, b, c, d, e, f, g, h, i, j = x
        return np.array([
            105 - 4 * a - 5 * b + 3 * g - 9 * h, -10 * a + 8 * b + 17 * g - 2 * h, 12 + 8 * a - 2 * b - 5 * i + 2 * j,
            120 - 3 * (a - 2) ** 2 - 4 * (b - 3) ** 2 - 2 * c**2 + 7 * d,
            40 - 5 * a**2 - 8 * b - (c - 6) ** 2 + 2 * d, 30 - 0.5 * (a - 8) ** 2 - 2 * (b - 4) ** 2 - 3 * e**2 + f,
            -(a**2) - 2 * (b - 2) ** 2 + 2 * a * b - 14 * e + 6 * f, 3 * a - 6 * b - 12 * (i - 8) ** 2 + 7 * j,
        ])  # fmt: skip

    def slopes(x: Floats) -> Floats:
        a, b, c, _, e, _, _, _, i, _ = x
        return np.array([
            [-4, -5, 0, 0, 0, 0, 3, -9, 0, 0], [-10, 8, 0, 0, 0, 0, 17, -2, 0, 0], [8, -2, 0, 0, 0, 0, 0, 0, -5, 2],
            [-6 * (a - 2), -8 * (b - 3), -4 * c, 7, 0, 0, 0, 0, 0, 0], [-10 * a, -8, 12 - 2 * c, 2, 0, 0, 0, 0, 0, 0],
            [8 - a, -4 * (b - 4), 0, 0, -6 * e, 1, 0, 0, 0, 0],
            [2 * b - 2 * a, 2 * a - 4 * (b - 2), 0, 0, -14, 6, 0, 0, 0, 0],
            [3, -6, 0, 0, 0, 0, 0, 0, -24 * (i - 8), 7],
        ])  # fmt: skip

    return ByHand(start, loss, (rows, slopes))


def portfolio() -> Race:
    """The least variance of 50 assets at a wanted return, none sold short; covariances of five factors."""
    random = np.random.default_rng(0)
    loadings = random.normal(size=(ASSETS, FACTORS))
    covariance = np.round(0.01 * loadings @ loadings.T + np.diag(random.uniform(0.01, 0.05, ASSETS)), 6)
    returns = np.round(random.uniform(0.02, 0.12, ASSETS), 4)
    last = ASSETS + 2
    weights, means = f"B3:B{last}", f"C3:C{last}"
    top, bottom = "E3", f"{_column(4 + ASSETS - 1)}{last}"
    cells: dict[str, float | str] = {weights: 1 / ASSETS}
    cells |= {f"C{row}": float(mean) for row, mean in enumerate(returns, 3)}
    cells |= {
        f"{_column(4 + j)}{3 + i}": float(covariance[i, j]) for i in range(ASSETS) for j in range(ASSETS)
    }  # fmt: skip
    cells |= {"A1": f"=SUM({weights})", "B1": f"=SUMPRODUCT({weights},{means})"}
    known = Known(
        cells, "C1", weights, math.nan, "Markowitz (1952)",
        constraints=(("A1", "=", "1"), ("B1", ">=", repr(WANTED)), (weights, ">=", "0")),
        arrays={"C1": f"=SUM(MMULT(TRANSPOSE({weights}),{top}:{bottom})*TRANSPOSE({weights}))"},
    )  # fmt: skip

    def loss(x: Floats) -> tuple[float, Floats]:
        pulled = covariance @ x
        return float(x @ pulled), 2 * pulled

    by_hand = ByHand(
        np.full(ASSETS, 1 / ASSETS), loss,
        (lambda x: np.array([returns @ x - WANTED]), lambda x: returns[None]),
        (lambda x: np.array([x.sum() - 1]), lambda x: np.ones((1, ASSETS))), (0, np.inf),
    )  # fmt: skip
    return Race(
        f"portfolio of {ASSETS} assets", known, {method: by_hand.peer(method) for method in (SLSQP, TRUST_CONSTR)},
        (SLSQP,), by_hand=by_hand.evaluate,
    )  # fmt: skip


def _column(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
