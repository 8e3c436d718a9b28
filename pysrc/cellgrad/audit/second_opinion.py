"""What LibreOffice computes for a workbook: the second opinion on values."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from cellgrad.errors import ArgumentError, FileError
from cellgrad.hosts import package
from cellgrad.workbook import Workbook

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


def computed_by_libreoffice(path: Path) -> Workbook:
    """The workbook with the values that LibreOffice computes, in a profile of its own that is thrown away.

    Raises ArgumentError where there is no LibreOffice, FileError where it cannot open the file.
    """
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        raise ArgumentError(
            "LibreOffice is not installed: no soffice is on the PATH", action="install LibreOffice Calc"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        profile, out = folder / "profile", folder / "out"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS)
        source = folder / f"workbook{path.suffix.lower()}"
        shutil.copyfile(path, source)
        command = [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
        try:
            ran = subprocess.run(
                [*command, "--convert-to", "xlsx", "--outdir", str(out), str(source)],
                capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise FileError(
                f"LibreOffice took more than {SECONDS} s over '{path}'", action="audit it against the file instead"
            ) from error
        converted = out / "workbook.xlsx"
        if not converted.exists():
            said = " ".join((ran.stderr or ran.stdout).split())[-200:]
            raise FileError(f"LibreOffice cannot open '{path}' ({said})", action="open it there by hand to see why")
        return package.read(converted)
