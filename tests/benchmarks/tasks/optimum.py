"""Time to optimum: Cellgrad's search against scipy's L-BFGS-B with the hand-written gradient, from the same starts."""

from __future__ import annotations

import time

import numpy as np
import scipy.optimize
import torch
from tests.benchmarks import titanic_net

from cellgrad.optimize.starts import make_starts
from cellgrad.session import Model, open_book

RELATIVE_CHANGE = 1e-10
"""scipy ends when a step gains less than this part of the loss."""
SAME_LOSS = 1e-9
"""Two ends within this part of each other are one loss."""

Path = list[tuple[float, float]]
"""Seconds since the start and loss there, one pair a step."""


def run(path: str, sheet: str, csv: str, rows: int, rounds: int, starts: int = 1, seed: int = 0) -> dict:
    """One dictionary a round: seconds of the whole run and to the worse of the two final losses, and those losses."""
    model = open_book(path).model(sheet)
    x, y = titanic_net.data(csv, rows)
    by_hand = titanic_net.by_hand_numpy(x, y)
    points = make_starts(torch.as_tensor(model.x0), starts, seed).numpy()
    if sheet == "nnet":
        points = points.reshape(-1, 2, 10).transpose(0, 2, 1)
    races = [race(model, starts, seed, by_hand, points) for _ in range(rounds)]
    return {"rounds": races, "method": model.solution.method}


def race(model: Model, starts: int, seed: int, by_hand: object, points: np.ndarray) -> dict:
    ours: Path = []
    began = time.perf_counter()
    solution = model.optimize(
        starts=starts, seed=seed, callback=lambda at: ours.append((time.perf_counter() - began, at.value))
    )
    whole = time.perf_counter() - began
    began = time.perf_counter()
    theirs: Path = []
    for point in points:
        l_bfgs_b(by_hand, point, began, theirs)
    peer = time.perf_counter() - began
    losses = solution.value, min(loss for _, loss in theirs)
    common = max(losses) * (1 + SAME_LOSS)
    return {
        "search": solution.seconds,
        "whole": whole,
        "scipy": peer,
        "loss": losses[0],
        "scipy_loss": losses[1],
        "to_same_loss": until(common, ours),
        "scipy_to_same_loss": until(common, theirs),
        "steps": solution.iterations,
        "scipy_evaluations": len(theirs),
    }


def l_bfgs_b(by_hand: object, start: np.ndarray, began: float, path: Path) -> None:
    """scipy's own run from `start`, every evaluation added to `path`."""

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = by_hand(flat.reshape(10, 2))
        path.append((time.perf_counter() - began, float(value)))
        return value, gradient.ravel()

    # scipy's ftol is relative to max(1, |f|): made relative to a loss below one
    settings = {"ftol": RELATIVE_CHANGE * loss(start.ravel())[0], "gtol": 0.0, "maxiter": 100_000, "maxfun": 1_000_000}
    scipy.optimize.minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=settings)


def until(loss: float, path: Path) -> float:
    """Seconds until the loss was reached."""
    return next(seconds for seconds, value in path if value <= loss)
