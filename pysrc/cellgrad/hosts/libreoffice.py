"""LibreOffice as a program that converts files: a workbook with every value computed anew, or as pages.

It works on a copy, in a user profile of its own that is thrown away, so that neither the file nor the LibreOffice that
somebody works with is touched; and it is ended with all its children when it takes too long or when we are stopped.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from cellgrad.errors import ArgumentError, FileError

SECONDS = 600
"""How long LibreOffice may take over one file."""

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse">
<value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">
<value>3</value></prop></item>
</oor:items>"""
"""Recalculate everything on load, whatever values the file holds; follow no links, run no macros."""


def find_soffice() -> str | None:
    """The program of an installed LibreOffice; None where there is none on the PATH."""
    return shutil.which("soffice") or shutil.which("libreoffice")


class Converter:
    """A headless LibreOffice, for a ``with`` block.

    Raises ArgumentError where none is installed.
    """

    def __init__(self) -> None:
        soffice = find_soffice()
        if soffice is None:
            raise ArgumentError(
                "LibreOffice is not installed: no soffice is on the PATH", action="install LibreOffice Calc"
            )
        self._soffice = soffice

    def __enter__(self) -> Converter:
        self._folder = tempfile.TemporaryDirectory(prefix="cellgrad-convert-", ignore_cleanup_errors=True)
        self._profile = Path(self._folder.name) / "profile"
        (self._profile / "user").mkdir(parents=True)
        (self._profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def convert(self, path: Path, to: str, folder: Path, seconds: float = SECONDS) -> Path:
        """The workbook as `folder`/workbook.TO, such as xlsx or pdf, with every value computed by LibreOffice.

        Raises FileError where it cannot open the file, or takes longer than `seconds`.
        """
        source = Path(self._folder.name) / f"workbook{path.suffix.lower()}"
        shutil.copyfile(path, source)
        converted = folder / f"workbook.{to}"
        converted.unlink(missing_ok=True)
        process = subprocess.Popen(
            [self._soffice, f"-env:UserInstallation={self._profile.as_uri()}", "--headless", "--norestore",
             "--convert-to", to, "--outdir", str(folder), str(source)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            start_new_session=True,
        )  # fmt: skip
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise FileError(
                f"LibreOffice took more than {seconds:g} s over '{path}'", action="open it there by hand to see why"
            ) from error
        finally:
            if process.poll() is None:
                kill_group(process.pid)
                process.communicate()
        if not converted.exists():
            said = " ".join((err or out).split())[-200:]
            raise FileError(f"LibreOffice cannot open '{path}' ({said})", action="open it there by hand to see why")
        return converted


def kill_group(pid: int) -> None:
    """End a process that was started in a session of its own, with its children: soffice is but a launcher."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            subprocess.run(["taskkill", "/PID", str(pid), "/T", "/F"], capture_output=True, check=False)
        else:
            os.killpg(pid, signal.SIGKILL)
