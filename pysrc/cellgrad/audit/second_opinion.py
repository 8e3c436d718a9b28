"""What LibreOffice computes for a workbook: the second opinion on values."""

from __future__ import annotations

import tempfile
from pathlib import Path

from cellgrad.hosts import package
from cellgrad.hosts.libreoffice import Converter
from cellgrad.workbook import Workbook


def computed_by_libreoffice(path: Path) -> Workbook:
    """The workbook with the values that LibreOffice computes, in a profile of its own that is thrown away.

    Raises ArgumentError where there is no LibreOffice, FileError where it cannot open the file.
    """
    with Converter() as office, tempfile.TemporaryDirectory() as folder:
        return package.read(office.convert(path, "xlsx", Path(folder)))
