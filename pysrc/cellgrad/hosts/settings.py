"""The add-in's settings: one text file that its macros (VBA) and the Python behind them both read and write.

Lines of ``"NAME","value"``, as VBA's Write # statement writes them and xlwings' own macros read them. The interpreter
stands in it; a setting that is missing or makes no sense counts as the default.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from cellgrad.errors import ArgumentError
from cellgrad.hosts.excel_places import places

METHODS = ("auto", "gradient-descent", "momentum", "adam", "l-bfgs", "levenberg-marquardt")
DEVICES = ("auto", "cpu", "cuda", "mps")
_ENCODING = "mbcs" if sys.platform == "win32" else "utf-8"
"""VBA reads and writes text files in the code page of the system."""


@dataclass(frozen=True)
class Settings:
    """What the ribbon's boxes hold: method, device, the most steps and the rate (None: the method's own)."""

    method: str = "auto"
    device: str = "auto"
    steps: int | None = None
    rate: float | None = None


def read_settings(file: Path | None = None) -> Settings:
    """The settings in a file, by default that of this system; the defaults where there is none."""
    if file is None:
        try:
            file = places().configuration
        except ArgumentError:  # no Excel here: Calc and tests run on the defaults
            return Settings()
    given = read_lines(file)
    method, device = given.get("METHOD", "").lower(), given.get("DEVICE", "").lower()
    steps = _positive(given.get("STEPS", ""))
    return Settings(
        method if method in METHODS else "auto",
        device if device in DEVICES else "auto",
        None if steps is None else max(1, int(steps)),
        _positive(given.get("RATE", "")),
    )


def _positive(text: str) -> float | None:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if 0 < number < math.inf else None


def read_lines(file: Path) -> dict[str, str]:
    """Name -> value of every line; empty where there is no such file."""
    if not file.is_file():
        return {}
    text = file.read_text(encoding=_ENCODING, errors="replace")
    return {row[0].upper(): row[1] for row in csv.reader(io.StringIO(text)) if len(row) == 2}


def write_lines(file: Path, lines: dict[str, str]) -> None:
    """Write every line, in the form that VBA's Input # statement reads, which has no escape for a quotation mark.

    Raises ArgumentError for a value with one.
    """
    for name, value in lines.items():
        if '"' in value or "\n" in value:
            raise ArgumentError(f"the setting {name} cannot hold {value!r}", action="leave out the quotation mark")
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(f'"{name}","{value}"\r\n' for name, value in lines.items())
    file.write_text(text, encoding=_ENCODING, newline="")
