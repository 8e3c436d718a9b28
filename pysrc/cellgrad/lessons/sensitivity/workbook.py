"""The business plan: five years of a bicycle lamp, what its value hangs on, and the price that Optimize picks.

Sheets: `plan` (assumptions A:D, the years F:L, limits below, net present value in L18), `tornado` (the slope of the
value by each assumption, worked out by hand, beside differences; two charts) and `what_if` (the whole plan in one
row, once for each shifted assumption and each price: what the differences and the price curve are made of).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.sensitivity import notes
from cellgrad.lessons.sensitivity.plan import (
    ASSUMPTIONS,
    BEST,
    CHANGING,
    EURO,
    FIRST,
    HEADER,
    LAST,
    LIMITS,
    LIMITS_AT,
    LINES,
    REGIONS,
    WORDS,
    YEAR_0,
    YEARS,
)
from cellgrad.lessons.sensitivity.tornado import draw_tornado
from cellgrad.lessons.sensitivity.what_if import PRICES, PRICES_AT, VALUE_AT, draw_what_if
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.solver_models import Constraint, Relation, SolverModel

LOWERS, RAISES = "#7FA8D6", "#E58B7B"
"""Blue and red, as in the gradient map: more of it makes the value less, or more."""

BOUNDS = {"€": (0.01, 10**9), "units": (1, 10**9), "%": (0, 10), "": (-0.9, 0.9)}
"""What may be typed for an assumption, by its unit: the plan divides by prices and takes powers of them."""


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path`; it needs no data."""
    return write(path, "A five-year plan and what it hangs on", _draw)


def _draw(book: xlsxwriter.Workbook, values: Values) -> Mapping[str, SolverModel]:
    look = Look(book)
    plan, tornado, what_if = (Page(book, name, values) for name in ("plan", "tornado", "what_if"))
    _plan(book, plan, look)
    draw_tornado(book, tornado, look)
    draw_what_if(what_if, look)
    return {"plan": model()}


def model() -> SolverModel:
    """Make the net present value large by price and advertising, within the limits."""
    lines = []
    for row, (_, _, relation, _, _, cells) in enumerate(LIMITS, start=LIMITS_AT + 2):
        corners = "plan!" + ":".join(f"${corner[0]}${corner[1:]}" for corner in cells.split(":"))
        kind = Relation.AT_MOST if relation == "at most" else Relation.AT_LEAST
        lines.append(Constraint(corners, kind, f"plan!$D${row}"))
    return SolverModel("plan", "plan!$L$18", "plan!$B$5:$B$6", goal="max", constraints=tuple(lines), non_negative=True)


def _plan(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    sheet = page.sheet
    hint = "Change a blue or a yellow number: all else follows. Things to try stand below the limits."
    heading(sheet, look, "Five years of a bicycle lamp", notes.PLAN["title"], hint)
    _assumptions(book, page, look)
    _years(book, page, look)
    _limits(page, look)
    legend_across(sheet, look, LIMITS_AT - 2, 5, WORDS)
    try_this(sheet, look, LIMITS_AT + 8, (0, 3), notes.TRY_THIS, rows_each=2)
    _best(sheet, look)
    _plan_charts(book, sheet)
    for column, width in enumerate([30, 10.5, 8, 13, 2, 17, *[10.5] * 6]):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, LIMITS_AT + 21, 11, FIRST)
    sheet.fit_to_pages(1, 1)


