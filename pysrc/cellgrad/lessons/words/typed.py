"""The sheet `try`: a message typed in, the words of it that the model knows, and the answer."""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import heading, legend_across, note, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.words import notes
from cellgrad.lessons.words.layout import CONSTANT, STEPS, as_words, has_word, step

MESSAGE = "Congratulations! You have won two free tickets. Just call now to claim your prize, or reply STOP."
TYPED = 3
"""The row of the message, from 0; the steps of cleaning follow."""
LIST_HEADER, LISTED = 11, 12
"""The header row of the words found, from 0, and how many of them are shown."""
KNOWN, AS_WORDS = "$H$13", "$B$10"
"""How many words the model knows, and the message as words."""
WIDE = 14
"""The last column of the message, from 0."""
WORKING_AT = 18
"""The first column of the working, from 0: word, in it, push, size, order."""


def draw_try(book: xlsxwriter.Workbook, page: Page, look: Look, words: list[str]) -> None:
    """The sheet try."""
    sheet = page.sheet
    hint = "Type it into the framed cell. Before Optimize every weight is 0."
    heading(sheet, look, "A message of your own", notes.TRY["title"], hint)
    _cleaning(page, look)
    _working(page, look, len(words))
    _found(page, look, len(words))
    _answer(page, look, len(words))
    _chart(book, page)
    legend_across(sheet, look, LIST_HEADER + LISTED + 2, 0, settings=True)
    try_this(sheet, look, LIST_HEADER + LISTED + 4, (0, WIDE), notes.MESSAGE_TO_TRY)
    sheet.set_column_pixels(0, 0, 100)
    sheet.set_column_pixels(1, WORKING_AT + 4, 78)
    sheet.set_column_pixels(6, 6, 110)
    sheet.freeze_panes(TYPED, 0)
    set_up_page(sheet, LIST_HEADER + LISTED + 4 + len(notes.MESSAGE_TO_TRY), WORKING_AT - 2, TYPED)
    sheet.fit_to_pages(1, 1)


def _cleaning(page: Page, look: Look) -> None:
    """The message and its way to words, one step below the other."""
    sheet = page.sheet
    framed = look.cell(Role.DATA, bg_color="#FFFFFF", border=2, border_color="#7B8794", bold=True, text_wrap=True,
                       valign="vcenter")  # fmt: skip
    sheet.write_string(TYPED, 0, "message", look.label())
    sheet.merge_range(TYPED, 1, TYPED, WIDE, MESSAGE, framed)
    sheet.set_row_pixels(TYPED, 46)
    for row, name in enumerate((*STEPS, "as words"), start=TYPED + 1):
        before = f"B{row}"
        text = step(row - TYPED - 1, before) if name != "as words" else as_words(before)
        sheet.write_string(row, 0, name, look.label())
        sheet.merge_range(row, 1, row, WIDE, "", look.cell(Role.MODEL))
        page.formula(row, 1, f"={text}", look.cell(Role.MODEL))


def _working(page: Page, look: Look, words: int) -> None:
    """Every word of the vocabulary: is it in the message, and what does it add?"""
    sheet, (word, there, push, size) = page.sheet, (xl_col_to_name(WORKING_AT + k) for k in range(4))
    for column, name in enumerate(("vocabulary", "in it", "adds", "size", "order"), start=WORKING_AT):
        sheet.write_string(LIST_HEADER, column, name, look.header(Role.MODEL))
    note(sheet, xl_rowcol_to_cell(LIST_HEADER, WORKING_AT), notes.TRY["working"])
    top, end = LIST_HEADER + 2, LIST_HEADER + 1 + words
    plain, number = look.cell(Role.MODEL, align="center"), look.cell(Role.MODEL, "0.000")
    for place in range(words):
        row, at, source = LIST_HEADER + 1 + place, LIST_HEADER + 2 + place, CONSTANT + 2 + place
        page.formula(row, WORKING_AT, f"=words!$B{source}", look.cell(Role.MODEL))
        page.formula(row, WORKING_AT + 1, f"={has_word(f'${word}{at}', AS_WORDS)}*words!$F{source}", plain)
        page.formula(row, WORKING_AT + 2, f"={there}{at}*words!$G{source}", number)
        page.formula(row, WORKING_AT + 3, f"=IF({there}{at}=1,ABS({push}{at}),-1)", number)
        ranked = f"=RANK({size}{at},{size}${top}:{size}${end})+COUNTIF({size}${top}:{size}{at},{size}{at})-1"
        page.formula(row, WORKING_AT + 4, ranked, plain)


