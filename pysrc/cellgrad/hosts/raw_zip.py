"""A zip file rewritten with some members replaced; every other member keeps its bytes, compressed as they are."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from cellgrad.errors import WriteError
from cellgrad.hosts.container import Package

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_ZIP64_EXTRA = 1
_DESCRIPTOR, _UTF8 = 0x0008, 0x0800
_MAX = 0xFFFFFFFF
_LEVEL = 3
"""Compression of replaced members: about Excel's own choice between speed and size."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the new file. `source` is where the same bytes stand in the old file; None: they are new."""

    start: int
    length: int
    source: int | None


def rewrite(package: Package, target: BinaryIO, replaced: Mapping[str, Callable[[], Iterable[bytes]]]) -> list[Segment]:
    """Write the package to `target`, an empty seekable file, with new contents for the members named in `replaced`.

    A member whose contents come out the same keeps its bytes too. Returns how the new file is made up. Raises OSError
    from the target, WriteError for a package too large to rewrite.
    """
    source = package.file
    infos = sorted(package.zip.infolist(), key=lambda info: info.header_offset)
    directory = package.zip.start_dir
    offsets: dict[int, int] = {}
    sizes: dict[int, tuple[int, int, int]] = {}
    segments: list[Segment] = []

    def copy(start: int, end: int) -> None:
        if start == end:
            return
        segments.append(Segment(target.tell(), end - start, start))
        source.seek(start)
        while start < end:
            block = source.read(min(1 << 20, end - start))
            if not block:
                raise package.damaged("(its table of contents)", "it ends before its last member")
            target.write(block)
            start += len(block)

    copy(0, infos[0].header_offset if infos else directory)
    for info, following in zip(infos, [*(i.header_offset for i in infos[1:]), directory], strict=True):
        if following < info.header_offset + info.compress_size:
            raise package.damaged(info.filename, "it overlaps with another part")
        offsets[info.header_offset] = target.tell()
        make = replaced.get(info.filename)
        if make is None:
            copy(info.header_offset, following)
            continue
        start = target.tell()
        crc, compressed, size = _write_member(package, target, info, make())
        if (crc, size) == (info.CRC, info.file_size):  # nothing in it changed
            target.seek(start)
            target.truncate()
            copy(info.header_offset, following)
            continue
        sizes[info.header_offset] = crc, compressed, size
        segments.append(Segment(start, target.tell() - start, None))
    if not sizes:  # not a byte differs
        copy(directory, source.seek(0, io.SEEK_END))
        return segments
    start = target.tell()
    if start > _MAX:
        raise WriteError("the file would be larger than 4 GiB", action="split the workbook")
    _write_directory(package, target, offsets, sizes)
    segments.append(Segment(start, target.tell() - start, None))
    return segments


def _write_member(
    package: Package, target: BinaryIO, info: zipfile.ZipInfo, pieces: Iterable[bytes]
) -> tuple[int, int, int]:
    """One replaced member: its local header with the old name, time and flags, and its new data."""
    package.file.seek(info.header_offset)
    header = list(_LOCAL.unpack(package.file.read(_LOCAL.size)))
    name, extra = package.file.read(header[9]), package.file.read(header[10])
    extra = _without_zip64(extra)
    header[2] &= ~_DESCRIPTOR
    header[3] = zipfile.ZIP_DEFLATED
    header[10] = len(extra)
    start = target.tell()
    target.write(_LOCAL.pack(*header) + name + extra)
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc, size, data_start = 0, 0, target.tell()
    for piece in pieces:
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        target.write(compressor.compress(piece))
    target.write(compressor.flush())
    end = target.tell()
    compressed = end - data_start
    if max(size, compressed) > _MAX:
        raise WriteError(f"the part {info.filename} would be larger than 4 GiB", action="split the workbook")
    header[6:9] = [crc, compressed, size]
    target.seek(start)
    target.write(_LOCAL.pack(*header))
    target.seek(end)
    return crc, compressed, size


def _write_directory(
    package: Package, target: BinaryIO, offsets: Mapping[int, int], sizes: Mapping[int, tuple[int, int, int]]
) -> None:
    """The central directory: the old entries with new offsets, and new sizes where a member was replaced."""
    package.file.seek(package.zip.start_dir)
    start = target.tell()
    infos = package.zip.infolist()
    for info in infos:
        entry = list(_CENTRAL.unpack(package.file.read(_CENTRAL.size)))
        name, extra, comment = (package.file.read(entry[at]) for at in (10, 11, 12))
        zip64 = _MAX in (entry[8], entry[9], entry[16])
        if zip64:  # the new file is below 4 GiB, so every number fits its own field
            extra = _without_zip64(extra)
            entry[8:10] = [info.compress_size, info.file_size]
            entry[11] = len(extra)
        if info.header_offset in sizes:
            entry[3] &= ~_DESCRIPTOR
            entry[4] = zipfile.ZIP_DEFLATED
            entry[7:10] = sizes[info.header_offset]
        entry[16] = offsets[info.header_offset]
        target.write(_CENTRAL.pack(*entry) + name + extra + comment)
    length, comment = target.tell() - start, package.zip.comment
    if len(infos) >= 0xFFFF:
        raise WriteError("the file has too many parts to be rewritten", action="save it in Excel first")
    target.write(_END.pack(b"PK\5\6", 0, 0, len(infos), len(infos), length, start, len(comment)) + comment)


def _without_zip64(extra: bytes) -> bytes:
    kept, at = b"", 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind != _ZIP64_EXTRA:
            kept += extra[at : at + 4 + length]
        at += 4 + length
    return kept + extra[at:]
