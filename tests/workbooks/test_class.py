"""workbooks/class.md, the walk-through of an hour in class: each step taken on the shipped files, each figure seen."""

from __future__ import annotations

import itertools
import re
import shutil
from pathlib import Path

import pytest
from tests.commands import run
from tests.workbooks.class_script import BUTTONS, CELLS, Played, Row, differs, groups_of, rows_of

WORKBOOKS = Path(__file__).parents[2] / "workbooks"
DOCUMENT = WORKBOOKS / "class.md"
ROWS = rows_of(DOCUMENT)
GROUPS = groups_of(ROWS)
TEXT = DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GROUPS)
def test_every_step_shows_what_the_page_says(name: str, tmp_path: Path) -> None:
    """The steps of a workbook, one after the other, from the file as shipped."""
    rows = GROUPS[name]
    played = Played(WORKBOOKS / rows[0].workbook, tmp_path)
    wrong: list[object] = []
    for row in rows:
        for action in row.actions:
            played.take(row, action)
        for cells, relation, text in row.checks:
            places = row.places(cells)
            found = [played.formula(place) for place in places] if relation == "reads" else played.values(places)
            if found != [text] if relation == "reads" else differs(text, relation, found):
                wrong.append((row.line, cells, relation, text, found))
        for cells in CELLS.findall(row.do + row.see + row.ask):
            if not any(value is not None for value in played.values(row.places(cells))):
                wrong.append((row.line, cells, "is empty"))
        for cells in re.findall(r"notes? on ((?:`[A-Z]+\d+`(?:, | and )?)+)", row.do):
            for sheet, at, column in (place for cell in CELLS.findall(cells) for place in row.places(cell)):
                if played.shown[sheet].cell(at + 1, column + 1).comment is None:
                    wrong.append((row.line, sheet, at, column, "has no note"))
    assert not wrong


def test_the_tables_are_read_whole() -> None:
    """Nothing in bold among what to do is left undone, and no number among what is seen is left unchecked."""
    assert [name for name in GROUPS if " " not in name] == [
        "quadratic.xlsm", "learning-rate.xlsx", "relu.xlsm", "matmul.xlsx", "titanic.xlsx", "words.xlsx",
    ]  # fmt: skip
    for row in ROWS:
        assert row.do.count("**") == 2 * len(list(row.actions)), row
        assert all(not action.button or action.button in BUTTONS for action in row.actions), row
        assert len(re.findall(r"` (?:=|<|>|reads) ", row.see + row.ask)) == len(list(row.checks)), row
        assert row.see, row


def test_the_minutes_of_the_hour() -> None:
    """They run on from 2 to 54, each file within its minutes of the plan, the last of which leaves five to spare."""
    minutes = [row.minute for row in ROWS if row.minute is not None]
    assert minutes == sorted(minutes) and (minutes[0], minutes[-1]) == (2, 54)
    plan = [(int(a), int(b)) for a, b in re.findall(r"^\| (\d+) to (\d+) \|", TEXT, re.MULTILINE)]
    assert plan[0][0] == 0 and plan[-1] == (55, 60)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(plan))
    named = dict(zip(re.findall(r"^\| \d+ to \d+ \| `([\w.-]+)`", TEXT, re.MULTILINE), plan[1:-1], strict=True))
    headings = {
        name: (int(a), int(b)) for a, b, name in re.findall(r"^## (\d+) to (\d+): ([\w-]+\.\w+)", TEXT, re.MULTILINE)
    }
    assert headings == named
    for row in ROWS:
        if row.minute is not None:
            assert named[row.workbook][0] <= row.minute < named[row.workbook][1], row


def test_the_page_is_linked_and_names_files_that_are_there() -> None:
    assert "(class.md)" in (WORKBOOKS / "README.md").read_text(encoding="utf-8")
    assert "(workbooks/class.md)" in (WORKBOOKS.parent / "README.md").read_text(encoding="utf-8")
    names = {name for name in re.findall(r"[\w-]+\.xls[xm]", TEXT) if not re.match("my|mine|NAME", name)}
    assert all((WORKBOOKS / name).is_file() for name in names)


def test_its_commands_are_commands() -> None:
    """Every command line of the page names a command, and options, that there are."""
    lines = [line.split() for line in re.findall(r"`cellgrad ([^`]+)`", TEXT)]
    assert {line[0] for line in lines} == {"addin", "doctor", "optimize", "step"}
    for line in lines:
        words = line[: 2 if line[0] == "addin" else 1]
        shown = run(*words, "--help")
        assert shown.code == 0, line
        assert all(option in shown.out for option in line if option.startswith("--")), line


def test_four_steps_in_a_terminal_are_four_presses(tmp_path: Path) -> None:
    """The command of the page, and the loss that it says for minute 10."""
    [line] = [line.split() for line in re.findall(r"`cellgrad (step [^`]+ --steps 4)`", TEXT)]
    line[1] = str(shutil.copy(WORKBOOKS / line[1], tmp_path))
    [answer] = run(*line, "--json").json
    [text] = re.findall(r"^\| 10 \|.*`B10` = ([\d.]+)", TEXT, re.MULTILINE)
    assert not differs(text, "=", [answer["objective"]["after"]])


def played_row(do: str = "", see: str = "") -> Row:
    return Row("matmul.xlsx", 0, None, "product", do, see, "")


@pytest.mark.parametrize(
    ("see", "values", "wrong"),
    [
        ("`A1` = 0.4320", [0.43204], False),
        ("`A1` = 0.4320", [0.43206], True),
        ("`A1` = 79.8%", [0.79775], False),
        ("`A1` = 79.8%", [0.79], True),
        ("`A1` = 3,136", [3135.95], False),
        ("`A1:B1` = 77, 3", [77.0, 3.0], False),
        ("`A1:B1` = 77, 3", [77.0, 4.0], True),
        ("`A1` < 0.0005", [0.0006], True),
        ("`A1` > 79%", [0.8], False),
        ('`A1` = "dies"', ["lives"], True),
        ("`A1` = 1", [None], True),
    ],
)
def test_a_wrong_figure_is_seen(see: str, values: list[object], wrong: bool) -> None:
    [(_, relation, text)] = played_row(see=see).checks
    assert differs(text, relation, values) == wrong


def test_what_is_done_is_read() -> None:
    row = played_row("until `B5` shows **40**, type **a b** into `C1`, press **Step** 3 times and press **Undo**")
    assert [(a.cells, a.value, a.button, a.times) for a in row.actions] == [
        ("B5", 40.0, "", 1), ("C1", "a b", "", 1), ("", 0, "Step", 3), ("", 0, "Undo", 1),
    ]  # fmt: skip
