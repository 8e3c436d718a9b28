"""The sheet you: a viewer who types in some ratings, gets a vector, and is told what to watch."""

from __future__ import annotations

from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.embeddings import notes
from cellgrad.lessons.embeddings.data import NUMBERS, Film
from cellgrad.lessons.embeddings.neighbours import FIRST as FILMS_FIRST
from cellgrad.lessons.embeddings.neighbours import USED_AT, USED_BIAS, place
from cellgrad.lessons.sheet_parts import header_row, heading, legend, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import Results
from cellgrad.solver_models import SolverModel

FIRST = 10
"""The row of the first film, from 0."""
SCORE_AT, ORDER_AT = 18, 19
"""The columns that sort what is not rated, to the right of the chart."""
BEST = 10
"""How many recommendations the chart shows."""
EXAMPLE = {
    "Star Wars IV": 5, "Star Wars V": 5, "Rings: Fellowship": 5, "The Matrix": 4.5, "Pulp Fiction": 3.5,
    "Forrest Gump": 2, "Dances with Wolves": 2, "Ace Ventura": 1.5,
}  # fmt: skip
"""The ratings that stand there until somebody types over them: an invented viewer's."""


def name_cells(book: xlsxwriter.Workbook, films: int) -> None:
    """The names of the viewer's vector, ratings, and loss."""
    names = {"you": "$B$5:$E$5", "your_stars": f"$B${FIRST + 1}:$B${FIRST + films}", "your_loss": "$B$7"}
    for name, cells in names.items():
        book.define_name(name, f"=you!{cells}")


def saved_model() -> SolverModel:
    """Make your loss small by your own vector alone."""
    return SolverModel("you", "you!$B$7", "you!$B$5:$E$5", goal="min", non_negative=False)


def draw_you(book: xlsxwriter.Workbook, page: Page, look: Look, films: Sequence[Film], results: Results) -> None:
    """Your vector, your ratings beside what is predicted, and the films you have not rated, best first."""
    sheet, texts, end = page.sheet, notes.YOU, FIRST + len(films)
    hint = "Type stars for a few films in column B, from 0.5 to 5, and press Optimize: only your own four numbers move."
    heading(sheet, look, "And what should you watch?", texts["title"], hint)
    words = [*(f"number {k + 1}" for k in range(NUMBERS)), "bias"]
    for column, word in enumerate(words, start=1):
        sheet.write_string(3, column, word, look.header(Role.PARAMETER))
        sheet.write_number(4, column, 0, look.parameter())
    lines = {
        "your vector": None, "price of a number": ("=penalty*COUNTIF(split,1)", Role.MODEL),
        "your loss": (f"=SUM(E{FIRST + 1}:E{end})+B6*SUMSQ(you)", Role.LOSS),
    }  # fmt: skip
    for row, (word, line) in enumerate(lines.items(), start=4):
        sheet.write_string(row, 0, word, look.label())
        note(sheet, xl_rowcol_to_cell(row, 0), texts[word])
        if line:
            text, role = line
            style = look.result(role, "0.0000") if role is Role.LOSS else look.cell(role, "0.00", align="center")
            page.formula(row, 1, text, style)
    sheet.write_string(6, 2, "optimised", look.caption("right"))
    note(sheet, "C7", texts["optimised"])
    sheet.write_number(6, 3, results["yours"], look.cell(Role.LOSS, "0.0000", align="center"))
    headers = {"film": Role.DATA, "your stars": Role.DATA, "taste": Role.MODEL, "prediction": Role.MODEL,
               "sq_error": Role.LOSS}  # fmt: skip
    lists = {"rank": Role.MODEL, "not rated, best first": Role.MODEL, "predicted": Role.MODEL}
    sorting = {"not rated": Role.MODEL, "order": Role.MODEL}
    for first, group in ((0, headers), (6, lists), (SCORE_AT, sorting)):
        header_row(sheet, look, FIRST - 1, group.items(), texts, first)
    _films(page, look, films)
    _recommended(page, look, films)
    legend(sheet, look, end + 1, 0)
    sheet.write_string(end + 6, 0, "setting", look.setting())
    sheet.write_string(end + 6, 1, "yours to type", look.text())
    chart = book.add_chart({"type": "bar"})
    chart.add_series({
        "name": "prediction", "categories": ["you", FIRST, 7, FIRST + BEST - 1, 7],
        "values": ["you", FIRST, 8, FIRST + BEST - 1, 8],
        "fill": {"color": "#8E5CC4"}, "gap": 40,
        "data_labels": {"value": True, "num_format": "0.0"},
    })  # fmt: skip
    chart.set_y_axis({"name": "film", "reverse": True})
    chart.set_x_axis({"name": "stars", "min": 0, "max": 6, "num_format": "0", "label_position": "high",
                      "major_gridlines": GRID})  # fmt: skip
    dress(chart, "Not rated by you: the ten best predictions", (370, 400))
    sheet.insert_chart(FIRST, 10, chart)
    numbers_only(sheet, (FIRST, 1, end - 1, 1), 0.5, 5)
    sheet.set_column_pixels(0, 0, 166)
    sheet.set_column_pixels(1, 4, 76)
    sheet.set_column_pixels(5, 5, 12)
    sheet.set_column_pixels(6, 6, 40)
    sheet.set_column_pixels(7, 7, 166)
    sheet.set_column_pixels(8, 8, 72)
    sheet.set_column_pixels(9, 9, 12)
    sheet.set_column_pixels(SCORE_AT, ORDER_AT, 78)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, end + 7, ORDER_AT, FIRST)
    sheet.fit_to_pages(1, 1)
    try_this(sheet, look, 3, (6, 15), notes.TRY["you"])


