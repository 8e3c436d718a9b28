"""Lowering: from blocks of formulas to tensor expressions over whole regions.

Live are the changing cells: their values are input nodes. Everything else folds as it is built, so a block that does
not depend on them comes out constant. What no kernel covers is evaluated cell by cell by the reference, as long as it
is constant; where it is live the model is refused, with the cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from cellgrad.address import Region, full_name
from cellgrad.blocks.block import Block
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import CellgradError, FormulaError, UnsupportedError
from cellgrad.formula.tree import (
    ArrayConstant,
    Binary,
    Call,
    Coordinate,
    Literal,
    Missing,
    Node,
    Range,
    Unary,
)
from cellgrad.functions import kernels_aggregate, kernels_logic, kernels_neural  # noqa: F401 - they register their kernels
from cellgrad.functions.arrays import Array, NoKernel, Texts, kind_node, scalar, simple_kind
from cellgrad.functions.kernels import KERNELS
from cellgrad.functions.registry import Takes, find
from cellgrad.graph.precedents import axes, only_the_file_knows, sheets_of
from cellgrad.program.forms import FORMS
from cellgrad.program.slopes import gradient_within
from cellgrad.reference import Reference
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import constant
from cellgrad.values import CellError, Kind, Value
from cellgrad.workbook import Workbook, decode, encode


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a region: data and kind of shape (rows, columns), as in `Array`."""

    data: Tensor
    kind: Tensor | int

    @property
    def is_constant(self) -> bool:
        return self.data.is_constant and (isinstance(self.kind, int) or self.kind.is_constant)


@dataclass(frozen=True, slots=True)
class Failure:
    """A block that cannot be evaluated, and why; whoever reads it fails for the same reason."""

    error: CellgradError


