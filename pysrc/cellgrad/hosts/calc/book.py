"""Books and their sheets over UNO."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlwings import base_classes

from cellgrad.hosts.calc.bridge import CalcError, Office, import_uno, property_value, translated, uno_exceptions
from cellgrad.hosts.calc.functions import function_names
from cellgrad.hosts.calc.grammar import Translator
from cellgrad.hosts.calc.names import Names
from cellgrad.hosts.calc.properties import CustomProperties
from cellgrad.hosts.calc.range import Range
from cellgrad.hosts.calc.reading import Formats, Rectangle
from cellgrad.hosts.calc.sheet import Sheet

if TYPE_CHECKING:
    from cellgrad.hosts.calc.app import App

_FILTERS = {
    ".xlsx": "Calc MS Excel 2007 XML",
    ".xlsm": "Calc MS Excel 2007 VBA XML",
    ".ods": "calc8",
    ".csv": "Text - txt - csv (StarCalc)",
}
_SPREADSHEET = "com.sun.star.sheet.SpreadsheetDocument"


@translated
class Books(base_classes.Books):
    """The open workbooks."""

    def __init__(self, app: App) -> None:
        self.app = app

    @property
    def office(self) -> Office:
        return self.app.office

    @property
    def api(self) -> Any:
        return self.office.desktop.Components

    def _documents(self) -> list[Any]:
        return [document for document in self.api if document.supportsService(_SPREADSHEET)]

    @property
    def active(self) -> Book | None:
        documents = self._documents()
        current = self.office.desktop.getCurrentComponent()
        for document in (current, self.office.active):
            if document is not None and any(document == one for one in documents):
                return Book(self.app, document)
        return Book(self.app, documents[0]) if documents else None

    def __call__(self, name_or_index: int | str) -> Book:
        books = list(self)
        if isinstance(name_or_index, int):
            return books[name_or_index - 1]
        for book in books:
            if name_or_index.casefold() in (book.name.casefold(), book.fullname.casefold()):
                return book
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return len(self._documents())

    def __iter__(self) -> Iterator[Book]:
        for document in self._documents():
            yield Book(self.app, document)

    def __contains__(self, name: str) -> bool:
        return any(name.casefold() == book.name.casefold() for book in self)

    def add(self) -> Book:
        return self._adopt(self._load("private:factory/scalc"))

    def open(
        self,
        fullname: str,
        update_links: Any = None,
        read_only: Any = None,
        format: Any = None,
        password: Any = None,
        *_: Any,
        **__: Any,
    ) -> Book:
        """Open a file and calculate it anew. Links are not followed and macros do not run.

        Raises CalcError where it does not exist, is locked by another program or cannot be read.
        """
        path = Path(fullname).resolve()
        if not path.exists():
            raise CalcError(f"there is no file '{path}'")
        url = import_uno().systemPathToFileUrl(str(path))
        for document in self._documents():
            if url == document.URL:
                return self._adopt(document, calculate=False)
        _remove_stale_lock(path)
        options = [property_value("ReadOnly", True)] if read_only else []
        if password:
            options.append(property_value("Password", password))
        return self._adopt(self._load(url, *options))

    def _load(self, url: str, *options: Any) -> Any:
        fixed = [
            property_value("Hidden", not self.office.visible),
            property_value("MacroExecutionMode", 0),
            property_value("UpdateDocMode", 0),
        ]
        try:
            document = self.office.desktop.loadComponentFromURL(url, "_blank", 0, (*fixed, *options))
        except uno_exceptions() as error:
            raise CalcError(f"LibreOffice cannot open '{url}': {error}") from error
        if document is None:
            raise CalcError(
                f"LibreOffice cannot open '{url}': it is damaged, needs a password, or another program has it open"
            )
        if not document.supportsService(_SPREADSHEET):
            document.close(True)
            raise CalcError(f"'{url}' is no workbook")
        return document

    def _adopt(self, document: Any, calculate: bool = True) -> Book:
        self.office.active = document
        if calculate:
            # without it the first change of an input leaves array formulas stale
            document.calculateAll()
            document.enableAutomaticCalculation(self.office.calculation == "automatic")
        return Book(self.app, document)


def _remove_stale_lock(path: Path) -> None:
    """Take away the lock that a killed LibreOffice of ours left: its profile is gone, and only ours are so named."""
    lock = path.with_name(f".~lock.{path.name}#")
    try:
        profile = lock.read_text(encoding="utf-8", errors="replace").rstrip(";\n").rpartition(",")[2]
    except OSError:
        return
    folder = profile.removeprefix("file://")
    if "cellgrad-calc-" in folder and not Path(folder).exists():
        lock.unlink(missing_ok=True)


@translated
class Book(base_classes.Book):
    """A workbook: a spreadsheet document."""

    def __init__(self, app: App, document: Any) -> None:
        self._app = app
        self.document = document
        self._formats: Formats | None = None
        self._translator: Translator | None = None

    @property
    def api(self) -> Any:
        return self.document

    @property
    def app(self) -> App:
        return self._app

    @property
    def formats(self) -> Formats:
        """The number formats."""
        if self._formats is None:
            self._formats = Formats(self.document)
        return self._formats

    @property
    def translator(self) -> Translator:
        """Between Calc's formulas and Excel's, for the sheets there are now."""
        if self._translator is None:
            names = function_names(self._app.office, self.document)
            self._translator = Translator(*names, lambda: self.document.Sheets.ElementNames)
        return self._translator

    @property
    def name(self) -> str:
        url = self.document.URL
        return Path(import_uno().fileUrlToSystemPath(url)).name if url else str(self.document.Title)

    @property
    def fullname(self) -> str:
        url = self.document.URL
        return str(import_uno().fileUrlToSystemPath(url)) if url else str(self.document.Title)

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)

    @property
    def custom_properties(self) -> CustomProperties:
        """The document's own properties that its user, or we, have added."""
        return CustomProperties(self.document)

    def range_of(self, address: Any) -> Range:
        """The range of a UNO range address."""
        where = Rectangle.of(address)
        sheet = Sheet(self, self.document.Sheets.getByIndex(where.sheet))
        return sheet.area(where.top + 1, where.left + 1, where.bottom - where.top, where.right - where.left)

    def activate(self) -> None:
        self._app.office.active = self.document
        controller = self.document.CurrentController
        if controller is not None and self._app.visible:
            controller.Frame.activate()

    def close(self) -> None:
        if self._app.office.active == self.document:
            self._app.office.active = None
        try:
            self.document.close(True)
        except uno_exceptions() as error:
            raise CalcError(f"LibreOffice does not close {self.name}: {error}") from error

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """Save, in the format of the extension: .xlsx, .xlsm, .ods or .csv.

        This is LibreOffice's own export: what it does not model is lost, and numbers in .xlsx keep 15 digits.
        """
        url = self.document.URL
        if path is None and url and password is None:
            self._store(lambda: self.document.store())
            return
        target = Path(path or f"{self.name}.xlsx").resolve()
        target_filter = _FILTERS.get(target.suffix.lower())
        if target_filter is None:
            known = ", ".join(_FILTERS)
            raise CalcError(f"LibreOffice saves no '{target.suffix}' workbook here; use one of {known}")
        options = [property_value("FilterName", target_filter), property_value("Overwrite", True)]
        if password:
            options.append(property_value("Password", password))
        to = import_uno().systemPathToFileUrl(os.path.realpath(target))
        self._store(lambda: self.document.storeAsURL(to, tuple(options)))

    def _store(self, store: Any) -> None:
        try:
            store()
        except uno_exceptions() as error:
            raise CalcError(f"LibreOffice cannot save {self.name}: {error}") from error

    def to_pdf(self, path: str, quality: str | None = None) -> None:
        to = import_uno().systemPathToFileUrl(os.path.realpath(path))
        self._store(lambda: self.document.storeToURL(to, (property_value("FilterName", "calc_pdf_Export"),)))


