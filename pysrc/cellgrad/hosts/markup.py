"""XML of the small parts: parsed by libxml2 with entities, DTDs and the network off, and namespaces put aside.

Transitional and strict workbooks differ in their namespaces alone, so elements and attributes are looked up by their
local names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree

from cellgrad.errors import FileError
from cellgrad.hosts.container import Package, resolve

Element: TypeAlias = Any
"""An lxml element; lxml ships no types."""


def parse(package: Package, part: str) -> Element:
    """The root element of a small part. Raises FileError where it is missing or not plain, well-formed XML."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(package.read(part), parser)
    except etree.XMLSyntaxError as error:
        raise package.damaged(part, error) from error
    if root.getroottree().docinfo.doctype:
        raise forbidden_dtd(package, part)
    return root


def forbidden_dtd(package: Package, part: str) -> FileError:
    """The error for a part with a DTD, which no workbook has and through which entities would come in."""
    return FileError(
        f"'{package.path}': the part {part} declares a document type, which no workbook may",
        action="do not open this file unless you know where it comes from",
    )


def local(name: str) -> str:
    """'{namespace}row' -> 'row'."""
    return name.rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """The child elements of this local name."""
    for child in element:
        if isinstance(child.tag, str) and local(child.tag) == name:
            yield child


def child(element: Element, name: str) -> Element | None:
    """The first child element of this local name, or None."""
    return next(children(element, name), None)


def relation_id(element: Element) -> str | None:
    """The value of the element's `r:id`, whatever its prefix."""
    for key, value in element.attrib.items():
        if key.startswith("{") and local(key) == "id" and "relationships" in key:
            return value
    return None


def flag(element: Element | None, name: str, default: bool = False) -> bool:
    """A boolean attribute: '1', 'true' and 'on' are true."""
    value = None if element is None else element.get(name)
    return default if value is None else value.strip().lower() in ("1", "true", "on")


class Relationships:
    """The relationships of one part, in file order."""

    def __init__(self, package: Package, source: str) -> None:
        """`source`: a part's name, or '' for the package itself. A part without relationships has none."""
        folder, _, name = source.rpartition("/")
        part = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        self.package, self.source = package, source
        self.found: list[tuple[str, str, str, bool]] = []
        if part not in package:
            return
        for item in children(parse(package, part), "Relationship"):
            kind = item.get("Type", "").rpartition("/")[2]
            external = item.get("TargetMode", "").lower() == "external"
            target = item.get("Target", "")
            self.found.append((item.get("Id", ""), kind, target if external else resolve(source, target), external))

    def target(self, identifier: str | None) -> tuple[str, str]:
        """(kind, part name or external address) of a relationship. Raises FileError where there is none."""
        for found, kind, target, _ in self.found:
            if found == identifier:
                return kind, target
        source = self.source or "the package"
        raise self.package.damaged(source, f"it names a relationship {identifier!r} that does not exist")

    def of_kind(self, kind: str) -> list[str]:
        """The targets of every relationship of a kind: the last word of its type, such as 'table'."""
        return [target for _, found, target, _ in self.found if found == kind]


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES = re.compile("[\ud800-\udfff]+")


def unescape(text: str) -> str:
    """Excel's own escapes in text, undone: '_x000D_' is a carriage return (ECMA-376 ST_Xstring)."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return _SURROGATES.sub(lambda match: match[0].encode("utf-16", "surrogatepass").decode("utf-16", "replace"), text)


def escape(text: str) -> str:
    """Text as Excel writes it: what XML cannot hold, and what would read as an escape, escaped."""
    text = _ESCAPE.sub(lambda match: "_x005F" + match[0], text)
    return _NOT_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


_NOT_XML = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\r\ud800-\udfff\ufffe\uffff]")


_ENTITY = re.compile(r"&(?:#([0-9]+)|#x([0-9A-Fa-f]+)|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def from_xml(text: str) -> str:
    """Character data cut out of well-formed XML without a DTD, its references resolved."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    if match[3]:
        return _NAMED[match[3]]
    return chr(int(match[1])) if match[1] else chr(int(match[2], 16))
