"""The index: which workbook to open when, what each brings and reaches, and the words they use.

Sheets: `lessons` (a workbook a row, with what is new, time, and what its main model comes to), `models` (every saved
model of every workbook) and `words` (the colours and a glossary). What it says of a workbook is read from it, so it is
built last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from cellgrad.errors import FileError
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.index.contents import COLOURS, FILES, GLOSSARY, LESSONS, NOTES, TRAINED, WAYS
from cellgrad.lessons.index.shipped import Model, Shipped, read_shipped
from cellgrad.lessons.sheet_parts import heading, legend, legend_across, note, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import read_results
from cellgrad.solver_models import SolverModel

HEADER, FIRST = 3, 4
"""The header row of each sheet's table and the first row below it, from 0."""
LINE = 20
"""Pixels of a line of text."""
MOST = 8
"""Sheets of a workbook named in its row; of one with many more the rest are counted."""


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path`, from the workbooks beside it or, where one is not there, beside `data`.

    Raises FileError where the results of training or a workbook cannot be read.
    """
    results = read_results(data, "index")
    begun: dict[str, dict[str, float]] = {name: {} for name in FILES}
    for (name, sheet), key in TRAINED.items():
        begun[name][sheet] = read_results(data, Path(name).stem)[key]
    found = {name: read_shipped(_place(name, path, data), results.get(name, {}), begun[name]) for name in FILES}
    return write(path, "The lessons in their order", partial(_draw, found))


def _place(name: str, path: Path, data: Path) -> Path:
    """Where a workbook is: in a build they are made side by side."""
    for folder in (path.parent, data.parent):
        if (folder / name).is_file():
            return folder / name
    raise FileError(f"the index is about {name}, and {data.parent / name} is missing", action="build that first")


def _draw(found: Mapping[str, Shipped], book: xlsxwriter.Workbook, values: Values) -> Mapping[str, SolverModel]:
    look = Look(book)
    order, models, words = (Page(book, name, values) for name in ("lessons", "models", "words"))
    _lessons(order, look, found)
    _models(models, look, found)
    _words(words, look)
    book.define_name("minutes", f"=lessons!$D${FIRST + 1}:$D${FIRST + len(LESSONS)}")
    return {}


def _headers(page: Page, look: Look, headers: Mapping[str, tuple[Role, str]]) -> None:
    """The header row: each word with its role and the key of its note, '' for none."""
    for column, (word, (role, key)) in enumerate(headers.items()):
        page.sheet.write_string(HEADER, column, word, look.header(role))
        if key:
            note(page.sheet, xl_rowcol_to_cell(HEADER, column), NOTES[key])


def _link(page: Page, look: Look, row: int, column: int, file: str, sheet: str = "") -> None:
    """A relative link to a workbook, to one of its sheets where one is given."""
    target = f"external:{file}#'{sheet}'!A1" if sheet else f"external:{file}"
    style = look.cell(Role.DATA, bold=True, font_color="#1D5FA8", underline=1, valign="vcenter", indent=1)
    page.sheet.write_url(row, column, target, style, sheet or file)


def _lessons(page: Page, look: Look, found: Mapping[str, Shipped]) -> None:
    sheet = page.sheet
    hint = "Open one, read its notes, change what is framed, press Optimize."
    heading(sheet, look, "The lessons, in their order", NOTES["title"], hint)
    _headers(page, look, {
        "workbook": (Role.DATA, "workbook"), "what is new in it": (Role.DATA, ""), "sheets": (Role.DATA, ""),
        "minutes": (Role.DATA, "minutes"), "begins at": (Role.MODEL, ""), "its model": (Role.DATA, "models"),
        "parameters": (Role.PARAMETER, "changing"), "at first": (Role.LOSS, "before"),
        "optimised": (Role.LOSS, "after"), "of it left": (Role.MODEL, "left"),
    })  # fmt: skip
    text = look.cell(Role.DATA, text_wrap=True, valign="vcenter", indent=1)
    number = look.cell(Role.DATA, "0", align="center", valign="vcenter")
    minute = look.cell(Role.MODEL, "0", align="center", valign="vcenter")
    for row, lesson in enumerate(LESSONS, start=FIRST):
        shipped = found[lesson.file]
        _link(page, look, row, 0, lesson.file)
        if lesson.twin:
            more = [name for name in found[lesson.twin].sheets if name not in shipped.sheets]
            note(sheet, xl_rowcol_to_cell(row, 0), f"{lesson.twin} is the same with buttons, and with {more[0]}.")
        sheet.write_string(row, 1, lesson.new, text)
        names = _some(shipped.sheets)
        sheet.write_string(row, 2, names, text)
        sheet.write_number(row, 3, lesson.minutes, number)
        page.formula(row, 4, f"=E{row}+D{row}" if row > FIRST else "=0", minute)
        _link(page, look, row, 5, lesson.file, lesson.sheet)
        _comes_to(page, look, row, 6, shipped.models[lesson.sheet])
        lines = max(1 + len(lesson.new) // 66, 1 + len(names) // 32)
        sheet.set_row_pixels(row, LINE * lines)
    last = FIRST + len(LESSONS)
    sheet.write_string(last, 2, "altogether", look.label())
    page.formula(last, 3, "=SUM(minutes)", look.cell(Role.MODEL, "0", bold=True, align="center"))
    legend_across(sheet, look, 0, 4, settings=True)
    sheet.write_string(last + 2, 0, "Four ways to optimise", look.bold())
    for row, (where, how) in enumerate(WAYS.items(), start=last + 3):
        sheet.write_string(row, 0, where, look.text())
        sheet.write_string(row, 1, how, look.text())
    for column, width in enumerate((150, 420, 220, 66, 76, 92, 88, 88, 88, 76)):
        sheet.set_column_pixels(column, column, width)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, last + 6, 9, FIRST)


def _some(names: Sequence[str]) -> str:
    """The names, the first of them where they are many."""
    if len(names) <= MOST + 1:
        return ", ".join(names)
    return f"{', '.join(names[:MOST])} and {len(names) - MOST} more"


def _comes_to(page: Page, look: Look, row: int, column: int, model: Model) -> None:
    """A model's number of parameters, its objective before and after, and the share; blank where that is not known."""
    count = look.cell(Role.PARAMETER, "#,##0", align="center", valign="vcenter")
    objective = look.cell(Role.LOSS, "#,##0" if abs(model.before) >= 1000 else "0.0000", valign="vcenter")
    share = look.cell(Role.MODEL, "0.0%", align="center", valign="vcenter")
    page.sheet.write_number(row, column, model.changing, count)
    page.sheet.write_number(row, column + 1, model.before, objective)
    if model.after is None:
        page.sheet.write_blank(row, column + 2, None, objective)
        page.sheet.write_blank(row, column + 3, None, share)
    else:
        page.sheet.write_number(row, column + 2, model.after, objective)
        before, after = (xl_rowcol_to_cell(row, column + at) for at in (1, 2))
        page.formula(row, column + 3, f"={after}/{before}", share)


def _models(page: Page, look: Look, found: Mapping[str, Shipped]) -> None:
    sheet = page.sheet
    hint = "An objective cell, the cells that may change, and where Optimize ends."
    heading(sheet, look, "Every model in the workbooks", NOTES["models"], hint)
    _headers(page, look, {
        "workbook": (Role.DATA, ""), "sheet": (Role.DATA, ""), "goal": (Role.DATA, "goal"),
        "objective": (Role.LOSS, "objective"), "parameters": (Role.PARAMETER, "changing"),
        "at first": (Role.LOSS, "before"), "optimised": (Role.LOSS, "after"), "of it left": (Role.MODEL, "left"),
    })  # fmt: skip
    row = FIRST
    told: set[tuple[str, str]] = set()
    for file in FILES:
        for model in found[file].models.values():
            stem = Path(file).stem
            if (stem, model.sheet) in told:  # the workbook with buttons has the models of the one without
                continue
            told.add((stem, model.sheet))
            _link(page, look, row, 0, file)
            _link(page, look, row, 1, file, model.sheet)
            sheet.write_string(row, 2, model.goal, look.cell(Role.DATA, align="center", valign="vcenter"))
            cell = model.objective.split("!")[-1]
            sheet.write_string(row, 3, cell, look.cell(Role.LOSS, align="center", valign="vcenter"))
            _comes_to(page, look, row, 4, model)
            row += 1
    legend_across(sheet, look, 0, 2, settings=True)
    for column, width in enumerate((150, 110, 66, 88, 88, 92, 92, 84)):
        sheet.set_column_pixels(column, column, width)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, row - 1, 7, FIRST)


def _words(page: Page, look: Look) -> None:
    sheet = page.sheet
    heading(sheet, look, "Colours and words", NOTES["words"], "What the workbooks call things.")
    _headers(
        page, look, {"word": (Role.DATA, ""), "what it means": (Role.DATA, ""), "first met in": (Role.DATA, "words")}
    )
    for row, (word, meaning, file) in enumerate(GLOSSARY, start=FIRST):
        sheet.write_string(row, 0, word, look.cell(Role.DATA, bold=True, indent=1))
        sheet.write_string(row, 1, meaning, look.cell(Role.DATA, indent=1))
        _link(page, look, row, 2, file)
    legend(sheet, look, HEADER, 4, COLOURS, settings=True)
    note(sheet, xl_rowcol_to_cell(HEADER, 4), NOTES["colours"])
    sheet.write_string(HEADER + 7, 4, "red corner", look.caption("center"))
    sheet.write_string(HEADER + 7, 5, "a note: rest the pointer on the cell", look.text())
    for column, width in enumerate((150, 540, 150, 30, 80, 300)):
        sheet.set_column_pixels(column, column, width)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, FIRST + len(GLOSSARY), 5, FIRST)
