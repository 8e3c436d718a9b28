"""`cellgrad lessons build|check|train`."""

# Imports inside the commands: building needs a package of the extra `addin`, which the rest does without.

from __future__ import annotations

import json
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import click

from cellgrad.errors import ArgumentError, WriteError

if TYPE_CHECKING:
    from cellgrad.console import Screen
    from cellgrad.lesson_checks import Checked


@click.group("lessons")
def lesson_commands() -> None:
    """The lesson workbooks."""


def _builders() -> ModuleType:
    try:
        from cellgrad import lessons as workbooks
    except ModuleNotFoundError as error:
        raise ArgumentError(f"building needs {error.name}", action="pip install 'cellgrad[addin]'") from error
    return workbooks


_only = click.option("--only", "only", multiple=True, metavar="LESSON", help="This lesson alone; as often as needed.")
_folder = click.argument("folder", type=click.Path(path_type=Path), default=Path("workbooks"))
_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON on stdout.")


@lesson_commands.command()
@_folder
@_only
@_json
def build(folder: Path, only: tuple[str, ...], as_json: bool) -> int:
    """Build every lesson workbook into FOLDER (workbooks) from its data, the same bytes every time."""
    built = []
    try:
        for path in _builders().building(folder, only or None):
            built.append(str(path))
            if not as_json:
                click.echo(path)
    except OSError as error:
        raise WriteError(f"'{folder}' cannot be written: {error.strerror or error}") from error
    if as_json:
        click.echo(json.dumps({"built": built}, indent=2))
    return 0


@lesson_commands.command()
@_folder
@_only
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
@_only
@click.option("--libreoffice/--no-libreoffice", default=None,
              help="Recalculate and print each in LibreOffice.  [default: where it is installed]")  # fmt: skip
@click.option("--pictures", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Keep the pictures of all pages there, as NAME-1.png and so on.")  # fmt: skip
@_json
def check(folder: Path, only: tuple[str, ...], libreoffice: bool | None, pictures: Path | None, as_json: bool) -> int:
    """Whether the lesson workbooks of FOLDER are what build would write now, and what LibreOffice makes of them.

    A copy of each is recalculated, every value compared, and printed as pages. Exit code 1 where a workbook is stale,
    or holds a value that is not ours or not LibreOffice's. --no-libreoffice compares bytes alone.
    """
    _builders()
    from rich.progress import Progress

    from cellgrad.console import Screen
    from cellgrad.hosts.libreoffice import find_soffice
    from cellgrad.hosts.rendering import missing_programs
    from cellgrad.lesson_checks import checking
    from cellgrad.lessons import State, chosen

    screen = Screen()
    if pictures is not None and libreoffice is False:
        raise ArgumentError("--pictures needs LibreOffice", action="leave out --no-libreoffice")
    if libreoffice is None and pictures is None and find_soffice() is None:
        screen.note("LibreOffice is not installed (no soffice on the PATH): nothing is recalculated or printed")
        libreoffice = False
    libreoffice, rendering = libreoffice is not False, True
    if libreoffice and pictures is None and (missing := missing_programs()):
        screen.note(f"{' and '.join(missing)} not installed (Debian: poppler-utils): no page is made a picture")
        rendering = False
    found = []
    with Progress(console=screen.err, transient=True, disable=not screen.err.is_terminal) as bar:
        task = bar.add_task("", total=len(chosen(only or None)))
        for one in checking(
            folder, only or None, libreoffice=libreoffice, rendering=rendering, pictures=pictures,
            tell=lambda doing: bar.update(task, description=doing),
        ):  # fmt: skip
            found.append(one)
            bar.advance(task)
            if not as_json:
                _show(screen, one)
    bad = [one for one in found if not one.good]
    if as_json:
        stale = [str(one.path) for one in found if one.state is not State.CURRENT]
        answers = [one.answer(pictures is not None) for one in found]
        click.echo(json.dumps({"stale": stale, "libreoffice": libreoffice, "workbooks": answers}, indent=2))
    elif bad:
        screen.say(f"{len(bad)} of {len(found)} lesson workbooks are not as they should be", style="bold")
    else:
        agree = ", and LibreOffice agrees with every value" if libreoffice else ""
        screen.say(f"every lesson workbook is up to date{agree}", style="bold")
    return 1 if bad else 0


def _show(screen: Screen, one: Checked) -> None:
    """What there is to say of one workbook."""
    from cellgrad.console import MOST_LINES, shown

    said = [one.state.value]
    if one.held is not None and one.libreoffice is not None:
        said.append(f"{one.libreoffice.matched:,} of {one.libreoffice.formulas:,} formula cells are LibreOffice's")
        if one.held.matched < one.held.formulas:
            said.append(f"{one.held.matched:,} hold what they come to")
        said += [f"{count:,} {what}" for count, what in _oddities(one) if count]
    if one.pages:
        said.append(f"{len(one.pages):,} page{'' if len(one.pages) == 1 else 's'}")
    screen.say(f"{one.path}: {'; '.join(said)}", style="" if one.good else "yellow")
    lines = [
        f"{m.cell} {whom} {shown(m.cached)}; {m.formula} comes to {shown(m.computed)}"
        for audit, whom in ((one.held, "holds"), (one.libreoffice, "is in LibreOffice"))
        for m in (audit.mismatched if audit is not None else [])
        if m.cell == m.origin
    ]
    lines += [str(failed.error) for failed in (one.held.failed if one.held is not None else [])]
    for line in lines[:MOST_LINES]:
        screen.say(f"  {line}")
    if len(lines) > MOST_LINES:
        screen.say(f"  ... the first {MOST_LINES} are shown; --json lists them all")
    if one.error is not None:
        screen.error(one.error)


def _oddities(one: Checked) -> list[tuple[int, str]]:
    """What is to be known of a workbook besides its values."""
    assert one.held is not None
    lost = one.held.formulas - len(one.held.mismatched) - one.held.matched
    return [
        (one.held.error_values, "show an error"),
        (lost, "cannot be compared"),
        (sum(page.too_narrow for page in one.pages), "numbers wider than their column"),
    ]
