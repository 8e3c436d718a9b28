"""Matrix multiplication: every product and sum in cells, a step that walks through them, and a layer made of it.

Sheet `product`, a matrix A (3 x 4) at the left, B (4 x 3) above, their product where A's rows meet B's columns:

    row 3          the step, its slider, the row and the column it stands at
    rows 5:9       B; beside it B turned on its side
    rows 10:13     A, A × B written out; the same by SUMPRODUCT and by MMULT
    row 15         the sum of the step, in words
    rows 17:26     all nine sums, one a row, with their products

Sheet `layer`: eight rows of inputs, MMULT with the weights (the changing cells), ReLU, targets, the loss.
"""

from __future__ import annotations

from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.matmul.notes import LAYER, PRODUCT, TRY_LAYER, TRY_PRODUCT
from cellgrad.lessons.sheet_parts import (
    header_row,
    heading,
    legend,
    legend_across,
    may_run_away,
    note,
    numbers_only,
    set_up_page,
    try_this,
)
from cellgrad.lessons.sliders import Slider, place
from cellgrad.lessons.style import Look, Role
from cellgrad.solver_models import SolverModel

A = ((2, 0, 1, 3), (1, 4, 0, 2), (3, 1, 2, 0))
B = ((1, 5, 2), (3, 0, 1), (2, 2, 0), (0, 1, 4))
ROWS, INNER, COLUMNS = len(A), len(B), len(B[0])
A_AT, B_AT, C_AT = (10, 1), (5, 5), (10, 5)
TURNED_AT, PAIRED_AT, MMULT_AT = (5, 9), (10, 9), (10, 14)
"""The first cell of each matrix, from 0."""
TABLE = 17
"""The first row of the table of all sums, from 0."""

BLUES = ("#DCEBF8", "#B5D5F0", "#8CBDE6")
YELLOWS = ("#FFF3BF", "#FFE27A", "#FFD03A")
"""One shade for each row of A and each column of B."""
STANDING = {"A": "#1F5F99", "B": "#B37400", "C": "#6B3FA0"}
"""What the step stands at: dark, with white figures."""

