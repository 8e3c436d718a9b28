"""A LibreOffice process and the UNO connection to it.

`start` runs one with a user profile of its own, so that it neither disturbs nor waits for the user's LibreOffice, and
listens on a pipe with a random name, so that nobody else finds it. It ends with this process at the latest; what a
killed process left behind is swept away at the next start. `attach` connects to one that somebody else started.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import inspect
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xlwings import XlwingsError

from cellgrad.hosts.libreoffice import find_soffice, kill_group

START_SECONDS = 90.0
"""How long a start may take: the first on a busy machine has taken 20 s."""
_PREFIX = "cellgrad-calc-"
_DEBIAN = "/usr/lib/python3/dist-packages"

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Setup/Office">
<prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Save/Document">
<prop oor:name="WarnAlienFormat" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""


class CalcError(XlwingsError):
    """LibreOffice refused or could not do what was asked."""


def import_uno() -> Any:
    """The module `uno` of the installed LibreOffice.

    Looked for in this Python, then where Debian and LibreOffice's own folders keep it: put on `sys.path` for the
    import alone, so that nothing else is imported from there. Raises CalcError where there is none for this Python.
    """
    if "uno" in sys.modules:
        return sys.modules["uno"]
    soffice = shutil.which("soffice")
    program = Path(os.path.realpath(soffice)).parent if soffice else None
    for folder in ("", _DEBIAN, str(program or "")):
        if folder:
            sys.path.append(folder)
        try:
            import uno

            return uno
        except ImportError:
            continue
        finally:
            if folder:
                sys.path.remove(folder)
    raise CalcError(
        "this Python cannot talk to LibreOffice: no module 'uno' for Python "
        f"{sys.version_info.major}.{sys.version_info.minor}; install python3-uno (Debian, Ubuntu) of the same Python "
        "version, or run under the Python that LibreOffice brings along"
    )


def property_value(name: str, value: object) -> Any:
    """A UNO PropertyValue."""
    made = import_uno().createUnoStruct("com.sun.star.beans.PropertyValue")
    made.Name, made.Value = name, value
    return made


class Office:
    """One LibreOffice: its process where it is ours, the component context and the desktop.

    visible: it was started with windows. `pid` is the process id, 0 where somebody else started it.
    """

    def __init__(self, context: Any, process: subprocess.Popen[bytes] | None, profile: Path | None, visible: bool):
        self.context = context
        self.process = process
        self.profile = profile
        self.visible = visible
        self.desktop = self.service("com.sun.star.frame.Desktop")
        self.pid = process.pid if process else id(self)
        self.status: str | None = None
        self.indicator: Any = None
        self.active: Any = None
        self.calculation = "automatic"
        self.flags: dict[str, bool] = {"display_alerts": True, "enable_events": True, "interactive": True}

    def service(self, name: str) -> Any:
        """A new instance of a UNO service."""
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        if self.process is not None and self.process.poll() is not None:
            return False
        try:
            return self.desktop.getCurrentFrame() is None or True
        except _uno_exceptions():
            return False

    def quit(self) -> None:
        """Close every document without saving and end it; one that somebody else started is left running."""
        if self.process is None:
            _offices.pop(self.pid, None)
            return
        with contextlib.suppress(*_uno_exceptions()):
            self.desktop.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()

    def kill(self) -> None:
        """End the process at once and remove its profile."""
        _offices.pop(self.pid, None)
        if self.process is not None:
            kill_group(self.process.pid)
            self.process.wait(10)
        if self.profile is not None:
            shutil.rmtree(self.profile, ignore_errors=True)


_offices: dict[int, Office] = {}


def offices() -> list[Office]:
    """The connections of this process, the latest first; one that has ended is dropped."""
    for office in list(_offices.values()):
        if not office.alive:
            office.kill()
    return list(reversed(_offices.values()))


def start(visible: bool = False, seconds: float = START_SECONDS) -> Office:
    """A new LibreOffice with a profile of its own, ended with this process at the latest.

    visible: with windows, where there is a display. Raises CalcError where none is installed or none answers in time.
    """
    soffice = find_soffice()
    if soffice is None:
        raise CalcError("LibreOffice is not installed, or its program 'soffice' is not on the PATH")
    uno = import_uno()
    _sweep()
    visible = visible and (sys.platform != "linux" or bool(os.environ.get("DISPLAY")))
    profile = Path(tempfile.mkdtemp(prefix=_PREFIX))
    (profile / "user").mkdir()
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    pipe = "cellgrad" + secrets.token_hex(12)
    options = ["--norestore", "--nologo", "--nodefault", "--nofirststartwizard", "--nolockcheck"]
    command = [soffice, *options, f"-env:UserInstallation={profile.as_uri()}", f"--accept=pipe,name={pipe};urp;"]
    process = subprocess.Popen(
        command if visible else [*command, "--headless"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    (profile / "owner.json").write_text(json.dumps({"python": os.getpid(), "office": process.pid}), encoding="utf-8")
    try:
        context = _connect(uno, pipe, time.monotonic() + seconds, process)
        office = Office(context, process, profile, visible)
    except BaseException:
        kill_group(process.pid)
        process.wait(10)
        shutil.rmtree(profile, ignore_errors=True)
        raise
    _offices[office.pid] = office
    return office


def attach(pipe: str, seconds: float = 10.0) -> Office:
    """A running LibreOffice that accepts connections on the pipe of this name (``--accept=pipe,name=...;urp;``)."""
    context = _connect(import_uno(), pipe, time.monotonic() + seconds, None)
    office = Office(context, None, None, True)
    _offices[office.pid] = office
    return office


def _connect(uno: Any, pipe: str, deadline: float, process: subprocess.Popen[bytes] | None) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    wait = 0.02
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except _uno_exceptions() as error:
            if process is not None and process.poll() is not None:
                raise CalcError(f"LibreOffice ended while starting (exit status {process.returncode})") from error
            if time.monotonic() > deadline:
                raise CalcError(f"LibreOffice does not answer on the pipe {pipe}") from error
        time.sleep(wait)
        wait = min(wait * 1.5, 0.25)


def _uno_exceptions() -> tuple[type[Exception], ...]:
    """Everything UNO raises; nothing of ours derives from it."""
    return (import_uno().getClass("com.sun.star.uno.Exception"),)


uno_exceptions = _uno_exceptions


def translated(cls: type) -> type:
    """Class decorator: what UNO raises in a method or a property becomes a CalcError that says where.

    UNO's exceptions cannot pass through `contextlib`: their traceback cannot be set.
    """

    def guard(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except _uno_exceptions() as error:
                gone = "Disposed" in type(error).__name__
                said = "it has ended" if gone else " ".join(str(error).split()) or type(error).__name__
                raise CalcError(f"LibreOffice refused {cls.__name__}.{function.__name__}: {said}") from None

        return guarded

    for name, member in list(vars(cls).items()):
        if isinstance(member, property):
            read, write = (part and guard(part) for part in (member.fget, member.fset))
            setattr(cls, name, property(read, write, None, member.__doc__))
        elif isinstance(member, types.FunctionType) and not inspect.isgeneratorfunction(member):
            setattr(cls, name, guard(member))
    return cls


def _sweep() -> None:
    """End and remove what a killed process of ours left behind."""
    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        try:
            owner = json.loads((folder / "owner.json").read_text(encoding="utf-8"))
            python, office = int(owner["python"]), int(owner["office"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if _runs(python):
            continue
        if _is_ours(office, folder):
            kill_group(office)
        shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    if sys.platform == "win32":
        listed = subprocess.run(["tasklist", "/FI", f"PID eq {pid}"], capture_output=True, text=True, check=False)
        return str(pid) in listed.stdout
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_ours(pid: int, profile: Path) -> bool:
    """Whether a process is the LibreOffice of this profile: its number may belong to another by now."""
    try:
        return profile.as_uri().encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@atexit.register
def _end_all() -> None:
    for office in list(_offices.values()):
        if office.process is not None:
            office.kill()