def _films(page: Page, look: Look, films: Sequence[Film]) -> None:
    """What you rated, and what the model makes of you."""
    stars = look.setting("0.0")
    number = look.cell(Role.MODEL, "0.00", align="center")
    first, last, bias = (xl_col_to_name(USED_AT), xl_col_to_name(USED_AT + NUMBERS - 1), xl_col_to_name(USED_BIAS))
    own, end = xl_col_to_name(NUMBERS), FIRST + len(films)
    for row, film in enumerate(films, start=FIRST):
        at, there = row + 1, row - FIRST + FILMS_FIRST + 1
        page.formula(row, 0, f"=films!B{there}", look.cell(Role.DATA))
        if film.short in EXAMPLE:
            page.sheet.write_number(row, 1, EXAMPLE[film.short], stars)
        else:
            page.sheet.write_blank(row, 1, None, stars)
        page.formula(row, 2, f"=SUMPRODUCT(films!{first}{there}:{last}{there},$B$5:${own}$5)", number)
        page.formula(row, 3, f"=mean+films!{bias}{there}+$E$5+C{at}", look.cell(Role.MODEL, "0.00", align="center",
                                                                               bold=True))  # fmt: skip
        page.formula(row, 4, f'=IF(B{at}="","",(B{at}-D{at})^2)', look.cell(Role.LOSS, "0.00", align="center"))
        page.formula(row, SCORE_AT, f'=IF(B{at}="",D{at},"")', number)
        page.formula(row, ORDER_AT, place(SCORE_AT, row, FIRST, end), look.cell(Role.MODEL, "0", align="center"))


def _recommended(page: Page, look: Look, films: Sequence[Film]) -> None:
    """The films not rated, by what is predicted for them."""
    end = FIRST + len(films)
    score, order = xl_col_to_name(SCORE_AT), xl_col_to_name(ORDER_AT)
    for rank in range(1, len(films) + 1):
        row, at = FIRST + rank - 1, FIRST + rank
        found = f"MATCH($G{at},${order}${FIRST + 1}:${order}${end},0)"
        page.formula(
            row, 6, f'=IF({rank}<=COUNT({score}${FIRST + 1}:{score}${end}),{rank},"")',
            look.cell(Role.MODEL, "0", align="center"),
        )  # fmt: skip
        for column, source in ((7, "A"), (8, score)):
            text = f'=IF($G{at}="","",INDEX(${source}${FIRST + 1}:${source}${end},{found}))'
            bold = rank <= BEST
            style = look.cell(Role.MODEL, bold=bold) if column == 7 else look.cell(
                Role.MODEL, "0.00", align="center", bold=bold)  # fmt: skip
            page.formula(row, column, text, style)
