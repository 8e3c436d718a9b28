"""Opening a workbook file as a zip package, trusting nothing in it.

Everything that is no readable package ends here in one `FileError` that says what the file is and what to do about
it. Decompression is bounded while it streams, whatever the headers claim.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from cellgrad.errors import FileError

MAX_PARTS = 100_000
MAX_TOTAL_BYTES = 6 << 30
"""All parts read of one package together: some 3 million rows of 27 columns."""
MAX_RATIO = 250
"""Decompressed bytes for one compressed byte, once a part is beyond `RATIO_FREE_BYTES`. Real sheets reach 60."""
RATIO_FREE_BYTES = 32 << 20
MAX_SMALL_PART_BYTES = 256 << 20
"""A part that is held in memory whole: workbook, relationships, tables."""

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_OLD_BIFF = tuple(bytes([9, version]) for version in (0, 2, 4, 8))
_DAMAGED = "open it in the program that made it and save it again, or take a backup"
_SAVE_AS = "open it in Excel or LibreOffice and save it as .xlsx or .xlsm"


class PartStream(io.RawIOBase):
    """One part, decompressed as it is read; raises FileError at the first sign of damage or of a bomb."""

    def __init__(self, package: Package, info: zipfile.ZipInfo) -> None:
        self._package = package
        self._info = info
        self._read = 0
        try:
            self._file = package.zip.open(info)
        except _DAMAGE as error:
            raise package.damaged(info.filename, error) from error
        except NotImplementedError as error:
            raise FileError(
                f"'{package.path}': the part {info.filename} is compressed in a way that is not supported ({error})",
                action=_SAVE_AS,
            ) from error
        except RuntimeError as error:  # zipfile's word for an encrypted member
            raise FileError(
                f"'{package.path}' is an encrypted zip", action="remove the encryption and open it again"
            ) from error

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        try:
            data = self._file.read(size)
        except _DAMAGE as error:
            raise self._package.damaged(self._info.filename, error) from error
        self._read += len(data)
        self._package.count(self._info, self._read, len(data))
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, zipfile.LargeZipFile)


class Package:
    """An open zip package: parts by name, names compared without regard to case as the format has it."""

    def __init__(self, path: Path) -> None:
        """Raises FileError for anything that is not a readable zip package."""
        self.path = path
        self.file = _open(path)
        try:
            _refuse_other_formats(path, self.file)
            try:
                self.zip = zipfile.ZipFile(self.file)
            except (*_DAMAGE, NotImplementedError) as error:
                raise FileError(
                    f"'{path}' is damaged: it starts like a workbook but its table of contents cannot be read "
                    f"({error}); the file may be cut off",
                    action=_DAMAGED,
                ) from error
            if len(self.zip.infolist()) > MAX_PARTS:
                raise FileError(f"'{path}' holds more than {MAX_PARTS} parts: no workbook does", action=_DAMAGED)
            self._parts = {_part_key(info.filename): info for info in self.zip.infolist()}
            self._total = 0
        except BaseException:
            self.file.close()
            raise

    def __enter__(self) -> Package:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.zip.close()
        self.file.close()

    def __contains__(self, part: str) -> bool:
        return _part_key(part) in self._parts

    def info(self, part: str) -> zipfile.ZipInfo:
        """The zip entry of a part. Raises FileError where there is none."""
        found = self._parts.get(_part_key(part))
        if found is None:
            raise FileError(f"'{self.path}' is damaged: its part {part} is missing", action=_DAMAGED)
        return found

    def open(self, part: str) -> PartStream:
        """A part as a stream. Raises FileError where it is missing."""
        return PartStream(self, self.info(part))

    def read(self, part: str) -> bytes:
        """A small part as bytes. Raises FileError where it is missing, damaged or too large."""
        with self.open(part) as stream:
            data = stream.read(MAX_SMALL_PART_BYTES + 1)
        if len(data) > MAX_SMALL_PART_BYTES:
            raise FileError(f"'{self.path}': the part {part} is too large to be what it claims", action=_DAMAGED)
        return data

    def count(self, info: zipfile.ZipInfo, part_bytes: int, new_bytes: int) -> None:
        """Note decompressed bytes; raises FileError when they are out of all proportion."""
        self._total += new_bytes
        if part_bytes > RATIO_FREE_BYTES and part_bytes > MAX_RATIO * max(1, info.compress_size):
            raise FileError(
                f"'{self.path}': the part {info.filename} decompresses to more than {MAX_RATIO} times its size, "
                "as in a zip bomb; it was not read further",
                action="do not open this file unless you know where it comes from",
            )
        if self._total > MAX_TOTAL_BYTES:
            raise FileError(
                f"'{self.path}' decompresses to more than {MAX_TOTAL_BYTES >> 30} GiB; it was not read further",
                action="split the workbook into smaller ones",
            )

    def damaged(self, part: str, error: Exception | str) -> FileError:
        """The error for a part that cannot be read."""
        return FileError(f"'{self.path}' is damaged: its part {part} cannot be read ({error})", action=_DAMAGED)


def resolve(source: str, target: str) -> str:
    """A relationship's target, absolute or relative to the part `source`, as a part name."""
    target = target.replace("\\", "/")
    joined = target if target.startswith("/") else posixpath.join("/", posixpath.dirname(source), target)
    return posixpath.normpath(joined).lstrip("/")


def _part_key(name: str) -> str:
    return posixpath.normpath("/" + name.replace("\\", "/")).lstrip("/").casefold()


def _open(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise FileError(f"'{path}' is a folder", action="name a workbook file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise FileError(f"there is no file '{path}'", action="check the path") from error
    except PermissionError as error:
        raise FileError(f"no permission to read '{path}'", action="change its permissions or copy it") from error
    except OSError as error:
        raise FileError(f"'{path}' cannot be opened: {error.strerror or error}", action="check the path") from error
    except ValueError as error:  # a zero byte in the path
        raise FileError(f"{str(path)!r} is not a file name", action="check the path") from error


def _refuse_other_formats(path: Path, file: BinaryIO) -> None:
    """Raise the FileError that names what the file is, unless it may be a zip. Leaves the file at its start."""
    try:
        head = file.read(4096)
        if head.startswith(_OLE):
            encrypted = "EncryptedPackage".encode("utf-16-le") in head + file.read(8 << 20)
            if encrypted:
                raise FileError(
                    f"'{path}' is protected with a password to open",
                    action="remove the password in Excel (File, Info, Protect Workbook, Encrypt with Password)",
                )
            raise FileError(f"'{path}' is an old .xls workbook (Excel 97-2003)", action=_SAVE_AS)
        file.seek(0)
    except OSError as error:
        raise FileError(f"'{path}' cannot be read: {error.strerror or error}", action="check the disk") from error
    if not head:
        raise FileError(f"'{path}' is empty", action=_DAMAGED)
    if head.startswith(_OLD_BIFF):
        raise FileError(f"'{path}' is an old .xls workbook (Excel 95 or older)", action=_SAVE_AS)
    if not head.startswith(b"PK"):
        raise FileError(f"'{path}' is not an Excel workbook: it is not a zip package", action=_SAVE_AS)
