"""What somebody in front of a sheet reads names buttons and menus, never the options of a command."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.sheets import book_of

import cellgrad
from cellgrad.errors import ModelError
from cellgrad.workbook import Workbook
from cellgrad.worker.work import check

PACKAGE = Path(cellgrad.__file__).parent
COMMAND = re.compile(r"(^|\s)--[a-z]|`cellgrad |NAME-optimized")
FILES_ONLY = ("cli", "checkpoints.py", "runs.py", "console.py", "answers.py", "doctor.py", "explain.py", "audit",
              "lesson", "addin", "hosts/replace.py", "hosts/undo.py", "hosts/writer.py",
              "hosts/excel_places.py")  # fmt: skip
"""Modules whose messages no open workbook gets to see."""


def test_advice_that_names_an_option_has_its_own_words_for_a_sheet() -> None:
    seen = 0
    for module in sorted(PACKAGE.rglob("*.py")):
        if module.relative_to(PACKAGE).as_posix().startswith(FILES_ONLY):
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            said = {keyword.arg: _text(keyword.value) for keyword in node.keywords}
            if COMMAND.search(said.get("action", "")):
                seen += 1
                words = said.get("sheet_action")
                assert words, f"{module.name}, line {node.lineno}: {said['action']}"
                assert not COMMAND.search(words)
    assert seen >= 4


def _text(value: ast.expr) -> str:
    """The constant parts of a text."""
    return "".join(str(part.value) for part in ast.walk(value) if isinstance(part, ast.Constant))


def test_the_two_messages_of_one_error() -> None:
    error = ModelError("it has no cells", cell="A1", action="give --changing", sheet_action="press Set changing cells")
    assert str(error) == "A1: it has no cells; give --changing"
    assert error.in_sheet() == "A1: it has no cells; press Set changing cells"
    assert ModelError("it is odd", action="mend it").in_sheet() == "it is odd; mend it"


def test_check_model_advises_the_buttons_where_there_is_no_model() -> None:
    book: Workbook = book_of({"Sheet1": {"A1": 1.0, "B1": "=A1^2"}})
    (line,) = check(book, "model.xlsx", "Sheet1")
    assert line == (
        "the sheet Sheet1 has no saved model; select the cell to minimise and press Set objective; then select the "
        "cells that may change and press Set changing cells"
    )
