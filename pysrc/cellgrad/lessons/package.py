"""The last step of building a lesson: what XlsxWriter cannot write, and a zip that never varies."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from lxml import etree

from cellgrad.lessons.sliders import as_scroll_bars

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can hold; every member carries it, so the clock and the time zone leave no trace."""

BUILT = datetime(2026, 1, 1)
"""The date of making that a workbook states, for the same reason."""


EMPTY_TEXT = re.compile(rb"<c ([^>]*)>(<f>[^<]*</f><v></v>)")
"""A formula whose value is a text of no characters, as XlsxWriter writes it: without saying that it is a text."""


def finish(draft: Path, path: Path, hidden_names: Mapping[str, Mapping[str, str]]) -> Path:
    """Rewrite `draft` as `path`, with hidden names scoped to a sheet, and bytes that depend on the content alone.

    hidden_names: for each sheet, the text of each name. What `sliders.place` put there becomes sliders. Members are
    stored, not deflated: what deflate writes depends on the zlib that this Python was built with, and git and mail
    compress the file anyway. The file is replaced in one step, so a reader never sees half of it.
    """
    with zipfile.ZipFile(draft) as source:
        parts = {info.filename: source.read(info) for info in source.infolist()}
    for name in parts:
        if name.startswith("xl/drawings/vmlDrawing"):
            parts[name] = as_scroll_bars(parts[name])
        elif name.startswith("xl/worksheets/sheet"):
            parts[name] = EMPTY_TEXT.sub(rb'<c \1 t="str">\2', parts[name])
    parts["xl/workbook.xml"] = _with_hidden_names(parts["xl/workbook.xml"], hidden_names)
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".xlsx")
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as target:
            for name, content in parts.items():
                member = zipfile.ZipInfo(name, EPOCH)
                member.create_system = 3
                member.external_attr = 0o644 << 16
                target.writestr(member, content)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    return path


def _with_hidden_names(workbook: bytes, hidden_names: Mapping[str, Mapping[str, str]]) -> bytes:
    """xl/workbook.xml with the names added, all of them in Excel's order: by name, then by sheet."""
    root = etree.fromstring(workbook, etree.XMLParser(resolve_entities=False))
    order = [sheet.get("name") for sheet in root.find(f"{MAIN}sheets")]
    names = root.find(f"{MAIN}definedNames")
    if names is None:
        names = etree.Element(f"{MAIN}definedNames")
        root.find(f"{MAIN}sheets").addnext(names)
    for sheet, texts in hidden_names.items():
        for name, text in texts.items():
            added = etree.SubElement(
                names, f"{MAIN}definedName", name=name, localSheetId=str(order.index(sheet)), hidden="1"
            )
            added.text = text
    names[:] = sorted(
        names, key=lambda n: (n.get("name").removeprefix("_xlnm.").casefold(), int(n.get("localSheetId", -1)))
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
