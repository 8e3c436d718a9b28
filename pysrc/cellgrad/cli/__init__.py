"""The command line.

Exit codes: 0 done, 1 solved nothing (the message says why), 2 bad arguments or a file that cannot be read, 3 for
`audit --fail-on`, 130 for a second Ctrl-C. With --json stdout is one JSON document, on errors too; people's messages go
to stderr.
"""

# The one place with imports inside functions: torch and its company take seconds to import, and `--help`, a typing
# error or shell completion should not wait for them. tests/test_structure.py allows it here alone.

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from cellgrad import __version__
from cellgrad.addin.commands import addin_commands
from cellgrad.cli.looking import audit, doctor, explain, gradients, models, undo
from cellgrad.cli.options import METHODS, print_json
from cellgrad.cli.searching import optimize, rate, step
from cellgrad.errors import ArgumentError, CellgradError
from cellgrad.lesson_commands import lesson_commands

__all__ = ["METHODS", "commands", "main"]

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    _keep_stdout()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a console that cannot show a sheet's name shows its code
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = commands.main(given, prog_name="cellgrad", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        if as_json:
            _print_error(ArgumentError(error.format_message(), action="see cellgrad --help"))
        return ArgumentError.exit_code
    except CellgradError as error:
        click.echo(str(error), err=True)
        if as_json:
            _print_error(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped; nothing was written.", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def _keep_stdout() -> None:
    """Keep stdout for answers: what libraries written in C print there by themselves goes to stderr instead."""
    if sys.stdout is not sys.__stdout__ or not isinstance(sys.stdout, io.TextIOWrapper) or sys.stdout.fileno() != 1:
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)


def _print_error(error: CellgradError) -> None:
    from cellgrad.answers import error_answer

    print_json({"error": error_answer(error)})


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cellgrad")
def commands() -> None:
    """Gradient descent for the spreadsheet you already have.

    Without --objective a command works on the models saved in the workbook by Excel's Solver, each sheet in turn.
    """


for _command in (
    optimize,
    step,
    rate,
    gradients,
    audit,
    models,
    explain,
    undo,
    doctor,
    addin_commands,
    lesson_commands,
):
    commands.add_command(_command)
