"""The exact derivative of an objective by every number in a cell that reaches it, data and parameters alike.

The model is compiled once more with all those cells live, so one reverse pass gives all derivatives. Some formulas
cannot be compiled with live inputs (a lookup by a live key, say): the cells that feed one are left out, and listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import torch

from cellgrad.address import Region, full_name, parse_region
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError
from cellgrad.late import Late
from cellgrad.program.compiling import Compiled, compile_model
from cellgrad.values import Kind

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

Cells = dict[str, np.ndarray]
"""Sheet -> its cells, row * WIDE + column, sorted."""
WIDE = 1 << 15
"""More than a sheet has columns."""


@dataclass(frozen=True)
class LeftOut:
    """Cells without a derivative here, how many in which areas, and the error of the formula that stands in the way."""

    areas: tuple[Region, ...]
    error: CellgradError

    @property
    def count(self) -> int:
        return sum(area.size for area in self.areas)


@dataclass(frozen=True)
class Sensitivities:
    """Derivatives of one cell.

    areas: the cells it is differentiated by, rectangles without overlap. values, slopes (n,): what they hold and the
    derivatives by them, in reading order of the areas; not finite where there is none. changing: the changing cells
    of the model, all among the areas.
    """

    objective: Region
    value: float
    changing: tuple[Region, ...]
    areas: tuple[Region, ...]
    values: np.ndarray = field(repr=False)
    slopes: np.ndarray = field(repr=False)
    left_out: tuple[LeftOut, ...] = ()

    @property
    def elasticities(self) -> np.ndarray:
        """By how many percent the objective grows when a cell does by one percent (n,); nan where it is 0."""
        with np.errstate(all="ignore"):
            return self.slopes * self.values / self.value if self.value else np.full(len(self.slopes), np.nan)

    def by_area(self) -> Iterator[tuple[Region, np.ndarray, np.ndarray]]:
        """(area, values, slopes), both of the area's shape."""
        start = 0
        for area in self.areas:
            part = slice(start, start + area.size)
            shape = area.height, area.width
            yield area, self.values[part].reshape(shape), self.slopes[part].reshape(shape)
            start += area.size

    def cell(self, index: int) -> Region:
        """The cell of an entry of `values` and `slopes`."""
        for area in self.areas:
            if index < area.size:
                row, column = divmod(index, area.width)
                top, left = area.top + row, area.left + column
                return Region(area.sheet, top, left, top + 1, left + 1)
            index -= area.size
        raise IndexError(index)

    def strongest(self, most: int) -> list[int]:
        """The entries with the greatest derivatives, greatest first; none that is 0 or not finite."""
        size = np.where(np.isfinite(self.slopes), np.abs(self.slopes), 0.0)
        order = np.argsort(-size, kind="stable")[:most]
        return [int(at) for at in order if size[at] > 0]

    def frame(self) -> pd.DataFrame:
        """value, derivative and elasticity by cell name."""
        names = [full_name(area.sheet, row, column) for area in self.areas for row, column in area.cells()]
        columns = {"value": self.values, "derivative": self.slopes, "elasticity": self.elasticities}
        return pd.DataFrame(columns, index=pd.Index(names, name="cell"))


def sensitivities(
    dependence: Dependence,
    objective: Region,
    changing: Sequence[Region],
    new: Mapping[Region, np.ndarray] | None = None,
) -> Sensitivities:
    """The derivatives of a model's objective by all numbers that reach it, at the values of `compile_model`.

    The model must compile. Raises what `compile_model` raises.
    """
    known = _cells_of(changing)
    wanted = _union(_numbers_read(dependence, dependence.order(dependence.touching(objective))), known)
    left_out: list[LeftOut] = []
    while True:
        areas = _areas(wanted)
        try:
            compiled = compile_model(dependence, objective, areas, new)
            break
        except CellgradError as error:
            excluded = _minus(_common(wanted, _feeding(dependence, error, objective)), known)
            if not any(map(len, excluded.values())):  # the model itself cannot be compiled
                raise
            left_out.append(LeftOut(_areas(excluded), error))
            wanted = _minus(wanted, excluded)
    value, slopes = _slopes(compiled)
    return Sensitivities(objective, value, tuple(changing), areas, compiled.x0, slopes, tuple(left_out))


