"""The values of cells: which formulas are computed, and in which order.

A formula that needs a cell which is not computed yet is put back, the cell is computed first, and the formula starts
again: no recursion from cell to cell, so a chain of a hundred thousand cells needs no deep stack, and only what is
really needed (the branch that IF takes) is computed.
"""

from __future__ import annotations

from collections.abc import Mapping

from cellgrad.address import Region, full_name
from cellgrad.errors import CircularReferenceError, FormulaError, UnsupportedError
from cellgrad.formula.tree import Node
from cellgrad.functions.operands import Areas, Matrix, References
from cellgrad.graph.binding import Binder
from cellgrad.graph.circles import settle
from cellgrad.graph.order import components
from cellgrad.graph.precedents import regions_read
from cellgrad.reference.cells import Cells
from cellgrad.reference.host import CachedIsData, Cell, Host, Needs
from cellgrad.reference.leaving import cached, filled
from cellgrad.reference.trees import Trees
from cellgrad.values import CellError, Value
from cellgrad.workbook import ArrayFormula, Workbook


class Reference:
    """Values of a workbook's cells, recomputed from its formulas; each cell once.

    overrides: values that stand in for what the cells hold, by (sheet, row, column), such as changing cells; the sheet
    is spelled as in the workbook. It is only looked up, so that it may compute its values; one that is a dict may also
    fill cells beyond the used part of a sheet.
    exact: iterate circular references until they rest, not just to the tolerance of the file (see `settle`); None:
    where there are overrides.
    """

    def __init__(
        self, book: Workbook, overrides: Mapping[Cell, Value] | None = None, exact: bool | None = None
    ) -> None:
        self.book = book
        self.binder = Binder(book)
        self._exact = overrides is not None if exact is None else exact
        self._cells = Cells(book, self.binder, overrides)
        self._trees = Trees(self._cells)
        self.subtotals = self._trees.subtotals

    # ------------------------------------------------------------ the public face

    def value(self, sheet: str, row: int, column: int) -> Value:
        """The value of a cell. Blank is None, but a formula that comes to a blank is 0.

        Raises FormulaError, with the cell it lies in, for a formula on the way that cannot be evaluated;
        CircularReferenceError names the cells of the circle.
        """
        cell = (self.book.sheet(sheet).name, row, column)
        while True:
            try:
                return self._cells.peek(cell)
            except Needs as needs:
                self._compute(needs.cells)

    def cells(self, region: Region) -> Matrix:
        """The cells of a region as they are: blank ones are None. Raises as `value` does."""
        while True:
            try:
                return self._cells.read(Areas((region,)))
            except Needs as needs:
                self._compute(needs.cells)

    def evaluate(
        self, tree: Node, sheet: str, row: int, column: int, array: bool = False, region: Region | None = None
    ) -> Value | Matrix:
        """A bound tree evaluated for a cell: as a plain formula (one value), or as an array formula (`array`).

        region: the block that the array formula fills, where that is more than the cell.
        """
        name = self.book.sheet(sheet).name
        host = Host(name, row, column, region or Region(name, row, column, row + 1, column + 1))
        while True:
            try:
                operand = self._trees.evaluate(tree, host, array)
                return self._trees.whole(operand) if array else self._trees.single(operand, host)
            except Needs as needs:
                self._compute(needs.cells)
            except CachedIsData as data:
                raise UnsupportedError(
                    f"{data.what} cannot be computed", cell=host.name, action="put a value in the cell"
                ) from None

    def areas(self, tree: Node, sheet: str, row: int, column: int) -> Areas | CellError | None:
        """The reference that a bound tree comes to in a cell, its cells unread; or an error; None for several at once.

        Raises FormulaError for what it needs and cannot be evaluated.
        """
        name = self.book.sheet(sheet).name
        host = Host(name, row, column, Region(name, row, column, row + 1, column + 1))
        while True:
            try:
                operand = self._trees.evaluate(tree, host, True)
            except Needs as needs:
                self._compute(needs.cells)
            except CachedIsData as data:
                raise UnsupportedError(f"{data.what} cannot be computed", cell=host.name) from None
            else:
                if isinstance(operand, References):
                    return None
                return operand if isinstance(operand, Areas | CellError) else CellError.VALUE

    # ------------------------------------------------------------ which cells, and in which order

    def _compute(self, cells: list[Cell]) -> None:
        """Computes cells and all they need: depth first on a stack of our own."""
        stack = [self._cells.task(cell) for cell in cells]
        started: dict[Cell, None] = {}
        while stack:
            task = stack[-1]
            if task in self._cells.results:
                started.pop(stack.pop(), None)
                continue
            started[task] = None
            try:
                self._cells.results[task] = self._formula_result(task)
            except Needs as needs:
                wanted = [self._cells.task(cell) for cell in needs.cells]
                closing = next((cell for cell in wanted if cell in started), None)
                if closing is None:
                    stack.extend(wanted)
                elif not self.book.iterate or self._cells.iterating:
                    raise self._circle(list(started), closing) from None
                else:
                    self._iterate(list(started), closing)
            else:
                stack.pop()
                del started[task]

    def _circle(self, path: list[Cell], cell: Cell) -> CircularReferenceError:
        circle = [full_name(*step) for step in path[path.index(cell) :]]
        shown = circle if len(circle) <= 8 else [*circle[:6], f"... {len(circle) - 7} more", circle[-1]]
        text, _ = self._cells.shown(cell, None)
        return CircularReferenceError(
            "a circular reference: " + " needs ".join([*shown, circle[0]]),
            cell=circle[0],
            formula=text,
            action="break the circle, or turn iterative calculation on in the workbook if it is meant",
        )

    def _formula_result(self, task: Cell) -> Value | Matrix:
        sheet, row, column = task
        array = self._cells.array_at(sheet, row, column)
        region = array.region if array else Region(sheet, row, column, row + 1, column + 1)
        host = Host(sheet, row, column, region)
        try:
            return self._recomputed(host, array)
        except FormulaError as error:
            if error.cell is None:
                error.cell = host.name
                error.formula, error.position = self._cells.shown(task, error.position)
            raise

    def _recomputed(self, host: Host, array: ArrayFormula | None) -> Value | Matrix:
        number = self._cells.formula_number((host.sheet, host.row, host.column))
        tree = self.binder.bound(number, host.sheet, host.row, host.column)
        try:
            if array is not None:
                return filled(self._trees.whole(self._trees.evaluate(tree, host, True)), array)
            return self._trees.single(self._trees.plain(tree, host, self.binder.ends_in_sum(number)), host)
        except CachedIsData as data:
            return cached(self.book, host, data)

    # ------------------------------------------------------------ circles in a workbook that iterates

    def _iterate(self, path: list[Cell], closing: Cell) -> None:
        """Fills in the values of all cells that need each other, as a fixed point."""
        found = components([closing], self._named_precedents)
        members = {*path[path.index(closing) :], *next(members for members in found if closing in members)}
        numbers = {name: number for number, name in enumerate(self.book.sheets)}
        cells = sorted(members, key=lambda cell: (numbers[cell[0]], *cell[1:]))
        self._cells.results.update((cell, self._start(cell)) for cell in cells)
        self._cells.iterating = frozenset(cells)
        try:
            rests = settle(
                cells, self._cells.results, self._latest,
                passes=self.book.iterate_count, tolerance=self.book.iterate_delta, exact=self._exact,
            )  # fmt: skip
        except BaseException:
            for cell in cells:
                del self._cells.results[cell]
            raise
        finally:
            self._cells.iterating = frozenset()
        if not rests:
            for cell in cells:
                del self._cells.results[cell]
            text, _ = self._cells.shown(closing, None)
            raise UnsupportedError(
                f"this circular reference over {len(cells)} cells does not come to rest, so that its value depends on "
                "how often it has been calculated",
                cell=full_name(*closing),
                formula=text,
                action="break the circle, or let it converge",
            )

    def _latest(self, cell: Cell) -> Value | Matrix:
        while True:
            try:
                return self._formula_result(cell)
            except Needs as needs:
                self._compute(needs.cells)

    def _start(self, cell: Cell) -> Value | Matrix:
        """What a cell holds in the file: where iterating begins."""
        array = self._cells.array_at(*cell)
        if array is None:
            value = self.book.cached(*cell)
            return 0.0 if value is None else value
        r = array.region
        return Matrix.build(r.height, r.width, lambda i, j: self.book.cached(r.sheet, r.top + i, r.left + j) or 0.0)

    def _named_precedents(self, task: Cell) -> list[Cell]:
        """The formula cells that a cell's formula names."""
        number = self._cells.formula_number(task)
        host = Region(task[0], task[1], task[2], task[1] + 1, task[2] + 1)
        found: dict[Cell, None] = {}
        for region in regions_read(self.binder.bound(number, *task), host, self.book):
            cells = self.book.sheet(region.sheet).cells
            for column, part in cells.entries(region.top, region.left, region.bottom, region.right):
                for row in cells.rows[part][cells.formulas[part] >= 0].tolist():
                    cell = (region.sheet, row, column)
                    if self._cells.overrides is None or cell not in self._cells.overrides:
                        found[self._cells.task(cell)] = None
        return list(found)