def _assumptions(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    sheet = page.sheet
    words = {"assumption": Role.DATA, "value": Role.DATA, "unit": Role.DATA, "1 % more gives": Role.LOSS}
    header_row(sheet, look, HEADER, words.items())
    note(sheet, "A4", notes.PLAN["assumption"])
    note(sheet, "D4", notes.PLAN["one percent"])
    for row, assumption in enumerate(ASSUMPTIONS, start=FIRST):
        role = Role.PARAMETER if assumption.name in CHANGING else Role.DATA
        sheet.write_string(row, 0, assumption.label, look.cell(role))
        sheet.write_number(row, 1, assumption.value, look.cell(role, assumption.number_format, bold=True))
        if assumption.unit:
            sheet.write_string(row, 2, assumption.unit, look.caption("center"))
        page.formula(row, 3, f"=tornado!C{row + 1}*{assumption.name}*1%", look.cell(Role.LOSS, "+#,##0;-#,##0;0"))
        numbers_only(sheet, (row, 1, row, 1), *BOUNDS[assumption.unit])
        book.define_name(assumption.name, f"=plan!$B${row + 1}")
        if assumption.name in notes.ASSUMPTIONS:
            note(sheet, f"A{row + 1}", notes.ASSUMPTIONS[assumption.name])
    sheet.conditional_format(FIRST, 3, LAST, 3, {
        "type": "3_color_scale", "mid_type": "num", "mid_value": 0,
        "min_color": LOWERS, "mid_color": "#FFFFFF", "max_color": RAISES,
    })  # fmt: skip


def _years(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    sheet = page.sheet
    sheet.write_string(HEADER, 5, "year", look.header(Role.MODEL))
    for year in range(YEARS + 1):
        sheet.write_number(HEADER, 6 + year, year, look.header(Role.MODEL))
    for row, (label, unit, number_format, formula) in enumerate(LINES, start=FIRST):
        strong = label in ("cash flow", "units sold")
        sheet.write_string(row, 5, f"{label}, {unit}" if unit else label, look.cell(Role.MODEL, bold=strong))
        style = look.cell(Role.MODEL, number_format, bold=strong)
        if label in YEAR_0:
            page.formula(row, 6, YEAR_0[label], style)
        else:
            sheet.write_blank(row, 6, None, style)
        for column in range(7, 7 + YEARS):
            text = formula.format(c=xl_col_to_name(column), p=xl_col_to_name(column - 1))
            page.formula(row, column, text, style)
        if label in notes.LINES:
            note(sheet, f"F{row + 1}", notes.LINES[label])
    for name, row in REGIONS.items():
        book.define_name(name, f"=plan!$H${row}:$L${row}")
    sheet.merge_range("H18:K18", "net present value, €", look.label())
    page.formula(17, 11, "=G14+NPV(discount_rate,H14:L14)", look.result(Role.LOSS, EURO))
    book.define_name("net_present_value", "=plan!$L$18")
    note(sheet, "L18", notes.PLAN["value"])
    sheet.merge_range("H19:K19", "the same by discount factors, €", look.label())
    page.formula(18, 11, "=SUMPRODUCT(G14:L14,G16:L16)", look.cell(Role.MODEL, EURO))


def _limits(page: Page, look: Look) -> None:
    sheet = page.sheet
    words = {"limit": Role.DATA, "now": Role.MODEL, "must be": Role.DATA, "limit at": Role.DATA}
    header_row(sheet, look, LIMITS_AT, words.items())
    note(sheet, f"A{LIMITS_AT + 1}", notes.PLAN["limits"])
    for row, (label, now, relation, limit, number_format, _) in enumerate(LIMITS, start=LIMITS_AT + 1):
        sheet.write_string(row, 0, label, look.cell(Role.DATA))
        page.formula(row, 1, now, look.cell(Role.MODEL, number_format))
        sheet.write_string(row, 2, relation, look.cell(Role.DATA, align="center"))
        sheet.write_number(row, 3, limit, look.cell(Role.DATA, number_format))
        numbers_only(sheet, (row, 3, row, 3), -(10**9), 10**9)
        first, sign = f"$B{row + 1}", ">" if relation == "at most" else "<"
        broken = {"type": "formula", "criteria": f"={first}{sign}$D{row + 1}+{1 if sign == '>' else -1}*0.000001"}
        sheet.conditional_format(row, 1, row, 1, broken | {"format": look.broken()})


def _best(sheet: Worksheet, look: Look) -> None:
    """Where Optimize ends, for who wants to compare."""
    row = LIMITS_AT + 18
    sheet.write_string(row, 0, "Optimize ends at", look.bold())
    note(sheet, f"A{row + 1}", notes.PLAN["optimize"])
    for line, (name, value) in enumerate(BEST.items(), start=row + 1):
        role = Role.PARAMETER if name in CHANGING else Role.LOSS
        sheet.write_string(line, 0, f"{name}, €", look.cell(role))
        sheet.write_number(line, 1, value, look.cell(role, "0.00" if name == "price" else EURO))


def _plan_charts(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
    cash = book.add_chart({"type": "column"})
    cash.add_series({
        "name": "cash so far", "categories": "=plan!$G$4:$L$4", "values": "=plan!$G$15:$L$15", "gap": 60,
        "fill": {"color": Role.MODEL.colours.header},
    })  # fmt: skip
    cash.set_x_axis({"name": "year", "label_position": "low"})
    curve = book.add_chart({"type": "scatter", "subtype": "smooth"})
    last = PRICES_AT + len(PRICES)
    curve.add_series({
        "name": "all prices", "categories": ["what_if", PRICES_AT, 2, last - 1, 2],
        "values": ["what_if", PRICES_AT, VALUE_AT, last - 1, VALUE_AT],
        "line": {"color": Role.LOSS.colours.header, "width": 2.25},
    })  # fmt: skip
    curve.add_series({
        "name": "the plan", "categories": "=plan!$B$5", "values": "=plan!$L$18",
        "marker": {"type": "circle", "size": 9, "fill": {"color": Role.PARAMETER.colours.header},
                   "border": {"color": "#7A5F00"}},
    })  # fmt: skip
    curve.set_x_axis({"name": "price, €", "min": PRICES[0], "max": PRICES[-1], "major_unit": 4, "label_position": "low",
                      "num_format": "0", "major_gridlines": {"visible": False}})  # fmt: skip
    dress(cash, "Cash so far, €, by year", (292, 300))
    dress(curve, "Net present value, €, by price", (292, 300))
    for chart, column in ((cash, 5), (curve, 8)):
        chart.set_y_axis({"name": "€", "num_format": EURO, "major_gridlines": GRID})
        sheet.insert_chart(LIMITS_AT - 1, column, chart, {"x_offset": 2 if column == 5 else 18})
