"""The sheets that list the messages: `messages`, the data and its cleaning, and `counts`, messages by words."""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import header_row, heading, legend, note, set_up_page
from cellgrad.lessons.style import INK, Look, Role
from cellgrad.lessons.words import notes
from cellgrad.lessons.words.layout import CONSTANT, FIRST, HEADER, INPUT_AT, STEPS, as_words, has_word, step
from cellgrad.lessons.words.messages import PARTS, Message

TEXT_AT, WORDS_AT, STEPS_AT = 3, 4, 5
SHOWN, PRINTED = 24, 36
"""So many characters of a message stand on the sheet counts, and so many of its words fit a page that can be read."""


def draw_messages(page: Page, look: Look, messages: list[Message]) -> None:
    """The sheet messages."""
    sheet = page.sheet
    hint = "How do you tell spam from ham? On the sheet words a model learns it."
    heading(sheet, look, f"{len(messages)} messages that people got", notes.MESSAGES["title"], hint)
    legend(sheet, look, 2, 0)
    for row, line in enumerate(notes.ABOUT, start=2):
        sheet.write_string(row, TEXT_AT, line, look.caption())
    for row, line in enumerate(notes.CLEANING, start=2):
        sheet.write_string(row, WORDS_AT, line, look.caption())
    headers = dict.fromkeys(("number", "kind", "train", "text"), Role.DATA)
    headers |= dict.fromkeys(("as words", *STEPS), Role.MODEL)
    header_row(sheet, look, HEADER, headers.items(), notes.MESSAGES)
    short = look.cell(Role.DATA, align="center", valign="vcenter")
    long, model = (look.cell(role, text_wrap=True, valign="vcenter") for role in (Role.DATA, Role.MODEL))
    for row, (kind, text) in enumerate(messages, start=FIRST):
        sheet.write_number(row, 0, row - FIRST + 1, short)
        sheet.write_string(row, 1, kind, short)
        page.formula(row, 2, f"=IF(MOD(A{row + 1},{PARTS})=hold_out,0,1)", short)
        sheet.write_string(row, TEXT_AT, text, long)
        page.formula(row, WORDS_AT, f"={as_words(xl_rowcol_to_cell(row, STEPS_AT + len(STEPS) - 1))}", model)
        for number in range(len(STEPS)):
            before = STEPS_AT + number - 1 if number else TEXT_AT
            page.formula(row, STEPS_AT + number, f"={step(number, xl_rowcol_to_cell(row, before))}", model)
        sheet.set_row_pixels(row, 40)
    sheet.set_column_pixels(0, 2, 62)
    sheet.set_column_pixels(TEXT_AT, STEPS_AT + len(STEPS) - 1, 560)
    sheet.freeze_panes(FIRST, 2)
    set_up_page(sheet, FIRST + len(messages) - 1, WORDS_AT, FIRST)


def draw_counts(book: xlsxwriter.Workbook, page: Page, look: Look, messages: list[Message], words: list[str]) -> None:
    """The sheet counts."""
    sheet, first_word, end = page.sheet, INPUT_AT + 1, INPUT_AT + len(words)
    hint = "The score of a message: the weights above its ones, added up."
    heading(sheet, look, "Which message has which word", notes.COUNTS["title"], hint)
    for row, (label, text, style) in enumerate(
        [("loss", "=loss", look.result(Role.LOSS, "0.000000")),
         ("held out", "=words!$F$5", look.result(Role.MODEL, "0.0%"))], start=2):  # fmt: skip
        sheet.write_string(row, 3, label, look.label())
        page.formula(row, 4, text, style)
    note(sheet, "D3", notes.COUNTS["loss"])
    legend(sheet, look, 0, 6)
    _headers(page, look, words)
    for row in range(FIRST, FIRST + len(messages)):
        _message(page, look, row, end)
    marked = book.add_format({"bg_color": Role.MODEL.colours.header, "font_color": INK, "bold": True})
    sheet.conditional_format(FIRST, first_word, FIRST + len(messages) - 1, end, {
        "type": "cell", "criteria": "==", "value": 1, "format": marked})  # fmt: skip
    sheet.conditional_format(FIRST, 9, FIRST + len(messages) - 1, 9, {
        "type": "cell", "criteria": "==", "value": 0, "format": look.broken()})  # fmt: skip
    sheet.conditional_format(FIRST, 5, FIRST + len(messages) - 1, 5, {
        "type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1,
        "min_color": "#FFFFFF", "max_color": Role.MODEL.colours.header})  # fmt: skip
    for columns, pixels in {(0, 2): 58, (3, 3): 186, (4, 9): 66, (8, 8): 100, (10, 10): 68}.items():
        sheet.set_column_pixels(*columns, pixels)
    sheet.set_column_pixels(first_word, end, 27)
    sheet.freeze_panes(FIRST, 4)
    set_up_page(sheet, FIRST + len(messages) - 1, INPUT_AT + PRINTED, FIRST)
    sheet.set_row_pixels(HEADER - 1, 46)
    sheet.set_row_pixels(HEADER, 76)


