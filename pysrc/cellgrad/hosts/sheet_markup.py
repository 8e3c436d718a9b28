"""A sheet's XML as bytes: checked by a conforming parser, cut at row ends, and lexed without building a tree.

What reaches the patterns below is well-formed, for expat has read it or its tags have been proven to be the usual ones
(`cell_tags`): a ``<`` starts a tag, a comment, a CDATA section or a processing instruction, and nothing else, and
quotes in tags are balanced. That is what makes regular expressions exact here (shallow parsing, R. Cameron, "REX: XML
Shallow Parsing with Regular Expressions", 1998).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from lxml import etree

from cellgrad.errors import FileError
from cellgrad.hosts.container import Package
from cellgrad.hosts.markup import forbidden_dtd

MAIN_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
CHUNK_BYTES = 4 << 20
MAX_ROW_BYTES = 64 << 20
"""The XML of one row, or of all that stands before or after the rows."""

OPAQUE = rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
ATTRIBUTES = rb"""(?:[^>"'/]|"[^"]*"|'[^']*'|/(?!>))*+"""


class Irregular(Exception):  # noqa: N818 - not an error: it says which reader to use
    """The part is laid out in a way that only the slower reader, element by element, takes."""


class Checker:
    """Feeds a part to expat and notes what the byte patterns need to know.

    prefix: the main namespace's prefix in this sheet as bytes with its colon, or b"".
    encoding: as declared, lower case.
    opaque: a comment, CDATA section or processing instruction has been met, in a sheet among the rows or after them.
    irregular: the main namespace goes by more than one prefix, or the encoding does not extend ASCII.
    """

    def __init__(self, package: Package, part: str, root: str = "worksheet") -> None:
        self._package, self._part, self._expected_root = package, part, root
        self.prefix = b""
        self.encoding = "utf-8"
        self.opaque = self.irregular = False
        self._begun = False
        self._allowed: set[bytes] = set()
        self._bound: dict[str | None, str] = {}
        self._in_root = False
        parser = self._parser = expat.ParserCreate(namespace_separator=" ")
        parser.namespace_prefixes = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.CommentHandler = self._note_opaque
        parser.ProcessingInstructionHandler = self._note_opaque
        parser.StartCdataSectionHandler = self._note_opaque
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartElementHandler = self._root

    def feed(self, data: bytes, last: bool = False) -> None:
        """Check the next bytes. Raises FileError where they are not well-formed."""
        if not self._begun and data[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
            self.irregular = True
        self._begun |= bool(data)
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:  # its own words name a place among the bytes it was fed, not in the part
            raise self._package.damaged(self._part, expat.ErrorString(error.code)) from error

    def allow(self, elements: Iterable[bytes]) -> None:
        """Check elements that stand for many alike, each once. Raises FileError where they are not well-formed here."""
        for element in set(elements) - self._allowed:
            self.feed(element)
            self._allowed.add(element)

    @property
    def is_plain(self) -> bool:
        """Whether patterns for unprefixed names in UTF-8 text hold for what has been fed so far."""
        return not (self.irregular or self.prefix or self.opaque) and self.encoding in ("utf-8", "us-ascii")

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        self.encoding = (encoding or "utf-8").lower()
        self.irregular |= self.encoding.startswith("utf-16")

    def _doctype(self, *_: object) -> None:
        raise forbidden_dtd(self._package, self._part)

    def _note_opaque(self, *_: object) -> None:
        self.opaque = True

    def _namespace(self, prefix: str | None, uri: str) -> None:
        if self._in_root:
            main = [key for key, value in self._bound.items() if value in MAIN_NAMESPACES]
            self.irregular |= uri in MAIN_NAMESPACES or prefix in main
        else:
            self._bound[prefix] = uri

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        self._in_root = True
        self._parser.StartElementHandler = None
        namespace, _, rest = name.partition(" ")
        tag, _, prefix = rest.partition(" ")
        if namespace not in MAIN_NAMESPACES or tag != self._expected_root:
            why = f"its root element is not <{self._expected_root}> but <{rest or name}>"
            raise self._package.damaged(self._part, why)
        self.prefix = prefix.encode() + b":" if prefix else b""
        self.irregular |= sum(uri in MAIN_NAMESPACES for uri in self._bound.values()) > 1


class Patterns:
    """The patterns of one sheet: for its namespace prefix, and with or without opaque pieces among the rows."""

    def __init__(self, prefix: bytes, opaque: bool) -> None:
        p = re.escape(prefix)
        self.row_close, self.data_close = b"</" + prefix + b"row>", b"</" + prefix + b"sheetData"
        inside = (lambda tag: rb"(?:%s|(?!</%s%s[\s>]).)*+" % (OPAQUE, p, tag)) if opaque else lambda tag: rb".*?"

        def element(tag: bytes) -> bytes:
            return rb"<%s%s(?P<attributes>\s%s)?(?:/>|>(?P<body>%s)</%s%s\s*>)" % (
                p, tag, ATTRIBUTES, inside(tag), p, tag,
            )  # fmt: skip

        def compiled(pattern: bytes) -> re.Pattern[bytes]:
            return re.compile(OPAQUE + b"|" + pattern if opaque else pattern, re.DOTALL)

        self.sheet_data = re.compile(
            OPAQUE + rb"|(?P<tag><%ssheetData(?:\s%s)?(?P<empty>/)?>)" % (p, ATTRIBUTES), re.DOTALL
        )
        self.row_ends = re.compile(
            OPAQUE
            + rb"|(?P<cut><!|<\?)|(?P<end></%ssheetData\s*>)|(?P<row></%srow\s*>|<%srow(?:\s%s)?/>)"
            % (p, p, p, ATTRIBUTES),
            re.DOTALL,
        )
        self.row = compiled(element(b"row"))
        self.cell = compiled(element(b"c"))
        self.part = compiled(
            rb"(?P<element>%s)"
            % b"|".join(
                rb"<%s%s(?P<%s>\s%s)?(?:/>|>(?P<%s_body>%s)</%s%s\s*>)" % (p, t, t, ATTRIBUTES, t, inside(t), p, t)
                for t in (b"f", b"v", b"is")
            )
        )


def is_opaque(match: re.Match[bytes]) -> bool:
    """Whether a pattern matched a comment, CDATA section or processing instruction instead of an element."""
    return match[0].startswith((b"<!", b"<?"))


_PLAIN_VALUE = re.compile(rb"<(?:[^\s<>&/:]+:)?v>([!-%'-;=-~ ]*)</[^<]*>")


def value_text(element: bytes, encoding: str) -> str | None:
    """The text of a `v` or `is` element cut out of well-formed XML; None for an empty `v`."""
    plain = _PLAIN_VALUE.fullmatch(element)
    if plain is not None:
        return plain[1].decode("ascii") or None
    parser = etree.XMLParser(
        encoding=encoding, recover=True, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(element, parser)  # `recover`: the fragment's prefixes are declared further up
    if root.tag.rpartition(":")[2] == "v":
        return root.text
    texts = (t for t in root.iter() if t.tag.rpartition(":")[2] == "t")
    return "".join(t.text or "" for t in texts if t.getparent().tag.rpartition(":")[2] != "rPh")


def sections(stream: BinaryIO, checker: Checker, too_long: Callable[[], FileError]) -> Iterator[tuple[str, bytes]]:
    """The sheet in order, in pieces that join to the original bytes, each checked before it is handed out but for rows:
    whoever takes rows feeds them to the checker before asking for more, unless it knows that they are well-formed.

    ('head', everything up to and with <sheetData>), ('rows', whole rows) any number of times, ('tail', </sheetData> and
    the rest); or ('head', ...), ('empty', <sheetData/>), ('tail', ...); or ('head', everything) without sheet data.
    """
    buffer, fed, state = b"", 0, "head"
    patterns: Patterns | None = None
    while True:
        data = stream.read(CHUNK_BYTES)
        buffer += data
        if state == "head":
            found, fed = _feed_head(buffer, fed, checker, last=not data)
            if found is not None:
                patterns, empty = Patterns(checker.prefix, opaque=True), bool(found["empty"])
                yield "head", buffer[: found.start() if empty else found.end()]
                if empty:
                    yield "empty", found[0]
                state, buffer = "tail" if empty else "rows", buffer[found.end() :]
                checker.opaque = False
        if state == "rows":
            assert patterns is not None
            checker.opaque = checker.opaque or _holds(buffer, b"<!") or _holds(buffer, b"<?")
            cut, ended = _last_row_end(buffer, patterns, checker.opaque)
            if cut:
                yield "rows", buffer[:cut]
            state, buffer = "tail" if ended else "rows", buffer[cut:]
        if state == "tail" or not data:
            if state != "head":
                checker.feed(buffer, last=not data)
            yield ("head" if state == "head" else "tail"), buffer
            buffer = b""
        if not data:
            return
        if len(buffer) > MAX_ROW_BYTES:
            raise too_long()


def _holds(buffer: bytes, pair: bytes) -> bool:
    return pair[1:] in buffer and pair in buffer  # to look for one letter takes a tenth of the time


def _feed_head(buffer: bytes, fed: int, checker: Checker, last: bool) -> tuple[re.Match[bytes] | None, int]:
    """Feed the checker up to the tag <sheetData>, or what there is of the head: that tag, and how much is fed now."""
    while (at := buffer.find(b"sheetData", fed)) >= 0 and (end := buffer.find(b">", at) + 1) > 0:
        checker.feed(buffer[fed:end])
        fed = end
        matches = Patterns(checker.prefix, opaque=True).sheet_data.finditer(buffer[:fed])
        found = next((match for match in matches if match["tag"]), None)
        if found is not None:
            checker.irregular |= found.end() != fed  # a '>' in an attribute: the rows cannot be told apart so
            return found, fed
    until = len(buffer) if last else max(fed, buffer.rfind(b"<"))  # not into a tag that may be this one
    checker.feed(buffer[fed:until], last)
    return None, until


def _last_row_end(buffer: bytes, patterns: Patterns, opaque: bool) -> tuple[int, bool]:
    """Where the last whole row of the buffer ends, and whether the sheet data end after it."""
    if not opaque:
        end = buffer.find(patterns.data_close)
        if end >= 0:
            return end, True
        at = buffer.rfind(patterns.row_close)
        return (at + len(patterns.row_close), False) if at >= 0 else (0, False)
    cut = 0
    for match in patterns.row_ends.finditer(buffer):
        if match["end"]:
            return match.start(), True
        if match["cut"]:
            break
        if match["row"]:
            cut = match.end()
    return cut, False
