"""The engine, its applications and their settings."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from xlwings import base_classes

from cellgrad.hosts.calc import bridge
from cellgrad.hosts.calc.book import Books
from cellgrad.hosts.calc.bridge import CalcError, Office, translated
from cellgrad.hosts.calc.main_thread import on_main_thread
from cellgrad.hosts.calc.range import Range
from cellgrad.hosts.calc.reading import ERROR_TEXTS

_CALCULATIONS = ("automatic", "manual", "semiautomatic")


class CalcEngine:
    """The xlwings engine ``calc``: ``xlwings.Engine(impl=CalcEngine())``."""

    name = "calc"
    type = "desktop"

    @property
    def apps(self) -> Apps:
        return Apps()

    @staticmethod
    def prepare_xl_data_element(x: Any, options: Any = None) -> Any:
        """A value of a list, an array or a frame as one that can be written."""
        if x is None or x is pd.NaT or x is pd.NA:
            return None
        if isinstance(x, float | np.floating):
            return None if math.isnan(x) else float(x)
        if isinstance(x, np.bool_):
            return bool(x)
        if isinstance(x, np.number):
            return float(x)
        if isinstance(x, np.datetime64):
            return None if np.isnat(x) else pd.Timestamp(x).to_pydatetime()
        if isinstance(x, pd.Timestamp):
            return x.to_pydatetime()
        return x

    @staticmethod
    def clean_value_data(
        data: Any, datetime_builder: Any, empty_as: Any, number_builder: Any, err_to_str: bool
    ) -> list[list[Any]]:
        """Raw values as xlwings gives them: the caller's kinds of dates, blanks and numbers; errors None or text."""

        def clean(value: Any) -> Any:
            if value is None or value == "":
                return empty_as
            if isinstance(value, datetime.datetime):
                if datetime_builder is datetime.datetime:
                    return value
                parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
                return datetime_builder(**{part: getattr(value, part) for part in parts}, tzinfo=None)
            if isinstance(value, float):
                return value if number_builder is None else number_builder(value)
            if isinstance(value, int) and not isinstance(value, bool) and value in ERROR_TEXTS:
                return ERROR_TEXTS[value] if err_to_str else None
            return value

        return [[clean(value) for value in row] for row in data]


def _flag(name: str) -> property:
    """A switch that Excel has and Calc has no use for: it keeps what it is set to."""

    def read(self: App) -> bool:
        return self.office.flags[name]

    def write(self: App, value: bool) -> None:
        self.office.flags[name] = bool(value)

    return property(read, write)


engine = CalcEngine()


class Apps(base_classes.Apps):
    """The LibreOffice processes that this process has started or attached to."""

    def keys(self) -> list[int]:
        return [office.pid for office in bridge.offices()]

    def add(self, spec: Any = None, add_book: bool = True, xl: Any = None, visible: bool | None = None) -> App:
        """Start LibreOffice. `spec` ``"pipe=NAME"`` attaches to a running one instead."""
        if isinstance(spec, str) and spec.startswith("pipe="):
            return App(bridge.attach(spec.removeprefix("pipe=")))
        app = App(bridge.start(visible=visible is None or visible))
        if add_book:
            app.books.add()
        return app

    @staticmethod
    def cleanup() -> None:
        bridge.offices()

    def __iter__(self) -> Iterator[App]:
        for office in bridge.offices():
            yield App(office)

    def __len__(self) -> int:
        return len(bridge.offices())

    def __getitem__(self, pid: int) -> App:
        for office in bridge.offices():
            if office.pid == pid:
                return App(office)
        raise KeyError(pid)


