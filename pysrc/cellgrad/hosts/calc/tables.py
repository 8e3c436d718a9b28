"""Tables over UNO: a table of an .xlsx file is a database range in Calc."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from cellgrad.hosts.calc.bridge import import_uno, translated

if TYPE_CHECKING:
    from cellgrad.hosts.calc.range import Range
    from cellgrad.hosts.calc.sheet import Sheet


@translated
class Tables(base_classes.Tables):
    """The tables of one sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    @property
    def api(self) -> Any:
        return self.sheet.book.api.DatabaseRanges

    def __iter__(self) -> Iterator[Table]:
        index, ranges = self.sheet.index - 1, self.api
        for name in ranges.ElementNames:
            if not name.startswith(("__", "_xlnm")) and ranges.getByName(name).DataArea.Sheet == index:
                yield Table(self.sheet, name)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __call__(self, name_or_index: int | str) -> Table:
        tables = list(self)
        if isinstance(name_or_index, int):
            return tables[name_or_index - 1]
        for table in tables:
            if table.name.casefold() == name_or_index.casefold():
                return table
        raise KeyError(name_or_index)

    def __contains__(self, name: str) -> bool:
        return any(table.name.casefold() == name.casefold() for table in self)

    def add(
        self,
        source_type: Any = None,
        source: Any = None,
        link_source: Any = None,
        has_headers: bool = True,
        destination: Any = None,
        table_style_name: str | None = None,
        name: str | None = None,
    ) -> Table:
        """A new table over a range. Calc has no table styles: `table_style_name` is ignored.

        Without headers in the range, `has_headers` is kept as said: no row is inserted for them.
        """
        taken = set(self.api.ElementNames)
        if name is None:
            name = next(n for n in (f"Table{i}" for i in range(1, len(taken) + 2)) if n not in taken)
        self.api.addNewByName(name, source.impl.area.RangeAddress)
        self.api.getByName(name).ContainsHeader = has_headers
        return Table(self.sheet, name)


@translated
class Table(base_classes.Table):
    """A table: a database range."""

    def __init__(self, sheet: Sheet, name: str) -> None:
        self.sheet = sheet
        self._name = name

    @property
    def api(self) -> Any:
        return self.sheet.book.api.DatabaseRanges.getByName(self._name)

    @property
    def parent(self) -> Sheet:
        return self.sheet

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self.api.setName(value)
        self._name = value

    display_name = name

    @property
    def range(self) -> Range:
        return self.sheet.book.range_of(self.api.DataArea)

    @property
    def show_headers(self) -> bool:
        return bool(self.api.ContainsHeader)

    @show_headers.setter
    def show_headers(self, value: bool) -> None:
        self.api.ContainsHeader = value

    @property
    def show_totals(self) -> bool:
        return bool(self.api.TotalsRow)

    @show_totals.setter
    def show_totals(self, value: bool) -> None:
        self.api.TotalsRow = value

    @property
    def show_autofilter(self) -> bool:
        return bool(self.api.AutoFilter)

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self.api.AutoFilter = value

    def _part(self, first: int, end: int) -> Range | None:
        whole = self.range
        if end <= first:
            return None
        return self.sheet.area(whole.row + first, whole.column, end - first, whole.shape[1])

    @property
    def header_row_range(self) -> Range | None:
        return self._part(0, 1) if self.show_headers else None

    @property
    def data_body_range(self) -> Range | None:
        height = self.range.shape[0]
        return self._part(int(self.show_headers), height - int(self.show_totals))

    @property
    def totals_row_range(self) -> Range | None:
        height = self.range.shape[0]
        return self._part(height - 1, height) if self.show_totals else None

    @property
    def insert_row_range(self) -> None:
        return None

    @property
    def table_style(self) -> None:
        return None

    @table_style.setter
    def table_style(self, value: str) -> None:
        pass

    def resize(self, range: Any) -> None:
        """Make the table cover another range."""
        import_uno()
        self.api.setDataArea(range.impl.area.RangeAddress)
