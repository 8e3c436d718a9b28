"""Where the add-in and what belongs to it lies on each system."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cellgrad.errors import ArgumentError

NAME = "cellgrad"
FILE_NAME = f"{NAME}.xlam"


@dataclass(frozen=True)
class Places:
    """startup: the folder from which Excel loads every add-in when it starts. configuration: the text file of settings
    that the add-in's macros read, the interpreter among them."""

    startup: Path
    configuration: Path

    @property
    def addin(self) -> Path:
        """The installed add-in."""
        return self.startup / FILE_NAME


def places(platform: str = sys.platform, home: Path | None = None, roaming: str | None = None) -> Places:
    """The places of this system; `roaming` is Windows' APPDATA, from the environment unless given.

    Raises ArgumentError on systems that have no Excel.
    """
    home = home or Path.home()
    if platform == "win32":
        roaming = roaming or os.environ.get("APPDATA") or str(home / "AppData" / "Roaming")
        return Places(Path(roaming) / "Microsoft" / "Excel" / "XLSTART", home / f".{NAME}" / f"{NAME}.conf")
    if platform == "darwin":
        office = home / "Library" / "Group Containers" / "UBF8T346G9.Office"
        sandbox = home / "Library" / "Containers" / "com.microsoft.Excel" / "Data"
        return Places(office / "User Content.localized" / "Startup.localized" / "Excel", sandbox / f"{NAME}.conf")
    raise ArgumentError(
        "there is no Excel on this system, so there is nowhere to install its add-in",
        action="use `cellgrad optimize FILE`, or install it where Excel runs: on Windows or macOS",
    )


def settings_file(platform: str = sys.platform, home: Path | None = None) -> Path:
    """The text file of settings of this system, on one without Excel for Calc alone."""
    try:
        return places(platform, home).configuration
    except ArgumentError:
        return (home or Path.home()) / f".{NAME}" / f"{NAME}.conf"
