"""The sheet `words`: a weight a word, the settings, the loss, and the words that push most."""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.style import FAINT, Look, Role
from cellgrad.lessons.words import notes
from cellgrad.lessons.words.layout import CONSTANT, WORD_HEADER
from cellgrad.lessons.words.messages import AT_LEAST, KINDS, PARTS

PENALTY, HOLD_OUT = 0.01, 0
REACHED = {"training": 130 / 134, "held out": 58 / 66, "guessing": 0.5, "loss": 0.329968386615}
"""Where Optimize ends, with the shipped settings; a test finds it another way."""
LISTED = 10
"""So many words a side are listed."""
TO_SPAM, TO_HAM = "#D9772E", "#2F7DC0"


def draw_words(book: xlsxwriter.Workbook, page: Page, look: Look, words: list[str]) -> None:
    """The sheet words."""
    sheet = page.sheet
    hint = "Press Optimize, then type a message of your own on the sheet try."
    heading(sheet, look, "Spam or ham? A weight for every word", notes.WORDS["title"], hint)
    _settings(page, look)
    _shares(page, look)
    _confusion(page, look)
    legend_across(sheet, look, 6, 9, settings=True)
    _vocabulary(book, page, look, words)
    _list(page, look, len(words))
    _chart(book, page)
    try_this(sheet, look, CONSTANT + 2 * LISTED + 1, (9, 14), notes.WORDS_TO_TRY, rows_each=2)
    for column, pixels in enumerate((32, 80, 68, 58, 66, 68, 76, 50, 8, 58, 76, 70, 60, 58, 58)):
        sheet.set_column_pixels(column, column, pixels)
    sheet.freeze_panes(WORD_HEADER + 1, 0)
    set_up_page(sheet, CONSTANT + len(words), 18, WORD_HEADER + 1)


def _settings(page: Page, look: Look) -> None:
    sheet = page.sheet
    for row, word in enumerate(("loss", "penalty", "hold out", "at least"), start=2):
        sheet.write_string(row, 1, word, look.label())
        note(sheet, xl_rowcol_to_cell(row, 1), notes.WORDS[word])
    text = "=SUMPRODUCT(train,cross_entropy)/SUM(train)+penalty*SUMSQ(weights)"
    page.formula(2, 2, text, look.result(Role.LOSS, "0.000000"))
    sheet.write_number(3, 2, PENALTY, look.setting("0.0000"))
    numbers_only(sheet, (3, 2, 3, 2), 0, 1000)
    sheet.write_number(4, 2, HOLD_OUT, look.setting("0"))
    sheet.data_validation(4, 2, 4, 2, {"validate": "list", "source": [str(part) for part in range(PARTS)]})
    sheet.write_number(5, 2, AT_LEAST, look.setting("0"))
    numbers_only(sheet, (5, 2, 5, 2), 1, 200, whole=True)


def _shares(page: Page, look: Look) -> None:
    """Shares of right answers and the loss, now and at the best: E3:G7."""
    sheet = page.sheet
    for column, word in enumerate(("right", "now", "optimised"), start=4):
        sheet.write_string(2, column, word, look.header(Role.MODEL))
    note(sheet, "G3", notes.WORDS["optimised"])
    held = {kind: f'SUMPRODUCT((1-train)*(kind="{kind}"))' for kind in KINDS}
    rows = {
        "training": "SUMPRODUCT(train,is_right)/SUM(train)",
        "held out": "SUMPRODUCT(1-train,is_right)/SUMPRODUCT(1-train)",
        "guessing": f"MAX({','.join(held.values())})/SUMPRODUCT(1-train)",
        "loss": "loss",
    }
    for row, (word, text) in enumerate(rows.items(), start=3):
        role, number_format = (Role.LOSS, "0.000000") if word == "loss" else (Role.MODEL, "0.0%")
        sheet.write_string(row, 4, word, look.cell(role))
        if word in notes.WORDS and word != "loss":
            note(sheet, xl_rowcol_to_cell(row, 4), notes.WORDS[word])
        page.formula(row, 5, f"={text}", look.cell(role, number_format, bold=True))
        sheet.write_number(row, 6, REACHED[word], look.cell(role, number_format))


def _confusion(page: Page, look: Look) -> None:
    """What the held-out messages are and what they were told to be: J3:L5."""
    sheet = page.sheet
    sheet.write_string(2, 9, "held out", look.header(Role.DATA))
    note(sheet, "J3", notes.WORDS["confusion"])
    for place, kind in enumerate(KINDS):
        sheet.write_string(2, 10 + place, f"told {kind}", look.header(Role.MODEL))
        sheet.write_string(3 + place, 9, kind, look.cell(Role.DATA, align="center"))
        for column, told in enumerate(KINDS, start=10):
            text = f'=SUMPRODUCT((1-train)*(kind="{kind}")*(answer="{told}"))'
            page.formula(3 + place, column, text, look.cell(Role.MODEL, "0", align="center"))


