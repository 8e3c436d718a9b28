"""What areas hold, as text that a workbook can keep: exact to the bit whatever the program rounds, and short.

Numbers go as their bytes, the first of every number first, then the second and so on: learned numbers share their
exponents, and compress. The text is of 16,384 Chinese characters, 14 bits each: every program and file format keeps
them as they are, and Office counts characters where it limits a text.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence

import numpy as np

from cellgrad.address import parse_region
from cellgrad.errors import ArgumentError
from cellgrad.hosts.live.differences import ExactValue
from cellgrad.hosts.live.held import Held
from cellgrad.values import CellError

_FIRST, _BITS = 0x4E00, 14
_TEXT = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + (1 << _BITS) - 1)}]+")
_MOST = 1 << 28
"""Bytes of a text that has been unpacked, at most."""


def pack(held: Sequence[Held]) -> str:
    """What areas hold, as one text."""
    areas = [
        {"sheet": one.area.sheet, "cells": one.area.a1, "others": {at: code(value) for at, value in one.others.items()}}
        for one in held
    ]
    head = json.dumps(areas, ensure_ascii=True).encode()
    planes = b"".join(one.numbers.astype("<f8").view(np.uint8).reshape(-1, 8).T.tobytes() for one in held)
    data = zlib.compress(len(head).to_bytes(4, "little") + head + planes, 1)
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    padded = np.zeros((-(-len(bits) // _BITS), 16), np.uint8)
    filled = np.zeros(len(padded) * _BITS, np.uint8)
    filled[: len(bits)] = bits
    padded[:, 16 - _BITS :] = filled.reshape(-1, _BITS)
    codes = np.packbits(padded).view(">u2") + np.uint16(_FIRST)
    return codes.astype("<u2").tobytes().decode("utf-16-le")


def unpack(text: str) -> list[Held]:
    """What `pack` was given. Raises ValueError for a text that is damaged or not all there."""
    if not _TEXT.fullmatch(text):
        raise ValueError("no packed text")
    codes = np.frombuffer(text.encode("utf-16-le"), "<u2") - np.uint16(_FIRST)
    bits = np.unpackbits(codes.astype(">u2").view(np.uint8)).reshape(-1, 16)[:, 16 - _BITS :]
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(np.packbits(bits).tobytes(), _MOST)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacking.eof:
        raise ValueError("a part is missing")
    return _held(data)


def _held(data: bytes) -> list[Held]:
    start = 4 + int.from_bytes(data[:4], "little")
    found = []
    try:
        for one in json.loads(data[4:start]):
            area = parse_region(one["cells"], one["sheet"])
            others = {int(at): decode(value) for at, value in one["others"].items()}
            planes = np.frombuffer(data[start : start + 8 * area.size], np.uint8)
            numbers = np.ascontiguousarray(planes.reshape(8, area.size).T).view("<f8").reshape(area.size)
            start += 8 * area.size
            if not all(0 <= at < area.size for at in others):
                raise ValueError("a value outside its area")
            found.append(Held(area, numbers.astype(np.float64), others))
    except (ArgumentError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error
    return found


def code(value: ExactValue) -> str:
    """A value as text that no program takes for anything else.

    ``n:0x1.8p+1``, ``b:1``, ``t:text``, ``e:#N/A`` or ``blank``.
    """
    match value:
        case None:
            return "blank"
        case bool():
            return f"b:{value:d}"
        case CellError():
            return f"e:{value.text}"
        case str():
            return f"t:{value}"
    return f"n:{float(value).hex()}"


def decode(text: str) -> ExactValue:
    """The value of a code. Raises ValueError for what is none."""
    kind, mark, rest = text.partition(":")
    match kind + mark:
        case "blank":
            return None
        case "b:":
            if rest not in ("0", "1"):
                raise ValueError(text)
            return rest == "1"
        case "e:":
            try:
                return CellError.from_text(rest)
            except KeyError:
                raise ValueError(text) from None
        case "t:":
            return rest
        case "n:":
            return float.fromhex(rest)
    raise ValueError(text)
