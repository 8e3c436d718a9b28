"""The sheet `answers`: what other solvers make of these models, beside Cellgrad, and where each figure is from."""

from __future__ import annotations

from dataclasses import dataclass

from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import heading, legend_across, note, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic import notes
from cellgrad.lessons.training import Results

SHEET = "answers"


@dataclass(frozen=True)
class Answer:
    """What a solver reached. on: the model sheet. start, seconds: None where not known. own: its data differ."""

    on: str
    solver: str
    start: float | None
    reached: float
    seconds: float | None
    source: str
    own: bool = False


LESSON = "recorded lesson, off the screen; other data"
MEASURED = "measured in LibreOffice Calc, 200 cycles; these data"
ANSWERS = (
    Answer("linear", "Excel's Solver", 1.03, 0.1, None, LESSON, own=True),
    Answer("nnet", "Excel's Solver", None, 0.08, None, LESSON, own=True),
    Answer("nnet", "Excel's Solver", None, 0.143152, None, "reported to us; version and start unknown"),
    Answer("linear", "Calc's DEPS", None, 0.1505, 122, MEASURED),
    Answer("linear", "Calc's SCO", None, 0.1506, 138, MEASURED),
    Answer("mmult", "Calc's DEPS", None, 0.1495, 148, MEASURED),
    Answer("mmult", "Calc's SCO", None, 0.1509, 170, MEASURED),
)
"""There is no Excel among our machines: its figures are quoted, and the precision is that of the source."""

OURS_AT = 4
THEIRS_AT = 11


def add_sheet(page: Page, look: Look, results: Results) -> None:
    """Add the sheet. results: what `training.train` found."""
    sheet = page.sheet
    heading(sheet, look, "Titanic: what other solvers answer", notes.ANSWERS["title"])
    legend_across(sheet, look, 1, 0)
    _ours(page, look, results)
    _theirs(page, look)
    sheet.set_column_pixels(0, 0, 84)
    sheet.set_column_pixels(1, 1, 118)
    sheet.set_column_pixels(2, 8, 100)
    sheet.set_column_pixels(9, 9, 340)
    sheet.freeze_panes(2, 0)
    set_up_page(sheet, THEIRS_AT + len(ANSWERS) + 12, 9, 2)
    sheet.fit_to_pages(1, 1)


def _ours(page: Page, look: Look, results: Results) -> None:
    """Where the three models start, what Optimize reaches, and what they hold now."""
    sheet, top = page.sheet, OURS_AT
    sheet.write_string(top - 1, 0, "Cellgrad, on the sheets of this workbook", look.bold())
    for at, word in enumerate(("sheet", "solver", "start", "reached", "seconds", "now", "gain")):
        sheet.write_string(top, at, word, look.header(Role.DATA if at < 2 else Role.LOSS))
    note(sheet, "D5", notes.ANSWERS["ours"])
    note(sheet, "E5", notes.ANSWERS["seconds"])
    note(sheet, "F5", notes.ANSWERS["now"])
    loss = look.cell(Role.LOSS, "0.000000", align="center")
    for row, (name, (start, reached)) in enumerate(results["whole"].items(), start=top + 1):
        sheet.write_string(row, 0, name, look.cell(Role.DATA))
        sheet.write_string(row, 1, "Cellgrad", look.cell(Role.DATA))
        sheet.write_number(row, 2, start, loss)
        sheet.write_number(row, 3, reached, loss)
        sheet.write_string(row, 4, "0.01" if name == "linear" else "about 1", look.cell(Role.LOSS, align="center"))
        page.formula(row, 5, f"={name}!AA1", loss)
        page.formula(row, 6, f"=1-D{row + 1}/C{row + 1}", look.cell(Role.LOSS, "0.0%", align="center"))


def _theirs(page: Page, look: Look) -> None:
    sheet, top = page.sheet, THEIRS_AT
    sheet.write_string(top - 1, 0, "Other solvers", look.bold())
    words = ("sheet", "solver", "start", "reached", "seconds", "ours", "theirs - ours", "theirs / ours", "same data")
    for at, word in enumerate(words):
        sheet.write_string(top, at, word, look.header(Role.DATA if at < 2 or at == 8 else Role.LOSS))
    sheet.write_string(top, 9, "where from", look.header(Role.DATA))
    note(sheet, f"G{top + 1}", notes.ANSWERS["difference"])
    note(sheet, f"I{top + 1}", notes.ANSWERS["same"])
    word = look.cell(Role.DATA, align="center")
    unknown = look.cell(Role.LOSS, align="center", font_color="#6B7280", italic=True)
    for row, answer in enumerate(ANSWERS, start=top + 1):
        at = row + 1
        digits = "0." + "0" * max(1, len(f"{answer.reached:g}") - 2)
        loss = look.cell(Role.LOSS, digits, align="center")
        sheet.write_string(row, 0, answer.on, look.cell(Role.DATA))
        sheet.write_string(row, 1, answer.solver, look.cell(Role.DATA))
        if answer.start is None:
            sheet.write_string(row, 2, "not known", unknown)
        else:
            sheet.write_number(row, 2, answer.start, look.cell(Role.LOSS, "0.00", align="center"))
        sheet.write_number(row, 3, answer.reached, loss)
        if answer.seconds is None:
            sheet.write_string(row, 4, "not known", unknown)
        else:
            sheet.write_number(row, 4, answer.seconds, look.cell(Role.LOSS, "0", align="center"))
        ours = f"INDEX(D$6:D$8,MATCH(A{at},A$6:A$8,0))"
        page.formula(row, 5, f"={ours}", look.cell(Role.LOSS, "0.000000", align="center"))
        sheet.write_string(row, 8, "no" if answer.own else "yes", word)
        if answer.own:
            sheet.write_string(row, 6, "no comparison", unknown)
            sheet.write_string(row, 7, "no comparison", unknown)
        else:
            page.formula(row, 6, f"=D{at}-F{at}", look.cell(Role.LOSS, "0.0000", align="center"))
            page.formula(row, 7, f"=D{at}/F{at}", look.cell(Role.LOSS, "0.000", align="center"))
        sheet.write_string(row, 9, answer.source, look.cell(Role.DATA))
    for line, text in enumerate(notes.ANSWERS_READ, start=top + len(ANSWERS) + 2):
        sheet.merge_range(line, 0, line, 9, text, look.invitation(bold=line == top + len(ANSWERS) + 2))