def _vocabulary(book: xlsxwriter.Workbook, page: Page, look: Look, words: list[str]) -> None:
    """The table of words, the constant above them."""
    sheet = page.sheet
    headers = {"no.": Role.DATA, "word": Role.DATA, "weight": Role.PARAMETER, "in spam": Role.DATA, "in ham": Role.DATA,
               "used": Role.DATA, "push": Role.MODEL, "order": Role.MODEL}  # fmt: skip
    header_row(sheet, look, WORD_HEADER, headers.items(), notes.WORDS)
    count, push = look.cell(Role.DATA, "0", align="center"), look.cell(Role.MODEL, "0.000")
    top, end = CONSTANT + 2, CONSTANT + 1 + len(words)
    for row, word in enumerate(("(always)", *words), start=CONSTANT):
        at = row + 1
        sheet.write_number(row, 0, row - CONSTANT, count)
        sheet.write_string(row, 1, word, look.cell(Role.DATA, bold=True))
        sheet.write_number(row, 2, 0, look.parameter())
        for column, kind in ((3, "spam"), (4, "ham")):
            has = "" if row == CONSTANT else f"*INDEX(present,0,$A{at})"
            page.formula(row, column, f'=SUMPRODUCT(train*(kind="{kind}"){has})', count)
        page.formula(row, 5, f"=IF(D{at}+E{at}>=at_least,1,0)", count)
        page.formula(row, 6, f"=C{at}*F{at}", push)
        if row > CONSTANT:
            order = f"=RANK(G{at},G${top}:G${end})+COUNTIF(G${top}:G{at},G{at})-1"
            page.formula(row, 7, order, look.cell(Role.MODEL, "0", align="center"))
    unused = book.add_format({"font_color": FAINT, "italic": True, "bold": False})
    sheet.conditional_format(CONSTANT, 1, end - 1, 1, {
        "type": "formula", "criteria": f"=$F{CONSTANT + 1}=0", "format": unused})  # fmt: skip


def _list(page: Page, look: Look, words: int) -> None:
    """The words that push most, those to spam first, those to ham last."""
    sheet = page.sheet
    headers = {"place": Role.MODEL, "list": Role.MODEL, "to spam": Role.MODEL, "to ham": Role.MODEL,
               "in spam": Role.DATA, "in ham": Role.DATA}  # fmt: skip
    for column, (word, role) in enumerate(headers.items(), start=9):
        sheet.write_string(WORD_HEADER, column, "word" if word == "list" else word, look.header(role))
    note(sheet, xl_rowcol_to_cell(WORD_HEADER, 10), notes.WORDS["list"])
    places = [*range(1, LISTED + 1), *range(words - LISTED + 1, words + 1)]
    count, push = look.cell(Role.MODEL, "0", align="center"), look.cell(Role.MODEL, "0.000")
    top, end = CONSTANT + 2, CONSTANT + 1 + words
    for row, place in enumerate(places, start=CONSTANT):
        found = f"MATCH($J{row + 1},push_order,0)"
        sheet.write_number(row, 9, place, count)
        page.formula(row, 10, f"=INDEX(vocabulary,{found})", look.cell(Role.MODEL, bold=True))
        page.formula(row, 11, f"=MAX(0,INDEX(push,{found}))", push)
        page.formula(row, 12, f"=MIN(0,INDEX(push,{found}))", push)
        for column, source in ((13, "D"), (14, "E")):
            text = f"=INDEX({source}${top}:{source}${end},{found})"
            page.formula(row, column, text, look.cell(Role.DATA, "0", align="center"))


def _chart(book: xlsxwriter.Workbook, page: Page) -> None:
    bars, end = book.add_chart({"type": "bar"}), CONSTANT + 2 * LISTED
    for name, column, colour in (("to spam", "L", TO_SPAM), ("to ham", "M", TO_HAM)):
        bars.add_series({
            "name": name, "categories": f"=words!$K${CONSTANT + 1}:$K${end}",
            "values": f"=words!${column}${CONSTANT + 1}:${column}${end}", "fill": {"color": colour}, "gap": 25,
            "overlap": 100,
        })  # fmt: skip
    bars.set_y_axis({"reverse": True, "label_position": "low", "name": "word"})
    bars.set_x_axis({"name": "push: left to ham, right to spam", "num_format": "0.0", "label_position": "high",
                     "major_gridlines": GRID})  # fmt: skip
    dress(bars, "The words that push most", (248, 470), legend="top")
    page.sheet.insert_chart(CONSTANT, 15, bars, {"x_offset": 4})
