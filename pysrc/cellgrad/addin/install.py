"""Putting the add-in where Excel loads it, with its interpreter configured; and taking it away again."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from cellgrad.errors import ArgumentError, WriteError
from cellgrad.hosts.excel_places import FILE_NAME, NAME, Places, places
from cellgrad.hosts.settings import read_lines, write_lines

INTERPRETER_SETTING = {"win32": "INTERPRETER_WIN", "darwin": "INTERPRETER_MAC"}
UDF_SERVER = "USE UDF SERVER"


@dataclass(frozen=True)
class Done:
    """What an installation did: files written or removed, and what is left for the user, in words."""

    files: list[Path]
    notes: list[str]


def install(platform: str = sys.platform, at: Places | None = None, addin: Path | None = None) -> Done:
    """Copy the add-in into Excel's startup folder and name this Python as its interpreter; settings kept.

    Raises ArgumentError where there is no Excel or no xlwings, WriteError where a file cannot be written.
    """
    at = at or places(platform)
    script = _runner_script(platform)
    addin = addin or built_addin()
    setting = INTERPRETER_SETTING[platform]
    lines = read_lines(at.configuration) | {setting: _interpreter(platform), UDF_SERVER: "False"}
    try:
        at.startup.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(addin, at.addin)
        write_lines(at.configuration, lines)
        files = [at.addin, at.configuration]
        if script is not None:
            source, target = script
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            files.append(target)
    except OSError as error:
        raise WriteError(
            f"'{error.filename}' cannot be written: {error.strerror}",
            action="close Excel, which holds its add-ins open, and try again",
        ) from error
    return Done(files, ["Start Excel again: the tab Cellgrad stands at the right end of the ribbon."])


def uninstall(platform: str = sys.platform, at: Places | None = None) -> Done:
    """Remove the add-in and its settings. Raises WriteError where a file cannot be removed."""
    at = at or places(platform)
    removed = []
    for file in (at.addin, at.configuration):
        try:
            file.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise WriteError(
                f"'{file}' cannot be removed: {error.strerror}",
                action="close Excel, which holds it open, and try again",
            ) from error
        removed.append(file)
    folder = at.configuration.parent
    if folder.name == f".{NAME}" and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return Done(removed, [] if removed else ["The add-in was not installed."])


def built_addin() -> Path:
    """The add-in as it is shipped: in the repository, or beside an installed package.

    Raises ArgumentError where it is in neither.
    """
    candidates = [Path(__file__).parents[3] / "addin" / FILE_NAME, Path(sys.prefix) / "share" / NAME / FILE_NAME]
    for path in candidates:
        if path.is_file():
            return path
    raise ArgumentError(
        f"the add-in was not found: looked for {' and '.join(map(str, candidates))}",
        action="build it with `cellgrad addin build`, from a copy of the repository",
    )


def _interpreter(platform: str) -> str:
    """This Python, as the add-in starts it: on Windows the one beside it that opens no console, where there is one."""
    own = Path(sys.executable)
    windowless = own.with_name("pythonw.exe")
    return str(windowless if platform == "win32" and windowless.is_file() else own)


def _runner_script(platform: str) -> tuple[Path, Path] | None:
    """(xlwings' AppleScript, where Excel on macOS may run it from); None elsewhere."""
    found = importlib.util.find_spec("xlwings")
    if found is None or found.origin is None:
        raise ArgumentError(
            "xlwings, which the add-in's macros run Python by, is not installed", action="pip install 'cellgrad[addin]'"
        )
    if platform != "darwin":
        return None
    (source,) = Path(found.origin).parent.glob("xlwings-*.applescript")
    return source, Path.home() / "Library" / "Application Scripts" / "com.microsoft.Excel" / source.name
