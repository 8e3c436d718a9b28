"""A real LibreOffice window on a screen of its own (Xvfb), with the extension installed, and a mouse to click in it.

Where a button or a menu is on the screen is asked of LibreOffice's accessibility tree, as a screen reader would; the
click itself is the X server's (xdotool), so everything a person's click goes through is gone through.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw

from cellgrad.addin import calc_extension
from cellgrad.hosts import calc
from cellgrad.hosts.libreoffice import kill_group
from cellgrad.worker.turn import Turn

PROGRAMS = ("soffice", "Xvfb", "xdotool", "import")
SIZE = (1400, 900)
SECONDS = 90.0
"""How long something may take to happen: the first run loads torch on a machine that may be busy."""

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Setup/Product">
<prop oor:name="ooSetupLastVersion" oor:op="fuse"><value>7.4</value></prop>
<prop oor:name="LastTimeDonateShown" oor:op="fuse"><value>4000000000</value></prop>
<prop oor:name="LastTimeGetInvolvedShown" oor:op="fuse"><value>4000000000</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def require() -> None:
    """Skip the test where a program is missing; fail instead where the environment variable CI is set."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        reason = (
            f"a test in a real window needs {', '.join(missing)} (Debian: libreoffice-calc xvfb xdotool imagemagick)"
        )
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