def _slopes(compiled: Compiled) -> tuple[float, np.ndarray]:
    value, slopes = compiled.function.value_and_gradient(torch.as_tensor(compiled.x0)[None])
    return float(value[0]), slopes[0].double().numpy()


def _feeding(dependence: Dependence, error: CellgradError, objective: Region) -> Cells:
    """The numbers that reach the formula an error is about."""
    cell = objective if error.cell is None else parse_region(error.cell, objective.sheet)
    return _numbers_read(dependence, dependence.order(dependence.touching(cell)))


def _numbers_read(dependence: Dependence, blocks: Iterable[Block]) -> Cells:
    """The cells that hold a number and no formula and that any of the blocks reads."""
    found: dict[str, list[np.ndarray]] = {}
    for region in dict.fromkeys(region for block in blocks for region in dependence.reads(block)):
        cells = dependence.book.sheet(region.sheet).cells
        for column, entries in cells.entries(region.top, region.left, region.bottom, region.right):
            numbers = (cells.kinds[entries] == Kind.NUMBER) & (cells.formulas[entries] < 0)
            codes = cells.rows[entries][numbers].astype(np.int64) * WIDE + column
            found.setdefault(region.sheet, []).append(codes)
    return {sheet: _distinct(np.concatenate(codes)) for sheet, codes in found.items()}


# Sets of cells -------------------------------------------------------------------------------------------------------


def _cells_of(regions: Iterable[Region]) -> Cells:
    found: Cells = {}
    for r in regions:
        rows, columns = np.mgrid[r.top : r.bottom, r.left : r.right]
        found = _union(found, {r.sheet: (rows.astype(np.int64) * WIDE + columns).ravel()})
    return found


def _union(one: Cells, other: Cells) -> Cells:
    both = dict(one)
    for sheet, codes in other.items():
        both[sheet] = _distinct(np.concatenate([both[sheet], codes])) if sheet in both else codes
    return both


def _distinct(codes: np.ndarray) -> np.ndarray:
    """Sorted, each once: for millions of them this takes a tenth of the time of `np.unique`, which hashes."""
    codes = np.sort(codes)
    return codes[np.r_[True, codes[1:] != codes[:-1]][: len(codes)]]


def _common(one: Cells, other: Cells) -> Cells:
    return {
        sheet: np.intersect1d(codes, other[sheet], assume_unique=True) for sheet, codes in one.items() if sheet in other
    }


def _minus(one: Cells, other: Cells) -> Cells:
    return {sheet: np.setdiff1d(codes, other[sheet], True) if sheet in other else codes for sheet, codes in one.items()}


def _areas(cells: Cells) -> tuple[Region, ...]:
    """The cells as rectangles without overlap: stretches of each column, joined where neighbours are alike."""
    found: list[Region] = []
    for sheet, codes in cells.items():
        rows, columns = np.divmod(codes, WIDE)
        by_column = np.lexsort((rows, columns))
        rows, columns = rows[by_column], columns[by_column]
        begins = np.flatnonzero(np.r_[True, (np.diff(columns) != 0) | (np.diff(rows) != 1)][: len(rows)])
        ends = np.r_[begins[1:], len(rows)] - 1
        stretches = sorted(zip(rows[begins].tolist(), (rows[ends] + 1).tolist(), columns[begins].tolist(), strict=True))
        for (top, bottom), alike in groupby(stretches, key=lambda one: one[:2]):
            for _, run in groupby(enumerate(column for _, _, column in alike), key=lambda pair: pair[1] - pair[0]):
                side_by_side = [column for _, column in run]
                found.append(Region(sheet, top, side_by_side[0], bottom, side_by_side[-1] + 1))
    return tuple(found)
