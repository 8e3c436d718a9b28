"""Undo of saves: what a save replaced lies beside the file, and puts the original back byte for byte.

``NAME.undo`` is a zip file. Its ``index.json`` lists the saves that can be undone, the latest last; each is known by
the SHA-256 of the file it wrote, holds the bytes of the original that the written file lacks, and says how to put the
two together. A save writes the undo data first and the file second, an undo restores the file first and drops the step
second; a step counts only where the file at hand is the one it wrote. So a crash between the two does no harm.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from cellgrad.address import column_index
from cellgrad.errors import CellgradError, FileError, WriteError
from cellgrad.hosts.changes import Change, Changes
from cellgrad.hosts.container import Package
from cellgrad.hosts.raw_zip import Segment
from cellgrad.hosts.replace import Replacement, as_write_error, real_target, sync_folder
from cellgrad.values import CellError, Value

VERSION = 1
MAX_STEPS = 20
"""How many saves in a row can be undone; older ones are dropped."""
_BLOCK = 1 << 20
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Step:
    """One save that can be undone.

    written, original: SHA-256 of the file it wrote and of the one it started from; size: of the original.
    pieces: the original in order, as (offset, length) in the written file, or (-1, length) for the next of `data`.
    data, changes: members of the undo file: those bytes, and the changed cells.
    """

    written: str
    original: str
    size: int
    pieces: list[list[int]]
    data: str
    changes: str


def undo_path(path: Path) -> Path:
    """Where the undo data of a file are."""
    return path.with_name(path.name + ".undo")


class UndoDraft:
    """The new undo data of a save under way. Use it in a `with` block.

    What undo brings back is the file that was at the target; where there was none, the workbook the save was made from.

    `commit` puts them in place; unless `keep` is called after that, leaving the block takes back what it can: old
    undo data stay as they were or were copied into the new, and where there were none there are none again.
    """

    def __init__(
        self, package: Package, target: Path, new: BinaryIO, segments: Sequence[Segment], changes: Changes
    ) -> None:
        """`new`: the finished file, still open; `segments`: how it is made up. Raises OSError."""
        self._path = undo_path(target)
        self._existed = self._path.exists()
        self._committed = self._kept = False
        with ExitStack() as stack:
            self._replacement = stack.enter_context(Replacement(self._path))
            old = _earlier_steps(target)
            stack.callback(old.close)
            before = package.file
            replaces_another = target.exists() and not target.samefile(package.path)
            if replaces_another:
                before, changes = stack.enter_context(target.open("rb")), Changes()
            original = sha256(before)
            written = sha256(new)
            size = before.seek(0, io.SEEK_END)
            pieces, literals = _recipe(() if replaces_another else segments, size)
            number = max([0, *(int(step.data.split(".")[0]) for step in old.steps)]) + 1
            step = Step(written, original, size, pieces, f"{number}.bin", f"{number}.json")
            kept = old.steps[-MAX_STEPS + 1 :]
            with _new_archive(self._replacement.file) as archive:
                old.copy(kept, archive)
                _write_literals(archive, step.data, before, literals)
                _write_member(archive, step.changes, changes.as_json())
                _write_index(archive, [*kept, step])
            self._replacement.finish()
            stack.pop_all()
        self._old = old

    def __enter__(self) -> UndoDraft:
        return self

    def commit(self) -> None:
        """Put the undo data in place; called just before the file itself is put in place. Raises OSError."""
        self._old.close()
        self._replacement.commit()
        self._committed = True

    def keep(self) -> None:
        """The file is in place too: the undo data stay."""
        self._kept = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._old.close()
        self._replacement.__exit__(kind, error, trace)
        if self._committed and not self._kept and not self._existed:
            self._path.unlink(missing_ok=True)


save_undo = UndoDraft


def undo(path: str | Path) -> list[Change]:
    """Put back, byte for byte, what the file was before the last save; returns the cells as they changed back.

    Calling it again undoes the save before that. Raises FileError where there is no such file, WriteError, having
    changed nothing, where there is nothing to undo or the file has been changed by something else since.
    """
    path = Path(path)
    if not path.exists():
        raise FileError(f"there is no file '{path}'", action="check the path")
    target = real_target(path)
    with as_write_error(path), target.open("rb") as current, _UndoFile(undo_path(target), path) as archive:
        step = archive.step_for(sha256(current))
        if step is None:
            raise WriteError(
                f"'{path}' has been changed since it was last saved from here, so undo would lose that change; "
                "nothing was done",
                action="undo the change in the program that made it, or take a backup",
            )
        changes = archive.changes(step)
        with Replacement(target) as restored:
            archive.restore(step, current, restored.file)
            restored.finish()
            current.close()
            restored.commit()
        archive.drop_from(step)
    return changes


def saved_here(path: str | Path) -> bool:
    """Whether the file is, to the last bit, what a save from here wrote: replacing it loses nobody's work."""
    try:
        target = real_target(Path(path))
        with _UndoFile(undo_path(target), target) as archive, target.open("rb") as file:
            return archive.step_for(sha256(file)) is not None
    except (WriteError, OSError):
        return False


