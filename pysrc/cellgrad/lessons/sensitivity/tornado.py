"""The sheet `tornado`: the slope of the value by each assumption, by hand and by differences; two tornado charts."""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sensitivity import notes
from cellgrad.lessons.sensitivity.plan import ASSUMPTIONS, CHANGING, EURO, FIRST, HEADER, LAST, WORDS
from cellgrad.lessons.sensitivity.what_if import VALUE_AT
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, numbers_only, set_up_page
from cellgrad.lessons.style import Look, Role

TORNADO = (
    ("assumption", Role.DATA), ("value", Role.DATA), ("exact slope", Role.LOSS), ("by differences", Role.MODEL),
    ("apart", Role.MODEL), ("may be off by", Role.DATA), ("slope × that", Role.LOSS), ("less: value", Role.MODEL),
    ("more: value", Role.MODEL), ("size", Role.LOSS),
)  # fmt: skip
SORTED = (
    ("strongest first", Role.DATA), ("place", Role.MODEL), ("less, by slope", Role.LOSS), ("more, by slope", Role.LOSS),
    ("less, in full", Role.MODEL), ("more, in full", Role.MODEL),
)  # fmt: skip
SORTED_AT = LAST + 4
"""The first row of the sorted table, from 0; its header stands above."""


def draw_tornado(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """Draw the sheet."""
    sheet = page.sheet
    heading(sheet, look, "What the value hangs on", notes.TORNADO["title"])
    legend_across(sheet, look, 0, 4, WORDS)
    sheet.write_string(1, 0, "Slopes of the net present value, € by a unit of the assumption.", look.caption())
    header_row(sheet, look, HEADER, TORNADO, notes.TORNADO)
    count = len(ASSUMPTIONS)
    for place, assumption in enumerate(ASSUMPTIONS):
        row = FIRST + place
        at, name = row + 1, assumption.name
        role = Role.PARAMETER if name in CHANGING else Role.DATA
        less, more, down, up = (f"what_if!{xl_rowcol_to_cell(FIRST + 1 + 4 * place + k, VALUE_AT)}" for k in range(4))
        page.formula(row, 0, f"=plan!A{at}", look.cell(role))
        page.formula(row, 1, f"={name}", look.cell(role, assumption.number_format))
        page.formula(row, 2, f"={assumption.slope}", look.cell(Role.LOSS, "#,##0.00", bold=True))
        page.formula(
            row, 3, f"=({more}-{less})/(2*what_if!$C$3*IF({name}=0,1,{name}))", look.cell(Role.MODEL, "#,##0.00")
        )
        page.formula(row, 4, f"=ROUND(ABS(D{at}-C{at})/MAX(1,ABS(C{at})),9)", look.cell(Role.MODEL, "0.0E+00"))
        sheet.write_number(row, 5, assumption.swing, look.setting(assumption.number_format))
        numbers_only(sheet, (row, 5, row, 5), 0, 0.9 * assumption.value if assumption.unit else 0.5)
        page.formula(row, 6, f"=C{at}*F{at}", look.cell(Role.LOSS, EURO))
        page.formula(row, 7, f"={down}-net_present_value", look.cell(Role.MODEL, EURO))
        page.formula(row, 8, f"={up}-net_present_value", look.cell(Role.MODEL, EURO))
        page.formula(row, 9, f"=ABS(G{at})", look.cell(Role.LOSS, EURO))
    header_row(sheet, look, SORTED_AT - 1, SORTED, notes.TORNADO)
    region = {letter: f"${letter}${FIRST + 1}:${letter}${LAST + 1}" for letter in "AGHIJ"}
    for row in range(SORTED_AT, SORTED_AT + count):
        at = row + 1
        rank = f"=MATCH(LARGE({region['J']},ROWS(B${SORTED_AT + 1}:B{at})),{region['J']},0)"
        page.formula(row, 1, rank, look.cell(Role.MODEL, "0", align="center"))
        page.formula(row, 0, f"=INDEX({region['A']},B{at})", look.cell(Role.DATA))
        page.formula(row, 2, f"=-INDEX({region['G']},B{at})", look.cell(Role.LOSS, EURO))
        page.formula(row, 3, f"=INDEX({region['G']},B{at})", look.cell(Role.LOSS, EURO))
        page.formula(row, 4, f"=INDEX({region['H']},B{at})", look.cell(Role.MODEL, EURO))
        page.formula(row, 5, f"=INDEX({region['I']},B{at})", look.cell(Role.MODEL, EURO))
    _tornado_charts(book, sheet)
    for line, (text, strong) in enumerate(notes.GRADIENT_MAP, start=SORTED_AT + count + 1):
        sheet.write_string(line, 0, text, look.bold() if strong else look.text())
    for column, width in enumerate([31, 10.5, 15, 15, 14, 13.5, 13, 13, 13, 11]):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, SORTED_AT + 39, 10, FIRST)
    sheet.set_print_scale(78)  # two pages: the slopes, then what is made of them
    sheet.set_h_pagebreaks([SORTED_AT - 1])
    sheet.repeat_rows(0)


def _tornado_charts(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
    last = SORTED_AT + len(ASSUMPTIONS) - 1
    titles = ("By the exact slopes, €", "The whole plan worked out again, €")
    for title, left, row in zip(titles, (2, 4), (SORTED_AT - 1, SORTED_AT + 19), strict=True):
        chart = book.add_chart({"type": "bar"})
        for column, name, colour in ((left, "assumption less", "#9CA3AF"), (left + 1, "assumption more", "#3E6FA8")):
            chart.add_series({
                "name": name, "categories": ["tornado", SORTED_AT, 0, last, 0],
                "values": ["tornado", SORTED_AT, column, last, column],
                "fill": {"color": colour}, "gap": 35, "overlap": 100,
            })  # fmt: skip
        chart.set_y_axis(
            {
                "name": "assumption",
                "reverse": True,
                "interval_unit": 1,
                "label_position": "low",
                "num_font": {"size": 9},
            }
        )
        chart.set_x_axis({"name": "change of the value, €", "num_format": EURO, "label_position": "high",
                          "num_font": {"size": 9}, "major_gridlines": GRID})  # fmt: skip
        dress(chart, title, (396, 394), legend="bottom")
        sheet.insert_chart(row, 6, chart, {"x_offset": 12})
