"""Undo: the original file byte for byte, or nothing at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hosts.tiny_package import tiny

from cellgrad.errors import FileError, WriteError
from cellgrad.hosts import undo as undo_module
from cellgrad.hosts.package import Change, read, undo, write
from cellgrad.hosts.undo import undo_path
from cellgrad.values import CellError, Value

ROWS = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1/0</f><v>7</v></c></row>'


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tiny(tmp_path, {"Sheet1": ROWS, "My sheet": ROWS})


def edit(value: Value, sheet: str = "Sheet1") -> dict[str, dict[tuple[int, int], Value]]:
    return {sheet: {(0, 0): value}}


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_save_in_place_is_undone(book: Path) -> None:
    data = book.read_bytes()
    write(book, book, {"My sheet": {(0, 0): 5.0, (0, 1): CellError.DIV0, (4, 4): "new"}}, full_recalculation=True)
    assert book.read_bytes() != data
    assert names(book.parent) == ["tiny.xlsx", "tiny.xlsx.undo"]
    assert undo(book) == [
        Change("My sheet", 0, 0, 5.0, 1.0),
        Change("My sheet", 0, 1, CellError.DIV0, 7.0),
        Change("My sheet", 4, 4, "new", None),
    ]
    assert book.read_bytes() == data
    assert names(book.parent) == ["tiny.xlsx"]


def test_a_new_file_becomes_the_original(book: Path) -> None:
    target = book.with_name("out.xlsx")
    write(book, target, edit(5.0))
    assert undo_path(target).exists()
    undo(target)
    assert target.read_bytes() == book.read_bytes()
    assert names(book.parent) == ["out.xlsx", "tiny.xlsx"]


def test_a_chain_is_undone_step_by_step(book: Path) -> None:
    versions = [book.read_bytes()]
    for value in (2.0, 3.0, 2.0, 4.0, 2.0):  # the same contents come back in between
        write(book, book, edit(value))
        versions.append(book.read_bytes())
    assert versions[1] == versions[3] == versions[5]
    for version in reversed(versions[:-1]):
        undo(book)
        assert book.read_bytes() == version
    with pytest.raises(WriteError, match="there is nothing to undo"):
        undo(book)


def test_no_more_steps_are_kept_than_allowed(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_module, "MAX_STEPS", 3)
    for value in range(2, 9):
        write(book, book, edit(float(value)))
    with zipfile.ZipFile(undo_path(book)) as archive:
        assert len(json.loads(archive.read("index.json"))["steps"]) == 3
    for expected in (7.0, 6.0, 5.0):
        undo(book)
        assert read(book).cached("Sheet1", 0, 0) == expected
    with pytest.raises(WriteError, match="there is nothing to undo"):
        undo(book)


def test_the_index_says_what_changed(book: Path) -> None:
    write(book, book, {"My sheet": {(0, 0): True, (0, 1): CellError.NA}})
    with zipfile.ZipFile(undo_path(book)) as archive:
        index = json.loads(archive.read("index.json"))
        (step,) = index["steps"]
        assert index["version"] == 1
        assert json.loads(archive.read(step["changes"])) == [
            ["My sheet", "A1", 1.0, True],
            ["My sheet", "B1", 7.0, {"error": "#N/A"}],
        ]
        with book.open("rb") as file:
            assert step["written"] == undo_module.sha256(file)


REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    # what happened to the file or its undo data -> what undo says
    "the workbook was changed": (lambda book: book.write_bytes(book.read_bytes() + b" "), "has been changed since"),
    "the undo data are gone": (lambda book: undo_path(book).unlink(), "there is nothing to undo"),
    "the undo data are no zip": (lambda book: undo_path(book).write_bytes(b"PK rubbish"), "is damaged"),
    "the undo data are cut off": (
        lambda book: undo_path(book).write_bytes(undo_path(book).read_bytes()[:-9]),
        "damaged",
    ),
    "a byte of the original is wrong": (lambda book: flip(undo_path(book)), "is damaged"),
    "the index is no index": (lambda book: replace_index(book, []), "is damaged"),
    "the index misses a field": (lambda book: replace_index(book, {"version": 1, "steps": [{"size": 3}]}), "damaged"),
    "another version": (lambda book: replace_index(book, {"version": 99}), "another version of Cellgrad"),
    "the workbook is open": (lambda book: book.with_name("~$tiny.xlsx").touch(), "it is open in Excel"),
}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("1.bin")
    data[info.header_offset + 100] ^= 1
    path.write_bytes(bytes(data))


def replace_index(book: Path, index: object) -> None:
    with zipfile.ZipFile(undo_path(book), "w") as archive:
        archive.writestr("index.json", json.dumps(index))


@pytest.mark.parametrize("name", REFUSALS)
def test_undo_refuses_and_changes_nothing(book: Path, name: str) -> None:
    spoil, message = REFUSALS[name]
    write(book, book, edit(2.0))
    spoil(book)
    before = {p.name: p.read_bytes() for p in book.parent.iterdir()}
    with pytest.raises(WriteError, match=message) as caught:
        undo(book)
    assert caught.value.action
    assert {p.name: p.read_bytes() for p in book.parent.iterdir()} == before


def test_undo_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no file"):
        undo(tmp_path / "none.xlsx")


def test_useless_undo_data_do_not_stand_in_the_way_of_a_save(book: Path) -> None:
    data = book.read_bytes()
    undo_path(book).write_bytes(b"rubbish")
    write(book, book, edit(2.0))
    undo(book)
    assert book.read_bytes() == data


def test_a_change_from_outside_breaks_the_chain(book: Path) -> None:
    write(book, book, edit(2.0))
    book.write_bytes(book.read_bytes() + b" ")
    outside = book.read_bytes()
    write(book, book, edit(3.0))
    undo(book)
    assert book.read_bytes() == outside
    with pytest.raises(WriteError, match="there is nothing to undo"):
        undo(book)


class Crash(BaseException):
    """Stands for the power failing: no handler runs that would tidy up on disk."""


@pytest.mark.parametrize("saves_before", [0, 1])
def test_a_crash_between_undo_data_and_file(book: Path, monkeypatch: pytest.MonkeyPatch, saves_before: int) -> None:
    """The undo data are in place, the file is not: the step that was never finished does not count."""
    data = book.read_bytes()
    for _ in range(saves_before):
        write(book, book, edit(2.0))
    current = book.read_bytes()
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom cellgrad.hosts.package import write\n"
        "real = Path.replace\n"
        "def replace(self, target):\n"
        "    if not str(target).endswith('.undo'): os.kill(os.getpid(), 9)\n"
        "    return real(self, target)\n"
        "Path.replace = replace\n"
        "write(sys.argv[1], sys.argv[1], {'Sheet1': {(0, 0): 3.0}})\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(book)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert book.read_bytes() == current
    if saves_before:
        undo(book)
        assert book.read_bytes() == data
    else:
        with pytest.raises(WriteError, match="has been changed"):
            undo(book)
        write(book, book, edit(4.0))
        undo(book)
        assert book.read_bytes() == data


def test_a_crash_between_restoring_and_dropping_the_step(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [book.read_bytes()]
    for value in (2.0, 3.0):
        write(book, book, edit(value))
        versions.append(book.read_bytes())

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(undo_module._UndoFile, "drop_from", crash)
        with pytest.raises(Crash):
            undo(book)
    assert book.read_bytes() == versions[1]
    undo(book)
    assert book.read_bytes() == versions[0]


def test_a_save_that_fails_leaves_the_undo_data_usable(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = book.read_bytes()
    write(book, book, edit(2.0))
    real = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.suffix != ".undo":
            raise OSError(28, os.strerror(28))
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(WriteError, match="the disk is full"):
            write(book, book, edit(3.0))
    assert names(book.parent) == ["tiny.xlsx", "tiny.xlsx.undo"]
    undo(book)
    assert book.read_bytes() == data


def test_undo_data_stay_beside_the_real_file(book: Path, tmp_path: Path) -> None:
    data = book.read_bytes()
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link.xlsx"
    link.symlink_to(book)
    write(link, link, edit(2.0))
    assert names(folder) == ["link.xlsx"]
    assert undo_path(book).exists()
    undo(link)
    assert link.is_symlink()
    assert book.read_bytes() == data
