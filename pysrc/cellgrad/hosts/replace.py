"""Replacing a file at once or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from cellgrad.errors import WriteError

_CAUSES = {
    errno.ENOSPC: ("the disk is full", "free some space or write to another disk"),
    errno.EDQUOT: ("your disk quota is used up", "free some space or write to another disk"),
    errno.EFBIG: ("the file would be larger than the disk or a limit allows", "write to another disk"),
    errno.EACCES: ("no permission to write there", "change the permissions, or give another file with --out"),
    errno.EPERM: ("no permission to write there", "change the permissions, or give another file with --out"),
    errno.EROFS: ("the disk is read-only", "give another file with --out"),
    errno.ENOENT: ("its folder does not exist", "create the folder first"),
    errno.ENOTDIR: ("its folder does not exist", "create the folder first"),
    errno.EISDIR: ("it is a folder", "give a file name"),
    errno.ENAMETOOLONG: ("its name is too long", "give a shorter one"),
    errno.ELOOP: ("its links lead in a circle", "give another file with --out"),
    errno.EBUSY: ("another program has it open", "close it there and try again"),
    errno.ETXTBSY: ("another program has it open", "close it there and try again"),
}


def write_error(path: Path, error: OSError) -> WriteError:
    """The WriteError for an OSError met while writing `path`."""
    cause, action = _CAUSES.get(error.errno or 0, (error.strerror or str(error), "give another file with --out"))
    return WriteError(f"'{path}' was not written: {cause}", action=action)


@contextmanager
def as_write_error(path: Path) -> Iterator[None]:
    """Turns an OSError inside into the WriteError for `path`."""
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


def real_target(path: Path) -> Path:
    """Where the bytes of `path` really are: links are followed, so that a link stays a link.

    Raises WriteError where it is a folder, may not be written, or is open in a spreadsheet program.
    """
    with as_write_error(path):
        target = Path(os.path.realpath(path))
        if target.is_symlink():
            raise OSError(errno.ELOOP, "too many links")
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "no permission")
    for lock in (target.with_name(f"~${target.name}"), target.with_name(f".~lock.{target.name}#")):
        if lock.exists():
            raise WriteError(
                f"'{path}' was not written: it is open in Excel or LibreOffice (there is a '{lock.name}' beside it)",
                action="close it there, or delete that file if no program has the workbook open",
            )
    return target


def require_writable(path: Path) -> None:
    """Raises WriteError where a file cannot be written to `path`; asked before time is spent on what goes into it."""
    folder = real_target(path).parent
    with as_write_error(path):
        if not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, "no such folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "no permission")


class Replacement:
    """A new file beside `target` that takes its place on `commit`, and vanishes if that never comes.

    Use it in a `with` block. The new file has the target's permissions, or a new file's where there is no target.
    """

    def __init__(self, target: Path) -> None:
        """Raises OSError where the file cannot be made."""
        self.target = target
        self._temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
        handle = os.open(self._temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        self.file: BinaryIO = os.fdopen(handle, "w+b")

    def __enter__(self) -> Replacement:
        return self

    def finish(self) -> None:
        """Bring the new file's bytes to the disk. Raises OSError where that fails."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if self.target.exists():
            shutil.copymode(self.target, self._temporary)
            self._copy_owner()

    def _copy_owner(self) -> None:
        old, chown = self.target.stat(), getattr(os, "chown", None)
        new = self._temporary.stat()
        if chown is not None and (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            with contextlib.suppress(PermissionError):  # only root may give files away; the bytes matter more
                chown(self._temporary, old.st_uid, old.st_gid)

    def commit(self) -> None:
        """Put the finished file in the target's place. Raises OSError where that fails."""
        self._temporary.replace(self.target)
        sync_folder(self.target.parent)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # closing flushes, which fails again on a full disk
            self.file.close()
        with contextlib.suppress(FileNotFoundError):
            self._temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)