class _UndoFile:
    """An undo file open for reading. Raises WriteError where it is missing or damaged."""

    def __init__(self, path: Path, of: Path) -> None:
        self._path, self._of = path, of
        if not path.exists():
            raise WriteError(
                f"there is nothing to undo for '{of}': no '{path.name}' lies beside it",
                action="undo works on files that were saved from here, as long as that file stays beside them",
            )
        try:
            self._archive = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise self._damaged(error) from error
        try:
            index = json.loads(self._archive.read("index.json"))
            if index["version"] != VERSION:
                raise WriteError(
                    f"'{path}' was written by another version of Cellgrad (undo format {index['version']})",
                    action="undo with that version",
                )
            self.steps = [Step(**step) for step in index["steps"]]
        except (*_DAMAGE, RecursionError) as error:
            self.close()
            raise self._damaged(error) from error
        except CellgradError:
            self.close()
            raise

    def __enter__(self) -> _UndoFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._archive.close()

    def step_for(self, written: str) -> Step | None:
        """The latest step that wrote the file of this hash."""
        return next((step for step in reversed(self.steps) if step.written == written), None)

    def changes(self, step: Step) -> list[Change]:
        """What undoing the step changes, from the written values back to the original ones."""
        try:
            return [
                Change(sheet, *_row_column(cell), _from_json(after), _from_json(before))
                for sheet, cell, before, after in json.loads(self._archive.read(step.changes))
            ]
        except (*_DAMAGE, CellgradError) as error:
            raise self._damaged(error) from error

    def restore(self, step: Step, written: BinaryIO, out: BinaryIO) -> None:
        """Put the original together. Raises WriteError where the result is not the original to the last bit."""
        digest = hashlib.sha256()
        try:
            with self._archive.open(step.data) as data:
                for offset, length in step.pieces:
                    source: Any = data
                    if offset >= 0:
                        written.seek(offset)
                        source = written
                    for block in _blocks(source, length):
                        digest.update(block)
                        out.write(block)
        except _DAMAGE as error:
            raise self._damaged(error) from error
        if digest.hexdigest() != step.original:
            raise self._damaged("the restored file does not match the original's checksum")

    def copy(self, steps: Sequence[Step], archive: zipfile.ZipFile) -> None:
        """Copy the members of these steps into another undo file."""
        for step in steps:
            for member in (step.data, step.changes):
                with self._archive.open(member) as source, _member(archive, member) as out:
                    shutil.copyfileobj(source, out, _BLOCK)

    def drop_from(self, step: Step) -> None:
        """Forget this step and all after it; with none left the undo file goes."""
        kept = self.steps[: self.steps.index(step)]
        if not kept:
            self.close()
            self._path.unlink()
            sync_folder(self._path.parent)
            return
        with Replacement(self._path) as new:
            with _new_archive(new.file) as archive:
                self.copy(kept, archive)
                _write_index(archive, kept)
            new.finish()
            self.close()
            new.commit()

    def _damaged(self, error: Exception | str) -> WriteError:
        return WriteError(
            f"'{self._path}' is damaged ({error}), so '{self._of}' cannot be undone; nothing was done",
            action="take a backup of the workbook",
        )


_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError, IndexError, NotImplementedError)


class _NoSteps:
    """Stands in for the undo data of a file that has none worth keeping."""

    steps: Sequence[Step] = ()

    def copy(self, steps: Sequence[Step], archive: zipfile.ZipFile) -> None:
        pass

    def close(self) -> None:
        pass


def _earlier_steps(target: Path) -> _UndoFile | _NoSteps:
    """The steps that led to the file now at `target`; none where it or its undo data are missing or changed."""
    if not (target.exists() and undo_path(target).exists()):
        return _NoSteps()
    try:
        found = _UndoFile(undo_path(target), target)
    except WriteError:  # useless undo data must not stand in the way of a save
        return _NoSteps()
    with target.open("rb") as file:
        step = found.step_for(sha256(file))
    if step is None:
        found.close()
        return _NoSteps()
    found.steps = found.steps[: found.steps.index(step) + 1]
    return found


def sha256(file: BinaryIO) -> str:
    """The hash of a whole open file."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _recipe(segments: Sequence[Segment], size: int) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """The original as pieces (see `Step`), and where its literal bytes stand in it as (start, end)."""
    pieces: list[list[int]] = []
    literals: list[tuple[int, int]] = []
    at = 0
    kept = sorted((s.source, s.start, s.length) for s in segments if s.source is not None)
    for source, start, length in [*kept, (size, 0, 0)]:
        if source > at:
            pieces.append([-1, source - at])
            literals.append((at, source))
        if length:
            pieces.append([start, length])
        at = source + length
    return pieces, literals


def _blocks(source: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0:
        block = source.read(min(_BLOCK, length))
        if not block:
            raise EOFError("it ends too early")
        length -= len(block)
        yield block


def _member(archive: zipfile.ZipFile, name: str) -> Any:
    """A new member: bytes of a workbook are packed already, texts are packed as far as that is quick."""
    stored = zipfile.ZipInfo(name, _TIME)
    return archive.open(stored if name.endswith(".bin") else name, "w", force_zip64=True)


def _new_archive(file: BinaryIO) -> zipfile.ZipFile:
    return zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)


def _write_member(archive: zipfile.ZipFile, name: str, texts: Iterable[str]) -> None:
    with _member(archive, name) as out:
        for text in texts:
            out.write(text.encode())


def _write_literals(archive: zipfile.ZipFile, name: str, source: BinaryIO, ranges: list[tuple[int, int]]) -> None:
    with _member(archive, name) as out:
        for start, end in ranges:
            source.seek(start)
            for block in _blocks(source, end - start):
                out.write(block)


def _write_index(archive: zipfile.ZipFile, steps: Sequence[Step]) -> None:
    _write_member(archive, "index.json", [json.dumps({"version": VERSION, "steps": [asdict(step) for step in steps]})])


def _from_json(value: Any) -> Value:
    return CellError.from_text(value["error"]) if isinstance(value, dict) else value


def _row_column(cell: str) -> tuple[int, int]:
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :]) - 1, column_index(letters)
