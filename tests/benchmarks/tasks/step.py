"""One value and gradient of the net: both sheets against the hand-written models, interleaved in one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from tests.benchmarks import titanic_net
from torch import Tensor

from cellgrad.program.objective import CompiledObjective
from cellgrad.session import open_book

Call = Callable[[], tuple[object, object]]
POINTS = 3
"""Random parameter sets at which the contenders must agree, before any clock runs."""
STEP = 1e-7
"""How far a changing cell is moved for a difference."""
AGREE = 5e-12
"""How near each other the contenders are: a million terms summed one after another are 1e-12 from a pairwise sum."""
DIFFERENCES = 1e-4
"""How near forward differences come to a gradient."""


def run(paths: dict[str, str], csv: str, rows: int, rounds: int, block_seconds: float, compiler: bool) -> dict:
    """Seconds of one call for each contender, a list of one number a round.

    paths: the workbook of each sheet. block_seconds: calls are timed in blocks about this long. compiler: also race
    torch.compile, where it works; `absent` says why it could not take part.
    Raises ArithmeticError where a contender's value or gradient differs from the hand-written numpy's.
    """
    x, y = titanic_net.data(csv, rows)
    sheets = {sheet: open_book(path).model(sheet).function for sheet, path in paths.items()}
    by_hand = {"numpy": titanic_net.by_hand_numpy(x, y), "eager torch": titanic_net.eager_torch(x, y)}
    absent = ""
    if compiler:
        by_hand["compiled torch"] = titanic_net.compiled_torch(x, y)
        try:
            by_hand["compiled torch"](torch.zeros(10, 2, dtype=torch.float64))
        except RuntimeError as error:  # what torch raises where the C++ compiler is missing or does not work
            del by_hand["compiled torch"]
            absent = f"torch.compile does not work here: {str(error).splitlines()[0]}"

    def calls(w: np.ndarray) -> dict[str, Call]:
        """Every contender at w (10, 2), each with a copy in the form it likes best: no conversion is timed."""
        made: dict[str, Call] = {}
        for sheet, function in sheets.items():
            point = torch.as_tensor((w.T if sheet == "nnet" else w).reshape(1, -1).copy())
            made[f"sheet {sheet}"] = partial(function.value_and_gradient, point)
        for name, call in by_hand.items():
            made[name] = partial(call, w.copy() if name == "numpy" else torch.as_tensor(w.copy()))
        return made

    for w in np.random.default_rng(0).random((POINTS, 10, 2)) - 0.5:
        require_agreement({name: numbers(name, call()) for name, call in calls(w).items()})
    w = np.random.default_rng(1).random((10, 2)) - 0.5
    contenders = calls(w)
    contenders["differences"] = partial(differences, sheets["mmult"], torch.as_tensor(w.reshape(-1)))
    require_agreement({"numpy": numbers("numpy", contenders["numpy"]()),
                       "differences": numbers("differences", contenders["differences"]())}, DIFFERENCES)  # fmt: skip
    return {"seconds": interleaved(contenders, rounds, block_seconds), "absent": absent}


def numbers(contender: str, answer: tuple[object, object]) -> tuple[float, np.ndarray]:
    """Value and gradient (10, 2), whatever the contender's own layout."""
    value, gradient = (np.asarray(part.detach() if isinstance(part, torch.Tensor) else part) for part in answer)
    if contender == "sheet nnet":
        return float(value[0]), gradient.reshape(2, 10).T
    return float(value.reshape(-1)[0]), gradient.reshape(10, 2)


def differences(function: CompiledObjective, x: Tensor) -> tuple[Tensor, Tensor]:
    """Value and gradient (n,) at x (n,) by forward differences: n + 1 evaluations, as Solver takes them."""
    value = function.value(x[None])
    slopes = []
    for at in range(len(x)):
        moved = x.clone()
        moved[at] += STEP
        slopes.append((function.value(moved[None]) - value) / STEP)
    return value, torch.cat(slopes)


def require_agreement(answers: dict[str, tuple[float, np.ndarray]], within: float = AGREE) -> None:
    """Raises ArithmeticError unless all are numpy's to so small a part."""
    value, gradient = answers["numpy"]
    for name, (other, slope) in answers.items():
        apart = max(abs(other - value) / abs(value), float(np.abs(slope - gradient).max() / np.abs(gradient).max()))
        if not apart <= within:
            raise ArithmeticError(f"{name} is {apart:.2g} away from the hand-written numpy")


def interleaved(contenders: dict[str, Call], rounds: int, block_seconds: float) -> dict[str, list[float]]:
    """Seconds a call, one number a round; each round times every contender, in an order that rotates."""
    repeats = {name: max(1, round(block_seconds / seconds(call, 3))) for name, call in contenders.items()}
    names = list(contenders)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            taken[name].append(seconds(contenders[name], repeats[name]))
    return taken


def seconds(call: Call, repeats: int) -> float:
    """Of one call, over `repeats` of them."""
    began = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - began) / repeats