def _found(page: Page, look: Look, words: int) -> None:
    """The words of the message that the model knows, the strongest first: A:E below LIST_HEADER."""
    sheet, top, end = page.sheet, LIST_HEADER + 2, LIST_HEADER + 1 + words
    for column, name in enumerate(("place", "found", "adds", "in spam", "in ham")):
        sheet.write_string(LIST_HEADER, column, name, look.header(Role.MODEL if column < 3 else Role.DATA))
    note(sheet, xl_rowcol_to_cell(LIST_HEADER, 1), notes.TRY["found"])
    adds, order = (f"${xl_col_to_name(WORKING_AT + k)}${top}:${xl_col_to_name(WORKING_AT + k)}${end}" for k in (2, 4))
    first, last = CONSTANT + 2, CONSTANT + 1 + words
    sources = {1: "vocabulary", 2: adds, 3: f"words!$D${first}:$D${last}", 4: f"words!$E${first}:$E${last}"}
    for place in range(1, LISTED + 1):
        row, at = LIST_HEADER + place, LIST_HEADER + place + 1
        sheet.write_number(row, 0, place, look.cell(Role.MODEL, align="center"))
        for column, source in sources.items():
            role, number_format = (Role.MODEL, "0.000") if column < 3 else (Role.DATA, "0")
            text = f'=IF($A{at}>{KNOWN},"",INDEX({source},MATCH($A{at},{order},0)))'
            style = look.cell(role, number_format, bold=column == 1, align="right" if column == 2 else "center")
            page.formula(row, column, text, style)


def _answer(page: Page, look: Look, words: int) -> None:
    """How many words, their sum, the probability and the answer: G:H beside the list."""
    sheet, top, end = page.sheet, LIST_HEADER + 2, LIST_HEADER + 1 + words
    there, adds = (f"{xl_col_to_name(WORKING_AT + k)}{top}:{xl_col_to_name(WORKING_AT + k)}{end}" for k in (1, 2))
    at = LIST_HEADER + 1
    rows = {
        "words": (f'=IF(TRIM({AS_WORDS})="",0,LEN({AS_WORDS})-LEN(SUBSTITUTE({AS_WORDS}," ",""))-1)', "0"),
        "known": (f"=SUM({there})", "0"),
        "constant": (f"=words!G{CONSTANT + 1}", "0.000"),
        "they add": (f"=SUM({adds})", "0.000"),
        "score": (f"=H{at + 2}+H{at + 3}", "0.000"),
        "p of spam": (f"=1/(1+EXP(-H{at + 4}))", "0.0%"),
        "answer": (f'=IF(H{at + 4}>0,"spam","ham")', "General"),
    }
    for row, (name, (text, number_format)) in enumerate(rows.items(), start=LIST_HEADER):
        sheet.write_string(row, 6, name, look.label())
        last = name in ("p of spam", "answer")
        strong = {"bold": True, "align": "right", "bg_color": Role.MODEL.colours.header} if last else {}
        page.formula(row, 7, text, look.cell(Role.MODEL, number_format, **strong))
        if name in notes.TRY:
            note(sheet, xl_rowcol_to_cell(row, 6), notes.TRY[name])


def _chart(book: xlsxwriter.Workbook, page: Page) -> None:
    bars, top, end = book.add_chart({"type": "bar"}), LIST_HEADER + 2, LIST_HEADER + 1 + LISTED
    bars.add_series({"name": "adds", "categories": f"=try!$B${top}:$B${end}", "values": f"=try!$C${top}:$C${end}",
                     "fill": {"color": "#8E5CC4"}, "gap": 35})  # fmt: skip
    bars.set_y_axis({"reverse": True, "label_position": "low", "name": "word"})
    bars.set_x_axis({"name": "left to ham, right to spam", "num_format": "0.0", "label_position": "high",
                     "major_gridlines": GRID})  # fmt: skip
    dress(bars, "What each word of the message adds", (380, 300))
    page.sheet.insert_chart(LIST_HEADER, 9, bars)
