"""The sheet `what_if`: the whole plan in one row, once for each shifted assumption and each price."""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.computed import Page
from cellgrad.lessons.sensitivity import notes
from cellgrad.lessons.sensitivity.plan import ASSUMPTIONS, EURO, FIRST, HEADER, WORDS, YEARS
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, note, numbers_only, set_up_page
from cellgrad.lessons.style import Look, Role

STEP = 0.01
PRICES = tuple(range(24, 53, 2))
FIRST_OF_PLAN = 2
"""The column of the first assumption in a row that holds a whole plan."""
PROFIT_AT = FIRST_OF_PLAN + len(ASSUMPTIONS)
CASH_AT = PROFIT_AT + YEARS
VALUE_AT = CASH_AT + YEARS
PRICES_AT = FIRST + 1 + 4 * len(ASSUMPTIONS) + 2
KINDS = ("a little less", "a little more", "less", "more")


def draw_what_if(page: Page, look: Look) -> None:
    """Draw the sheet."""
    sheet = page.sheet
    heading(sheet, look, "The plan, once a row", notes.WHAT_IF["title"])
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
    columns = [("row", Role.MODEL), ("shift", Role.MODEL), *((name, Role.DATA) for name in names)]
    columns += [(f"profit {year}", Role.MODEL) for year in range(1, YEARS + 1)]
    columns += [(f"cash flow {year}", Role.MODEL) for year in range(1, YEARS + 1)] + [("value", Role.LOSS)]
    header_row(sheet, look, HEADER, columns, notes.WHAT_IF)
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
