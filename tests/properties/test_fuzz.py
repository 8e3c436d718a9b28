"""Damaged input, much of it: only our own exceptions come out, and soon."""

from __future__ import annotations

import io
import random
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from cellgrad.errors import CellgradError, FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.printing import to_text
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.hosts.package import read
from cellgrad.session import Book

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
SNIPPETS = [
    "(",
    ")",
    ",",
    ";",
    "'",
    '"',
    "!",
    "[",
    "]",
    "#",
    "$",
    ":",
    "{",
    "}",
    "A1",
    "-",
    "%",
    "@",
    "é",
    "\x00",
    " ",
    "1e999",
    "[[",
    "#REF!",
    "R1C1",
]
CORPUS = [case for record in FUNCTIONS.values() for case, _ in record.cases] + [
    "SUM(T[[#This Row],[a]:[b]])", "'My sheet'!$A$1:B2", "[1]Book!A1", "SUM(US:Oth!C5,,)", "A1#", "@A1:A3", "A:A 3:4",
]  # fmt: skip


def _mutated(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(text))
        what = rng.random()
        if what < 0.4:
            text = text[:at] + rng.choice(SNIPPETS) + text[at:]
        elif what < 0.7:
            text = text[:at] + text[at + rng.randint(1, 4) :]
        else:
            other = rng.choice(CORPUS)
            text = text[:at] + other[rng.randint(0, len(other)) :]
    return text


def _try_formulas(count: int, seed: int) -> None:
    rng = random.Random(seed)
    slowest = 0.0
    for _ in range(count):
        text = _mutated(rng.choice(CORPUS), rng)
        began = time.perf_counter()
        try:
            to_text(parse(text, 5, 5), 5, 5)
        except FormulaError as error:
            assert error.cause and error.action
        slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 5


def test_mutated_formulas() -> None:
    _try_formulas(3_000, seed=1)


@pytest.mark.slow
def test_a_hundred_thousand_mutated_formulas() -> None:
    _try_formulas(100_000, seed=2)


def _damaged(data: bytes, rng: random.Random) -> bytes:
    """The package with bytes of one part, or of the container itself, changed, cut out or repeated."""
    if rng.random() < 0.3:
        return _scratched(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [(info, package.read(info)) for info in package.infolist()]
    victim = rng.randrange(len(parts))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for number, (info, content) in enumerate(parts):
            package.writestr(info.filename, _scratched(content, rng) if number == victim else content)
    return out.getvalue()


def _scratched(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 3)):
        at, length = rng.randrange(len(data) + 1), rng.randint(1, 40)
        what = rng.random()
        if what < 0.4:
            data = data[:at] + rng.randbytes(length) + data[at + length :]
        elif what < 0.6:
            data = data[:at] + data[at + length * 10 :]
        elif what < 0.8:
            data = data[:at] + data[max(0, at - length * 10) : at] + data[at:]
        else:
            digits = bytes(rng.choice(b"0123456789<>/\"'=&") for _ in range(rng.randint(1, 12)))
            data = data[:at] + digits + data[at + len(digits) :]
    return data


def _small_package(folder: Path) -> bytes:
    """A workbook with one of everything, small enough to be read thousands of times."""

    path = folder / "small.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("data")
        sheet.add_table(
            "A1:C6", {"columns": [{"header": "x"}, {"header": "y"}, {"header": "e", "formula": "=[@x]-[@y]"}]}
        )
        for row in range(1, 6):
            sheet.write(row, 0, row * 0.5)
            sheet.write(row, 1, row * 0.25)
        sheet.write_array_formula("E1:F2", "{=MMULT(A2:B3,A2:B3)}")
        sheet.write_formula("G1", "=SUMSQ(C2:C6)+E1")
        sheet.write("H1", "text")
        sheet.write("H2", True)
        book.define_name("rate", "=0.07")
        book.define_name("solver_opt", "=data!$G$1")
    return path.read_bytes()


def _try_packages(count: int, seed: int, folder: Path) -> None:
    rng, path = random.Random(seed), folder / "damaged.xlsx"
    original = _small_package(folder)
    readable = 0
    for _ in range(count):
        path.write_bytes(_damaged(original, rng))
        began = time.perf_counter()
        try:
            book = read(path)
            readable += 1
            Book(path, book).model("data", "G1", "A2:A6").value_and_gradient()
        except CellgradError as error:
            assert str(error)
        assert time.perf_counter() - began < 20
    assert 0 < readable < count


def test_damaged_packages(tmp_path: Path) -> None:
    _try_packages(300, 3, tmp_path)


@pytest.mark.slow
def test_ten_thousand_damaged_packages(tmp_path: Path) -> None:
    _try_packages(10_000, 4, tmp_path)
