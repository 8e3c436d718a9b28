"""Many starts in one batch on a device: seconds of the whole `optimize`, and the loss it ends at."""

from __future__ import annotations

import time

from cellgrad.session import open_book


def run(path: str, sheet: str, device: str, starts: int, rounds: int) -> dict:
    """One number a round; first: the seconds of a run before all others, which compiles."""
    model = open_book(path).model(sheet)
    seconds, losses = [], []
    for turn in range(rounds + 1):
        began = time.perf_counter()
        solution = model.optimize(starts=starts, seed=max(0, turn - 1), device=device)
        seconds.append(time.perf_counter() - began)
        losses.append(solution.value)
    return {"first": seconds[0], "seconds": seconds[1:], "loss": losses[1:], "method": solution.method}
