"""`cellgrad addin build|install|uninstall`."""

# Imports inside the commands: building needs packages of the extra `addin`, which the rest does without.

from __future__ import annotations

import json
from pathlib import Path

import click

from cellgrad.errors import ArgumentError, WriteError

_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON on stdout.")


@click.group("addin")
def addin_commands() -> None:
    """The add-ins for Excel and Calc: build them from their sources, install them, take them away."""


@addin_commands.command("build")
@click.option("--sources", type=click.Path(path_type=Path), default=Path("addin"), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Default: cellgrad.xlam in the folder of the sources.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the built file is stale.")
@_json
def build_command(sources: Path, out: Path | None, check: bool, as_json: bool) -> int:
    """Build cellgrad.xlam, and cellgrad.oxt beside it, from their text sources, the same byte for byte each time."""
    try:
        from cellgrad.addin import calc_extension
        from cellgrad.addin.build import build
    except ModuleNotFoundError as error:
        raise ArgumentError(f"building needs {error.name}", action="pip install 'cellgrad[addin]'") from error
    if not (sources / "customUI14.xml").is_file():
        raise ArgumentError(f"'{sources}' does not hold the add-in's sources", action="name their folder by --sources")
    out = out or sources / "cellgrad.xlam"
    files = {out: build(sources), out.with_name(calc_extension.FILE_NAME): calc_extension.build(sources / "calc")}
    changed = [file for file, data in files.items() if not (file.is_file() and file.read_bytes() == data)]
    for file in [] if check else changed:
        try:
            file.write_bytes(files[file])
        except OSError as error:
            raise WriteError(
                f"'{file}' cannot be written: {error.strerror}", action="choose another by --out"
            ) from error
    if as_json:
        answers = [{"out": str(file), "bytes": len(data), "changed": file in changed} for file, data in files.items()]
        click.echo(json.dumps({**answers[0], "extension": answers[1]}, indent=2))
        return 1 if check and changed else 0
    for file, data in files.items():
        if check:
            click.echo(f"{file} is {'stale: run cellgrad addin build' if file in changed else 'up to date'}")
        else:
            click.echo(f"{file}: {len(data):,} bytes{'' if file in changed else ', as it was'}")
    return 1 if check and changed else 0


_calc = click.option("--calc", is_flag=True, help="The extension for LibreOffice Calc instead.")


@addin_commands.command("install")
@_calc
@_json
def install_command(calc: bool, as_json: bool) -> int:
    """Put the add-in where Excel loads it, or the extension into LibreOffice, with this Python as its interpreter."""
    from cellgrad.addin import calc_extension, install

    done = calc_extension.install() if calc else install.install()
    _tell("installed", done.files, done.notes, as_json)
    return 0


@addin_commands.command("uninstall")
@_calc
@_json
def uninstall_command(calc: bool, as_json: bool) -> int:
    """Remove the add-in, or the extension, and its settings."""
    from cellgrad.addin import calc_extension, install

    done = calc_extension.uninstall() if calc else install.uninstall()
    _tell("removed", done.files, done.notes, as_json)
    return 0


def _tell(what: str, files: list[Path], notes: list[str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({what: [str(file) for file in files], "notes": notes}, indent=2))
        return
    for file in files:
        click.echo(f"{what} {file}")
    for note in notes:
        click.echo(note)