def _headers(page: Page, look: Look, words: list[str]) -> None:
    sheet = page.sheet
    headers = dict.fromkeys(("number", "kind", "train", "message"), Role.DATA)
    headers |= dict.fromkeys(("score", "p of spam", "answer", "for truth"), Role.MODEL)
    headers |= {"cross-entropy": Role.LOSS, "right": Role.MODEL, "constant": Role.DATA}
    header_row(sheet, look, HEADER, headers.items(), notes.COUNTS)
    sheet.write_string(HEADER - 1, INPUT_AT - 1, "weight", look.label())
    note(sheet, xl_rowcol_to_cell(HEADER - 1, INPUT_AT - 1), notes.COUNTS["weight"])
    weight = look.cell(Role.MODEL, "0.00", font_size=9, rotation=90, align="center", valign="bottom")
    header = look.cell(Role.MODEL, bg_color=Role.MODEL.colours.header, bold=True, rotation=90, align="center",
                       valign="bottom")  # fmt: skip
    for place in range(len(words) + 1):
        page.formula(HEADER - 1, INPUT_AT + place, f"=words!$G${CONSTANT + 1 + place}", weight)
        if place:
            page.formula(HEADER, INPUT_AT + place, f"=words!$B${CONSTANT + 1 + place}", header)
    note(sheet, xl_rowcol_to_cell(HEADER, INPUT_AT + 1), notes.COUNTS["first word"])


def _message(page: Page, look: Look, row: int, end: int) -> None:
    """One message, `row` from 0; the words run to the column `end`."""
    at, last = row + 1, xl_col_to_name(end)
    centred, model = look.cell(Role.DATA, align="center"), look.cell(Role.MODEL, "0.000")
    for column, source in enumerate("ABC"):
        page.formula(row, column, f"=messages!{source}{at}", centred)
    page.formula(row, 3, f'=LEFT(messages!D{at},{SHOWN})&"…"', look.cell(Role.DATA))
    page.formula(row, 4, f"=SUMPRODUCT($K{at}:${last}{at},$K${HEADER}:${last}${HEADER})", model)
    page.formula(row, 5, f"=1/(1+EXP(-E{at}))", model)
    page.formula(row, 6, f'=IF(E{at}>0,"spam","ham")', look.cell(Role.MODEL, align="center"))
    page.formula(row, 7, f'=IF(B{at}="spam",E{at},-E{at})', model)
    safe = f"=IF(H{at}>0,LN(1+EXP(-H{at})),LN(1+EXP(H{at}))-H{at})"
    page.formula(row, 8, safe, look.cell(Role.LOSS, "0.000"))
    page.formula(row, 9, f"=IF(G{at}=B{at},1,0)", look.cell(Role.MODEL, align="center"))
    page.sheet.write_number(row, INPUT_AT, 1, centred)
    one = look.cell(Role.MODEL, font_size=9, align="center", bg_color="#FFFFFF", font_color="#C4CAD1")
    for column in range(INPUT_AT + 1, end + 1):
        word = f"{xl_col_to_name(column)}${HEADER + 1}"
        page.formula(row, column, f"={has_word(word, f'messages!$E{at}')}", one)