X = ((1, 2, 0), (0, 1, 3), (2, -1, 1), (-1, 0, 2), (3, 1, -2), (1, -2, 1), (-2, 3, 0), (0, -1, -1))
TRUTH = ((1, -1), (-2, 1), (0.5, 1), (1, 0))
"""The weights that made the targets."""
UNITS = ("unit 1", "unit 2")
START = ((0.3, -0.2), (-0.1, 0.4), (0.2, 0.1), (0.5, 0.2))
FIRST = 4
"""The first row of the sheet `layer`, from 0."""
LAST = FIRST + len(X) - 1


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path`; it needs nothing of `data`."""
    return write(path, "Matrix multiplication", _draw)


def _draw(book: xlsxwriter.Workbook, values: Values) -> dict[str, SolverModel]:
    look = Look(book)
    _product(book, Page(book, "product", values), look)
    _layer(book, Page(book, "layer", values), look)
    return {"layer": SolverModel("layer", "layer!$Q$3", "layer!$G$5:$H$8", goal="min", non_negative=False)}


# ---- the product ---------------------------------------------------------------------------------------------------


def _product(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    sheet = page.sheet
    sheet.write_string(0, 0, "Matrix multiplication, cell by cell", look.title())
    note(sheet, "A1", PRODUCT["title"])
    caption = (
        "Each cell of A × B is a row of A times a column of B, added up. Move the step, or click the slider's arrows."
    )
    sheet.write_string(1, 0, caption, look.caption())
    _step(book, page, look)
    _matrices(book, page, look)
    _sums(page, look)
    _highlights(book, sheet)
    try_this(sheet, look, TABLE - 1, (9, 16), TRY_PRODUCT, rows_each=2)
    legend(sheet, look, 3, 0, settings=True)
    sheet.set_column_pixels(0, 16, 69)
    sheet.set_column_pixels(8, 8, 24)
    sheet.set_column_pixels(13, 13, 24)
    for top, left, bottom, right in ((*A_AT, A_AT[0] + ROWS - 1, A_AT[1] + INNER - 1),
                                     (*B_AT, B_AT[0] + INNER - 1, B_AT[1] + COLUMNS - 1)):  # fmt: skip
        numbers_only(sheet, (top, left, bottom, right), -999, 999)
    sheet.freeze_panes(3, 0)
    set_up_page(sheet, TABLE + ROWS * COLUMNS, 16, 1)


def _step(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """The step, its slider, and the row and column it means."""
    sheet, last = page.sheet, ROWS * COLUMNS - 1
    sheet.write_string(2, 0, "step", look.label())
    sheet.write_number(2, 1, 0, look.setting("0"))
    numbers_only(sheet, (2, 1, 2, 1), 0, last, whole=True)
    slider = Slider("product", (2, 1), low=0, high=last, at=0, steps=last, page=COLUMNS)
    place(sheet, 2, 2, slider, 240, 18, f"slider of the step, from 0 to {last}")
    stands = f"MIN({last},MAX(0,B3))"  # what else may be typed or pasted there still stands somewhere
    place_of = {"row": (6, f"=INT({stands}/{COLUMNS})+1"), "column": (9, f"=MOD({stands},{COLUMNS})+1")}
    for word, (column, formula) in place_of.items():
        sheet.write_string(2, column, word, look.label())
        page.formula(2, column + 1, formula, look.cell(Role.MODEL, "0", align="center", bold=True, valign="vcenter"))
    sheet.set_row(2, 20)
    note(sheet, "A3", PRODUCT["step"])
    for name, cell in (("step", "$B$3"), ("at_row", "$H$3"), ("at_column", "$K$3")):
        book.define_name(name, f"=product!{cell}")


def _matrices(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """A, B, and their product in three ways."""
    sheet = page.sheet
    sums = look.cell(Role.MODEL, "0", align="center")
    _caption(sheet, look, B_AT, COLUMNS, "B", Role.PARAMETER, above=2)
    _caption(sheet, look, A_AT, INNER, "A", Role.DATA)
    _caption(sheet, look, C_AT, COLUMNS, "A × B", Role.MODEL)
    _caption(sheet, look, TURNED_AT, INNER, "B turned", Role.PARAMETER)
    _caption(sheet, look, PAIRED_AT, COLUMNS, "by SUMPRODUCT", Role.MODEL)
    _caption(sheet, look, MMULT_AT, COLUMNS, "by MMULT", Role.MODEL)
    for j in range(COLUMNS):
        sheet.write_number(B_AT[0] - 1, B_AT[1] + j, j + 1, look.caption("center"))
        for k in range(INNER):
            sheet.write_number(B_AT[0] + k, B_AT[1] + j, B[k][j], _shade(look, Role.PARAMETER, YELLOWS[j]))
            page.formula(TURNED_AT[0] + j, TURNED_AT[1] + k, f"={_b(k, j)}", _shade(look, Role.PARAMETER, YELLOWS[j]))
    for i in range(ROWS):
        sheet.write_number(A_AT[0] + i, 0, i + 1, look.caption("center"))
        for k in range(INNER):
            sheet.write_number(A_AT[0] + i, A_AT[1] + k, A[i][k], _shade(look, Role.DATA, BLUES[i]))
        for j in range(COLUMNS):
            written_out = "+".join(f"{_a(i, k)}*{_b(k, j)}" for k in range(INNER))
            page.formula(C_AT[0] + i, C_AT[1] + j, f"={written_out}", sums)
            row = xl_range_abs(A_AT[0] + i, A_AT[1], A_AT[0] + i, A_AT[1] + INNER - 1)
            turned = xl_range_abs(TURNED_AT[0] + j, TURNED_AT[1], TURNED_AT[0] + j, TURNED_AT[1] + INNER - 1)
            page.formula(PAIRED_AT[0] + i, PAIRED_AT[1] + j, f"=SUMPRODUCT({row},{turned})", sums)
    (top, left), bottom, right = MMULT_AT, MMULT_AT[0] + ROWS - 1, MMULT_AT[1] + COLUMNS - 1
    for name, (row, column), height, width in (
        ("matrix_A", A_AT, ROWS, INNER),
        ("matrix_B", B_AT, INNER, COLUMNS),
        ("written_out", C_AT, ROWS, COLUMNS),
        ("by_SUMPRODUCT", PAIRED_AT, ROWS, COLUMNS),
        ("by_MMULT", MMULT_AT, ROWS, COLUMNS),
    ):
        book.define_name(name, f"=product!{xl_range_abs(row, column, row + height - 1, column + width - 1)}")
    page.array(top, left, bottom, right, "=MMULT(matrix_A,matrix_B)", sums)
    sheet.write_string(bottom + 1, left, "all equal?", look.label())
    same = "SUMPRODUCT((written_out=by_SUMPRODUCT)*(written_out=by_MMULT))"
    equal = f'=IF({same}=ROWS(written_out)*COLUMNS(written_out),"yes","no")'
    page.formula(bottom + 1, left + 1, equal, look.cell(Role.MODEL, align="center", bold=True))


def _caption(
    sheet: Worksheet, look: Look, at: tuple[int, int], width: int, word: str, role: Role, above: int = 1
) -> None:
    """The name of a matrix above it, with its note."""
    row, column = at[0] - above, at[1]
    sheet.merge_range(row, column, row, column + width - 1, word, look.header(role))
    note(sheet, xl_rowcol_to_cell(row, column), PRODUCT[word])


def _shade(look: Look, role: Role, colour: str) -> Format:
    """A whole number in its row's or column's shade."""
    return look.cell(role, "0", align="center", bg_color=colour)


def _a(i: int, k: int) -> str:
    return xl_rowcol_to_cell(A_AT[0] + i, A_AT[1] + k, row_abs=True, col_abs=True)


def _b(k: int, j: int) -> str:
    return xl_rowcol_to_cell(B_AT[0] + k, B_AT[1] + j, row_abs=True, col_abs=True)


def _sums(page: Page, look: Look) -> None:
    """The sum that the step stands at, and all nine of them."""
    sheet = page.sheet
    parts = '&" + "&'.join(
        f'INDEX(matrix_A,at_row,{k})&" × "&INDEX(matrix_B,{k},at_column)' for k in range(1, INNER + 1)
    )
    sheet.write_string(14, 0, "now", look.label())
    page.formula(14, 1, f'={parts}&" = "&INDEX(written_out,at_row,at_column)', look.bold())
    headers = ["step", "row", "column", *(f"{k}. product" for k in range(1, INNER + 1)), "sum"]
    roles = [Role.MODEL, Role.DATA, Role.PARAMETER, *[Role.MODEL] * (INNER + 1)]
    header_row(sheet, look, TABLE - 1, zip(headers, roles, strict=True), PRODUCT)
    number = look.cell(Role.MODEL, "0", align="center")
    for step in range(ROWS * COLUMNS):
        row, (i, j) = TABLE + step, divmod(step, COLUMNS)
        sheet.write_number(row, 0, step, number)
        sheet.write_number(row, 1, i + 1, _shade(look, Role.DATA, BLUES[i]))
        sheet.write_number(row, 2, j + 1, _shade(look, Role.PARAMETER, YELLOWS[j]))
        for k in range(INNER):
            page.formula(row, 3 + k, f"={_a(i, k)}*{_b(k, j)}", number)
        products = f"{xl_rowcol_to_cell(row, 3)}:{xl_rowcol_to_cell(row, 2 + INNER)}"
        page.formula(row, 3 + INNER, f"=SUM({products})", look.cell(Role.MODEL, "0", align="center", bold=True))


def _highlights(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
    """The row, the column and the sums that the step stands at, by conditional formatting."""
    dark = {
        word: book.add_format({"bg_color": colour, "font_color": "#FFFFFF", "bold": True})
        for word, colour in STANDING.items()
    }
    a_row, b_column = f"$A{A_AT[0] + 1}=$H$3", f"F${B_AT[0]}=$K$3"
    for (top, left), height, width, criteria, word in (
        (A_AT, ROWS, INNER, f"={a_row}", "A"),
        (B_AT, INNER, COLUMNS, f"={b_column}", "B"),
        (TURNED_AT, ROWS, INNER, f"=ROW($A{TURNED_AT[0] + 1})-{TURNED_AT[0]}=$K$3", "B"),
        (C_AT, ROWS, COLUMNS, f"=AND({a_row},{b_column})", "C"),
        (PAIRED_AT, ROWS, COLUMNS, f"=AND({a_row},COLUMN(J$1)-{PAIRED_AT[1]}=$K$3)", "C"),
        (MMULT_AT, ROWS, COLUMNS, f"=AND({a_row},COLUMN(O$1)-{MMULT_AT[1]}=$K$3)", "C"),
        ((TABLE, 0), ROWS * COLUMNS, 4 + INNER, f"=$A{TABLE + 1}=$B$3", "C"),
    ):
        rule = {"type": "formula", "criteria": criteria, "format": dark[word]}
        sheet.conditional_format(top, left, top + height - 1, left + width - 1, rule)


# ---- the layer -----------------------------------------------------------------------------------------------------


def _layer(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """Inputs, weights, MMULT, ReLU, targets, loss, and a chart of outputs beside targets."""
    sheet = page.sheet
    hint = "Eight rows of inputs go through two units at once. Optimize finds weights that give the targets."
    heading(sheet, look, "A layer: MMULT, then ReLU", LAYER["title"], hint)
    blocks = {
        "inputs": (1, ("x1", "x2", "x3", "one"), Role.DATA),
        "weights": (6, UNITS, Role.PARAMETER),
        "MMULT": (9, UNITS, Role.MODEL),
        "ReLU": (11, UNITS, Role.MODEL),
        "targets": (13, UNITS, Role.DATA),
        "sq_error": (15, UNITS, Role.LOSS),
    }
    for word, (left, columns, role) in blocks.items():
        if word != "sq_error":  # the loss stands above it
            sheet.merge_range(2, left, 2, left + len(columns) - 1, word, look.header(role))
            note(sheet, xl_rowcol_to_cell(2, left), LAYER[word])
        else:
            note(sheet, xl_rowcol_to_cell(3, left), LAYER[word])
        for column, text in enumerate(columns, start=left):
            sheet.write_string(3, column, "sq_error" if word == "sq_error" else text, look.header(role))
    for row, inputs in enumerate(X, start=FIRST):
        sheet.write_number(row, 0, row - FIRST + 1, look.caption("center"))
        for column, value in enumerate((*inputs, 1), start=1):
            sheet.write_number(row, column, value, look.cell(Role.DATA, "0", align="center"))
        for unit in range(2):
            made = sum(x * w[unit] for x, w in zip((*inputs, 1), TRUTH, strict=True))
            sheet.write_number(row, 13 + unit, max(made, 0), look.cell(Role.DATA, "0.0", align="center"))
            z, output, target = (xl_rowcol_to_cell(row, left + unit) for left in (9, 11, 13))
            page.formula(row, 11 + unit, f"=MAX({z},0)", look.cell(Role.MODEL, "0.000"))
            page.formula(row, 15 + unit, f"=({output}-{target})^2", look.cell(Role.LOSS, "0.000"))
    for line, pair in enumerate(START):
        sheet.write_string(FIRST + line, 5, f"of {('x1', 'x2', 'x3', 'one')[line]}", look.caption("right"))
        for unit, weight in enumerate(pair):
            sheet.write_number(FIRST + line, 6 + unit, weight, look.parameter())
    for name, cells in (("inputs", f"$B$5:$E${LAST + 1}"), ("weights", "$G$5:$H$8"), ("outputs", f"$L$5:$M${LAST + 1}"),
                        ("targets", f"$N$5:$O${LAST + 1}"), ("loss", "$Q$3")):  # fmt: skip
        book.define_name(name, f"=layer!{cells}")
    page.array(FIRST, 9, LAST, 10, "=MMULT(inputs,weights)", look.cell(Role.MODEL, "0.000"))
    sheet.write_string(2, 15, "loss", look.label())
    page.formula(2, 16, f"=AVERAGE(P5:Q{LAST + 1})", look.result(Role.LOSS, "0.000000"))
    note(sheet, "P3", LAYER["loss"])
    sheet.write_string(FIRST + 5, 6, "best loss", look.label())
    note(sheet, xl_rowcol_to_cell(FIRST + 5, 6), LAYER["best loss"])
    sheet.write_number(FIRST + 5, 7, 0, look.cell(Role.LOSS, "0.000000"))
    for unit, left in ((1, 0), (2, 7)):
        sheet.insert_chart(LAST + 2, left, _outputs(book, unit), {"x_offset": 4 if unit == 1 else 12})
    numbers_only(sheet, (FIRST, 1, LAST, 4), -999, 999)
    numbers_only(sheet, (FIRST, 6, FIRST + 3, 7), -999, 999)
    numbers_only(sheet, (FIRST, 13, LAST, 14), -999, 999)
    may_run_away(sheet, look, (FIRST, 9, LAST, 16))
    try_this(sheet, look, LAST + 2, (13, 16), TRY_LAYER, rows_each=3)
    legend_across(sheet, look, 0, 9)
    sheet.set_column_pixels(0, 0, 28)
    sheet.set_column_pixels(1, 4, 52)
    sheet.set_column_pixels(5, 5, 60)
    sheet.set_column_pixels(6, 7, 70)
    sheet.set_column_pixels(8, 8, 16)
    sheet.set_column_pixels(9, 16, 82)
    sheet.freeze_panes(FIRST, 0)
    set_up_page(sheet, LAST + 17, 16, FIRST)
    sheet.fit_to_pages(1, 1)


def _outputs(book: xlsxwriter.Workbook, unit: int) -> xlsxwriter.chart.Chart:
    """A unit's outputs beside its targets, row by row."""
    chart = book.add_chart({"type": "column"})
    for word, left, colour in (("target", 12, Role.DATA.colours.header), ("ReLU", 10, Role.MODEL.colours.header)):
        chart.add_series({
            "name": word, "categories": ["layer", FIRST, 0, LAST, 0],
            "values": ["layer", FIRST, left + unit, LAST, left + unit], "fill": {"color": colour}, "gap": 60,
        })  # fmt: skip
    chart.set_x_axis({"name": "row"})
    chart.set_y_axis({"name": "output", "min": 0, "num_format": "General", "major_gridlines": GRID})
    dress(chart, f"Unit {unit}: what it says and what it should", (364 if unit == 1 else 392, 300), legend="bottom")
    return chart
