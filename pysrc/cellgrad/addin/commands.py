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
    """The add-in for Excel: build it from its sources, install it, take it away."""


@addin_commands.command("build")
@click.option("--sources", type=click.Path(path_type=Path), default=Path("addin"), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Default: cellgrad.xlam in the folder of the sources.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the built file is stale.")
@_json
def build_command(sources: Path, out: Path | None, check: bool, as_json: bool) -> int:
    """Build cellgrad.xlam from its text sources, the same byte for byte each time."""
    try:
        from cellgrad.addin.build import build
    except ModuleNotFoundError as error:
        raise ArgumentError(f"building needs {error.name}", action="pip install 'cellgrad[addin]'") from error
    if not (sources / "customUI14.xml").is_file():
        raise ArgumentError(f"'{sources}' does not hold the add-in's sources", action="name their folder by --sources")
    out = out or sources / "cellgrad.xlam"
    data = build(sources)
    same = out.is_file() and out.read_bytes() == data
    if not check and not same:
        try:
            out.write_bytes(data)
        except OSError as error:
            raise WriteError(
                f"'{out}' cannot be written: {error.strerror}", action="choose another by --out"
            ) from error
    if as_json:
        click.echo(json.dumps({"out": str(out), "bytes": len(data), "changed": not same}, indent=2))
    elif check:
        click.echo(f"{out} is {'up to date' if same else 'stale: run cellgrad addin build'}")
    else:
        click.echo(f"{out}: {len(data):,} bytes{', as it was' if same else ''}")
    return 1 if check and not same else 0


@addin_commands.command("install")
@_json
def install_command(as_json: bool) -> int:
    """Copy the add-in to where Excel loads it and name this Python as its interpreter."""
    from cellgrad.addin.install import install

    done = install()
    _tell("installed", done.files, done.notes, as_json)
    return 0


@addin_commands.command("uninstall")
@_json
def uninstall_command(as_json: bool) -> int:
    """Remove the add-in and its settings."""
    from cellgrad.addin.install import uninstall

    done = uninstall()
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
