"""Opens a workbook in one engine, evaluates all of it, then its objective again and again after 20 changed cells."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_cell_to_rowcol

Set = Callable[[list[float]], None]
Objective = Callable[[], float]


@dataclass(frozen=True)
class Net:
    """Where the net stands in a workbook: its sheet, its objective and its changing cells, by name."""

    path: str
    sheet: str
    objective: str
    changing: list[str]

    @property
    def at(self) -> tuple[int, int]:
        """Row and column of the objective, from one."""
        return _place(self.objective)

    @property
    def places(self) -> list[tuple[int, int]]:
        """Rows and columns of the changing cells, from one."""
        return [_place(cell) for cell in self.changing]


def _place(cell: str) -> tuple[int, int]:
    row, column = xl_cell_to_rowcol(cell)
    return row + 1, column + 1


def run(engine: str, path: str, changes: int, sheet: str, objective: str, changing: list[str]) -> dict[str, Any]:
    """Seconds to open, to evaluate, and of the median change; the objective before and after each."""
    net = Net(path, sheet, objective, changing)
    prepare = ENGINES[engine]
    importlib.import_module(MODULES[engine])  # an import is no part of opening
    began = time.perf_counter()
    opened, change, value = prepare(net)
    first = value()
    answer: dict[str, Any] = {"seconds": time.perf_counter() - began, "open": opened - began, "values": [first]}
    taken = []
    for k in range(changes + 1):
        parameters = [0.1 * (k + 1) + 0.01 * i for i in range(len(changing))]
        began = time.perf_counter()
        change(parameters)
        after = value()
        taken.append(time.perf_counter() - began)
        answer["values"].append(after)
    answer["change"] = statistics.median(taken[1:])  # the first may compile something
    return answer


def cellgrad(net: Net) -> tuple[float, Set, Objective]:
    import numpy as np
    import torch

    from cellgrad.program.recalculate import recalculate
    from cellgrad.session import open_book

    book = open_book(net.path)
    opened = time.perf_counter()
    recalculate(book.dependence, book.dependence.all_blocks(), {})
    model = book.model(net.sheet, objective=net.objective, changing=",".join(net.changing))
    x = torch.as_tensor(model.x0)[None]

    def change(values: list[float]) -> None:
        x[0] = torch.as_tensor(np.array(values))

    return opened, change, lambda: float(model.function.value(x)[0])


def ironcalc(net: Net) -> tuple[float, Set, Objective]:
    import ironcalc as engine

    model = engine.load_from_xlsx(net.path, "en", "UTC", "en")
    opened = time.perf_counter()
    model.evaluate()
    sheet = [one["name"] for one in model.get_worksheets_properties()].index(net.sheet)

    def change(values: list[float]) -> None:
        for (row, column), value in zip(net.places, values, strict=True):
            model.update_cell_with_number(sheet, row, column, value)
        model.evaluate()

    return opened, change, lambda: float(model.get_cell_value(sheet, *net.at))


def formualizer(net: Net) -> tuple[float, Set, Objective]:
    import formualizer as engine

    book = engine.load_workbook(net.path)
    opened = time.perf_counter()
    book.evaluate_all()

    def change(values: list[float]) -> None:
        for (row, column), value in zip(net.places, values, strict=True):
            book.set_value(net.sheet, row, column, value)

    return opened, change, lambda: float(book.evaluate_cell(net.sheet, *net.at))


def pycel(net: Net) -> tuple[float, Set, Objective]:
    from pycel import ExcelCompiler

    book = ExcelCompiler(filename=net.path)
    opened = time.perf_counter()
    book.evaluate(f"{net.sheet}!{net.objective}")
    book.recalculate()  # until then it shows what the file holds

    def change(values: list[float]) -> None:
        for cell, value in zip(net.changing, values, strict=True):
            book.set_value(f"{net.sheet}!{cell}", value)

    return opened, change, lambda: float(book.evaluate(f"{net.sheet}!{net.objective}"))


def formulas(net: Net) -> tuple[float, Set, Objective]:
    import formulas as engine

    model = engine.ExcelModel().loads(net.path).finish()
    opened = time.perf_counter()
    name = Path(net.path).name
    latest = model.calculate()

    def cell(address: str) -> str:
        return f"'[{name}]{net.sheet.upper()}'!{address}"

    def change(values: list[float]) -> None:
        nonlocal latest
        given = {cell(address): value for address, value in zip(net.changing, values, strict=True)}
        latest = model.calculate(inputs=given, outputs=[cell(net.objective)])

    return opened, change, lambda: float(latest[cell(net.objective)].value[0, 0])


ENGINES = {one.__name__: one for one in (cellgrad, ironcalc, formualizer, pycel, formulas)}
MODULES = {name: name for name in ENGINES} | {"cellgrad": "cellgrad.session"}
