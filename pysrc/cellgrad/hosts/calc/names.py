"""Defined names over UNO, the workbook's and the sheets' own, in Excel's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from cellgrad.address import quote_sheet, split_sheet
from cellgrad.hosts.calc.bridge import CalcError, import_uno, translated, uno_exceptions

if TYPE_CHECKING:
    from cellgrad.hosts.calc.book import Book
    from cellgrad.hosts.calc.range import Range
    from cellgrad.hosts.calc.sheet import Sheet


@translated
class Names(base_classes.Names):
    """The names of a workbook with those of its sheets, or of one sheet."""

    def __init__(self, book: Book, sheet: Sheet | None = None) -> None:
        self.book = book
        self.sheet = sheet

    @property
    def api(self) -> Any:
        return (self.sheet or self.book).api.NamedRanges

    def _all(self) -> Iterator[Name]:
        if self.sheet is None:
            names = self.book.api.NamedRanges
            for name in names.ElementNames:
                yield Name(self.book, "", name, names)
        for sheet in (self.sheet,) if self.sheet is not None else tuple(self.book.sheets):
            names, prefix = sheet.api.NamedRanges, quote_sheet(sheet.name) + "!"
            for name in names.ElementNames:
                yield Name(self.book, prefix, name, names)

    def snapshot(self) -> list[tuple[str, Name]]:
        return [(name.name, name) for name in self._all()]

    def __len__(self) -> int:
        return sum(1 for _ in self._all())

    def __call__(self, name_or_index: int | str) -> Name:
        if isinstance(name_or_index, int):
            return list(self._all())[name_or_index - 1]
        wanted = name_or_index.casefold()
        for name in self._all():
            own = self.sheet is not None and name.plain.casefold() == wanted
            if own or name.name.casefold() == wanted:
                return name
        raise KeyError(name_or_index)

    def contains(self, name_or_index: int | str) -> bool:
        try:
            self(name_or_index)
        except (KeyError, IndexError):
            return False
        return True

    def add(self, name: str, refers_to: str) -> Name:
        """A new name; one written with its sheet (``Sheet1!rate``) is that sheet's own."""
        scope, plain = split_sheet(name)
        sheet = self.book.sheets(scope) if scope else self.sheet
        names = (sheet or self.book).api.NamedRanges
        if names.hasByName(plain):
            names.removeByName(plain)
        origin = import_uno().createUnoStruct("com.sun.star.table.CellAddress")
        names.addNewByName(plain, self.book.translator.to_calc(refers_to.removeprefix("=")), origin, 0)
        prefix = "" if sheet is None else quote_sheet(sheet.name) + "!"
        return Name(self.book, prefix, plain, names)


@translated
class Name(base_classes.Name):
    """A defined name. `name` carries the sheet where the name is a sheet's own, as in Excel."""

    def __init__(self, book: Book, prefix: str, plain: str, names: Any) -> None:
        """prefix: the sheet and its mark, '' for the workbook's own; names: the UNO collection it is in."""
        self.book = book
        self.prefix = prefix
        self.plain = plain
        self._names = names

    @property
    def api(self) -> Any:
        return self._names.getByName(self.plain)

    def delete(self) -> None:
        self._names.removeByName(self.plain)

    @property
    def name(self) -> str:
        return self.prefix + self.plain

    @name.setter
    def name(self, value: str) -> None:
        plain = split_sheet(value)[1]
        self.api.setName(plain)
        self.plain = plain

    @property
    def refers_to(self) -> str:
        return self.book.translator.to_excel("=" + self.api.Content)

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self.api.setContent(self.book.translator.to_calc(value.removeprefix("=")))

    @property
    def refers_to_range(self) -> Range:
        try:
            area = self.api.getReferredCells()
        except uno_exceptions():
            area = None
        if area is None or not hasattr(area, "RangeAddress"):
            raise CalcError(f"the name {self.name} stands for no range")
        return self.book.range_of(area.RangeAddress)
