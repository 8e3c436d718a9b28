"""What a run keeps for its undoing: areas as arrays, as text, and in Excel's custom properties; without a program."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cellgrad.address import Region
from cellgrad.hosts.live.differences import ExcelProperties
from cellgrad.hosts.live.held import Held, block_of, rectangles
from cellgrad.hosts.live.packing import code, decode, pack, unpack
from cellgrad.hosts.live.stores import InProperties
from cellgrad.values import CellError

VALUES = [
    0.1 + 0.2,
    -0.0,
    5e-324,
    1.7976931348623157e308,
    True,
    False,
    None,
    "",
    "t:x",
    "\u4e2d\U0001f600",
    CellError.NA,
]
AREAS = [
    Held.of(Region("Sheet1", 2, 1, 13, 2), [[value] for value in VALUES]),
    Held.of(Region("It's 2", 0, 0, 3, 4), np.arange(12.0).reshape(3, 4) / 7),
    Held.of(Region("blank", 0, 0, 1, 1), [[None]]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_codes_are_read_back(value: Any) -> None:
    found = decode(code(value))
    assert (type(found), code(found)) == (type(value), code(value))


@pytest.mark.parametrize("text", ["", "x", "n:one", "e:#NOPE", "b"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)


@pytest.mark.parametrize("held", [AREAS, AREAS[:1], AREAS[1:]], ids=len)
def test_areas_are_packed_to_the_bit(held: list[Held]) -> None:
    found = unpack(pack(held))
    assert [one.area for one in found] == [one.area for one in held]
    for one, other in zip(found, held, strict=True):
        assert [code(value) for row in one.rows() for value in row] == [
            code(value) for row in other.rows() for value in row
        ]


def test_learned_numbers_take_less_than_five_characters_each() -> None:
    """8 bytes are 64 bits, a character 14 of them; the exponents are alike."""
    numbers = np.random.default_rng(0).normal(size=(10_000, 1))
    assert len(pack([Held.of(Region("S", 0, 0, 10_000, 1), numbers)])) < 50_000


def test_a_damaged_text_is_told_from_a_whole_one() -> None:
    text = pack(AREAS)
    for at in range(len(text)):
        for damaged in (text[:at], text[:at] + text[at + 1 :], text[:at] + "\u5555" + text[at + 1 :], text[:at] + "x"):
            if damaged != text:
                with pytest.raises(ValueError):
                    unpack(damaged)


def test_rectangles() -> None:
    cells = dict.fromkeys([(0, 0), (1, 0), (0, 1), (1, 1), (3, 1), (5, 4)])
    assert [region.a1 for region in rectangles("S", cells)] == ["A1:B2", "B4", "E6"]
    assert rectangles("S", {}) == []


def test_rectangles_hold_every_cell_once() -> None:
    draw = np.random.default_rng(0)
    for _ in range(50):
        cells = {(int(r), int(c)): float(r + c / 10) for r, c in draw.integers(0, 7, (20, 2))}
        areas = rectangles("S", cells)
        assert sorted(cell for area in areas for cell in area.cells()) == sorted(cells)
        assert all(block_of(cells, area)[0][0] == cells[area.top, area.left] for area in areas)


# one value, another: differs to the bit, differs as saved and read again
COMPARED: list[tuple[Any, Any, bool, bool]] = [
    (1.0, 1.0, False, False),
    (0.1 + 0.2, 0.3, True, False),
    (1.0, 1.0 + 1e-12, True, True),
    (0.0, -0.0, True, False),
    (1.7e308, -1.7e308, True, True),
    (1.0, True, True, True),
    (0.0, None, True, True),
    ("x", "x", False, False),
    ("x", "y", True, True),
    (CellError.NA, CellError.NA, False, False),
    (CellError.NA, "#N/A", True, True),
]


@pytest.mark.parametrize(("a", "b", "differs", "unlike"), COMPARED, ids=repr)
def test_comparison(a: Any, b: Any, differs: bool, unlike: bool) -> None:
    area = Region("S", 0, 0, 1, 1)
    one, other = Held.of(area, [[a]]), Held.of(area, [[b]])
    assert one.differing(other).tolist() == other.differing(one).tolist() == [differs]
    assert one.unlike(other).tolist() == other.unlike(one).tolist() == [unlike]


class ExcelStandIn(dict[str, Any]):
    """Excel's DocumentProperties: iterated by property, called Add and Item."""

    def __iter__(self) -> Any:
        for name, value in list(self.items()):
            yield SimpleNamespace(Name=name, Value=value, Delete=lambda name=name: self.pop(name))

    def Item(self, name: str) -> Any:
        return next(one for one in self if one.Name == name)

    def Add(self, name: str, linked: bool, kind: int, value: str) -> None:
        assert name not in self
        assert not linked
        assert kind == 4  # msoPropertyTypeString
        self[name] = value


def test_what_calc_has_left_is_found_in_excel() -> None:
    """A workbook that Calc has saved: our texts in parts of which Office keeps each, and properties of others."""
    stand_in = ExcelStandIn({"Client": "x", "Number": 3.0, "Cellgrad undo note": "theirs"})
    store = InProperties(ExcelProperties(SimpleNamespace(api=SimpleNamespace(CustomDocumentProperties=stand_in))))  # type: ignore[arg-type]
    long = pack([Held.of(Region("S", 0, 0, 500, 1), np.random.default_rng(0).normal(size=(500, 1)))])
    store.put("before 1", long)
    store.put("after 1", "short")
    assert store.texts() == {"before 1": long, "after 1": "short"}
    assert max(len(value) for value in stand_in.values() if isinstance(value, str)) <= 255
    store.drop({"before 1", "after 1", "before 2"})
    assert dict(stand_in.items()) == {"Client": "x", "Number": 3.0, "Cellgrad undo note": "theirs"}
