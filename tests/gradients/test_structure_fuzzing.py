"""Structure reports of random workbooks: never a fault, and what is called linear or quadratic is so in its values."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties.test_random_workbooks import COLUMNS, DATA, ROWS, books

from cellgrad.address import Region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError
from cellgrad.gradients.structure import Form, structure_of
from cellgrad.program.compiling import compile_system
from cellgrad.program.rows import Sides
from cellgrad.values import Kind
from cellgrad.workbook import Cells, Workbook


def with_numbers(book: Workbook, seed: int) -> Workbook:
    """The workbook with numbers in its first column, whatever stood there."""
    sheet = book.sheet("Sheet")
    cells = sheet.cells
    columns = cells.column_of(np.arange(len(cells)))
    numbers = np.random.default_rng(seed).uniform(-2.0, 2.0, len(cells))
    kinds, data = np.where(columns == 0, Kind.NUMBER, cells.kinds), np.where(columns == 0, numbers, cells.data)
    changed = dataclasses.replace(sheet, cells=Cells(cells.rows, columns, kinds, data, cells.formulas))
    return dataclasses.replace(book, sheets={"Sheet": changed})


@settings(max_examples=80, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(books(), st.integers(0, 1000))
def test_what_is_called_linear_or_quadratic_is(book: Workbook, seed: int) -> None:
    """Third differences along a line vanish for a quadratic function, second ones for a linear one."""
    book = with_numbers(book, seed)
    for column in range(DATA, DATA + COLUMNS):
        sides = [Sides(Region("Sheet", 1, column, ROWS + 1, column + 1), 0.0)]
        changing = [Region("Sheet", 0, 0, ROWS + 2, 1)]
        try:
            model = compile_system(Dependence(book), None, changing, sides)
        except CellgradError:
            continue  # an error or a text always, or refused in words
        found = structure_of(model)
        assert len(found.rows) == ROWS
        draw = np.random.default_rng(seed)
        start, step = (draw.uniform(-1.0, 1.0, len(model.x0)) for _ in range(2))
        points = torch.from_numpy(np.stack([start + turn * step for turn in range(4)]))
        values = model.system.values(points)[1].numpy()
        sizes = np.abs(values).max(0)
        for order, form in ((1, Form.CONSTANT), (2, Form.LINEAR), (3, Form.QUADRATIC)):
            differences = np.abs(np.diff(np.nan_to_num(values, posinf=0.0, neginf=0.0), order, 0)).max(0)
            for row, own in enumerate(found.rows):
                if own is form and np.isfinite(values[:, row]).all():
                    assert differences[row] <= 1e-9 * max(sizes[row], 1.0), (own, model.rows.cells[row])
