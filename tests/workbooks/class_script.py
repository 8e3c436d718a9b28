"""The walk-through of workbooks/class.md as something that can be carried out: its tables read, its steps played.

A table of the walk-through stands below a heading that names the workbook; its columns are minute, sheet, do, see, ask.

    do     drag the slider until `B5` shows **100**; type **0.23** into `G10`; press **Optimize**, also **Undo**, and
           **Step** and **Start again** of quadratic.xlsm, with "3 times" after it where it is pressed more than once
    see,   `B10` = 7.3072: the number in the cell, to the digits written (percent too); several cells, several numbers:
    ask    `E5:E7` = 2.46, 1.62, 1.79; `F4` < 0.0005; `G4` > 80%; `I4` = "lives"; `I7` reads `=SUM(pull)`

In the homework, whose rows have no minute, the column sheet names the workbook too. A cell of another sheet is
written `history!H44`. Whatever else a table says is for the teacher alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.cell import range_boundaries

import cellgrad
from cellgrad.hosts import package
from cellgrad.reference import Reference
from cellgrad.values import Value
from cellgrad.workbook import CellValues

Cell = tuple[str, int, int]
"""Sheet, row and column, counted from 0."""

_CELL = r"`((?:\w+!)?[A-Z]{1,2}\d+(?::[A-Z]{1,2}\d+)?)`"
_NUMBER = r"-?\d+(?:,\d{3})*(?:\.\d+)?%?"
_ACTION = re.compile(rf"{_CELL} shows \*\*(?P<drag>[^*]+)\*\*|\*\*(?P<value>[^*]+)\*\* into {_CELL}"
                     r"|press \*\*(?P<button>[^*]+)\*\*(?: (?P<times>\d+) times)?")  # fmt: skip
_CHECK = re.compile(
    rf"{_CELL} (?:(=) ((?:{_NUMBER})(?:, {_NUMBER})*|\"[^\"]*\")|([<>]) ({_NUMBER})|(reads) `(=[^`]*)`)"
)
CELLS = re.compile(_CELL)
BUTTONS = ("Optimize", "Undo", "Step", "Start again")


@dataclass(frozen=True)
class Action:
    """Something typed into cells, or a button pressed."""

    button: str = ""
    times: int = 1
    cells: str = ""
    value: float | str = 0


@dataclass(frozen=True)
class Row:
    """A row of a table: where and when, what to do and what is then seen, as written."""

    workbook: str
    line: int
    minute: int | None
    sheet: str
    do: str
    see: str
    ask: str

    @property
    def actions(self) -> Iterator[Action]:
        """What is done, in order."""
        for found in _ACTION.finditer(self.do):
            if found["button"]:
                yield Action(button=found["button"], times=int(found["times"] or 1))
            else:
                text, cells = (found["drag"], found[1]) if found["drag"] else (found["value"], found[4])
                yield Action(cells=cells, value=float(text) if re.fullmatch(_NUMBER, text) else text)

    @property
    def checks(self) -> Iterator[tuple[str, str, str]]:
        """(cells, relation, text) of what is seen and answered, in order: relation is =, <, > or reads."""
        for found in _CHECK.finditer(f"{self.see} {self.ask}"):
            yield found[1], found[2] or found[4] or found[6], found[3] or found[5] or found[7]

    def places(self, cells: str) -> list[Cell]:
        """The cells of a name or range, in reading order."""
        sheet, _, area = cells.rpartition("!")
        left, top, right, bottom = range_boundaries(area)
        return [(sheet or self.sheet, row - 1, column - 1)
                for row in range(top, bottom + 1) for column in range(left, right + 1)]  # fmt: skip


def rows_of(document: Path) -> list[Row]:
    """Every row of every table whose heading names a workbook."""
    found, workbook = [], ""
    for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#"):
            named = re.search(r"[\w-]+\.xls[xm]", line)
            workbook = named[0] if named else "homework" if "Homework" in line else ""
        elif workbook and re.match(r"\|\s*(\d+)?\s*\|", line):
            minute, sheet, do, see, ask = (part.strip() for part in line.strip()[1:-1].split("|"))
            *own, sheet = sheet.split()
            found.append(Row(*own or [workbook], number, int(minute) if minute else None, sheet, do, see, ask))
    return found


def groups_of(rows: list[Row]) -> dict[str, list[Row]]:
    """The rows that are taken one after the other, beginning with the shipped file: those of a workbook in class, and
    each row of the homework."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        name = row.workbook if row.minute is not None else f"{row.workbook} {row.sheet}, line {row.line}"
        groups.setdefault(name, []).append(row)
    return groups


