"""Defined names put into a workbook part; every byte that belongs to other names stays as it is."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from cellgrad.hosts.markup import escape, from_xml, unescape
from cellgrad.hosts.sheet_markup import ATTRIBUTES, OPAQUE

TAG = re.compile(
    OPAQUE + rb"|<(?P<close>/)?(?P<name>[^\s/>]+)(?P<attributes>\s%s)?(?P<empty>/)?>" % ATTRIBUTES, re.DOTALL
)
"""A tag, or what only looks like tags inside: then `name` is None."""
_ATTRIBUTE = re.compile(r"""\s([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENCODING = re.compile(rb"""<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]+)["']""")
_BEFORE = (b"sheets", b"functionGroups", b"externalReferences")
"""What definedNames follows (ECMA-376, CT_Workbook)."""


@dataclass(frozen=True)
class _Entry:
    """A definedName element. lead: the white space before it. key: by what Excel sorts. text: None where it is not
    plain characters."""

    lead: bytes
    xml: bytes
    name: str
    sheet: int | None
    text: str | None
    hidden: bool = True

    @property
    def key(self) -> tuple[str, int]:
        """Excel sorts names without regard to case and to the prefix of its own, those of one name by sheet."""
        return self.name.lower().removeprefix("_xlnm."), -1 if self.sheet is None else self.sheet


@dataclass(frozen=True)
class _Found:
    """Where the names stand: [start, end), with the tags around them where there are any.

    prefix: of the namespace, with its colon. tail: the white space after the last name.
    """

    start: int
    end: int
    prefix: bytes
    entries: list[_Entry]
    tail: bytes = b""
    tags: tuple[bytes, bytes] | None = None


def with_names(
    xml: bytes, sheet: int, names: Sequence[tuple[str, str]], is_ours: Callable[[str], bool]
) -> bytes | None:
    """The workbook part with hidden names of one sheet, in the order in which Excel keeps names.

    sheet: the sheet's number in the workbook, from zero. names: (name, text after the ``=``); of the sheet's names for
    which `is_ours` they are all there will be. A hidden one that says the same already keeps its bytes. Returns None
    for a part where they cannot be placed.
    """
    declared = _ENCODING.match(xml.removeprefix(codecs.BOM_UTF8))
    encoding = declared[1].decode("ascii") if declared else "utf-8"
    try:
        codecs.lookup(encoding)
        found = _find(xml, encoding)
    except (LookupError, UnicodeDecodeError):
        return None
    if found is None:
        return None
    wanted = {name.lower(): (name, text) for name, text in names}
    kept: list[_Entry] = []
    for entry in found.entries:
        if entry.sheet == sheet and is_ours(entry.name):
            new = wanted.pop(entry.name.lower(), None)
            if new is None:
                continue
            if not (entry.hidden and _says(entry.text, new[1])):
                entry = _entry(*new, sheet, found.prefix, entry.lead, encoding)
        kept.append(entry)
    lead = kept[0].lead if kept and not kept[0].lead.strip() else b""
    for name, text in wanted.values():
        entry = _entry(name, text, sheet, found.prefix, lead, encoding)
        place = next((at for at, other in enumerate(kept) if other.key > entry.key), len(kept))
        kept.insert(place, entry)
    inside = b"".join(entry.lead + entry.xml for entry in kept)
    whole = found.prefix + b"definedNames"
    before, after = found.tags or (b"<%s>" % whole, b"</%s>" % whole)
    element = before + inside + found.tail + after if kept else b""
    return xml[: found.start] + element + xml[found.end :]


def _says(old: str | None, new: str) -> bool:
    """Whether a name's text means what the new one does: the same number or word, however written."""
    if old is None:
        return False
    old = old.strip().removeprefix("=").strip()
    if old == new or old.strip('"') == new.strip('"'):
        return True
    try:
        return float(old) == float(new)
    except ValueError:
        return False


def _entry(name: str, text: str, sheet: int, prefix: bytes, lead: bytes, encoding: str) -> _Entry:
    attributes = f'name={quoteattr(escape(name))} localSheetId="{sheet}" hidden="1"'
    written = f"{attributes}>{xml_escape(escape(text))}</".encode(encoding, "xmlcharrefreplace")
    tag = prefix + b"definedName"
    return _Entry(lead, b"<%s %s%s>" % (tag, written, tag), name, sheet, text)


def _find(xml: bytes, encoding: str) -> _Found | None:
    """The element of the defined names, or the place for one; None where there is none."""
    depth, place, prefix = 0, None, b""
    whole: re.Match[bytes] | None = None
    one: re.Match[bytes] | None = None
    entries: list[_Entry] = []
    at = 0
    for tag in TAG.finditer(xml):
        if tag["name"] is None:
            continue
        if tag["close"]:
            depth -= 1
        own_prefix, colon, name = tag["name"].rpartition(b":")
        if depth == 1 and name in _BEFORE and (tag["close"] or tag["empty"]):
            place, prefix = tag.end(), own_prefix + colon
        elif depth == 1 and name == b"definedNames":
            if tag["empty"]:
                return _Found(tag.start(), tag.end(), own_prefix + colon, [])
            if tag["close"] and whole is not None:
                tail = xml[at : tag.start()]
                return _Found(whole.start(), tag.end(), own_prefix + colon, entries, tail, (whole[0], tag[0]))
            whole, at = tag, tag.end()
        elif whole is not None and depth == 2 and name == b"definedName":
            one = tag if not tag["close"] else one
            if one is not None and (tag["close"] or tag["empty"]):
                text = b"" if tag["empty"] else xml[one.end() : tag.start()]
                entries.append(_read(xml[at : one.start()], xml[one.start() : tag.end()], one, text, encoding))
                at = tag.end()
        if not tag["close"] and not tag["empty"]:
            depth += 1
    return None if place is None else _Found(place, place, prefix, [])


def _read(lead: bytes, xml: bytes, opened: re.Match[bytes], text: bytes, encoding: str) -> _Entry:
    attributes = {
        match[1]: unescape(from_xml(match[2] if match[2] is not None else match[3]))
        for match in _ATTRIBUTE.finditer((opened["attributes"] or b"").decode(encoding))
    }
    scope = attributes.get("localSheetId", "").strip()
    plain = None if b"<" in text else unescape(from_xml(text.decode(encoding)))
    hidden = attributes.get("hidden", "").strip().lower() in ("1", "true", "on")
    return _Entry(lead, xml, attributes.get("name", ""), int(scope) if scope.isdecimal() else None, plain, hidden)
