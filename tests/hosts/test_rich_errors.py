"""Errors newer than the file format, which Excel stores as #VALUE! with a rich value that names them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.hosts import tiny_package as tiny

from cellgrad.hosts import package
from cellgrad.values import CellError

_METADATA = (
    f'{tiny.HEADER}<metadata xmlns="{tiny.TRANSITIONAL}">'
    '<metadataTypes><metadataType name="XLRICHVALUE"/></metadataTypes>'
    '<futureMetadata name="XLRICHVALUE"><bk><extLst><ext uri="x"><rvb i="0"/></ext></extLst></bk></futureMetadata>'
    '<valueMetadata><bk><rc t="1" v="0"/></bk></valueMetadata></metadata>'
)
_STRUCTURE = (
    f'{tiny.HEADER}<rvStructures xmlns="x"><s t="_error"><k n="errorType" t="i"/><k n="subType" t="i"/></s>'
    "</rvStructures>"
)


@pytest.mark.parametrize(
    ("kind", "vm", "expected"),
    [
        ("13", ' vm="1"', CellError.CALC),  # [MS-XLSX], error types
        ("8", ' vm="1"', CellError.SPILL),
        ("13", "", CellError.VALUE),  # a #VALUE! that is one
        ("13", ' vm="7"', CellError.VALUE),  # metadata that leads nowhere
        ("99", ' vm="1"', CellError.VALUE),  # an error type that we have no name for
    ],
)
def test_the_error_that_the_rich_value_names(tmp_path: Path, kind: str, vm: str, expected: CellError) -> None:
    parts = dict(tiny.parts(f'<row r="1"><c r="A1" t="e"{vm}><f>FILTER(B1,B1&gt;9)</f><v>#VALUE!</v></c></row>'))
    rels = parts["xl/_rels/workbook.xml.rels"]
    more = "".join(
        f'<Relationship Id="{name}" Type="{tiny.RELATIONS}/{name}" Target="{name}.xml"/>'
        for name in ("sheetMetadata", "rdRichValue", "rdRichValueStructure")
    )
    parts["xl/_rels/workbook.xml.rels"] = rels.replace("</Relationships>", more + "</Relationships>")
    parts["xl/sheetMetadata.xml"] = _METADATA
    parts["xl/rdRichValue.xml"] = f'{tiny.HEADER}<rvData xmlns="x"><rv s="0"><v>{kind}</v><v>3</v></rv></rvData>'
    parts["xl/rdRichValueStructure.xml"] = _STRUCTURE
    path = tmp_path / "book.xlsx"
    tiny.save(path, parts)
    assert package.read(path).cached("Sheet1", 0, 0) is expected
