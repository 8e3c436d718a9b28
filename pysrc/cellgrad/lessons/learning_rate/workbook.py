"""The learning rate: one descent at six rates, three ways to use the slope, and a curve that finds a rate.

Sheets `rates`, `methods` and `finder` show charts and figures; `descents`, `plain`, `momentum`, `adam` and `points`
hold the recurrences and the data. Every step is a row of formulas that reads the row above it: no button is needed. The
sixth rate is a changing cell, and so are the rates of the three methods: the loss after twenty steps is differentiated
through all of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.chart import Chart
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.learning_rate.notes import FINDER, METHODS, RATES, TRY_THIS
from cellgrad.lessons.learning_rate.tables import (
    ADAM_RATE,
    BETA_1,
    BETA_2,
    FIRST,
    KEPT,
    LAST,
    LEFT,
    MOMENTUM_RATE,
    PLAIN_RATE,
    RUNS,
    START,
    STEPS,
    adam,
    descents,
    head,
    momentum,
    outcome,
    plain,
    points,
)
from cellgrad.lessons.parabola import LEAST, X, loss, slope
from cellgrad.lessons.sheet_parts import header_row, may_run_away, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.solver_models import SolverModel

BEST_RATE, BEST_LOSS = 0.192568246, 0.418973208875
"""Where Optimize ends: a test computes both anew."""
BEST_RATES = {
    "plain": (0.192568252, 0.418973208875),
    "momentum": (0.346158727, 0.418366200572),
    "Adam": (0.342600456, 0.433555320294),
}
"""Rate and loss of each method where Optimize ends on the sheet `methods`, likewise."""

FINDER_FIRST, FINDER_STEPS, PER_DECADE, LOWEST = 7, 34, 8, 0.0001


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path`; it needs nothing of `data`."""
    return write(path, "The learning rate", _draw)


def _draw(book: xlsxwriter.Workbook, values: Values) -> dict[str, SolverModel]:
    look = Look(book)
    names = ("rates", "methods", "finder", "descents", "plain", "momentum", "adam", "points")
    pages = {name: Page(book, name, values) for name in names}
    for name, cells in {"data_x": f"$A$4:$A${3 + len(X)}", "data_y": f"$B$4:$B${3 + len(X)}"}.items():
        book.define_name(name, f"=points!{cells}")
    _rates(book, pages["rates"], look)
    _methods(book, pages["methods"], look)
    _finder(book, pages["finder"], look)
    descents(pages["descents"], look)
    plain(pages["plain"], look)
    momentum(pages["momentum"], look)
    adam(pages["adam"], look)
    points(pages["points"].sheet, look)
    return {
        "rates": SolverModel("rates", "rates!$E$9", "rates!$B$9", goal="min", non_negative=True),
        "methods": SolverModel("methods", "methods!$G$7", "methods!$B$4:$B$6", goal="min", non_negative=True),
    }