def until(happened: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """What `happened` gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(0.1)
    return found


class Window:
    """One LibreOffice Calc in a window that shows `file`."""

    def __init__(self, file: Path) -> None:
        require()
        self.file = file
        self._processes: list[subprocess.Popen[bytes]] = []
        self._folder = Path(tempfile.mkdtemp(prefix="cellgrad-window-"))

    def __enter__(self) -> Window:
        """LibreOffice and this process share a home folder of their own: settings and turns are there."""
        home = self._folder / "home"
        home.mkdir()
        self._home, os.environ["HOME"] = os.environ.get("HOME"), str(home)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            kill_group(process.pid)
            process.wait(20)
        if self._home is None:
            os.environ.pop("HOME", None)
        else:
            os.environ["HOME"] = self._home
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        user = self._folder / "user"
        user.mkdir()
        (user / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")
        calc_extension.install(self._folder)
        read, write = os.pipe()
        self._popen(
            "Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp",
            pass_fds=(write,),
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as stream:
            self.display = ":" + stream.readline().strip()
        pipe = "cellgrad" + secrets.token_hex(8)
        self._popen(
            "soffice", "--norestore", "--nologo", f"-env:UserInstallation={self._folder.as_uri()}",
            f"--accept=pipe,name={pipe};urp;", str(self.file),
            env=calc_extension.plain_environment() | {"DISPLAY": self.display, "SAL_USE_VCLPLUGIN": "gen"},
        )  # fmt: skip
        self.app = calc.attach(pipe, SECONDS)
        self.book: xw.Book = until(lambda: next(iter(self.app.books), None), "the workbook opens")
        until(lambda: self._frame() is not None, "its window opens")
        self._frame().getContainerWindow().setPosSize(0, 0, *SIZE, 15)
        time.sleep(1)  # until it has been drawn

    def _popen(self, *command: str, **options: Any) -> None:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._processes.append(subprocess.Popen(command, start_new_session=True, **quiet, **options))

    def _frame(self) -> Any:
        return self.book.api.CurrentController and self.book.api.CurrentController.Frame

    def click_menu(self, menu: str, item: str) -> None:
        """Click a menu of the menu bar, then an item in it."""
        bar = until(lambda: find(self._root(), lambda one: one.getAccessibleRole() == MENU_BAR), "the menu bar shows")
        entry = find(bar, lambda one: one.getAccessibleName() == menu)
        assert entry is not None, f"no menu {menu} in the menu bar"

        def opened() -> Any:
            """The first click after a dialog may do no more than bring the window back to the front."""
            shown = find(entry, lambda one: one.getAccessibleName() == item)
            if shown is None or not shown.getAccessibleStateSet().contains(SHOWING):
                self.click(entry)
                time.sleep(1)
                shown = find(entry, lambda one: one.getAccessibleName() == item)
            return shown if shown is not None and shown.getAccessibleStateSet().contains(SHOWING) else None

        self.click(until(opened, f"the menu shows {item}"))

    def click_button(self, caption: str) -> None:
        """Click a button on the active sheet."""
        sheet = self.book.sheets.active.api
        for form in (sheet.DrawPage.Forms.getByIndex(at) for at in range(sheet.DrawPage.Forms.Count)):
            for model in (form.getByIndex(at) for at in range(form.Count)):
                if getattr(model, "Label", None) == caption:
                    control = self.book.api.CurrentController.getControl(model)
                    self.click(control.getAccessibleContext())
                    return
        raise AssertionError(f"no button {caption} on the sheet {self.book.sheets.active.name}")

    def click(self, element: Any) -> None:
        """Click in the middle of an element of the accessibility tree."""
        place, size = element.getLocationOnScreen(), element.getSize()
        x, y = place.X + size.Width // 2, place.Y + size.Height // 2
        assert 0 <= x < SIZE[0] and 0 <= y < SIZE[1], f"({x}, {y}) is not on the screen"
        self._xdotool("mousemove", str(x), str(y), "sleep", "0.2", "click", "1")

    def key(self, name: str) -> None:
        """Press a key, named as X names it."""
        self._xdotool("key", name)

    def type(self, text: str) -> None:
        """Type a text where the cursor stands."""
        self._xdotool("type", text)

    def _xdotool(self, *command: str) -> None:
        subprocess.run(["xdotool", *command], env=os.environ | {"DISPLAY": self.display}, check=True, timeout=30)

    @property
    def commands(self) -> list[str]:
        """The command lines of LibreOffice and of all that it has started."""
        group = self._processes[-1].pid
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(folder.name)) == group:
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has ended
                continue
        return found

    def idle(self, seconds: float = SECONDS) -> None:
        """Wait until the last command is done: the workbook's turn is free, and LibreOffice at rest."""
        time.sleep(0.5)
        turn = Turn(self.book.fullname)
        until(lambda: not turn.is_taken, "the run ends", seconds)
        time.sleep(0.5)

    def dialog_text(self) -> str:
        """What the dialog says that comes up; it is then closed by a click on its button."""
        shown = self.dialog()
        text = "\n".join(one.getAccessibleName() for one in children(shown))
        self.click(find(shown, lambda one: one.getAccessibleRole() == PUSH_BUTTON))
        until(lambda: self._dialog() is None, "the dialog closes")
        return text

    def dialog(self) -> Any:
        """The dialog that comes up, as an element of the accessibility tree."""
        shown = until(self._dialog, "a dialog comes up")
        time.sleep(0.5)
        return shown

    def _dialog(self) -> Any:
        toolkit = self.app.impl.office.service("com.sun.star.awt.Toolkit")
        for at in range(toolkit.getTopWindowCount()):
            window = toolkit.getTopWindow(at)
            context = getattr(window, "getAccessibleContext", lambda: None)()
            if context is not None and context.getAccessibleRole() in DIALOGS and context.getSize().Width:
                return context
        return None

    def picture(self, path: Path) -> None:
        """What the screen shows, as a PNG file."""
        subprocess.run(["import", "-display", self.display, "-window", "root", str(path)], check=True, timeout=60)

    def _root(self) -> Any:
        return self._frame().getContainerWindow().getAccessibleContext()


# com.sun.star.accessibility.AccessibleRole
DIALOGS = (1, 12)  # ALERT, DIALOG
MENU_BAR = 35
PUSH_BUTTON = 44
EDITABLE, SHOWING = 6, 25  # com.sun.star.accessibility.AccessibleStateType


def is_box(element: Any) -> bool:
    """Whether an element is a box to type into."""
    return bool(element.getAccessibleStateSet().contains(EDITABLE))


def children(element: Any) -> Iterator[Any]:
    """The elements directly inside one."""
    for at in range(min(element.getAccessibleChildCount(), 500)):
        child = element.getAccessibleChild(at)
        if child is not None:
            yield child.getAccessibleContext()


def find(element: Any, wanted: Callable[[Any], bool], depth: int = 4) -> Any:
    """The first element inside that is wanted, or None."""
    for child in children(element):
        if wanted(child):
            return child
        if depth and (found := find(child, wanted, depth - 1)) is not None:
            return found
    return None
