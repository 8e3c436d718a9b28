"""Damaged input, much of it: only our own exceptions come out, and soon."""

from __future__ import annotations

import io
import random
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from tests.sheets import book_of

from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError, FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.printing import to_text
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.hosts.package import read
from cellgrad.program.recalculate import recalculate
from cellgrad.session import Book
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import DefinedName

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


CELLS: dict[str, Value] = {
    "A1": 1.0, "A2": -2.5, "A3": "abc", "A4": True, "A5": CellError.NA, "A7": "12", "A8": 43832.0, "A9": 1e308,
    "B1": 0.0, "B2": 3.0, "B3": "", "B4": False, "B5": CellError.DIV0, "B6": "1/2/2020", "B7": "3+4i", "B8": 0.5,
    "C1": 5.0, "C2": 7.0, "C3": 2.0, "C4": "a*", "C5": ">1", "C6": 5e-324, "C7": -1e15, "C8": "=A1*2", "C9": "=1/B1",
}  # fmt: skip
LEAVES = [
    "A1", "A2", "A3", "A5", "A6", "B1", "C4", "C9", "A1:A3", "A1:C9", "B1:C2", "C1:C3", "A6:B6", "A:A A3", "C8#",
    "0", "1", "-1", "2", "3", "0.5", "-0.5", "1E+300", "1E-320", "40000", "2958466", "255", "TRUE", "FALSE",
    '""', '"a"', '"A1"', '"abc"', '"12"', '">1"', '"<>"', '"a*"', '"0.00"', '"yyyy-mm-dd"', '"3-4i"', '"FF"', '"R1C1"',
    "{1,2;3,4}", '{1,"a",TRUE,#N/A}', "{0}", "#REF!", "#N/A", "#NUM!", "", "NAME", "(A1,B1:B3)", "A1:A3 A2:C2",
    "Other!A1", "Sheet:Other!A1", "LAMBDA(x,x+1)", "LAMBDA(x,y,x*y)", "SUM", "x", "[1]Book!A1", "@A1:A9", "nosuch",
]  # fmt: skip
SLOW = {"CG_GRADIENT"}
"""Not drawn: it compiles and differentiates the workbook at every call."""


def _call(rng: random.Random, depth: int) -> str:
    """A call of any function with a number of arguments that it may have, and now and then one that it may not."""
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(LEAVES)
    kind = rng.random()
    if kind < 0.15:
        operator = rng.choice(["+", "-", "*", "/", "^", "&", "=", "<", ">=", "<>", ":", " "])
        return f"({_call(rng, depth - 1)}{operator}{_call(rng, depth - 1)})"
    if kind < 0.2:
        return f"-({_call(rng, depth - 1)})%"
    record = FUNCTIONS[rng.choice(NAMES)]
    most = len(record.parameters) + (2 * record.repeats if record.repeats else 0)
    count = rng.randint(record.minimum, max(record.minimum, most)) if rng.random() < 0.97 else rng.randint(0, 8)
    return f"{record.name}({','.join(_call(rng, depth - 1) for _ in range(count))})"


NAMES = sorted(name for name in FUNCTIONS if name[0].isalpha() and " " not in name and name not in SLOW)


def _try_evaluating(count: int, seed: int) -> None:
    """Each formula once alone, once filled down and once as an array formula over four cells."""
    rng, slowest = random.Random(seed), (0.0, "")
    answers = 0
    for _ in range(count):
        text = _call(rng, rng.randint(1, 3))
        cells = {**CELLS, "E1": f"={text}", "F1:F3": f"={text}"}
        book = book_of({"Sheet": cells, "Other": {"A1": 4.0}}, arrays={"Sheet!H1:I2": f"={text}"}, names=RATE)
        began = time.perf_counter()
        dependence = Dependence(book)
        found = recalculate(dependence, dependence.all_blocks(), {})
        for kinds, data in found.blocks.values():
            assert np.isfinite(data).all(), text
            assert (kinds <= Kind.ERROR).all(), text
        assert all(error.cause for error in found.failures.values()), text
        answers += len(found.blocks) > 2
        slowest = max(slowest, (time.perf_counter() - began, text))
    assert answers > count / 4
    assert slowest[0] < 10, slowest


RATE = [DefinedName("name", "Sheet!$A$1:$A$3"), DefinedName("x", "0.07")]


def test_evaluating_any_functions_of_anything() -> None:
    _try_evaluating(400, seed=5)


@pytest.mark.slow
def test_evaluating_six_thousand_formulas_of_anything() -> None:
    _try_evaluating(6_000, seed=6)


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