@translated
class Sheets(base_classes.Sheets):
    """The sheets of a workbook."""

    def __init__(self, book: Book) -> None:
        self.book = book

    @property
    def api(self) -> Any:
        return self.book.document.Sheets

    @property
    def active(self) -> Sheet:
        controller = self.book.document.CurrentController
        return Sheet(self.book, controller.ActiveSheet if controller is not None else self.api.getByIndex(0))

    def __call__(self, name_or_index: int | str) -> Sheet:
        if isinstance(name_or_index, int):
            return Sheet(self.book, self.api.getByIndex(name_or_index - 1))
        for name in self.api.ElementNames:
            if name.casefold() == name_or_index.casefold():
                return Sheet(self.book, self.api.getByName(name))
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        return int(self.api.Count)

    def __iter__(self) -> Iterator[Sheet]:
        for name in self.api.ElementNames:
            yield Sheet(self.book, self.api.getByName(name))

    def __contains__(self, name: str) -> bool:
        return name.casefold() in {one.casefold() for one in self.api.ElementNames}

    def add(self, before: Any = None, after: Any = None, name: str | None = None) -> Sheet:
        """A new sheet, active afterwards as in Excel; before the active one unless told."""
        if before is not None:
            position = before.index - 1
        elif after is not None:
            position = after.index
        else:
            position = self.active.index - 1
        taken = {one.casefold() for one in self.api.ElementNames}
        if name is None:
            name = next(n for n in (f"Sheet{i}" for i in range(1, len(taken) + 2)) if n.casefold() not in taken)
        try:
            self.api.insertNewByName(name, position)
        except uno_exceptions() as error:
            raise CalcError(f"LibreOffice adds no sheet '{name}': {error}") from error
        sheet = self(name)
        sheet.activate()
        return sheet