class Lowering:
    """The values of blocks as tensor expressions, for one set of live cells.

    live: regions of changing cells and the node that holds each one's values (of the region's shape). The node may be
    a constant: then the cells simply have other values than in the file.
    known: another lowering of the same workbook whose constant blocks can be taken over.
    """

    def __init__(
        self,
        dependence: Dependence,
        live: Mapping[Region, Tensor],
        known: Mapping[Block, Values | Failure] | None = None,
    ) -> None:
        self.dependence = dependence
        self.book: Workbook = dependence.book
        self.live = dict(live)
        self.values: dict[Block, Values | Failure] = dict(known or {})
        self.texts = Texts(self.book.strings)
        self._regions: dict[Region, Values] = {}
        self._moved: set[Block] = set()

    def lower(self, blocks: Iterable[Block]) -> None:
        """Evaluate blocks, given precedents first; those already known are skipped."""
        for block in blocks:
            if block not in self.values:
                if self._reads_live(block):
                    self._moved.add(block)
                try:
                    self.values[block] = self._lower(block)
                except CellgradError as error:
                    self.values[block] = Failure(error)

    def _reads_live(self, block: Block) -> bool:
        """Whether a block depends on the live cells, be they inputs or new constants."""
        return any(
            any(live.intersect(region) for live in self.live)
            or any(precedent in self._moved for precedent in self.dependence.touching(region))
            for region in self.dependence.reads(block)
        )

    def value(self, region: Region) -> Values:
        """The values of a region whose blocks have been lowered. Raises the error of a block that failed."""
        known = self._regions.get(region)
        if known is None:
            known = self._regions[region] = self._read(region)
        return known

    # Blocks ----------------------------------------------------------------------------------------------------------

    def _lower(self, block: Block) -> Values:
        tree = self.dependence.tree(block)
        if only_the_file_knows(tree):
            return self._cached(block)
        for region in self.dependence.reads(block):
            for precedent in self.dependence.touching(region):
                value = self.values[precedent]
                if isinstance(value, Failure):
                    raise value.error
        try:
            array = _Evaluation(self, block).of(tree)
            return _fitted(array, block)
        except NoKernel as reason:
            return self._by_reference(block, tree, str(reason))

    def _cached(self, block: Block) -> Values:
        r = block.region
        if block in self._moved:
            raise UnsupportedError(
                "this formula depends on the changing cells and on what only the file holds (chance, a clock or "
                "another workbook), so its value after a change cannot be known",
                cell=full_name(r.sheet, r.top, r.left),
                formula=self.dependence.text(block),
                action="put the random or outside value in a cell of its own, as a number",
            )
        kinds, data, _ = self.book.sheet(r.sheet).cells.dense(r.top, r.left, r.bottom, r.right)
        missing = np.argwhere(kinds == Kind.BLANK)
        if len(missing):
            row, column = missing[0]
            raise UnsupportedError(
                "only the file can hold this value (chance, a clock or another workbook), and it holds none",
                cell=full_name(r.sheet, r.top + int(row), r.left + int(column)),
                formula=self.dependence.text(block),
                action="recalculate and save the workbook where it was made, or put a value in the cell",
            )
        return _constants(kinds, data)

    def _by_reference(self, block: Block, tree: Node, reason: str) -> Values:
        """The block cell by cell; only for blocks that read nothing live."""
        r = block.region
        for region in self.dependence.reads(block):
            if not self.value(region).is_constant:
                raise UnsupportedError(
                    f"this formula depends on the changing cells and cannot be compiled: {reason}",
                    cell=full_name(r.sheet, r.top, r.left),
                    formula=self.dependence.text(block),
                    action="keep it off the way from the changing cells to the objective",
                )
        reference = Reference(self.book, Overrides(self))
        kinds, data = np.zeros((r.height, r.width), np.uint8), np.zeros((r.height, r.width))
        for row, column in r.cells():
            value = reference.value(r.sheet, row, column)
            kind, number = encode(0.0 if value is None else value, self.book.strings)
            kinds[row - r.top, column - r.left], data[row - r.top, column - r.left] = kind, number
        return _constants(kinds, data)

    # Regions ---------------------------------------------------------------------------------------------------------

    def _pieces(self, region: Region) -> Iterator[tuple[Region, Values]]:
        """What computed or live values a region holds, by the part they cover."""
        for live, node in self.live.items():
            part = live.intersect(region)
            if part is not None:
                yield part, _part(Values(node, int(Kind.NUMBER)), live, part)
        for block in self.dependence.touching(region):
            shared = block.region.intersect(region)
            for part in self._not_live(shared) if shared is not None else ():
                value = self.values[block]
                if isinstance(value, Failure):
                    raise value.error
                yield part, _part(value, block.region, part)

    def _not_live(self, region: Region) -> list[Region]:
        """The region without live cells: what stands in a live cell, be it a formula, is not read."""
        if not any(live.intersect(region) for live in self.live):
            return [region]
        cells = (Region(region.sheet, row, column, row + 1, column + 1) for row, column in region.cells())
        return [cell for cell in cells if not any(cell in live for live in self.live)]

    def _read(self, region: Region) -> Values:
        pieces = list(self._pieces(region))
        if len(pieces) == 1 and pieces[0][0] == region:
            return pieces[0][1]
        kinds, data, _ = self.book.sheet(region.sheet).cells.dense(region.top, region.left, region.bottom, region.right)
        if not pieces:
            return _constants(kinds, data)
        places = [(part.top - region.top, part.left - region.left) for part, _ in pieces]
        covered = np.zeros(kinds.shape, bool)
        for (part, _), (row, column) in zip(pieces, places, strict=True):
            covered[row : row + part.height, column : column + part.width] = True
        base = _constants(np.where(covered, Kind.NUMBER, kinds).astype(np.uint8), np.where(covered, 0.0, data))
        shape = kinds.shape
        contents = [piece for _, piece in pieces]
        data_node = t.assemble(shape, [(p.data, at) for p, at in zip(contents, places, strict=True)], base.data)
        if isinstance(base.kind, int) and all(p.kind == base.kind for p in contents):
            return Values(data_node, base.kind)
        sizes = [part for part, _ in pieces]
        kind_pieces = [
            (t.broadcast(kind_node(p.kind), (part.height, part.width)), at)
            for p, part, at in zip(contents, sizes, places, strict=True)
        ]
        kind = t.assemble(shape, kind_pieces, t.broadcast(kind_node(base.kind), shape))
        return Values(data_node, simple_kind(kind))


