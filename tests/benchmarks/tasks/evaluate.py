"""Opens a workbook in one engine, evaluates all of it, then its objective again and again after changed cells."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_cell_to_rowcol

Set = Callable[[Mapping[int, float]], None]
"""Writes new values into changing cells, by their place among them."""
Objective = Callable[[], float]
PATIENCE = 5.0
"""Seconds."""


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

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """Rows and columns of the changing cells, from one."""
        return [_place(cell) for cell in self.changing]


def _place(cell: str) -> tuple[int, int]:
    row, column = xl_cell_to_rowcol(cell)
    return row + 1, column + 1


def run(engine: str, path: str, changes: int, sheet: str, objective: str, changing: list[str]) -> dict[str, Any]:
    """Seconds to open, to evaluate, and of the median change of one cell and of all; the objective after each.

    An engine that takes longer than PATIENCE for its changes is asked for two alone.
    """
    net = Net(path, sheet, objective, changing)
    importlib.import_module(MODULES[engine])  # an import is no part of opening, nor is LibreOffice's start
    with LibreOffice() if engine == "libreoffice" else nullcontext(ENGINES[engine]) as prepare:
        began = time.perf_counter()
        opened, change, value = prepare(net)
        first = value()
        answer: dict[str, Any] = {"seconds": time.perf_counter() - began, "open": opened - began}
        values = {"open": [first]}
        for name, count in (("all", len(changing)), ("one", 1)):
            taken: list[float] = []
            change({i: 0.05 * (i + 1) for i in range(len(changing))})  # however far the stage before came
            values[name] = [value()]
            for k in range(changes + 1):
                parameters = {(i + k) % len(changing): 0.1 * (k + 1) + 0.01 * i for i in range(count)}
                began = time.perf_counter()
                change(parameters)
                after = value()
                taken.append(time.perf_counter() - began)
                values[name].append(after)
                if len(taken) > 1 and sum(taken) > PATIENCE:
                    break
            answer[name] = statistics.median(taken[1:])  # the first may compile something
    return answer | {"values": values}


def cellgrad(net: Net) -> tuple[float, Set, Objective]:
    """The compiled model of the objective."""
    import numpy as np
    import torch

    from cellgrad.program.recalculate import recalculate
    from cellgrad.session import open_book

    book = open_book(net.path)
    opened = time.perf_counter()
    recalculate(book.dependence, book.dependence.all_blocks(), {})
    model = book.model(net.sheet, objective=net.objective, changing=",".join(net.changing))
    x = torch.as_tensor(np.array(model.x0))[None]

    def change(values: Mapping[int, float]) -> None:
        for at, number in values.items():
            x[0, at] = number

    return opened, change, lambda: float(model.function.value(x)[0])


def workbook(net: Net) -> tuple[float, Set, Objective]:
    """Cellgrad's open workbook: every cell that depends on the changed ones is recalculated, as for saving."""
    import numpy as np

    from cellgrad.program.recalculate import recalculate
    from cellgrad.session import open_book

    book = open_book(net.path)
    opened = time.perf_counter()
    recalculate(book.dependence, book.dependence.all_blocks(), {})
    model = book.model(net.sheet, objective=net.objective, changing=",".join(net.changing))
    x = np.array(model.x0)

    def change(values: Mapping[int, float]) -> None:
        for at, number in values.items():
            x[at] = number
        book.put(model.compiled.areas, x)

    change({})  # until a number is put, the book shows what the file holds
    return opened, change, lambda: book.value(model.objective)


class LibreOffice:
    """One of its own, through the UNO bridge, that ends with the block."""

    def __enter__(self) -> Callable[[Net], tuple[float, Set, Objective]]:
        from cellgrad.hosts import calc

        self.app = calc.start()
        return self.prepare

    def __exit__(self, *_: object) -> None:
        self.app.quit()

    def prepare(self, net: Net) -> tuple[float, Set, Objective]:
        """Several cells are written in one call, as changing cells are a rectangle; it recalculates at once."""
        sheet = self.app.books.open(net.path).sheets[net.sheet].api
        opened = time.perf_counter()
        objective = sheet.getCellRangeByName(net.objective)
        cells = [sheet.getCellRangeByName(name) for name in net.changing]
        area = sheet.getCellRangeByName(f"{net.changing[0]}:{net.changing[-1]}")
        width = len(area.getDataArray()[0])

        def change(values: Mapping[int, float]) -> None:
            if len(values) < len(cells):
                for at, number in values.items():
                    cells[at].setValue(number)
            else:
                numbers = [values[at] for at in range(len(cells))]
                area.setDataArray(tuple(tuple(numbers[at : at + width]) for at in range(0, len(numbers), width)))

        return opened, change, objective.getValue


def ironcalc(net: Net) -> tuple[float, Set, Objective]:
    import ironcalc as engine

    model = engine.load_from_xlsx(net.path, "en", "UTC", "en")
    opened = time.perf_counter()
    model.evaluate()
    sheet = [one["name"] for one in model.get_worksheets_properties()].index(net.sheet)

    def change(values: Mapping[int, float]) -> None:
        for at, number in values.items():
            model.update_cell_with_number(sheet, *net.places[at], number)
        model.evaluate()

    return opened, change, lambda: float(model.get_cell_value(sheet, *net.at))


def formualizer(net: Net) -> tuple[float, Set, Objective]:
    import formualizer as engine

    book = engine.load_workbook(net.path)
    opened = time.perf_counter()
    book.evaluate_all()

    def change(values: Mapping[int, float]) -> None:
        for at, number in values.items():
            book.set_value(net.sheet, *net.places[at], number)

    return opened, change, lambda: float(book.evaluate_cell(net.sheet, *net.at))


def pycel(net: Net) -> tuple[float, Set, Objective]:
    from pycel import ExcelCompiler

    book = ExcelCompiler(filename=net.path)
    opened = time.perf_counter()
    book.evaluate(f"{net.sheet}!{net.objective}")
    book.recalculate()  # until then it shows what the file holds

    def change(values: Mapping[int, float]) -> None:
        for at, number in values.items():
            book.set_value(f"{net.sheet}!{net.changing[at]}", number)

    return opened, change, lambda: float(book.evaluate(f"{net.sheet}!{net.objective}"))


def formulas(net: Net) -> tuple[float, Set, Objective]:
    import formulas as engine

    model = engine.ExcelModel().loads(net.path).finish()
    opened = time.perf_counter()
    name = Path(net.path).name
    latest = model.calculate()

    def cell(address: str) -> str:
        return f"'[{name}]{net.sheet.upper()}'!{address}"

    given: dict[str, float] = {}

    def change(values: Mapping[int, float]) -> None:
        nonlocal latest
        given.update({cell(net.changing[at]): number for at, number in values.items()})  # it forgets those not told
        latest = model.calculate(inputs=given, outputs=[cell(net.objective)])

    return opened, change, lambda: float(latest[cell(net.objective)].value[0, 0])


ENGINES = {one.__name__: one for one in (cellgrad, workbook, ironcalc, formualizer, pycel, formulas)}
MODULES = {name: name for name in ENGINES} | dict.fromkeys(("cellgrad", "workbook", "libreoffice"), "cellgrad.session")
