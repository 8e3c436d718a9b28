"""The shared strings of a workbook: texts that cells name by number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, cast

import numpy as np
from lxml import etree

from cellgrad.errors import FileError
from cellgrad.hosts.container import Package
from cellgrad.hosts.markup import Element, forbidden_dtd, from_xml, local, unescape
from cellgrad.hosts.sheet_markup import CHUNK_BYTES, MAX_ROW_BYTES, Checker, Irregular
from cellgrad.values import Strings

MAX_STRINGS = 20_000_000
MAX_CHARACTERS = 1 << 30


def read_strings(package: Package, part: str | None, strings: Strings) -> np.ndarray:
    """The shared strings: element i is the index in `strings` of shared string i. Raises FileError when damaged.

    Rich text is joined; phonetic guides (rPh) are no part of the text.
    """
    if part is None:
        return np.empty(0, np.int64)
    try:
        return _indexes(package, _lex(package, part), strings)
    except Irregular:
        return _indexes(package, _walk(package, part), strings)


def _indexes(package: Package, texts: Iterator[str], strings: Strings) -> np.ndarray:
    indexes: list[int] = []
    size = 0
    for text in texts:
        size += len(text)
        if size > MAX_CHARACTERS or len(indexes) >= MAX_STRINGS:
            raise FileError(
                f"'{package.path}' holds more text than can be read", action="split the workbook into smaller ones"
            )
        indexes.append(strings.intern(unescape(text)))
    return np.array(indexes, np.int64)


_ITEM = re.compile(rb'<si>\s*(?:<t(?: xml:space="preserve")?>([^<]*)</t>|<t\s*/>)?\s*</si>|<si\s*/>')
"""A string without runs, phonetic guides or anything else."""


def _lex(package: Package, part: str) -> Iterator[str]:
    """The texts of a part of usual layout: checked by expat, cut out by a pattern. Raises Irregular for any other."""
    checker = Checker(package, part, "sst")
    buffer = b""
    with package.open(part) as stream:
        while True:
            data = stream.read(CHUNK_BYTES)
            checker.feed(data, last=not data)
            if not checker.is_plain:
                raise Irregular
            buffer += data
            cut = buffer.rfind(b"</si>") + 5 if data else len(buffer)
            if cut > 4:
                yield from _texts(buffer[:cut])
                buffer = buffer[cut:]
            if not data:
                return
            if len(buffer) > MAX_ROW_BYTES:
                raise package.damaged(part, "one string is too long")


def _texts(xml: bytes) -> Iterator[str]:
    """The texts of a stretch of whole strings."""
    found = _ITEM.findall(xml)
    if len(found) == xml.count(b"<si"):
        texts = b"\0".join(found).decode().replace("\r\n", "\n").replace("\r", "\n").split("\0") if found else []
        yield from map(from_xml, texts)
        return
    start = xml.index(b"<si")  # the part's head, or its foot after the last string, may stand around them
    end = xml.rindex(b">", 0, xml.rfind(b"</sst") if b"</sst" in xml else len(xml)) + 1
    parser = etree.XMLParser(  # `recover`: prefixes are declared in the part's head
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True
    )
    for item in etree.fromstring(b"<sst>" + xml[start:end] + b"</sst>", parser):
        if item.tag == "si":
            yield _joined(item)


def _joined(item: Element) -> str:
    """The text of a string's runs, without its phonetic guides."""
    texts = (part for part in item.iter() if local(part.tag) == "t")
    return "".join(text.text or "" for text in texts if local(text.getparent().tag) != "rPh")


def _walk(package: Package, part: str) -> Iterator[str]:
    """The texts of any part, through libxml2's tree."""
    with package.open(part) as stream:
        try:
            events = etree.iterparse(
                cast(BinaryIO, stream),
                events=("end",),
                tag="{*}si",
                resolve_entities=False,
                load_dtd=False,
                no_network=True,
                remove_comments=True,
                remove_pis=True,
            )
            for _, item in events:
                yield _joined(item)
                item.clear(keep_tail=False)
                while item.getprevious() is not None:
                    del item.getparent()[0]
        except etree.XMLSyntaxError as error:
            raise package.damaged(part, error) from error
        if events.root is not None and events.root.getroottree().docinfo.doctype:
            raise forbidden_dtd(package, part)
