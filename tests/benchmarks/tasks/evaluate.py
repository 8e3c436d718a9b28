"""Opens a workbook in one engine, evaluates all of it, then its objective again and again after 20 changed cells."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.tasks.make_plain_net import CHANGING, OBJECTIVE, SHEET

Set = Callable[[list[float]], None]
Objective = Callable[[], float]
ROW, COLUMN = 1, 27
"""The objective's, from one."""
PLACES = [(int(cell[1:]), ord(cell[0]) - ord("A") + 1) for cell in CHANGING]


def run(engine: str, path: str, changes: int) -> dict[str, Any]:
    """Seconds to open, to evaluate, and of the median change; the objective before and after each."""
    prepare = ENGINES[engine]
    importlib.import_module(MODULES[engine])  # an import is no part of opening
    began = time.perf_counter()
    opened, change, objective = prepare(path)
    first = objective()
    answer: dict[str, Any] = {"seconds": time.perf_counter() - began, "open": opened - began, "values": [first]}
    taken = []
    for k in range(changes + 1):
        parameters = [0.1 * (k + 1) + 0.01 * i for i in range(len(CHANGING))]
        began = time.perf_counter()
        change(parameters)
        value = objective()
        taken.append(time.perf_counter() - began)
        answer["values"].append(value)
    answer["change"] = statistics.median(taken[1:])  # the first may compile something
    return answer


def cellgrad(path: str) -> tuple[float, Set, Objective]:
    import numpy as np
    import torch

    from cellgrad.address import parse_region
    from cellgrad.program.recalculate import recalculate
    from cellgrad.session import open_book

    book = open_book(path)
    opened = time.perf_counter()
    recalculate(book.dependence, book.dependence.all_blocks(), {})
    model = book.model(SHEET, objective=OBJECTIVE, changing=f"{CHANGING[0]}:{CHANGING[-1]}")
    assert parse_region(f"{CHANGING[0]}:{CHANGING[-1]}", SHEET).size == len(CHANGING)
    x = torch.as_tensor(model.x0)[None]

    def change(values: list[float]) -> None:
        x[0] = torch.as_tensor(np.array(values))

    return opened, change, lambda: float(model.function.value(x)[0])


def ironcalc(path: str) -> tuple[float, Set, Objective]:
    import ironcalc as engine

    model = engine.load_from_xlsx(path, "en", "UTC", "en")
    opened = time.perf_counter()
    model.evaluate()

    def change(values: list[float]) -> None:
        for (row, column), value in zip(PLACES, values, strict=True):
            model.update_cell_with_number(0, row, column, value)
        model.evaluate()

    return opened, change, lambda: float(model.get_cell_value(0, ROW, COLUMN))


def formualizer(path: str) -> tuple[float, Set, Objective]:
    import formualizer as engine

    book = engine.load_workbook(path)
    opened = time.perf_counter()
    book.evaluate_all()

    def change(values: list[float]) -> None:
        for (row, column), value in zip(PLACES, values, strict=True):
            book.set_value(SHEET, row, column, value)

    return opened, change, lambda: float(book.evaluate_cell(SHEET, ROW, COLUMN))


def pycel(path: str) -> tuple[float, Set, Objective]:
    from pycel import ExcelCompiler

    book = ExcelCompiler(filename=path)
    opened = time.perf_counter()
    book.evaluate(f"{SHEET}!{OBJECTIVE}")
    book.recalculate()  # until then it shows what the file holds

    def change(values: list[float]) -> None:
        for cell, value in zip(CHANGING, values, strict=True):
            book.set_value(f"{SHEET}!{cell}", value)

    return opened, change, lambda: float(book.evaluate(f"{SHEET}!{OBJECTIVE}"))


def formulas(path: str) -> tuple[float, Set, Objective]:
    import formulas as engine

    model = engine.ExcelModel().loads(path).finish()
    opened = time.perf_counter()
    name = Path(path).name
    latest = model.calculate()

    def cell(address: str) -> str:
        return f"'[{name}]{SHEET.upper()}'!{address}"

    def change(values: list[float]) -> None:
        nonlocal latest
        given = {cell(address): value for address, value in zip(CHANGING, values, strict=True)}
        latest = model.calculate(inputs=given, outputs=[cell(OBJECTIVE)])

    return opened, change, lambda: float(latest[cell(OBJECTIVE)].value[0, 0])


ENGINES = {one.__name__: one for one in (cellgrad, ironcalc, formualizer, pycel, formulas)}
MODULES = {name: name for name in ENGINES} | {"cellgrad": "cellgrad.session"}
