"""Time to optimum, against scipy's L-BFGS-B and numpy's least squares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.benchmarks.figures import Figure, against_limit, compare
from tests.benchmarks.fresh import NUMPY
from tests.benchmarks.setting import LESSON_ROWS, PASSENGERS, TITANIC, Setting
from tests.benchmarks.step import workbook
from tests.benchmarks.tasks.make_linear import CHANGING, OBJECTIVE

NAME = "optimum"
MOST_ROWS = 100_000
SMALL = 10_000
"""Up to here numpy is faster on one thread, and gets one, as Cellgrad's search gives itself."""
STARTS = 64
MOST_SECONDS = 1.0
"""What 64 starts may take."""
OF_SCIPY, OF_SCIPY_MANY, OF_LSTSQ = 1.0, 0.6, 1.5
"""What the way to the optimum may cost: of scipy's from one start and from 64, and of numpy's least squares."""
LINEAR_ROWS = (LESSON_ROWS, 10_000, 100_000)
GOOD_VALLEY, SOLVER_ENDED_AT = 0.1325, 0.14315
"""What 64 starts must find, and what the shipped start must."""
SCIPY = "scipy L-BFGS-B"


def figures(setting: Setting) -> Iterator[Figure]:
    """From the same start; a faster run to a worse loss is no win, so losses stand beside the times."""
    for rows in setting.rows:
        if rows <= MOST_ROWS:
            for sheet in ("mmult", "nnet") if rows <= SMALL else ("mmult",):
                yield from _one_start(setting, rows, sheet)
    yield from _linear(setting)
    yield from _many_starts(setting)


def _one_start(setting: Setting, rows: int, sheet: str) -> Iterator[Figure]:
    races = setting.measure(
        "optimum",
        one_thread=NUMPY if rows <= SMALL else (),
        path=str(workbook(setting, rows, sheet)),
        sheet=sheet,
        csv=str(PASSENGERS),
        rows=rows,
        rounds=setting.rounds(11 if rows <= SMALL else 3),
    )
    yield from _races(f"{sheet}, {rows:,} rows", races, OF_SCIPY, to_same_loss=OF_SCIPY)
    if rows == LESSON_ROWS:
        losses = [race["loss"] for race in races["rounds"]]
        yield against_limit(NAME, f"{sheet}, {rows:,} rows: loss", losses, SOLVER_ENDED_AT, unit="loss")


def _races(what: str, races: dict[str, Any], target: float, to_same_loss: float | None) -> Iterator[Figure]:
    first, rounds = races["rounds"][0], races["rounds"]

    def column(name: str) -> list[float]:
        return [race[name] for race in rounds]

    steps = f"{races['method']}, {first['steps']} steps; scipy {first['scipy_evaluations']} evaluations"
    with_check = "with the recalculation that checks the answer"
    yield compare(NAME, f"{what}: search", column("search"), SCIPY, column("scipy"), target=target, note=steps)
    yield compare(NAME, f"{what}: optimize()", column("whole"), SCIPY, column("scipy"), target=target, note=with_check)
    yield compare(
        NAME, f"{what}: to the same loss", column("to_same_loss"), SCIPY, column("scipy_to_same_loss"),
        target=to_same_loss, note="to the worse of the two ends",
    )  # fmt: skip
    yield compare(NAME, f"{what}: loss", column("loss"), SCIPY, column("scipy_loss"), unit="loss")


def _linear(setting: Setting) -> Iterator[Figure]:
    for rows in LINEAR_ROWS[:1] if setting.quick else LINEAR_ROWS:
        answer = setting.measure(
            "least_squares",
            NUMPY if rows <= SMALL else (),
            path=str(TITANIC if rows == LESSON_ROWS else setting.linear(rows)),
            cells=None if rows == LESSON_ROWS else [OBJECTIVE, CHANGING],
            csv=str(PASSENGERS),
            rows=rows,
            rounds=setting.rounds(41 if rows <= SMALL else 7),
        )
        peer, what = "numpy lstsq", f"linear, {rows:,} rows"
        steps = f"{answer['steps']} steps"
        yield compare(NAME, f"{what}: search", answer["search"], peer, answer["lstsq"], target=OF_LSTSQ, note=steps)
        yield compare(
            NAME, f"{what}: optimize()", answer["whole"], peer, answer["lstsq"], target=OF_LSTSQ,
            note=f"again on the same model; the first run {1000 * answer['first']:,.1f} ms, with its analysis",
        )  # fmt: skip
        apart = f"apart {abs(answer['loss'] - answer['lstsq_loss']):.1g}"
        yield compare(NAME, f"{what}: loss", [answer["loss"]], peer, [answer["lstsq_loss"]], unit="loss", note=apart)


def _many_starts(setting: Setting) -> Iterator[Figure]:
    starts = 8 if setting.quick else STARTS
    for seed in range(setting.rounds(5)):
        races = setting.measure(
            "optimum",
            one_thread=NUMPY,
            path=str(TITANIC),
            sheet="mmult",
            csv=str(PASSENGERS),
            rows=LESSON_ROWS,
            rounds=setting.rounds(3),
            starts=starts,
            seed=seed,
        )
        what = f"mmult, {starts} starts, seed {seed}"
        yield from _races(what, races, OF_SCIPY_MANY, to_same_loss=None)  # a loop meets a good start when it does
        if starts == STARTS:
            rounds = races["rounds"]
            yield against_limit(NAME, f"{what}: optimize()", [race["whole"] for race in rounds], MOST_SECONDS)
            losses = [race["loss"] for race in rounds]
            yield against_limit(
                NAME, f"{what}: loss", losses, GOOD_VALLEY, unit="loss", note="promised for four of five seeds"
            )
