"""Evaluating a formula over a whole block at once: one tree, with axes for the block's rows and columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from cellgrad.address import MAX_COLUMNS, MAX_ROWS, Region, full_name
from cellgrad.blocks.block import Block
from cellgrad.errors import FormulaError, UnsupportedError
from cellgrad.formula.tree import (
    Apply,
    ArrayConstant,
    Binary,
    Call,
    Coordinate,
    FunctionName,
    Lambda,
    Let,
    Literal,
    Local,
    Missing,
    Node,
    Range,
    Unary,
    walk,
)
from cellgrad.functions.arrays import Array, NoKernel, Texts, kind_node, scalar, simple_kind
from cellgrad.functions.calling import OVER_AREAS
from cellgrad.functions.every_kernel import KERNELS
from cellgrad.functions.former_add_ins import NO_RANGES
from cellgrad.functions.kernels import Kernel
from cellgrad.functions.last_sum import last_over_blocks
from cellgrad.functions.registry import Shape, Takes, find
from cellgrad.graph.binding import region_of
from cellgrad.graph.precedents import COMPUTE_REFERENCES, axes, sheets_of
from cellgrad.graph.whole_columns import BLANKS, SUMS, is_whole, may_be_short, positions_along
from cellgrad.program.by_value import called_by_value
from cellgrad.program.every_form import FORMS
from cellgrad.program.forms_areas import AREA_FORMS, common_range
from cellgrad.program.growing import CONTINUED, continues, is_growing, of_growing
from cellgrad.program.joined_criteria import WITH_CRITERIA, criterion
from cellgrad.program.landing import SKIP_BLANKS, Spots, gathered, moving_offset
from cellgrad.program.local_names import Given, local_area, local_value
from cellgrad.program.slopes import gradient_within
from cellgrad.program.values import constants
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import broadcast_shapes, constant
from cellgrad.values import CellError, Kind
from cellgrad.workbook import encode

if TYPE_CHECKING:
    from cellgrad.program.lowering import Lowering

MOST_WHOLE = 4 * MAX_ROWS
"""How many cells of whole columns or rows a formula may work on one by one."""


class Evaluation:
    """The formula of one block, evaluated over its whole region."""

    keeps_totals = True
    """Whether what has been added up for one cell holds for the next."""

    def __init__(self, lowering: Lowering, block: Block) -> None:
        self.lowering = lowering
        self.block = block
        self.host = block.host
        self.array_mode = block.array
        self.scope: Mapping[str, Given] = {}
        self.taken = False
        self.depth = 0
        self.calls = 0
        self.spots: dict[Node, Spots] = {}
        self._short = False

    @property
    def texts(self) -> Texts:
        return self.lowering.texts

    def whole(self, tree: Node) -> Array:
        """The value of the block's whole formula, a last sum or difference of constants as Excel shows it."""
        if isinstance(tree, Binary) and self.lowering.dependence.ends_in_sum(self.block):
            return last_over_blocks(tree.operator, self.of(tree.left), self.of(tree.right), self.texts)
        return self.of(tree)

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
                if array_mode and is_whole(tree) and not self._short:
                    return self._every_cell(tree)
                return self.range(tree if array_mode else self._intersected(tree))
            case Unary(operator="@"):
                return self.of(tree.operand, array_mode=False)
            case Unary(operator="#"):
                return self._spilled(tree.operand)
            case Unary():
                name = tree.operator if tree.operator == "%" else f"unary {tree.operator}"
                return KERNELS[name]((self.of(tree.operand, array_mode),), self.lowering.texts)
            case Binary(operator=" "):
                met = common_range(tree, self.host)
                return scalar(math.nan) if met is None else self.of(met, array_mode)
            case Binary():
                run = KERNELS.get(tree.operator)
                if run is None and tree.operator != "&":
                    raise NoKernel(f"the operator {tree.operator}")
                operands = (self.of(tree.left, array_mode), self.of(tree.right, array_mode))
                if run is None:
                    return called_by_value(find(tree.operator), operands, self.lowering.texts)
                return run(operands, self.lowering.texts)
            case Call() if self._short and (along := positions_along(tree)) is not None:
                return self._positions(along)
            case Call(function="OFFSET" | "INDIRECT"):
                array = self._computed(tree)
                if array.inner != (1, 1) and not array_mode:
                    raise NoKernel("a computed range where one value is wanted")
                return array
            case Call():
                return self._call(tree, array_mode)
            case Let() | Local() | Lambda() | FunctionName() | Apply():
                return local_value(tree, self, array_mode)
        raise NoKernel(type(tree).__name__)

    def _literal(self, value: float | str | bool | CellError) -> Array:
        kind, data = encode(value, self.lowering.book.strings)
        return scalar(math.nan) if kind == Kind.ERROR else scalar(data, Kind(kind))

    def _array_constant(self, tree: ArrayConstant) -> Array:
        encoded = [[encode(value, self.lowering.book.strings) for value in row] for row in tree.rows]
        kinds = np.array([[kind for kind, _ in row] for row in encoded], np.uint8)
        values = constants(kinds, np.array([[data for _, data in row] for row in encoded]))
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
        both = axes(tree, self.host, self.lowering.used(self._short) if is_whole(tree) else sheet.cells.extent)
        if both is None:
            raise NoKernel("a range that grows from cell to cell")
        rows, columns = both
        if rows.start < 0 or columns.start < 0:
            return scalar(math.nan)
        region = Region(sheet.name, rows.start, columns.start, rows.start + rows.length, columns.start + columns.length)
        values = self.lowering.value(region)
        data = t.windows(values.data, rows.inner, columns.inner)
        whole = tree.top is None or tree.left is None
        if isinstance(values.kind, int):
            return Array(data, values.kind, reference=True, beyond=whole)
        kind = t.windows(t.broadcast(values.kind, values.data.shape), rows.inner, columns.inner)
        return Array(data, simple_kind(kind), reference=True, beyond=whole)

    def _every_cell(self, tree: Range) -> Array:
        """All cells of whole columns or rows, in the formula of one cell and of data alone."""
        region = region_of(tree, self.host.sheet, self.host.top, self.host.left)
        if self.host.size > 1 or tree.last_sheet is not None or region.size > MOST_WHOLE:
            raise NoKernel("whole columns or rows, element by element")
        values = self.lowering.value(region)
        if not values.is_constant:
            raise NoKernel("whole columns or rows of changing cells, element by element")
        shape, kind = (1, 1, region.height, region.width), values.kind
        if not isinstance(kind, int):
            kind = t.reshape(t.broadcast(kind, values.data.shape), shape)
        return Array(t.reshape(values.data, shape), kind, reference=True)

    def _spilled(self, anchor: Node) -> Array:
        """The block of the array formula anchored at a cell; an error where none is."""
        if not isinstance(anchor, Range) or not anchor.is_cell or anchor.top is None or anchor.left is None:
            raise NoKernel("# after something that is no cell")
        if self.host.size > 1 and not (anchor.top.absolute and anchor.left.absolute):
            raise NoKernel("# after a cell that moves")
        sheet = self.lowering.book.sheet(anchor.sheet or self.host.sheet)
        place = (anchor.top.at(self.host.top), anchor.left.at(self.host.left))
        for array in sheet.arrays:
            if (array.region.top, array.region.left) == place:
                values, shape = self.lowering.value(array.region), (1, 1, array.region.height, array.region.width)
                kind = values.kind
                if not isinstance(kind, int):
                    kind = t.reshape(t.broadcast(kind, values.data.shape), shape)
                return Array(t.reshape(values.data, shape), kind, reference=True)
        return scalar(math.nan)

    def _call(self, tree: Call, array_mode: bool) -> Array:
        book, block = self.lowering.book, self.block
        cell = full_name(block.region.sheet, block.region.top, block.region.left)
        formula = self.lowering.dependence.text(block)
        position = tree.position if formula[1:] == book.formulas[block.formula].text else None
        record = find(tree.function, cell=cell, formula=formula, position=position)
        complaint = record.arity_complaint(len(tree.arguments))
        if complaint:
            raise FormulaError(complaint, cell=cell, formula=formula, position=position, action="correct the formula")
        before = self._short
        self._short = may_be_short(tree) or (before and record.shape is Shape.ELEMENTWISE)
        try:
            form = FORMS.get(tree.function)
            found = self.by_kernel(tree, array_mode) if form is None else form(tree, self, array_mode)
        finally:
            self._short = before
        return found

    def by_kernel(self, tree: Call, array_mode: bool, first: Array | None = None) -> Array:
        """A call by its function's kernel; of constant arguments, where it has none, by its plain value.

        first: the first argument as `of` has given it, where it is known already."""
        record, run = find(tree.function), KERNELS.get(tree.function)
        if any(is_growing(self, argument) for argument in tree.arguments) or (
            tree.function in CONTINUED and any(continues(self, argument) for argument in tree.arguments)
        ):
            return of_growing(self, tree)
        arguments: list[Array] = []
        for index, argument in enumerate(tree.arguments):
            takes = record.parameter(index).takes
            if takes is Takes.ARRAY and isinstance(argument, Missing) and (index < record.minimum or record.repeats):
                arguments.append(scalar(0))  # as the plain function takes it
            elif takes is Takes.ARRAY:
                arguments.append(self._whole(argument, True))
            elif takes is Takes.RANGE:
                parts = self._areas(argument, array_mode, padded=tree.function in SKIP_BLANKS)
                if any(part.mixed for part in parts):
                    raise NoKernel("a choice between a cell and a computed text or truth value")
                arguments += parts if len(parts) == 1 or record.repeats == 1 else [_one_line(tree.function, parts)]
            elif takes is Takes.LAZY:
                arguments.append(self.branch(argument, array_mode))
            elif tree.function in ("FORMULATEXT", "ISFORMULA"):
                raise NoKernel(f"{tree.function}, which looks at a cell without its value")  # it may be a circle
            elif tree.function in NO_RANGES and isinstance(argument, Range) and not argument.is_cell:
                raise NoKernel(f"{tree.function} of a range where it wants one value")
            elif index == 0 and first is not None:
                arguments.append(first)
            elif tree.function in WITH_CRITERIA:
                arguments.append(criterion(self, argument, array_mode))
            else:
                arguments.append(self.of(argument, array_mode))
        if run is None:
            if any(isinstance(a, Range) and (a.top is None or a.left is None) for a in tree.arguments):
                raise NoKernel(f"{tree.function} of whole columns or rows has no derivative here")
            if any(
                isinstance(argument, Missing) and record.parameter(index).takes in (Takes.ARRAY, Takes.RANGE)
                for index, argument in enumerate(tree.arguments)
            ):
                raise NoKernel(f"{tree.function} without one of its arrays has no derivative here")
            return called_by_value(record, arguments, self.lowering.texts, self.lowering.book)
        found = run(tuple(arguments), self.lowering.texts)
        if self._short and tree.function in SUMS:
            return Array(t.add(found.data, self._of_blank_rows(tree, arguments, run)), found.kind)
        return found

    def _of_blank_rows(self, tree: Call, arguments: list[Array], run: Kernel) -> Tensor:
        """What the blank rows (or columns) between the two that stand for all of them add to a sum."""
        shortened = [node for node in walk(tree) if isinstance(node, Range) and is_whole(node)]
        along_rows = shortened[0].top is None
        if any((node.top is None) != along_rows for node in shortened):
            raise NoKernel("whole columns and whole rows at once")
        axis, all_of_them = (2, MAX_ROWS) if along_rows else (3, MAX_COLUMNS)
        size = self.lowering.used(short=True)[axis - 2]
        if tree.function == "SUMPRODUCT" and len({array.inner for array in arguments}) > 1:
            return t.ZERO
        ends = []
        for array in arguments:
            if array.data.shape[axis] == size:
                starts, stops = [0, 0, 0, 0], list(array.data.shape)
                starts[axis] = size - BLANKS
                data = t.crop(array.data, tuple(starts), tuple(stops))
                kind = array.kind
                if not isinstance(kind, int):
                    kind = simple_kind(t.crop(t.broadcast(kind, array.data.shape), tuple(starts), tuple(stops)))
                ends.append(Array(data, kind, reference=True))
        if not ends or size == all_of_them:
            return t.ZERO
        return t.mul(t.number((all_of_them - size) / BLANKS), run(tuple(ends), self.lowering.texts).data)

    def _positions(self, along: int) -> Array:
        """ROW of whole columns (0) or COLUMN of whole rows (1): the last blank one that is kept is the sheet's last."""
        numbers = torch.arange(1.0, self.lowering.used(short=True)[along] + 1, dtype=torch.float64)
        numbers[-1] = (MAX_ROWS, MAX_COLUMNS)[along]
        return Array(constant(numbers.reshape((1, 1, -1, 1) if along == 0 else (1, 1, 1, -1))))

    def branch(self, tree: Node, array_mode: bool) -> Array:
        """A branch that may be taken. Raises NoKernel for a range that only meets the cell's row if it is."""
        if not array_mode and isinstance(tree, Range) and not tree.is_cell:
            raise NoKernel("a branch that is a range")
        return self.of(tree, array_mode)

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

    def _computed(self, tree: Call, padded: bool = False) -> Array:
        """What a reference comes to that is no plain range: gathered, or looked up where its position is live."""
        spots = self.spots.get(tree)
        if spots is not None:
            return gathered(self, spots, padded=padded)
        if tree.function == "INDIRECT":
            raise NoKernel("INDIRECT of a text that depends on the changing cells")
        return moving_offset(self, tree)

    def _whole(self, tree: Node, array_mode: bool) -> Array:
        return self.range(tree) if isinstance(tree, Range) else self.area(tree, array_mode)

    def area(self, tree: Node, array_mode: bool) -> Array:
        """A reference where a range is taken as it is, whole; anything else as `of` has it."""
        match tree:
            case Range():
                return self.range(tree)
            case Binary(operator=" "):
                met = common_range(tree, self.host)
                return scalar(math.nan) if met is None else self.range(met)
            case Call(function="OFFSET" | "INDIRECT"):
                return self._computed(tree)
            case Call() if tree.function in AREA_FORMS and not find(tree.function).arity_complaint(len(tree.arguments)):
                return AREA_FORMS[tree.function](tree, self, array_mode)
            case Local():
                return local_area(tree, self, array_mode)
        return self.of(tree, array_mode)

    def _areas(self, tree: Node, array_mode: bool, padded: bool = False) -> list[Array]:
        """An aggregate's argument: each area of a union, each sheet of a 3-D reference; `padded`: it skips blanks."""
        if isinstance(tree, Binary) and tree.operator == ",":
            return self._areas(tree.left, array_mode, padded) + self._areas(tree.right, array_mode, padded)
        if isinstance(tree, Range) and tree.last_sheet is not None:
            names = sheets_of(tree, self.host.sheet, self.lowering.book)
            return [self.range(replace(tree, sheet=name, last_sheet=None)) for name in names]
        if isinstance(tree, Call) and tree.function in COMPUTE_REFERENCES:
            return [self._computed(tree, padded)]
        if tree in self.spots:
            return [gathered(self, self.spots[tree], padded=padded)]
        return [self._whole(tree, array_mode)]


def _one_line(function: str, parts: list[Array]) -> Array:
    """Several areas where a function takes one range, as one line of values."""
    if function not in OVER_AREAS:
        raise NoKernel(f"{function} of several areas")
    lead = broadcast_shapes(*(part.data.shape[:2] for part in parts))
    flat = [(*lead, 1, part.inner[0] * part.inner[1]) for part in parts]
    data = [t.reshape(t.broadcast(p.data, (*lead, *p.inner)), shape) for p, shape in zip(parts, flat, strict=True)]
    kinds = [
        t.reshape(t.broadcast(kind_node(p.kind), (*lead, *p.inner)), shape)
        for p, shape in zip(parts, flat, strict=True)
    ]
    return Array(t.concatenate(data, 3), simple_kind(t.concatenate(kinds, 3)), reference=True)
