"""What several commands share: their options, and how they answer."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cellgrad.errors import ArgumentError

METHODS = (
    "auto", "gradient-descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "l-bfgs",
    "levenberg-marquardt", "sqp", "trust-constr", "augmented-lagrangian", "branch-and-bound",
    "differential-evolution", "enumeration", "local-search", "grg-nonlinear", "simplex-lp", "evolutionary",
)  # fmt: skip
"""For the help alone; `optimize.choice` has the say. A test compares the two."""

Command = Callable[..., int]


def options(*declared: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator."""

    def decorate(command: Command) -> Command:
        for option in reversed(declared):
            command = option(command)
        return command

    return decorate


file_argument = click.argument("file", type=click.Path(path_type=Path))
as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON on stdout.")
model_options = options(
    click.option("--sheet", help="The sheet of the model, and of cells named without one."),
    click.option("--objective", metavar="REF", help="The objective cell; default: the saved model's."),
    click.option("--changing", metavar="REF,REF", help="The changing cells, such as B2:B5,D7."),
)
conditions_options = options(
    click.option("--goal", metavar="min|max|value=V", help="What to bring the objective to."),
    click.option("--subject-to", multiple=True, metavar="CONSTRAINT",
                 help="Such as 'B7<=100', 'C3:C9=int', 'C3:C9=bin', 'A1:A8=alldifferent'; may be repeated."),
    click.option("--bounds", multiple=True, metavar="REF=LOW..HIGH",
                 help="Bounds of changing cells, such as B2:B5=0..1; may be repeated."),
)  # fmt: skip
descent_options = options(
    click.option("--schedule", default="constant", show_default=True,
                 help="How the learning rate changes: constant, step:0.5@100, exponential, cosine, one-cycle, warm-up, "
                 "gradient-ratio."),
    click.option("--momentum", type=float, help="Of gradient-descent, momentum, nesterov or rmsprop."),
    click.option("--clip", metavar="LIMIT", help="Limit the gradient's length (1, norm:1) or elements (value:0.5)."),
    click.option("--weight-decay", type=float, default=0.0, help="Pull the changing cells towards zero."),
    click.option("--batch-rows", type=int, metavar="N", help="Take N rows a step, by a first-order method."),
    click.option("--validation-rows", metavar="ROWS",
                 help="Hold out rows: 600:712, counted among those the objective adds up, or a part such as 0.2."),
    click.option("--validation-cell", metavar="REF", help="Stop by another cell, such as the loss on other data."),
    click.option("--patience", type=int, default=10, show_default=True,
                 help="Looks at what is held out without a new best, after which to stop."),
)  # fmt: skip
search_options = options(
    model_options,
    conditions_options,
    click.option("--learning-rate", type=float, help="A fixed rate for a first-order method."),
    click.option("--starts", type=int, help="Search from so many starts at once.  [default: as many as are cheap]"),
    click.option("--seed", type=int, help="What the other starts are drawn from.  [default: the saved model's, or 0]"),
    click.option("--seconds", type=float, default=math.inf, help="Stop after so long, keeping the best."),
    click.option("--evaluations", type=int, help="Stop after so many points evaluated, keeping the best."),
    click.option("--solver-options", is_flag=True,
                 help="Use the saved method, convergence and integer tolerance to the letter, as Excel's Solver does."),
    click.option("--device", default="auto", show_default=True,
                 help="auto, cpu, cuda or mps. auto times a few steps of a large model on CPU and GPU."),
    click.option("--dtype", default="", metavar="float64|float32",
                 help="float32 is faster on long tables; the loss is added up, and the answer checked, in float64. "
                 "Models with constraints stay in float64.  [default: float64]"),
    click.option("--compile", is_flag=True,
                 help="Run steps through torch's compiler: ten seconds or so to begin, then a tenth to a quarter less "
                 "a step where tables have 100,000 rows. Small models run faster as they are, and do."),
    click.option("--checkpoint", type=float, metavar="SECONDS",
                 help="Keep the best values so far in a file beside the result, this often."),
    click.option("--resume", is_flag=True, help="Go on from the checkpoint of a run that was broken off."),
    click.option("--out", type=click.Path(path_type=Path), help="Where to save; default: NAME-optimized beside FILE."),
    click.option("--in-place", is_flag=True, help="Save into FILE itself; `cellgrad undo FILE` takes it back."),
    click.option("--report", type=click.Path(path_type=Path), metavar="OUT.xlsx", help="Write reports too."),
    click.option("--reports", metavar="NAMES", default="",
                 help="Some of answer,sensitivity,limits,least-squares,basins,history,structure.  [default: all]"),
    as_json_option,
)  # fmt: skip


@contextmanager
def heavy_imports() -> Iterator[None]:
    """Around the imports of a command, before it works. Torch alone makes a million objects that stay: the garbage
    collector need not look through them while they come, after each thousand, nor ever after, at the end of the
    process either. That halves the time a small command takes."""
    if "torch" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def print_json(answer: object) -> None:
    """One JSON document on stdout."""
    from cellgrad.answers import to_json

    click.echo(to_json(answer))


def require_report(report: Path, *others: Path) -> None:
    """Raises ArgumentError or WriteError where a report cannot be written there, or would replace one of the others."""
    from cellgrad.reports.style import require_report as require

    require(report)
    for other in others:
        if report.resolve() == other.resolve():
            raise ArgumentError(f"'{report}' is the workbook itself", action="name another file for the report")


def tell_report(report: Path | None) -> None:
    """Where a report went."""
    if report is not None:
        click.echo(f"report: {report}")