def differs(text: str, relation: str, values: list[Value]) -> bool:
    """Whether the values of cells are not what the walk-through says, to the digits that it writes."""
    if text.startswith('"'):
        return values != [text.strip('"')]
    if relation in "<>":
        return not (values[0] < number(text) if relation == "<" else values[0] > number(text))  # type: ignore[operator]
    said = text.split(", ")
    if len(said) != len(values) or not all(isinstance(value, float | int) for value in values):
        return True
    return any(abs(float(value) - number(one)) > half_a_digit(one) for one, value in zip(said, values, strict=True))  # type: ignore[arg-type]


def number(text: str) -> float:
    """A number as written, 82.3% as 0.823."""
    return float(text.strip("%").replace(",", "")) / (100 if text.endswith("%") else 1)


def half_a_digit(text: str) -> float:
    """Half a unit of the last digit written, and a hair for rounding."""
    digits = len(text.strip("%").partition(".")[2]) + (2 if text.endswith("%") else 0)
    return 0.5 * 10.0**-digits * (1 + 1e-9)


@dataclass
class Played:
    """A workbook in which the steps of the class are taken, headless: by the reference evaluator and the engine."""

    path: Path
    scratch: Path
    held: dict[Cell, Value] = field(default_factory=dict)
    """What was typed or found, by cell."""
    before: list[dict[Cell, Value]] = field(default_factory=list)
    """What Undo brings back."""

    def __post_init__(self) -> None:
        self.file = package.read(self.path)
        self._reference = Reference(self.file)

    @cached_property
    def shown(self) -> openpyxl.Workbook:
        """The shipped file by openpyxl: formulas, notes, names."""
        return openpyxl.load_workbook(self.path)

    def values(self, places: list[Cell]) -> list[Value]:
        """What cells hold."""
        return [self._reference.value(*place) for place in places]

    def formula(self, place: Cell) -> Any:
        """The formula in a cell, as Excel's formula bar shows it."""
        content = self.shown[place[0]].cell(place[1] + 1, place[2] + 1).value
        return getattr(content, "text", content)

    def take(self, row: Row, action: Action) -> None:
        """Type, or press a button."""
        if action.cells:
            self._set(dict.fromkeys(row.places(action.cells), action.value))
        for _ in range(action.times if action.button else 0):
            presses: dict[str, Callable[[str], None]] = {
                "Optimize": self._optimize, "Undo": self._undo, "Step": self._step, "Start again": self._start_again,
            }  # fmt: skip
            presses[action.button](row.sheet)

    def _set(self, values: dict[Cell, Value]) -> None:
        self.held |= values
        self._reference = Reference(self.file, dict(self.held))

    def _optimize(self, sheet: str) -> None:
        """One search from the values of the sheet, on a copy of the file that holds what was typed."""
        edits: dict[str, dict[tuple[int, int], Value]] = {}
        for (name, *place), value in self.held.items():
            edits.setdefault(name, {})[place[0], place[1]] = value
        copy = self.scratch / f"typed-{self.path.name}"
        package.write(self.path, copy, {name: CellValues.of(cells) for name, cells in edits.items()})
        model = cellgrad.open(copy).model(sheet)
        places = [self._place(cell) for cell in model.cells]
        self.before.append(dict(zip(places, self.values(places), strict=True)))
        self._set(dict(zip(places, map(float, model.optimize(starts=1).x), strict=True)))

    def _undo(self, sheet: str) -> None:
        self._set(self.before.pop())

    def _named(self, word: str) -> list[Cell]:
        """The cells of the names such as moved_a, moved_b, moved_c."""
        targets = [self.shown.defined_names[f"{word}_{weight}"].attr_text for weight in "abc"]
        return [self._place(target) for target in targets]

    @staticmethod
    def _place(target: str) -> Cell:
        sheet, _, address = target.replace("$", "").rpartition("!")
        left, top, *_ = range_boundaries(address)
        return sheet, top - 1, left - 1

    def _step(self, sheet: str) -> None:
        """What the macro behind the button does: next - by hand becomes moved, the step and the loss are noted."""
        steps, loss = (self._place(self.shown.defined_names[name].attr_text) for name in ("steps_taken", "loss"))
        top = self._place(self.shown.defined_names["recorded"].attr_text.partition(":")[0])
        moved = [a - b for a, b in zip(self.values(self._named("next")), self.values(self._named("hand")), strict=True)]  # type: ignore[operator]
        taken = int(self.values([steps])[0])  # type: ignore[arg-type]
        if not taken:
            self._set({top: self.values([loss])[0]})
        self._set(dict(zip(self._named("moved"), moved, strict=True)) | {steps: taken + 1})
        self._set({(top[0], top[1] + taken + 1, top[2]): self.values([loss])[0]})

    def _start_again(self, sheet: str) -> None:
        steps = self._place(self.shown.defined_names["steps_taken"].attr_text)
        self._set(dict.fromkeys(self._named("moved"), 0) | {steps: 0})
