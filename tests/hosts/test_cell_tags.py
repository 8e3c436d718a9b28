"""What is called well-formed without a parser is well-formed: against expat, over sheets damaged at random."""

from __future__ import annotations

import random
from pathlib import Path
from xml.parsers import expat

import pytest
from tests.hosts.tiny_package import tiny

from cellgrad.errors import FileError
from cellgrad.hosts.cell_tags import Stretch
from cellgrad.hosts.container import Package
from cellgrad.hosts.sheet_markup import MAIN_NAMESPACES, Checker, Irregular

HEAD = f'<worksheet xmlns="{MAIN_NAMESPACES[0]}" xmlns:x14ac="urn:ac"><sheetData>'.encode()
TAIL = b"</sheetData></worksheet>"
REGULAR = (
    b'<row r="1" spans="1:9" x14ac:dyDescent="0.25"><c r="A1" s="12" t="s"><v>0</v></c><c r="B1"/><c r="C1" s="3"/>'
    b'</row><row r="2"><c r="A2"><f>B2&lt;C$1&amp;"x"</f><v>1.5E-3</v></c><c r="B2" t="b"><f t="shared" ref="B2:B9" '
    b'si="0">A2*2</f><v>1</v></c></row><row r="3" ht="15.5"/><row r="4">'
    b'<c r="B4"><f t="shared" si="0"/><v>-2</v></c><c r="C4" t="inlineStr"><is><t xml:space="preserve"> a </t>'
    b'</is></c><c r="D4" t="str"><f aca="false">"\xc3\xa4"</f><v>\xc3\xa4</v></c><c r="E4"><f>A1</f><v/></c></row>'
)
UNUSUAL = {  # well-formed, and yet not called so: the parser is asked
    "a reference by number": REGULAR.replace(b"&amp;", b"&#65;"),
    "a line between rows": REGULAR.replace(b"<row", b"\n<row"),
    "another attribute": REGULAR.replace(b'<c r="A2">', b'<c r="A2" cm="1">'),
    "an element": REGULAR.replace(b"<v>-2</v>", b"<v>-2</v><extLst/>"),
    "blanks": REGULAR.replace(b"<v>-2</v>", b" <v>-2</v>"),
    "single quotes": REGULAR.replace(b'ht="15.5"', b"ht='15.5'"),
}
MALFORMED = {
    "a prefix that is not declared": REGULAR.replace(b"x14ac:", b"x14:"),
    "an attribute twice": REGULAR.replace(b'ht="15.5"', b'ht="15" ht="15"'),
    "an attribute of a formula twice": REGULAR.replace(b'ref="B2:B9"', b'si="0"'),
    "an unknown entity": REGULAR.replace(b"&amp;", b"&nbsp;"),
    "a bare ampersand": REGULAR.replace(b"&amp;", b"&"),
    "the end of a CDATA section": REGULAR.replace(b"&amp;", b"]]>"),
    "a control character": REGULAR.replace(b"1.5E", b"1.5\x01E"),
    "half a letter": REGULAR.replace(b"\xc3\xa4<", b"\xc3<"),
    "a letter XML excludes": REGULAR.replace(b"\xc3\xa4<", b"\xef\xbf\xbf<"),
    "no quotes": REGULAR.replace(b's="12"', b"s=12  "),
    "quotes in quotes": REGULAR.replace(b's="12"', b's="1"2"'),
    "a row not closed": REGULAR.removesuffix(b"</row>"),
    "closed in another order": REGULAR.replace(b"</v></c>", b"</c></v>", 1),
}


def proven(tmp_path: Path, rows: bytes) -> bool:
    """Whether the rows are called well-formed; with what is said of them as an exception where they are refused."""
    with Package(tiny(tmp_path, "")) as package:
        checker = Checker(package, "xl/worksheets/sheet1.xml")
        checker.feed(HEAD)
        try:
            return Stretch(rows).is_well_formed(checker)
        except (FileError, Irregular):
            return False


def parses(rows: bytes) -> bool:
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(HEAD + rows + TAIL, True)
    except expat.ExpatError:
        return False
    return True


def test_regular_rows_need_no_parser(tmp_path: Path) -> None:
    assert parses(REGULAR) and proven(tmp_path, REGULAR)


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_rows_are_left_to_the_parser(tmp_path: Path, name: str) -> None:
    assert UNUSUAL[name] != REGULAR
    assert parses(UNUSUAL[name]) and not proven(tmp_path, UNUSUAL[name])


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_rows_are_never_proven(tmp_path: Path, name: str) -> None:
    assert MALFORMED[name] != REGULAR
    assert not parses(MALFORMED[name]) and not proven(tmp_path, MALFORMED[name])


def test_rows_damaged_at_random_are_proven_only_where_they_parse(tmp_path: Path) -> None:
    """Single letters changed, dropped or added, and tags moved: what is proven must parse, whatever it now means."""
    rng, counts = random.Random(0), {True: 0, False: 0}
    letters = b"<>/\"'=& ]ABcfvrst019.xi\x00\n\xc3\xa4"
    tags = [
        b"</v>",
        b"<v>",
        b"</c>",
        b'<c r="A1">',
        b"<f>",
        b"</f>",
        b"<row>",
        b"</row>",
        b"<v/>",
        b"<is>",
        b'<c r="A1"/>',
    ]
    with Package(tiny(tmp_path, "")) as package:
        for _ in range(4000):
            rows = bytearray(REGULAR)
            for _ in range(rng.randrange(1, 3)):
                at, kind = rng.randrange(len(rows)), rng.randrange(4)
                new = bytes([rng.choice(letters)]) if kind < 3 else rng.choice(tags)
                rows[at : at + (kind != 1)] = b"" if kind == 2 else new
            checker = Checker(package, "xl/worksheets/sheet1.xml")
            checker.feed(HEAD)
            try:
                found = Stretch(bytes(rows)).is_well_formed(checker)
            except (FileError, Irregular):
                found = False
            counts[found] += 1
            if found:
                assert parses(bytes(rows)), bytes(rows)
    assert min(counts.values()) > 300
