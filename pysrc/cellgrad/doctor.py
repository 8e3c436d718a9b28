"""Is this machine fit for Cellgrad? One check a line, each with what to do where it fails."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import math
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import xlsxwriter

from cellgrad.errors import CellgradError
from cellgrad.session import open_book

LIBRARIES = ("torch", "numpy", "pandas", "scipy", "openpyxl", "XlsxWriter", "lxml", "formualizer", "click", "rich")


@dataclass(frozen=True)
class Check:
    """One thing looked at. needed: whether Cellgrad cannot work without it."""

    name: str
    ok: bool
    detail: str
    needed: bool = True
    action: str | None = None

    def answer(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "ok": self.ok, "needed": self.needed, "detail": self.detail, "action": self.action}


def examine() -> list[Check]:
    """Every check, in the order a person would read them."""
    return [_python(), *map(_library, LIBRARIES), *_devices(), _libreoffice(), _whole_way()]


def _python() -> Check:
    ok = sys.version_info >= (3, 11)
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check("Python", ok, detail, action=None if ok else "install Python 3.11 or later")


def _library(name: str) -> Check:
    try:
        return Check(name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Check(name, False, "not installed", action=f"pip install {name}")


def _devices() -> list[Check]:
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    card = "none that torch can use"
    if cuda:
        found = torch.cuda.get_device_properties(0)
        card = f"{found.name}, {found.total_memory / 2**30:.0f} GiB, capability {found.major}.{found.minor}"
    return [
        Check("device cpu", True, f"{torch.get_num_threads()} threads, float64"),
        Check("device cuda", cuda, card, needed=False),
        Check("device mps", mps, "float32 only" if mps else "none that torch can use", needed=False),
        _compiler(cuda),
    ]


def _compiler(cuda: bool) -> Check:
    """What --compile makes programs with: a C++ compiler, on a GPU Triton."""
    chosen = os.environ.get("CXX")
    found = [name for name in ([chosen] if chosen else ["g++", "clang++", "cl"]) if shutil.which(name)][:1]
    if cuda and importlib.util.find_spec("triton") is not None:
        found.append(f"triton {importlib.metadata.version('triton')}")
    action = None if found else "only `--compile` needs it"
    return Check("compiler", bool(found), ", ".join(found) or "no C++ compiler", needed=False, action=action)


def _libreoffice() -> Check:
    found = shutil.which("soffice") or shutil.which("libreoffice")
    action = None if found else "only `audit --against libreoffice` needs it"
    return Check("LibreOffice", found is not None, found or "not on the PATH", needed=False, action=action)


def _whole_way() -> Check:
    """A workbook of three cells, made, read, optimised, saved and read again."""
    name = "make, read, optimise and save a small workbook"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "doctor.xlsx"
        try:
            with xlsxwriter.Workbook(path) as book:
                sheet = book.add_worksheet()
                sheet.write("A1", 1)
                sheet.write_formula("B1", "=(A1-3)^2", None, 4)
            opened = open_book(path)
            opened.model(objective="B1", changing="A1").optimize()
            opened.write(path)
            found = open_book(path).workbook.cached("Sheet1", 0, 0)
        except (CellgradError, OSError) as error:
            return Check(name, False, str(error), action="check that the temporary folder can be written")
    ok = isinstance(found, float) and math.isclose(found, 3, rel_tol=1e-9)
    detail = "(A1-3)^2 is smallest at A1 = 3" if ok else f"(A1-3)^2 should be smallest at A1 = 3, not {found}"
    return Check(name, ok, detail, action=None if ok else "please report this")