def _rates(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """Six rates, the loss after some steps with each, and two charts."""
    sheet = page.sheet
    caption = "20 points, a parabola, the same start: only the size of the steps differs. Change a rate and see."
    head(sheet, look, "One descent, six learning rates", caption, RATES["title"], legend_at=5, settings=True)
    columns = {"descent": Role.DATA, "rate": Role.DATA, "after 1": Role.LOSS, f"after {STEPS // 2}": Role.LOSS,
               f"after {STEPS}": Role.LOSS, "what happens": Role.DATA}  # fmt: skip
    header_row(sheet, look, 2, columns.items(), RATES)
    for row, run in enumerate(RUNS, start=3):
        yours = run.word == "yours"
        sheet.write_string(row, 0, run.word, look.label())
        sheet.write_number(row, 1, run.rate, look.parameter() if yours else look.setting("0.000"))
        book.define_name(run.name, f"=rates!$B${row + 1}")
        column = xl_col_to_name(LEFT[run.word] + 3)
        for at, step in enumerate((1, STEPS // 2, STEPS), start=2):
            style = (look.result if yours and step == STEPS else look.cell)(Role.LOSS, "0.0000")
            page.formula(row, at, f"=descents!{column}{FIRST + step + 1}", style)
        page.formula(row, 5, outcome(row + 1, run), look.text())
    numbers_only(sheet, (3, 1, 8, 1), 0, 1)
    may_run_away(sheet, look, (3, 2, 8, 4))
    sheet.write_string(9, 0, "best fit", look.label())
    page.array(9, 4, 9, 4, LEAST, look.cell(Role.LOSS, "0.000000"))
    book.define_name("best_fit", "=rates!$E$10")
    sheet.write_string(9, 5, "no parabola fits these points better", look.text())
    sheet.write_string(10, 0, "optimized", look.label())
    sheet.write_number(10, 1, BEST_RATE, look.cell(Role.PARAMETER, "0.0000", align="center"))
    sheet.write_number(10, 4, BEST_LOSS, look.cell(Role.LOSS, "0.000000"))
    sheet.write_string(10, 5, "where Optimize brings the rate called yours, and its loss", look.text())
    book.define_name("loss_after_all", "=rates!$E$9")
    for cell, word in (("A9", "yours"), ("A10", "best fit"), ("A11", "optimized")):
        note(sheet, cell, RATES[word])
    how = _line_chart(book, "How far above the best fit, step by step", "loss - best fit", log=(1e-4, 1e4))
    where = _line_chart(book, "The weight a on its way", "a")
    where.set_y_axis({"name": "a", "min": -4, "max": 8, "major_unit": 2, "crossing": -4, "major_gridlines": GRID})
    for run in RUNS:
        for chart, offset in ((how, 4), (where, 0)):
            _line(chart, "descents", run.word, 0, LEFT[run.word] + offset, run.colour)
    sheet.insert_chart(12, 0, how, {"x_offset": 4})
    sheet.insert_chart(12, 5, where, {"x_offset": 140})
    try_this(sheet, look, 3, (6, 10), TRY_THIS, rows_each=2)
    sheet.set_column_pixels(0, 4, 84)
    sheet.set_column_pixels(5, 5, 350)
    sheet.set_column_pixels(6, 10, 70)
    sheet.freeze_panes(3, 0)
    set_up_page(sheet, 28, 11, 3)
    sheet.fit_to_pages(1, 1)


def _methods(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """Plain descent, momentum and Adam: settings, losses, charts."""
    sheet = page.sheet
    caption = "Plain descent forgets each slope at once; momentum and Adam remember. Each on a sheet of its own."
    head(sheet, look, "Three ways to use the same slope", caption, METHODS["title"], legend_at=5, settings=True)
    columns = {"method": Role.DATA, "rate": Role.DATA, "kept": Role.DATA, "kept of squares": Role.DATA,
               "after 1": Role.LOSS, f"after {STEPS // 2}": Role.LOSS, f"after {STEPS}": Role.LOSS,
               "best rate": Role.PARAMETER, "its loss": Role.LOSS}  # fmt: skip
    header_row(sheet, look, 2, columns.items(), METHODS)
    methods = (("plain", "plain", "H"), ("momentum", "momentum", "H"), ("Adam", "adam", "N"))
    for row, (word, table, losses) in enumerate(methods, start=3):
        sheet.write_string(row, 0, word, look.label())
        note(sheet, xl_rowcol_to_cell(row, 0), METHODS[word])
        for at, step in enumerate((1, STEPS // 2, STEPS), start=4):
            page.formula(row, at, f"={table}!{losses}{FIRST + step + 1}", look.cell(Role.LOSS, "0.000000"))
        rate, least = BEST_RATES[word]
        sheet.write_number(row, 7, rate, look.cell(Role.PARAMETER, "0.0000", align="center"))
        sheet.write_number(row, 8, least, look.cell(Role.LOSS, "0.000000"))
    settings = {"plain_rate": (3, 1, PLAIN_RATE), "momentum_rate": (4, 1, MOMENTUM_RATE),
                "momentum_kept": (4, 2, KEPT), "adam_rate": (5, 1, ADAM_RATE), "adam_kept": (5, 2, BETA_1),
                "adam_kept_of_squares": (5, 3, BETA_2)}  # fmt: skip
    for name, (row, column, value) in settings.items():
        sheet.write_number(row, column, value, look.parameter() if column == 1 else look.setting("0.000"))
        book.define_name(name, f"=methods!{xl_rowcol_to_cell(row, column, True, True)}")
    numbers_only(sheet, (3, 1, 5, 1), 0, 1)
    numbers_only(sheet, (4, 2, 5, 3), 0, 0.9999)
    sheet.write_string(6, 5, "mean", look.label())
    note(sheet, "F7", METHODS["mean"])
    page.formula(6, 6, "=AVERAGE(G4:G6)", look.result(Role.LOSS, "0.000000"))
    book.define_name("loss_of_methods", "=methods!$G$7")
    sheet.write_number(6, 8, sum(least for _, least in BEST_RATES.values()) / 3, look.cell(Role.LOSS, "0.000000"))
    sheet.write_string(7, 5, "best fit", look.label())
    page.formula(7, 6, "=best_fit", look.cell(Role.LOSS, "0.000000"))
    may_run_away(sheet, look, (3, 4, 6, 6))
    how = _line_chart(book, "How far above the best fit, step by step", "loss - best fit", log=(1e-4, 10))
    where = _line_chart(book, "The weight c on its way", "c")
    for word, table, excess, weight, colour in (
        ("plain", "plain", 8, 3, "#2E8B57"),
        ("momentum", "momentum", 8, 3, "#2F7DC0"),
        ("Adam", "adam", 14, 3, "#8E5CC4"),
    ):
        _line(how, table, word, 0, excess, colour)
        _line(where, table, word, 0, weight, colour)
    sheet.insert_chart(9, 0, how, {"x_offset": 4})
    sheet.insert_chart(9, 5, where, {"x_offset": 64})
    sheet.set_column_pixels(0, 10, 102)
    sheet.freeze_panes(3, 0)
    set_up_page(sheet, 26, 11, 3)
    sheet.fit_to_pages(1, 1)


def _finder(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """One descent whose rate grows from step to step; the loss against the rate; the rates that it suggests."""
    sheet, last = page.sheet, FINDER_FIRST + FINDER_STEPS
    caption = "The rate grows at each step. While it is too small little happens; too large, and all is lost."
    title = "Finding a rate: one descent, faster and faster"
    head(sheet, look, title, caption, FINDER["title"], legend_at=8, settings=True)
    rates, losses, falls = (f"${c}${FINDER_FIRST + 1}:${c}${last + 1}" for c in "BFG")
    sheet.write_string(2, 0, "lowest at", look.label())
    page.formula(2, 1, f"=INDEX({rates},MATCH(MIN({losses}),{losses},0))", look.cell(Role.MODEL, "0.0000"))
    sheet.write_string(2, 2, "a tenth", look.label())
    page.formula(2, 3, "=B3/10", look.cell(Role.MODEL, "0.0000"))
    sheet.write_string(3, 0, "steepest", look.label())
    page.formula(3, 1, f"=INDEX({rates},MATCH(MAX({falls}),{falls},0))", look.cell(Role.MODEL, "0.0000"))
    sheet.write_string(3, 2, "suggested", look.label())
    page.formula(3, 3, "=MIN(D3,B4)", look.result(Role.MODEL, "0.0000"))
    sheet.write_string(4, 0, "first rate", look.label())
    sheet.write_number(4, 1, LOWEST, look.setting("0.0000"))
    sheet.write_string(4, 2, "per decade", look.label())
    sheet.write_number(4, 3, PER_DECADE, look.setting("0"))
    numbers_only(sheet, (4, 1, 4, 1), 0.000001, 0.001)
    numbers_only(sheet, (4, 3, 4, 3), 4, 16, whole=True)
    book.define_name("suggested_rate", "=finder!$D$4")
    for cell, word in (("A3", "lowest at"), ("A4", "steepest"), ("C4", "suggested"), ("C5", "per decade")):
        note(sheet, cell, FINDER[word])
    columns = {"step": Role.DATA, "rate": Role.MODEL, "a": Role.MODEL, "b": Role.MODEL, "c": Role.MODEL,
               "loss": Role.LOSS, "fall": Role.LOSS}  # fmt: skip
    header_row(sheet, look, FINDER_FIRST - 1, columns.items(), FINDER)
    weight = look.cell(Role.MODEL, "0.0000")
    for row in range(FINDER_FIRST, last + 1):
        here = row + 1
        sheet.write_number(row, 0, row - FINDER_FIRST, look.cell(Role.DATA, "0", align="center"))
        page.formula(row, 1, f"=$B$5*10^(A{here}/$D$5)", look.cell(Role.MODEL, "0.00000"))
        before = [f"{column}{row}" for column in "CDE"]
        if row == FINDER_FIRST:
            before = [str(START)] * 3
        for line in range(3):
            page.formula(row, 2 + line, f"={before[line]}-$B{here}*{slope(line, *before)}", weight)
        page.formula(row, 5, f"={loss(f'C{here}', f'D{here}', f'E{here}')}", look.cell(Role.LOSS, "0.0000"))
        earlier = f"F{row}" if row > FINDER_FIRST else loss(*before)
        page.formula(row, 6, f"={earlier}-F{here}", look.cell(Role.LOSS, "0.0000"))
    may_run_away(sheet, look, (FINDER_FIRST, 1, last, 6))
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    chart.add_series({
        "name": "loss after a step with this rate", "categories": ["finder", FINDER_FIRST, 1, last, 1],
        "values": ["finder", FINDER_FIRST, 5, last, 5], "line": {"color": "#D9772E", "width": 2.5},
    })  # fmt: skip
    chart.set_x_axis({"name": "learning rate", "log_base": 10, "min": 0.0001, "max": 10, "num_format": "General",
                      "major_gridlines": GRID})  # fmt: skip
    chart.set_y_axis({"name": "loss", "min": 0, "max": 10, "major_unit": 2, "crossing": 0, "major_gridlines": GRID})
    dress(chart, "Loss against a growing rate", (520, 340))
    sheet.insert_chart(FINDER_FIRST, 8, chart)
    sheet.set_column_pixels(0, 6, 84)
    sheet.set_column_pixels(7, 7, 16)
    sheet.set_column_pixels(8, 14, 74)
    sheet.freeze_panes(FINDER_FIRST, 1)
    set_up_page(sheet, last, 15, 1)
    sheet.fit_to_pages(1, 1)


def _line_chart(book: xlsxwriter.Workbook, title: str, y: str, log: tuple[float, float] | None = None) -> Chart:
    """An empty chart against the steps."""
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    chart.set_x_axis({"name": "step", "min": 0, "max": STEPS, "major_unit": 5, "major_gridlines": {"visible": False},
                      "label_position": "low"})  # fmt: skip
    axis: dict[str, Any] = {"name": y, "major_gridlines": GRID, "num_format": "General"}
    if log is not None:
        axis |= {"log_base": 10, "min": log[0], "max": log[1], "crossing": log[0]}
    chart.set_y_axis(axis)
    dress(chart, title, (550, 320), legend="bottom")
    return chart


def _line(chart: Chart, sheet: str, name: str, x: int, y: int, colour: str) -> None:
    """A line of a chart: column y of a sheet's recurrence against column x."""
    chart.add_series({
        "name": name, "categories": [sheet, FIRST, x, LAST, x], "values": [sheet, FIRST, y, LAST, y],
        "line": {"color": colour, "width": 2.25}, "marker": {"type": "none"},
    })  # fmt: skip