class Overrides(Mapping[tuple[str, int, int], Value]):
    """The constant values of a lowering, cell by cell, for the reference: what is known need not be recomputed.

    Errors are left out, so that the reference finds out which they are.
    """

    def __init__(self, lowering: Lowering) -> None:
        self._lowering = lowering

    def __getitem__(self, key: tuple[str, int, int]) -> Value:
        sheet, row, column = key
        lowering = self._lowering
        cell = Region(sheet, row, column, row + 1, column + 1)
        for live, node in lowering.live.items():
            if cell in live and node.value is not None:
                return float(node.value[row - live.top, column - live.left])
        for block in lowering.dependence.touching(cell):
            values = lowering.values.get(block)
            if isinstance(values, Values) and values.is_constant:
                found = value_at(values, row - block.region.top, column - block.region.left, lowering.book)
                if found is not None:
                    return found
        raise KeyError(key)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        raise TypeError("the known cells are looked up, not listed")

    def __len__(self) -> int:
        return len(self._lowering.values)


def value_at(values: Values, row: int, column: int, book: Workbook) -> Value:
    """One value of a constant region; None where it is an error."""
    assert values.data.value is not None
    number = values.data.value[row, column].item()
    if not math.isfinite(number):
        return None
    if isinstance(values.kind, int):
        kind = values.kind
    else:
        assert values.kind.value is not None
        kind = int(values.kind.value.expand(values.data.shape)[row, column].item())
    return decode(kind, number, book.strings)


def _part(values: Values, whole: Region, part: Region) -> Values:
    if part == whole:
        return values
    starts = (part.top - whole.top, part.left - whole.left)
    stops = (part.bottom - whole.top, part.right - whole.left)
    data = t.crop(values.data, starts, stops)
    if isinstance(values.kind, int):
        return Values(data, values.kind)
    kind = t.crop(t.broadcast(values.kind, values.data.shape), starts, stops)
    return Values(data, simple_kind(kind))


def _constants(kinds: np.ndarray, data: np.ndarray) -> Values:
    """Cells as they stand in the file; an error becomes a number that is not finite."""
    errors = kinds == Kind.ERROR
    if errors.any():
        kinds = np.where(errors, Kind.NUMBER, kinds).astype(np.uint8)
        data = np.where(errors, np.nan, data)
    # Columns are contiguous, since a sheet is worked on by columns.
    tensor = torch.from_numpy(np.asfortranarray(data))
    first = int(kinds.flat[0]) if kinds.size else int(Kind.BLANK)
    if (kinds == first).all():
        return Values(constant(tensor), first)
    return Values(constant(tensor), constant(torch.from_numpy(kinds.astype(np.float64))))


def _fitted(array: Array, block: Block) -> Values:
    """A block's result as the values of its cells."""
    r = block.region
    if not block.spread:
        # A formula that yields an array in one cell shows its first element.
        data = t.crop(array.data, (0, 0, 0, 0), (*array.data.shape[:2], 1, 1))
        data = t.reshape(t.broadcast(data, (r.height, r.width, 1, 1)), (r.height, r.width))
        kind = array.kind
        if not isinstance(kind, int):
            kind = t.broadcast(kind, array.data.shape)
            kind = t.crop(kind, (0, 0, 0, 0), (*kind.shape[:2], 1, 1))
            kind = t.reshape(t.broadcast(kind, (r.height, r.width, 1, 1)), (r.height, r.width))
        return _shown(Values(data, kind))
    values = Values(
        t.reshape(array.data, array.inner),
        array.kind
        if isinstance(array.kind, int)
        else t.reshape(t.broadcast(array.kind, array.data.shape), array.inner),
    )
    return _shown(_spread(values, array.inner, (r.height, r.width)))