@translated
class App(base_classes.App):
    """A LibreOffice."""

    display_alerts = _flag("display_alerts")
    enable_events = _flag("enable_events")
    interactive = _flag("interactive")

    def __init__(self, office: Office) -> None:
        self.office = office

    @property
    def engine(self) -> CalcEngine:
        return engine

    @property
    def api(self) -> Any:
        return self.office.desktop

    @property
    def pid(self) -> int:
        return self.office.pid

    @property
    def hwnd(self) -> int:
        return self.office.pid

    @property
    def version(self) -> str:
        provider = self.office.service("com.sun.star.configuration.ConfigurationProvider")
        from_node = bridge.import_uno().createUnoStruct("com.sun.star.beans.PropertyValue")
        from_node.Name, from_node.Value = "nodepath", "/org.openoffice.Setup/Product"
        access = provider.createInstanceWithArguments("com.sun.star.configuration.ConfigurationAccess", (from_node,))
        return str(access.getByName("ooSetupVersionAboutBox"))

    @property
    def sheet_size(self) -> tuple[int, int]:
        """Rows and columns of a sheet: Excel's own since LibreOffice 7.4."""
        return 1_048_576, 16_384

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def selection(self) -> Range | None:
        book = self.books.active
        controller = book.document.CurrentController if book is not None else None
        chosen = controller.getSelection() if controller is not None else None
        if book is None or chosen is None or not hasattr(chosen, "RangeAddress"):
            return None
        return book.range_of(chosen.RangeAddress)

    def activate(self, steal_focus: bool = False) -> None:
        frame = self._frame()
        if frame is not None and self.visible:
            frame.activate()
            if steal_focus:
                frame.ContainerWindow.toFront()

    @property
    def visible(self) -> bool:
        return self.office.visible

    @visible.setter
    def visible(self, value: bool) -> None:
        """Show or hide the windows; a LibreOffice started hidden, or without a display, has none to show."""
        if not self.office.visible:
            return
        for book in self.books:
            controller = book.document.CurrentController
            if controller is not None:
                controller.Frame.ContainerWindow.setVisible(bool(value))

    def quit(self) -> None:
        """Close every book unsaved and end; one that somebody else started is let go, its books as they are."""
        if self.office.process is not None and self.office.alive:
            for book in list(self.books):
                book.close()
        self.office.quit()

    def kill(self) -> None:
        self.office.kill()

    @property
    def screen_updating(self) -> bool:
        return not any(book.document.hasControllersLocked() for book in self.books)

    @screen_updating.setter
    def screen_updating(self, value: bool) -> None:
        for book in self.books:
            if not value and not book.document.hasControllersLocked():
                book.document.lockControllers()
            while value and book.document.hasControllersLocked():
                book.document.unlockControllers()

    @property
    def calculation(self) -> str:
        return self.office.calculation

    @calculation.setter
    def calculation(self, value: str) -> None:
        if value not in _CALCULATIONS:
            raise CalcError(f"no calculation mode is called '{value}'; use automatic or manual")
        self.office.calculation = value
        for book in self.books:
            book.document.enableAutomaticCalculation(value == "automatic")

    def calculate(self) -> None:
        """Calculate what has changed; random and volatile cells too."""
        for book in self.books:
            book.document.calculate()

    def _frame(self) -> Any:
        book = self.books.active
        controller = book.document.CurrentController if book is not None else None
        return controller.Frame if controller is not None else None

    @property
    def status_bar(self) -> str | bool:
        """The text set last; False where LibreOffice has the status bar."""
        return False if self.office.status is None else self.office.status

    @status_bar.setter
    def status_bar(self, value: str | bool | None) -> None:
        if value is False or value is None:
            self.office.status = None
            if self.office.indicator is not None:
                self.office.indicator.end()
                self.office.indicator = None
            return
        self.office.status = str(value)
        if self.office.indicator is None:
            frame = self._frame()
            if frame is None:
                return
            self.office.indicator = frame.createStatusIndicator()
        self.office.indicator.start(str(value), 0)  # not setText: a menu or a recalculation may have hidden the bar

    def alert(self, prompt: str, title: str | None, buttons: str | None, mode: str | None, callback: Any) -> str:
        """A message box. Raises NotImplementedError where there is no window for it."""
        frame = self._frame() if self.office.visible else None
        if frame is None:
            raise NotImplementedError("this LibreOffice has no windows")
        kinds = {"ok": 1, "ok_cancel": 2, "yes_no": 3, "yes_no_cancel": 4}  # com.sun.star.awt.MessageBoxButtons
        asks = "QUERYBOX" if kinds[buttons or "ok"] > 1 else "INFOBOX"
        box = bridge.import_uno().Enum("com.sun.star.awt.MessageBoxType", "ERRORBOX" if mode == "critical" else asks)
        window = frame.getContainerWindow()
        shown = window.getToolkit().createMessageBox(window, box, kinds[buttons or "ok"], title or "", prompt)
        try:
            answer = on_main_thread(self.office, shown.execute)
        finally:
            shown.dispose()
        return ("cancel", "ok", "yes", "no")[answer]  # com.sun.star.awt.MessageBoxResults

    def run(self, macro: str, args: Any) -> Any:
        raise CalcError("macros are not run from here")

    @property
    def startup_path(self) -> str:
        return ""

    @property
    def path(self) -> str:
        return ""

    @property
    def cut_copy_mode(self) -> None:
        return None

    @cut_copy_mode.setter
    def cut_copy_mode(self, value: Any) -> None:
        pass
