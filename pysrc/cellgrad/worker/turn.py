"""One run at a time in a workbook, whichever processes the presses of buttons come from.

A turn is a lock on a small file in the user's own folder. The system gives it back when its process ends, however that
happens, so a crash never leaves a workbook that refuses to run. A wish to stop is a second file beside it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

from cellgrad.errors import RunError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def _folder() -> Path:
    folder = Path.home() / ".cellgrad" / "runs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def run_file(book: str, suffix: str) -> Path:
    """The file of this kind that belongs to a workbook; `book` as in `Turn`."""
    mark = hashlib.sha256(book.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return _folder() / f"{mark}{suffix}"


class Turn:
    """The right to run in a workbook, held inside the `with` block.

    book: what tells the workbook from every other open one, such as its full path. Entering raises RunError while
    another run has it.
    """

    def __init__(self, book: str) -> None:
        self._name = Path(book).name
        self._lock_file = run_file(book, ".run")
        self._stop_file = run_file(book, ".stop")
        self._held: IO[bytes] | None = None

    def __enter__(self) -> Turn:
        self._held = self._try()
        if self._held is None:
            raise RunError(
                f"a run is under way in '{self._name}'", action="wait for its end, or press Stop, and press again"
            )
        self._stop_file.unlink(missing_ok=True)  # meant for an earlier run
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._held is not None:
            self._stop_file.unlink(missing_ok=True)
            self._held.close()
            self._held = None

    @property
    def stop_asked(self) -> bool:
        """Whether somebody has asked this run to stop."""
        return self._stop_file.exists()

    @property
    def is_taken(self) -> bool:
        """Whether a run is under way."""
        free = self._try()
        if free is not None:
            free.close()
        return free is None

    def ask_to_stop(self) -> bool:
        """Ask the run that has the turn to stop; False where none is under way."""
        if not self.is_taken:
            return False
        self._stop_file.touch()
        return True

    def _try(self) -> IO[bytes] | None:
        """The lock, or None while somebody else has it. The file stays: removing it would let two runs in."""
        stream = os.fdopen(os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            if sys.platform == "win32":
                msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            stream.close()
            return None
        return stream


def ask_to_stop(book: str) -> bool:
    """Ask the run in a workbook, in whichever process, to stop; False where none is under way."""
    return Turn(book).ask_to_stop()
