"""A workbook as the pages it prints: pictures, and the text on them. LibreOffice draws, poppler's programs read."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cellgrad.errors import ArgumentError, FileError
from cellgrad.hosts.libreoffice import Converter

PROGRAMS = ("pdftoppm", "pdftotext")
DOTS = 70
"""Dots an inch, of pictures to look at: a landscape page of A4 is about 820 pixels wide."""
SECONDS = 300

_TOO_NARROW = re.compile(r"(?:^|(?<=\s\s))#{3,}(?: #{3,})*(?=\s\s|$)", re.MULTILINE)
"""What stands in place of numbers that are wider than their column: cells of their own, and no part of a text."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as printed: its picture, and how many numbers are wider than their column, which shows ### instead."""

    picture: Path
    too_narrow: int


def missing_programs() -> list[str]:
    """The programs that rendering needs, besides LibreOffice, and that are not on the PATH."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def render(path: Path, office: Converter, folder: Path, dots: int = DOTS) -> list[Page]:
    """Print the workbook, recalculated, into `folder`, as NAME-1.png and so on; NAME with its suffix.

    dots: dots an inch. Raises ArgumentError where a program is missing, FileError where LibreOffice cannot open the
    workbook.
    """
    if missing := missing_programs():
        raise ArgumentError(
            f"pictures of pages need {' and '.join(missing)}", action="install poppler (Debian: poppler-utils)"
        )
    folder.mkdir(parents=True, exist_ok=True)
    pdf = office.convert(path, "pdf", folder)
    try:
        texts = _run("pdftotext", "-layout", str(pdf), "-").split("\f")[:-1]
        for old in folder.glob(f"{path.name}-*.png"):
            old.unlink()
        _run("pdftoppm", "-r", str(dots), "-png", str(pdf), str(folder / path.name))
    finally:
        pdf.unlink()
    pictures = sorted(folder.glob(f"{path.name}-*.png"))  # pdftoppm writes as many digits for each
    return [Page(*page) for page in zip(pictures, map(_too_narrow, texts), strict=True)]


def _too_narrow(text: str) -> int:
    return sum(len(cells.split()) for cells in _TOO_NARROW.findall(text))


def _run(program: str, *arguments: str) -> str:
    try:
        ran = subprocess.run(
            [program, *arguments], capture_output=True, text=True, errors="replace", timeout=SECONDS, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise FileError(f"{program} cannot read what LibreOffice printed: {error}") from error
    return ran.stdout