def _spread(values: Values, inner: tuple[int, int], shape: tuple[int, int]) -> Values:
    """An array formula's result over its block: one row or column repeats, what lies beyond the result is #N/A."""
    target = tuple(full if size == 1 else size for size, full in zip(inner, shape, strict=True))
    keep = (min(target[0], shape[0]), min(target[1], shape[1]))

    def fit(node: Tensor, filler: Tensor) -> Tensor:
        node = t.crop(t.broadcast(node, target), (0, 0), keep)
        return node if keep == shape else t.assemble(shape, [(node, (0, 0))], filler)

    data = fit(values.data, t.broadcast(t.NAN, shape))
    kind = values.kind if isinstance(values.kind, int) else fit(values.kind, t.broadcast(t.ONE, shape))
    if keep != shape and isinstance(kind, int) and kind != Kind.NUMBER:
        kind = fit(t.broadcast(kind_node(kind), inner), t.broadcast(t.ONE, shape))
    return Values(data, kind)


def _shown(values: Values) -> Values:
    """A formula never shows a blank: it shows 0."""
    if isinstance(values.kind, int):
        return Values(values.data, int(Kind.NUMBER)) if values.kind == Kind.BLANK else values
    blank = t.compare("eq", values.kind, t.number(Kind.BLANK))
    return Values(values.data, simple_kind(t.select(blank, t.number(Kind.NUMBER), values.kind)))


