"""The business plan: five years of a bicycle lamp, what its value hangs on, and the price that Optimize picks.

Sheets: `plan` (assumptions A:D, the years F:L, limits below, net present value in L18), `tornado` (the slope of the
value by each assumption, worked out by hand, beside differences; two charts) and `what_if` (the whole plan in one
row, once for each shifted assumption and each price: what the differences and the price curve are made of).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

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
    YEAR_0,
    YEARS,
)
from cellgrad.lessons.style import GRID, Look, Role, legend_across, note, numbers_only, set_up_page, try_this
from cellgrad.solver_models import Constraint, Relation, SolverModel

WORDS = {Role.DATA: "assumption", Role.PARAMETER: "decision", Role.MODEL: "plan", Role.LOSS: "value"}
"""The legend's words: this lesson makes no loss small, it makes a value large."""

LOWERS, RAISES = "#7FA8D6", "#E58B7B"
"""Blue and red, as in the gradient map: more of it makes the value less, or more."""

BOUNDS = {"€": (0.01, 10**9), "units": (1, 10**9), "%": (0, 10), "": (-0.9, 0.9)}
"""What may be typed for an assumption, by its unit: the plan divides by prices and takes powers of them."""

STEP = 0.01
PRICES = tuple(range(24, 53, 2))


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path`; it needs no data."""
    return write(path, "A five-year plan and what it hangs on", _draw)


def _draw(book: xlsxwriter.Workbook, values: Values) -> Mapping[str, SolverModel]:
    look = Look(book)
    plan, tornado, what_if = (Page(book, name, values) for name in ("plan", "tornado", "what_if"))
    _plan(book, plan, look)
    _tornado(book, tornado, look)
    _what_if(what_if, look)
    return {"plan": model()}


def model() -> SolverModel:
    """Make the net present value large by price and advertising, within the limits."""
    lines = []
    for row, (_, _, relation, _, _, cells) in enumerate(LIMITS, start=LIMITS_AT + 2):
        corners = "plan!" + ":".join(f"${corner[0]}${corner[1:]}" for corner in cells.split(":"))
        kind = Relation.AT_MOST if relation == "at most" else Relation.AT_LEAST
        lines.append(Constraint(corners, kind, f"plan!$D${row}"))
    return SolverModel("plan", "plan!$L$18", "plan!$B$5:$B$6", goal="max", constraints=tuple(lines), non_negative=True)


# ---- plan ----------------------------------------------------------------------------------------------------------


def _plan(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    sheet = page.sheet
    sheet.write_string(0, 0, "Five years of a bicycle lamp", look.title())
    note(sheet, "A1", notes.PLAN["title"])
    caption = "Change a blue or a yellow number: all else follows. Things to try stand below the limits."
    sheet.write_string(1, 0, caption, look.caption())
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
    for column, (text, role) in enumerate(
        [("assumption", Role.DATA), ("value", Role.DATA), ("unit", Role.DATA), ("1 % more gives", Role.LOSS)]
    ):
        sheet.write_string(HEADER, column, text, look.header(role))
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
    for column, (text, role) in enumerate(
        [("limit", Role.DATA), ("now", Role.MODEL), ("must be", Role.DATA), ("limit at", Role.DATA)]
    ):
        sheet.write_string(LIMITS_AT, column, text, look.header(role))
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
    cash.set_title({"name": "Cash so far, €, by year", "name_font": {"size": 11, "bold": True}})
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
    curve.set_title({"name": "Net present value, €, by price", "name_font": {"size": 11, "bold": True}})
    curve.set_x_axis({"name": "price, €", "min": PRICES[0], "max": PRICES[-1], "major_unit": 4, "label_position": "low",
                      "num_format": "0", "major_gridlines": {"visible": False}})  # fmt: skip
    for chart, column in ((cash, 5), (curve, 8)):
        chart.set_legend({"none": True})
        chart.set_y_axis({"name": "€", "num_format": EURO, "major_gridlines": GRID})
        chart.set_size({"width": 292, "height": 300})
        sheet.insert_chart(LIMITS_AT - 1, column, chart, {"x_offset": 2 if column == 5 else 18})


# ---- tornado -------------------------------------------------------------------------------------------------------

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


def _tornado(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    sheet = page.sheet
    sheet.write_string(0, 0, "What the value hangs on", look.title())
    note(sheet, "A1", notes.TORNADO["title"])
    legend_across(sheet, look, 0, 4, WORDS)
    sheet.write_string(1, 0, "Slopes of the net present value, € by a unit of the assumption.", look.caption())
    _headers(sheet, look, HEADER, TORNADO, notes.TORNADO)
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
    _headers(sheet, look, SORTED_AT - 1, SORTED, notes.TORNADO)
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


def _headers(
    sheet: Worksheet, look: Look, row: int, headers: tuple[tuple[str, Role], ...], texts: Mapping[str, str]
) -> None:
    for column, (text, role) in enumerate(headers):
        sheet.write_string(row, column, text, look.header(role))
        if text in texts:
            note(sheet, xl_rowcol_to_cell(row, column), texts[text])


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
        chart.set_title({"name": title, "name_font": {"size": 11, "bold": True}})
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
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 396, "height": 394})
        sheet.insert_chart(row, 6, chart, {"x_offset": 12})


# ---- what_if -------------------------------------------------------------------------------------------------------

FIRST_OF_PLAN = 2
"""The column of the first assumption in a row that holds a whole plan."""
PROFIT_AT = FIRST_OF_PLAN + len(ASSUMPTIONS)
CASH_AT = PROFIT_AT + YEARS
VALUE_AT = CASH_AT + YEARS
PRICES_AT = FIRST + 1 + 4 * len(ASSUMPTIONS) + 2
KINDS = ("a little less", "a little more", "less", "more")


def _what_if(page: Page, look: Look) -> None:
    sheet = page.sheet
    sheet.write_string(0, 0, "The plan, once a row", look.title())
    note(sheet, "A1", notes.WHAT_IF["title"])
    legend_across(sheet, look, 0, 3, WORDS)
    sheet.write_string(
        1, 0, "The shifted assumption is the yellow cell. Nothing to edit here but the step.", look.caption()
    )
    sheet.write_string(2, 0, "a little is", look.label())
    sheet.write_string(2, 1, "of its value:", look.caption("right"))
    sheet.write_number(2, 2, STEP, look.setting("0.00%"))
    numbers_only(sheet, (2, 2, 2, 2), 1e-13, 0.5)
    note(sheet, "C3", notes.WHAT_IF["step"])
    names = [assumption.name for assumption in ASSUMPTIONS]
    headers = [("row", Role.MODEL), ("shift", Role.MODEL), *((name, Role.DATA) for name in names)]
    headers += [(f"profit {year}", Role.MODEL) for year in range(1, YEARS + 1)]
    headers += [(f"cash flow {year}", Role.MODEL) for year in range(1, YEARS + 1)] + [("value", Role.LOSS)]
    _headers(sheet, look, HEADER, tuple(headers), notes.WHAT_IF)
    _scenario(page, look, FIRST, "as planned", "", None, "")
    row = FIRST + 1
    for place, name in enumerate(names):
        for kind in KINDS:
            sign = "-" if kind.endswith("less") else "+"
            shifted = (
                f"={name}{sign}$C$3*IF({name}=0,1,{name})"
                if "little" in kind
                else f"={name}{sign}tornado!$F${FIRST + 1 + place}"
            )
            _scenario(page, look, row, ASSUMPTIONS[place].label, kind, name, shifted)
            row += 1
    sheet.write_string(PRICES_AT - 1, 0, "the price alone", look.bold())
    for row, price in enumerate(PRICES, start=PRICES_AT):
        _scenario(page, look, row, "price", "", "price", price)
    sheet.set_column(0, 0, 31)
    sheet.set_column(1, 1, 13)
    sheet.set_column(FIRST_OF_PLAN, PROFIT_AT - 1, 12)
    sheet.set_column(
        FIRST_OF_PLAN + names.index("usual_advertising"), FIRST_OF_PLAN + names.index("usual_advertising"), 17
    )
    sheet.set_column(PROFIT_AT, VALUE_AT, 12)
    sheet.freeze_panes(FIRST, 2)
    set_up_page(sheet, PRICES_AT + len(PRICES) - 1, VALUE_AT, FIRST)
    sheet.set_print_scale(76)  # three pages side by side: the assumptions in two halves, then the plan
    sheet.set_v_pagebreaks([FIRST_OF_PLAN + 8, PROFIT_AT])
    sheet.repeat_columns(0, 1)


def _scenario(page: Page, look: Look, row: int, label: str, kind: str, shifted: str | None, to: str | float) -> None:
    """A whole plan in a row; one assumption is another, by a formula or a number."""
    sheet = page.sheet
    sheet.write_string(row, 0, label, look.cell(Role.MODEL))
    if kind:
        sheet.write_string(row, 1, kind, look.cell(Role.MODEL))
    cell = {}
    for column, assumption in enumerate(ASSUMPTIONS, start=FIRST_OF_PLAN):
        cell[assumption.name] = f"${xl_col_to_name(column)}{row + 1}"
        number_format = "0.0000" if assumption.value < 1000 else "#,##0.0"
        if assumption.name == shifted:
            style = look.cell(Role.PARAMETER, number_format)
            if isinstance(to, str):
                page.formula(row, column, to, style)
            else:
                sheet.write_number(row, column, to, style)
        else:
            page.formula(row, column, f"={assumption.name}", look.cell(Role.DATA, number_format))
    for year in range(1, YEARS + 1):
        profit = (
            "={base_units}*({price}/{usual_price})^-{elasticity}*({advertising}/{usual_advertising})^{response}"
            "*(1+{unit_growth})^{n}*({price}*(1+{price_rise})^{n}-{unit_cost}*(1+{cost_rise})^{n})"
            "-{fixed_costs}*(1+{cost_rise})^{n}-{advertising}-{investment}/{years}"
        )
        text = profit.format(**cell, n=year - 1, years=YEARS)
        page.formula(row, PROFIT_AT + year - 1, text, look.cell(Role.MODEL, EURO))
        at = xl_rowcol_to_cell(row, PROFIT_AT + year - 1)
        cash = f"={at}-{cell['tax_rate']}*MAX(0,{at})+{cell['investment']}/{YEARS}"
        page.formula(row, CASH_AT + year - 1, cash, look.cell(Role.MODEL, EURO))
    first, last = xl_rowcol_to_cell(row, CASH_AT), xl_rowcol_to_cell(row, VALUE_AT - 1)
    value = f"=NPV({cell['discount_rate']},{first}:{last})-{cell['investment']}"
    page.formula(row, VALUE_AT, value, look.cell(Role.LOSS, EURO))
