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

from cellgrad.errors import ArgumentError, WriteError
from cellgrad.hosts.excel_places import settings_file

METHOD_LABELS = {
    "auto": "Automatic",
    "gradient-descent": "Gradient descent",
    "momentum": "Momentum",
    "adam": "Adam",
    "l-bfgs": "L-BFGS",
    "levenberg-marquardt": "Levenberg-Marquardt",
    "grg-nonlinear": "GRG Nonlinear",
    "simplex-lp": "Simplex LP",
    "evolutionary": "Evolutionary",
}
DEVICE_LABELS = {"auto": "Automatic", "cpu": "Processor", "cuda": "NVIDIA (CUDA)", "mps": "Apple (Metal)"}
"""How Excel's ribbon and Calc's dialog call them."""
METHODS = tuple(METHOD_LABELS)
DEVICES = tuple(DEVICE_LABELS)
_ENCODING = "mbcs" if sys.platform == "win32" else "utf-8"
"""VBA reads and writes text files in the code page of the system."""


@dataclass(frozen=True)
class Settings:
    """What the ribbon's boxes hold: method, device, the most steps and the rate (None: the method's own)."""

    method: str = "auto"
    device: str = "auto"
    steps: int | None = None
    rate: float | None = None

    def __str__(self) -> str:
        """In the words of the boxes."""
        method, device = METHOD_LABELS[self.method], DEVICE_LABELS[self.device]
        steps = "as many steps as needed" if self.steps is None else f"at most {self.steps:,} steps"
        rate = "its own rate" if self.rate is None else f"rate {self.rate:g}"
        return f"method {method}, device {device}, {steps}, {rate}"


def read_settings(file: Path | None = None) -> Settings:
    """The settings in a file, by default that of this system; the defaults where there is none."""
    given = read_lines(file or settings_file())
    method, device = given.get("METHOD", "").lower(), given.get("DEVICE", "").lower()
    steps = _positive(given.get("STEPS", ""))
    return Settings(
        method if method in METHODS else "auto",
        device if device in DEVICES else "auto",
        None if steps is None else max(1, int(steps)),
        _positive(given.get("RATE", "")),
    )


def write_settings(settings: Settings, file: Path | None = None) -> None:
    """Keep the settings, by default in the file of this system; what else stands in it stays.

    Raises WriteError where the file cannot be written.
    """
    file = file or settings_file()
    kept = {
        "METHOD": settings.method,
        "DEVICE": settings.device,
        "STEPS": "" if settings.steps is None else str(settings.steps),
        "RATE": "" if settings.rate is None else f"{settings.rate:.15g}",
    }
    try:
        write_lines(file, read_lines(file) | kept)
    except OSError as error:
        raise WriteError(f"the settings cannot be written into '{file}': {error.strerror}") from error


def number_given(text: str, what: str) -> float | None:
    """A number above 0 as typed by a person, None for an empty text. Raises ArgumentError for anything else."""
    number = _positive(text)
    if number is None and text.strip():
        raise ArgumentError(f"{what} is a number above 0, or empty; '{text.strip()[:40]}' is none")
    return number


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