class _Evaluation:
    """The formula of one block, evaluated over its whole region."""

    def __init__(self, lowering: Lowering, block: Block) -> None:
        self.lowering = lowering
        self.block = block
        self.host = block.host
        self.array_mode = block.array

    @property
    def texts(self) -> Texts:
        return self.lowering.texts

    def of(self, tree: Node, array_mode: bool | None = None) -> Array:
        """The value of a tree where one value (or in array mode an array) is wanted."""
        array_mode = self.array_mode if array_mode is None else array_mode
        match tree:
            case Literal():
                return self._literal(tree.value)
            case Missing():
                return scalar(0, Kind.BLANK)
            case ArrayConstant():
                return self._array_constant(tree)
            case Range():
                return self.range(tree if array_mode else self._intersected(tree))
            case Unary(operator="@"):
                return self.of(tree.operand, array_mode=False)
            case Unary(operator="#"):
                raise NoKernel("the spill operator #")
            case Unary():
                name = tree.operator if tree.operator == "%" else f"unary {tree.operator}"
                return KERNELS[name]((self.of(tree.operand, array_mode),), self.lowering.texts)
            case Binary():
                run = KERNELS.get(tree.operator)
                if run is None:
                    raise NoKernel(f"the operator {tree.operator}")
                operands = (self.of(tree.left, array_mode), self.of(tree.right, array_mode))
                return run(operands, self.lowering.texts)
            case Call():
                return self._call(tree, array_mode)
        raise NoKernel(type(tree).__name__)

    def _literal(self, value: float | str | bool | CellError) -> Array:
        kind, data = encode(value, self.lowering.book.strings)
        return scalar(math.nan) if kind == Kind.ERROR else scalar(data, Kind(kind))

    def _array_constant(self, tree: ArrayConstant) -> Array:
        encoded = [[encode(value, self.lowering.book.strings) for value in row] for row in tree.rows]
        kinds = np.array([[kind for kind, _ in row] for row in encoded], np.uint8)
        values = _constants(kinds, np.array([[data for _, data in row] for row in encoded]))
        shape = (1, 1, *kinds.shape)
        kind = values.kind if isinstance(values.kind, int) else t.reshape(values.kind, shape)
        return Array(t.reshape(values.data, shape), kind)

    def _intersected(self, tree: Range) -> Range:
        """Implicit intersection: of a column the host's own row, of a row its own column."""
        if tree.is_cell or tree.last_sheet is not None:
            return tree
        used = self.lowering.book.sheet(tree.sheet or self.host.sheet).cells.extent
        both = axes(tree, self.host, (max(used[0], self.host.bottom), max(used[1], self.host.right)))
        assert both is not None  # a block whose cells read different sizes has been taken apart
        rows, columns = both
        here = Coordinate(0, False)
        if columns.inner == 1 and rows.inner == 1:
            return tree
        if columns.inner == 1:
            if not rows.moving and rows.start <= self.host.top and self.host.bottom <= rows.start + rows.length:
                return replace(tree, top=here, bottom=here)
        elif rows.inner == 1 and (
            not columns.moving and columns.start <= self.host.left and self.host.right <= columns.start + columns.length
        ):
            return replace(tree, left=here, right=here)
        raise NoKernel("a range where one value is wanted, in no line with the cell")

    def range(self, tree: Range) -> Array:
        """The cells a reference reads, one window a cell of the block."""
        if tree.last_sheet is not None:
            raise NoKernel("a reference over several sheets")
        book = self.lowering.book
        sheet = book.sheet(tree.sheet or self.host.sheet)
        both = axes(tree, self.host, sheet.cells.extent)
        assert both is not None
        rows, columns = both
        if rows.start < 0 or columns.start < 0:
            return scalar(math.nan)
        region = Region(sheet.name, rows.start, columns.start, rows.start + rows.length, columns.start + columns.length)
        values = self.lowering.value(region)
        data = t.windows(values.data, rows.inner, columns.inner)
        if isinstance(values.kind, int):
            return Array(data, values.kind, reference=True)
        kind = t.windows(t.broadcast(values.kind, values.data.shape), rows.inner, columns.inner)
        return Array(data, simple_kind(kind), reference=True)

    def _call(self, tree: Call, array_mode: bool) -> Array:
        book, block = self.lowering.book, self.block
        cell = full_name(block.region.sheet, block.region.top, block.region.left)
        formula = self.lowering.dependence.text(block)
        position = tree.position if formula[1:] == book.formulas[block.formula].text else None
        record = find(tree.function, cell=cell, formula=formula, position=position)
        complaint = record.arity_complaint(len(tree.arguments))
        if complaint:
            raise FormulaError(complaint, cell=cell, formula=formula, position=position, action="correct the formula")
        form = FORMS.get(tree.function)
        if form is not None:
            return form(tree, self, array_mode)
        run = KERNELS.get(tree.function)
        if run is None:
            raise NoKernel(f"{tree.function} has no derivative here")
        arguments: list[Array] = []
        for index, argument in enumerate(tree.arguments):
            takes = record.parameter(index).takes
            if takes is Takes.ARRAY:
                arguments.append(self._whole(argument, True))
            elif takes is Takes.RANGE:
                arguments += self._areas(argument, array_mode)
            elif takes is Takes.LAZY and not array_mode and isinstance(argument, Range) and not argument.is_cell:
                raise NoKernel("a branch that is a range")
            else:
                arguments.append(self.of(argument, array_mode))
        return run(tuple(arguments), self.lowering.texts)

    def gradient(self, objective: Region, changing: Region) -> Array:
        """The derivative of a cell by the cells of a region, for CG_GRADIENT."""
        objective, changing = (replace(r, sheet=self.lowering.book.sheet(r.sheet).name) for r in (objective, changing))
        slope = gradient_within(self.lowering, objective, changing)
        if slope.data.value is not None and not bool(slope.data.value.isfinite().all()):
            raise UnsupportedError(
                f"{objective}, or a cell that it is differentiated by, holds no number, so that there is no gradient",
                cell=full_name(self.host.sheet, self.host.top, self.host.left),
                formula=self.lowering.dependence.text(self.block),
                action="correct what makes it an error",
            )
        return slope

    def _whole(self, tree: Node, array_mode: bool) -> Array:
        return self.range(tree) if isinstance(tree, Range) else self.of(tree, array_mode)

    def _areas(self, tree: Node, array_mode: bool) -> list[Array]:
        """An aggregate's argument: each area of a union, each sheet of a 3-D reference."""
        if isinstance(tree, Binary) and tree.operator == ",":
            return self._areas(tree.left, array_mode) + self._areas(tree.right, array_mode)
        if isinstance(tree, Range) and tree.last_sheet is not None:
            names = sheets_of(tree, self.host.sheet, self.lowering.book)
            return [self.range(replace(tree, sheet=name, last_sheet=None)) for name in names]
        return [self._whole(tree, array_mode)]
