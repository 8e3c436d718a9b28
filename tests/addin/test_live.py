"""On a live LibreOffice Calc: the worksheet functions through xlwings' own converters, and what the buttons run."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwings as xw
from tests.addin.live_functions import CALLS
from tests.libreoffice import require

from cellgrad import live_run, macros
from cellgrad.errors import RunError
from cellgrad.formula.parse import parse
from cellgrad.graph.binding import bind
from cellgrad.hosts import calc
from cellgrad.hosts.package import read
from cellgrad.hosts.settings import Settings
from cellgrad.reference import Reference
from cellgrad.values import CellError
from cellgrad.worker.turn import Turn

pytestmark = pytest.mark.libreoffice

ROWS: list[list[Any]] = [
    [1, 2, 0.5, 1, "S", 0], [3, -1, -0.25, 0, "C", 0], [-2, 0.5, 0.1, 1, "s", 0], [0.25, 4, None, 0, "Q", None],
]  # fmt: skip
GRADIENTS = {
    ("H1", "C1:C3"): [[35.3125], [0.01], [-0.05]],  # the sum of squares; C3 squared; 2 C2 C3
    ("H1", "A1:B2"): [[1.0, 2.0], [3.0, -1.0]],  # 2 C1 times the cell, C1 being a half
    ("G1", "A1:B2"): [["#NUM!"] * 2] * 2,
    ("A1", "A1:B2"): [[1.0, 0.0], [0.0, 0.0]],
}


def write_functions(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Data")
    for r, row in enumerate(ROWS):
        for c, value in enumerate(row):
            if value is not None:
                sheet.write(r, c, value)
    sheet.write_formula("G1", "=NA()", None, "#N/A")
    sheet.write("G2", "x")
    sheet.write("G3", True)
    sheet.write_formula("H1", "=SUMSQ(A1:B4)*C1+C2*C3^2")
    book.close()


def formula(name: str, arguments: list[Any]) -> str:
    """The call as it would stand in a cell."""
    texts = []
    for argument in arguments:
        cells = isinstance(argument, str) and argument[:1].isupper()
        texts.append(
            argument if cells else json.dumps(argument) if not isinstance(argument, bool) else str(argument).upper()
        )
    return f"{name}({','.join(texts)})"


def test_functions_through_xlwings_on_live_ranges(tmp_path: Path) -> None:
    """Every function answers, through xlwings' decorators and converters, what the per-cell reference says."""
    require()
    path = tmp_path / "functions.xlsx"
    write_functions(path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.addin.live_functions", str(path)], capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.partition("ANSWERS")[2])
    book = read(path)
    for (name, arguments), answer in zip(CALLS, answers, strict=True):
        if name == "CG_GRADIENT":
            assert [[_close(value) for value in row] for row in answer] == GRADIENTS[tuple(arguments)]
            continue
        tree = bind(parse(formula(name, arguments), 0, 25), book, "Data", 0, 25)
        expected = Reference(book).evaluate(tree, "Data", 0, 25, array=True)
        rows = getattr(expected, "rows", ((expected,),))
        wanted = [[v.text if isinstance(v, CellError) else v for v in row] for row in rows]
        for row, expected_row in zip(answer, wanted, strict=True):
            assert row == [v if isinstance(v, str) else pytest.approx(v, rel=1e-14) for v in expected_row], name


def _close(value: float | str) -> float | str:
    return value if isinstance(value, str) else round(value, 12)


# ---------------------------------------------------------------- the buttons


@pytest.fixture(scope="module")
def office() -> Iterator[xw.App]:
    require()
    with calc.start() as app:
        yield app


@pytest.fixture
def book(office: xw.App, tmp_path: Path) -> Iterator[xw.Book]:
    """A line through three points, its model saved as Solver saves it; least squares are a = 2, b = 1."""
    path = tmp_path / "line.xlsx"
    file = xlsxwriter.Workbook(str(path))
    sheet = file.add_worksheet("Line")
    sheet.write_row("A1", [0.25, -0.75])
    for row, (x, y) in enumerate([(0, 1), (1, 3), (2, 5), (3, 7)], 2):
        sheet.write_row(row - 1, 0, [x, y])
        sheet.write_formula(row - 1, 2, f"=$A$1*A{row}+$B$1")
    sheet.write_formula("D1", "=SUMXMY2(B2:B5,C2:C5)")
    for name, text in (("opt", "Line!$D$1"), ("adj", "Line!$A$1:$B$1"), ("typ", "2"), ("neg", "2"), ("num", "0")):
        file.define_name(f"Line!solver_{name}", f"={text}")
    file.close()
    opened = office.books.open(str(path))
    opened.set_mock_caller()
    yield opened
    opened.close()


def parameters(book: xw.Book) -> list[float]:
    return book.sheets["Line"]["A1:B1"].value


def test_optimize_and_undo(book: xw.Book) -> None:
    answer = live_run.search(book, "Line", Settings())
    assert parameters(book) == pytest.approx([2.0, 1.0], abs=1e-9)
    assert book.sheets["Line"]["D1"].value == pytest.approx(answer.value, abs=1e-9)
    assert "levenberg-marquardt" in str(book.app.status_bar)
    macros.undo()
    assert parameters(book) == [0.25, -0.75]
    assert "2 cells are as they were" in str(book.app.status_bar)


def test_the_settings_are_obeyed(book: xw.Book) -> None:
    answer = live_run.search(book, "Line", Settings("gradient-descent", "cpu", 5, 0.01))
    assert (answer.method, answer.iterations) == ("gradient-descent", 5)


def test_a_step_is_one_step(book: xw.Book) -> None:
    """By hand: the slope at the start is (-49, -23), so a step of 0.01 goes to (0.74, -0.52)."""
    x, y, a, b = [0, 1, 2, 3], [1, 3, 5, 7], 0.25, -0.75
    off = [a * p + b - q for p, q in zip(x, y, strict=True)]
    slope = 2 * sum(p * r for p, r in zip(x, off, strict=True)), 2 * sum(off)
    live_run.one_step(book, "Line", Settings("gradient-descent", rate=0.01))
    assert parameters(book) == pytest.approx([a - 0.01 * slope[0], b - 0.01 * slope[1]], rel=1e-12)


def test_stop_ends_a_run_within_a_second_and_keeps_its_best(book: xw.Book) -> None:
    pressed: list[float] = []

    def press() -> None:
        time.sleep(6)
        pressed.append(time.monotonic())
        Turn(book.fullname).ask_to_stop()

    finger = threading.Thread(target=press)
    finger.start()
    live_run.search(book, "Line", Settings("gradient-descent", steps=10**9, rate=1e-7))
    assert time.monotonic() - pressed[0] < 1.5
    finger.join()
    a, b = parameters(book)
    assert a > 0.25
    assert b > -0.75
    assert book.sheets["Line"]["D1"].value < sum((0.25 * x - 0.75 - 2 * x - 1) ** 2 for x in range(4))


def test_a_second_press_is_refused_in_words(book: xw.Book) -> None:
    with Turn(book.fullname), pytest.raises(RunError, match="a run is under way"):
        live_run.search(book, "Line", Settings())
    assert parameters(book) == [0.25, -0.75]


def test_check_and_faults_are_told(book: xw.Book) -> None:
    live_run.check(book, "Line")
    assert "Line!D1" in str(book.app.status_bar)
    book.sheets["Line"]["A1"].value = "text"
    live_run.check(book, "Line")
    assert "must hold a number" in str(book.app.status_bar)


def test_nothing_to_undo_and_nothing_to_stop(book: xw.Book) -> None:
    macros.undo()
    assert "nothing to undo" in str(book.app.status_bar)
    macros.stop()
    assert "no run is under way" in str(book.app.status_bar)


def test_a_button_starts_its_command_and_comes_back(book: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Calc another process cannot find the program by its id, so that here only what is started is looked at."""
    started: list[list[str]] = []
    monkeypatch.setattr(macros.subprocess, "Popen", lambda command, **options: started.append(command))
    for button in (macros.optimize, macros.step, macros.check, macros.gradient_map, macros.report):
        button()
    where = [str(book.app.pid), book.name, "Line"]
    assert started == [
        [sys.executable, "-m", "cellgrad.live_run", command, *where]
        for command in ("optimize", "step", "check", "gradient_map", "report")
    ]


def test_a_button_loads_nothing_heavy() -> None:
    """A press of Stop waits for what the macro's Python imports first."""
    code = "import sys, cellgrad.macros; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
