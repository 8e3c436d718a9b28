"""`cellgrad lessons build|check|train`."""

# Imports inside the commands: building needs a package of the extra `addin`, which the rest does without.

from __future__ import annotations

import json
import time
from pathlib import Path
from types import ModuleType

import click

from cellgrad.errors import ArgumentError, WriteError


@click.group("lessons")
def lesson_commands() -> None:
    """The lesson workbooks."""


def _builders() -> ModuleType:
    try:
        from cellgrad import lessons as workbooks
    except ModuleNotFoundError as error:
        raise ArgumentError(f"building needs {error.name}", action="pip install 'cellgrad[addin]'") from error
    return workbooks


_folder = click.argument("folder", type=click.Path(path_type=Path), default=Path("workbooks"))
_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON on stdout.")


@lesson_commands.command()
@_folder
@_json
def build(folder: Path, as_json: bool) -> int:
    """Build every lesson workbook into FOLDER (workbooks) from its data, the same bytes every time."""
    workbooks = _builders()
    try:
        built = workbooks.build(folder)
    except OSError as error:
        raise WriteError(f"'{folder}' cannot be written: {error.strerror or error}") from error
    if as_json:
        click.echo(json.dumps({"built": [str(path) for path in built]}, indent=2))
    else:
        for path in built:
            click.echo(path)
    return 0


@lesson_commands.command()
@_folder
@click.option("--only", "only", multiple=True, metavar="LESSON", help="Train this lesson alone; as often as needed.")
@_json
def train(folder: Path, only: tuple[str, ...], as_json: bool) -> int:
    """Train what takes long and keep it in FOLDER/data/trained, from where build takes it."""
    workbooks = _builders()
    if unknown := [name for name in only if name not in workbooks.TRAINERS]:
        raise ArgumentError(
            f"no lesson '{unknown[0]}' is trained", action=f"choose among: {', '.join(workbooks.TRAINERS)}"
        )
    trained, begun = [], time.perf_counter()
    try:
        for lesson, path in workbooks.train(folder, only or None):
            seconds, begun = time.perf_counter() - begun, time.perf_counter()
            trained.append({"lesson": lesson, "file": str(path), "seconds": round(seconds, 3)})
            if not as_json:
                click.echo(f"{path}  {seconds:.1f} s")
    except OSError as error:
        raise WriteError(f"'{folder}' cannot be written: {error.strerror or error}") from error
    if as_json:
        click.echo(json.dumps({"trained": trained}, indent=2))
    return 0


@lesson_commands.command()
@_folder
@_json
def check(folder: Path, as_json: bool) -> int:
    """Whether the lesson workbooks of FOLDER are what build would write now; exit code 1 where not."""
    workbooks = _builders()
    stale = workbooks.check(folder)
    if as_json:
        click.echo(json.dumps({"stale": [str(path) for path in stale]}, indent=2))
        return 1 if stale else 0
    for path in stale:
        click.echo(f"{path} is missing or not what `cellgrad lessons build` writes")
    if not stale:
        click.echo("every lesson workbook is up to date")
    return 1 if stale else 0
