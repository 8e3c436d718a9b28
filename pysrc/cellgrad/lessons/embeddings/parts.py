"""The sheet ten_parts: each tenth of the ratings held out in turn, and how the number of numbers was chosen."""

from __future__ import annotations

import xlsxwriter

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.embeddings import notes
from cellgrad.lessons.embeddings.data import NUMBERS, PARTS
from cellgrad.lessons.sheet_parts import header_row, heading, legend, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import Results

PENALTIES = (0.0015, 0.002, 0.0025, 0.003, 0.0035, 0.004, 0.005)
"""The penalties that were tried with every number of numbers."""
CHOICE = {
    0: (0.003, 0.7981), 1: (0.005, 0.7983), 2: (0.004, 0.7930), 3: (0.0035, 0.7790), 4: (0.0035, 0.7798),
    5: (0.003, 0.7786),
}  # fmt: skip
"""Numbers a film -> the best of the penalties, and the error in stars on parts 1 to 9, each held out in turn with part
0 out of all of it; a test finds them again."""

HEADER = 4
COLOURS = ("#A5A9B4", "#2F7DC0", "#8E5CC4")


def draw_parts(book: xlsxwriter.Workbook, page: Page, look: Look, results: Results) -> None:
    """A part a row: the errors of three models on it, with it held out."""
    sheet, texts = page.sheet, notes.PARTS
    hint = "The model trained ten times, with another tenth of the ratings held out each time. Errors in stars."
    heading(sheet, look, "Does it help? Ten answers", texts["title"], hint)
    headers = {"part": Role.DATA, "ratings": Role.DATA, "one mean": Role.LOSS, "biases": Role.LOSS,
               "vectors": Role.LOSS, "gain": Role.MODEL}  # fmt: skip
    header_row(sheet, look, HEADER, headers.items(), texts)
    first, last = HEADER + 1, HEADER + PARTS
    error = look.cell(Role.LOSS, "0.000", align="center")
    for row, kept in enumerate(results["parts"], start=first):
        sheet.write_number(row, 0, row - first, look.cell(Role.DATA, "0", align="center"))
        sheet.write_number(row, 1, kept["held out"], look.cell(Role.DATA, "0", align="center"))
        for column, name in enumerate(("mean", "biases", "vectors"), start=2):
            sheet.write_number(row, column, kept[name], error)
        page.formula(row, 5, f"=1-E{row + 1}/D{row + 1}", look.cell(Role.MODEL, "0.0%", align="center"))
    sheet.write_string(last + 1, 0, "all", look.cell(Role.DATA, bold=True, align="center"))
    counts = f"$B${first + 1}:$B${last + 1}"
    page.formula(last + 1, 1, f"=SUM({counts})", look.cell(Role.DATA, "#,##0", bold=True, align="center"))
    for column in range(2, 5):
        letter = "ABCDE"[column]
        text = f"=SQRT(SUMPRODUCT({counts},{letter}{first + 1}:{letter}{last + 1}^2)/SUM({counts}))"
        page.formula(last + 1, column, text, look.result(Role.LOSS, "0.000"))
    page.formula(last + 1, 5, f"=1-E{last + 2}/D{last + 2}", look.cell(Role.MODEL, "0.0%", align="center", bold=True))
    top = last + 4
    tried = {"numbers": Role.DATA, "best penalty": Role.DATA, "held out": Role.LOSS}
    header_row(sheet, look, top, tried.items(), texts)
    for row, (numbers, (penalty, reached)) in enumerate(CHOICE.items(), start=top + 1):
        bold = numbers == NUMBERS
        sheet.write_number(row, 0, numbers, look.cell(Role.DATA, "0", align="center", bold=bold))
        sheet.write_number(row, 1, penalty, look.cell(Role.DATA, "0.0000", align="center", bold=bold))
        sheet.write_number(row, 2, reached, look.cell(Role.LOSS, "0.000", align="center", bold=bold))
    legend(sheet, look, top + len(CHOICE) + 2, 0)
    chart = book.add_chart({"type": "line"})
    for column, (name, colour) in enumerate(zip(("one mean", "biases", "vectors"), COLOURS, strict=True), start=2):
        chart.add_series({
            "name": name, "categories": ["ten_parts", first, 0, last, 0],
            "values": ["ten_parts", first, column, last, column],
            "line": {"color": colour, "width": 2},
            "marker": {"type": "circle", "size": 7, "fill": {"color": colour}, "border": {"color": "#FFFFFF"}},
        })  # fmt: skip
    chart.set_x_axis({"name": "part held out"})
    chart.set_y_axis({"name": "stars", "min": 0.6, "max": 1.1, "num_format": "0.0", "major_gridlines": GRID})
    dress(chart, "Error on the part held out", (590, 400), legend="bottom")
    sheet.insert_chart(first, 6, chart, {"x_offset": 16})
    sheet.set_column_pixels(0, 5, 88)
    sheet.freeze_panes(HEADER + 1, 0)
    set_up_page(sheet, top + len(CHOICE) + 7, 15, HEADER + 1)
    sheet.fit_to_pages(1, 1)
