"""ReLUs: one under the hand, two added, ten fitted to any curve.

Sheets: `one` and `two` (sliders for slope and shift, a chart), `ten` (curve and number of ReLUs chosen in B4 and D4,
the loss in F4, the parameters in B7:D16 and B17, the points below: A:E the curves, F:H target, sum and error, I:R the
ReLUs), `how_many` (the lowest loss known, by the number of ReLUs).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import xlsxwriter
from xlsxwriter.chart import Chart
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.buttons import BUTTONS, macros
from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.relu import notes
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.sliders import Slider, place
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import read_results
from cellgrad.solver_models import SolverModel

TITLE = "A line with a bend, and many of them"
SHEETS = ("one", "two", "ten", "how_many")
STEPS, LOW, HIGH = 120, -3, 3

MOST = 10
"""How many ReLUs there are on `ten`."""
ORDER = (5, 2, 8, 0, 6, 3, 9, 1, 7, 4)
STARTS = tuple((-1 if k % 2 else 1, round(-2.73 + 0.6 * k, 2)) for k in ORDER)
"""Slope and bend of each at the start: open to either side, the bends evenly spread, however few of them take part, and
between the points, where the slope is one and not two."""
CURVES = ("sine", "step", "zig-zag", "yours")
POINTS = tuple(round(-3 + 0.1 * k, 1) for k in range(61))
SKYLINE = (
    0, 0, 0.2, 0.2, 0.2, 0.5, 0.5, 0.5, 0.1, 0.1, 0.4, 0.7, 1, 1.3, 1.6, 1.6, 1.6, 1.3, 1, 0.7, 0.4, 0.1, 0.1, 0.6, 0.6,
    0.6, 0.6, 0.2, 0.2, 0.2, 0.9, 0.9, 0.9, 0.9, 1.2, 1.5, 1.2, 0.9, 0.9, 0.9, 0.3, 0.3, 0.3, 0.3, 0.5, 0.7, 0.9, 0.7,
    0.5, 0.3, 0.3, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.1, 0.1, 0, 0,
)  # fmt: skip
"""What stands in the column `yours` until somebody types over it: roofs and towers, written for this workbook."""
CURVE, RELUS = "sine", MOST
UNIT_AT, CONSTANT_AT, FIRST = 6, 16, 24
"""The rows of the first ReLU, of the constant and of the first point on `ten`, from 0."""
LAST = FIRST + len(POINTS) - 1
COUNTS = tuple(range(1, MOST + 1))

BLUE, VIOLET, ORANGE = "#2F7DC0", "#8E5CC4", "#D9772E"
PIECES = ("#B9A2D8", "#D8B48A", "#9EC3A6", "#C99AAE", "#8FB3D1", "#C7BC7A", "#A5A9B4", "#D39C8A", "#86BDB9", "#B7C98C")


Reached = Mapping[str, Sequence[float]]
"""The lowest loss known, by curve and COUNTS."""


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path`. Raises FileError where `data`/trained/relu.json is missing."""
    found = read_results(data, "relu")
    reached = {curve: [one["loss"] for one in found[curve]] for curve in CURVES}
    return write(path, TITLE, partial(_draw, CURVE, RELUS, reached))


def draw_untrained(path: Path, curve: str, relus: int) -> Path:
    """The same, but without those losses: what they are found with.

    curve, relus: what the cells of the sheet `ten` say of the curve to fit and of how many ReLUs fit it.
    """
    return write(path, TITLE, partial(_draw, curve, relus, dict.fromkeys(CURVES, (0.0,) * len(COUNTS))))


def _draw(
    curve: str, relus: int, reached: Reached, book: xlsxwriter.Workbook, values: Values
) -> dict[str, SolverModel]:
    look = Look(book)
    one, two, ten, how_many = (Page(book, name, values) for name in SHEETS)
    _under_the_hand(book, one, look, ((1, 1),), notes.ONE)
    _under_the_hand(book, two, look, ((-0.5, 1), (1.5, -1)), notes.ONE | notes.TWO)
    _ten(book, ten, look, curve, relus)
    _how_many(book, how_many, look, reached)
    book.add_vba_project(io.BytesIO(macros(list(SHEETS))), is_stream=True)
    book.set_vba_name("ThisWorkbook")
    for number, page in enumerate((one, two, ten, how_many), start=1):
        page.sheet.set_vba_name(f"Sheet{number}")
    changing = f"ten!$B${UNIT_AT + 1}:$D${UNIT_AT + MOST},ten!$B${CONSTANT_AT + 1}"
    return {"ten": SolverModel("ten", "ten!$F$4", changing, goal="min", non_negative=False)}


def _chart(book: xlsxwriter.Workbook, title: str, width: int, height: int, low: float, high: float) -> Chart:
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    chart.set_title({"name": title, "name_font": {"size": 11, "bold": True}})
    chart.set_x_axis({"name": "x", "min": LOW, "max": HIGH, "major_unit": 1, "num_format": "0", "label_position": "low",
                      "major_gridlines": {"visible": False}})  # fmt: skip
    chart.set_y_axis({"name": "y", "min": low, "max": high, "num_format": "General", "label_position": "low",
                      "crossing": low, "major_gridlines": GRID})  # fmt: skip
    chart.set_size({"width": width, "height": height})
    return chart


def _series(
    chart: Chart, sheet: str, rows: tuple[int, int], column: int, name: str, colour: str, width: float,
    dash: str = "solid",
) -> None:  # fmt: skip
    chart.add_series({
        "name": name,
        "categories": [sheet, rows[0], 0, rows[1], 0], "values": [sheet, rows[0], column, rows[1], column],
        "line": {"color": colour, "width": width, "dash_type": dash}, "marker": {"type": "none"},
    })  # fmt: skip


# ---- one and two: sliders ------------------------------------------------------------------------------------------


def _under_the_hand(
    book: xlsxwriter.Workbook, page: Page, look: Look, starts: tuple[tuple[float, float], ...], texts: Mapping[str, str]
) -> None:
    """A sheet with ReLUs that start at these slopes and shifts; two or more are added and aim at a V."""
    sheet, many = page.sheet, len(starts) > 1
    title = "Two of them, added" if many else "One line with a bend"
    hint = "Make the sum cover the dotted V." if many else "Where is the bend, and which side of it is flat?"
    heading(sheet, look, title, texts["title"], f"Drag the sliders. {hint} Red corners carry notes.")
    headers = {"parameter": Role.PARAMETER, "slider at": Role.PARAMETER, "value": Role.PARAMETER}
    header_row(sheet, look, 3, headers.items(), texts)
    sheet.merge_range(3, 3, 3, 5, f"slider: {LOW} to {HIGH}", look.header(Role.PARAMETER))
    cells: list[tuple[int, int]] = []
    for unit, start in enumerate(starts, start=1):
        for name, value in zip("mb", start, strict=True):
            row = 4 + len(cells)
            slider = Slider(page.name, (row, 1), LOW, HIGH, at=round((value - LOW) * STEPS / (HIGH - LOW)), steps=STEPS)
            label = f"{name}{unit}" if many else name
            sheet.write_string(row, 0, label, look.label())
            note(sheet, xl_rowcol_to_cell(row, 0), texts[name])
            sheet.write_number(row, 1, slider.at, look.cell(Role.PARAMETER, "0", align="center"))
            numbers_only(sheet, (row, 1, row, 1), 0, STEPS, whole=True)
            page.formula(row, 2, f"={slider.scaled}", look.cell(Role.PARAMETER, "0.00", bold=True, align="center"))
            place(sheet, row, 3, slider, 246, 17, f"slider of {label}, from {LOW} to {HIGH}")
            sheet.set_row(row, 18)
            cells.append(slider.link)
            book.define_name(f"{page.name}_{label}", f"={page.name}!$C${row + 1}")
    top = 4 + len(cells) + (3 if many else 1)
    last = top + len(POINTS)
    if many:
        sheet.write_string(top - 2, 0, "loss", look.label())
        total, aim = (f"{letter}{top + 2}:{letter}{last + 1}" for letter in "FG")
        page.formula(top - 2, 2, f"=SUMXMY2({total},{aim})/ROWS({aim})",
                     look.result(Role.LOSS, "0.0000"))  # fmt: skip
        note(sheet, xl_rowcol_to_cell(top - 2, 0), texts["loss"])
    _points_of(page, look, top, len(starts), texts)
    chart = _chart(
        book, "The sum of two" if many else "The line and its ReLU", 546 if many else 780, 380 - 80 * many, -3, 6
    )
    for unit in range(len(starts)):
        _series(
            chart,
            page.name,
            (top + 1, last),
            1 + 2 * unit,
            f"line {unit + 1}" if many else "line",
            "#A5A9B4",
            1.25,
            "dash",
        )
    if many:
        for unit, colour in enumerate((BLUE, ORANGE)):
            _series(chart, page.name, (top + 1, last), 2 + 2 * unit, f"ReLU {unit + 1}", colour, 1.75)
        _series(chart, page.name, (top + 1, last), 6, "V", "#1F2933", 1.5, "round_dot")
    _series(chart, page.name, (top + 1, last), 5 if many else 2, "sum" if many else "ReLU", VIOLET, 3)
    chart.set_legend({"position": "bottom"})
    sheet.insert_chart(top + 1, 7 if many else 3, chart, {"x_offset": 12})
    if many:
        try_this(sheet, look, 3, (7, 13), notes.TRY_TWO, rows_each=2)
    else:
        try_this(sheet, look, 3, (7, 13), notes.TRY_ONE)
    legend_across(sheet, look, 0, 8)
    sheet.set_column_pixels(0, 13, 80)
    sheet.freeze_panes(top + 1, 0)
    set_up_page(sheet, last, 13, 1)


def _points_of(page: Page, look: Look, top: int, units: int, texts: Mapping[str, str]) -> None:
    """x, each line and its ReLU, and for two their sum and the V; the header in the row `top`."""
    headers = {"x": Role.DATA}
    for unit in range(1, units + 1):
        word = f" {unit}" if units > 1 else ""
        headers |= {f"line{word}": Role.MODEL, f"ReLU{word}": Role.MODEL}
    if units > 1:
        headers |= {"sum": Role.MODEL, "V": Role.DATA}
    header_row(page.sheet, look, top, headers.items(), texts)
    number = look.cell(Role.MODEL, "0.00")
    for row, x in enumerate(POINTS, start=top + 1):
        at = row + 1
        page.sheet.write_number(row, 0, x, look.cell(Role.DATA, "0.0"))
        for unit in range(units):
            m, b = f"$C${5 + 2 * unit}", f"$C${6 + 2 * unit}"
            page.formula(row, 1 + 2 * unit, f"={m}*$A{at}+{b}", number)
            page.formula(row, 2 + 2 * unit, f"=MAX(0,{xl_col_to_name(1 + 2 * unit)}{at})", number)
        if units > 1:
            page.formula(row, 5, f"=C{at}+E{at}", look.cell(Role.MODEL, "0.00", bold=True))
            page.formula(row, 6, f"=ABS(A{at})", look.cell(Role.DATA, "0.0"))


# ---- ten -----------------------------------------------------------------------------------------------------------


def _ten(book: xlsxwriter.Workbook, page: Page, look: Look, curve: str, relus: int) -> None:
    sheet = page.sheet
    hint = "Choose a curve and a number of ReLUs, press Optimize, and see the bends find their places."
    heading(sheet, look, "Any curve, by ten lines with a bend", notes.TEN["title"], hint)
    for column, word in ((0, "curve"), (2, "ReLUs"), (4, "loss")):
        sheet.write_string(3, column, word, look.label())
        note(sheet, xl_rowcol_to_cell(3, column), notes.TEN[word])
    sheet.write_string(3, 1, curve, look.setting())
    sheet.data_validation(3, 1, 3, 1, {
        "validate": "list", "source": list(CURVES), "error_title": "Not here",
        "error_message": "Choose one of the curves below: " + ", ".join(CURVES) + ".",
    })  # fmt: skip
    sheet.write_number(3, 3, relus, look.setting("0"))
    numbers_only(sheet, (3, 3, 3, 3), 1, MOST, whole=True)
    numbers_only(sheet, (UNIT_AT, 1, CONSTANT_AT, 3), -1000, 1000)
    numbers_only(sheet, (FIRST, 4, LAST, 4), -1000, 1000)
    page.formula(3, 5, f"=AVERAGE(H{FIRST + 1}:H{LAST + 1})", look.result(Role.LOSS, "0.000000"))
    for name, cell in (("curve", "$B$4"), ("relus", "$D$4"), ("loss", "$F$4"), ("constant", f"$B${CONSTANT_AT + 1}")):
        book.define_name(name, f"=ten!{cell}")
    sheet.write_string(3, 6, "best yet", look.label())
    note(sheet, "G4", notes.TEN["best known"])
    known = f"=INDEX(how_many!B5:E14,MAX(1,MIN({MOST},relus)),MATCH(curve,how_many!B4:E4,0))"
    page.formula(3, 7, known, look.cell(Role.LOSS, "0.000000"))
    _units(page, look)
    for at, (caption, macro) in enumerate(BUTTONS.items()):
        sheet.insert_button(
            CONSTANT_AT, 2 + 2 * at,
            {"macro": macro, "caption": caption, "width": 130, "height": 28, "x_offset": 10, "y_offset": 3},
        )  # fmt: skip
    _points(page, look)
    _ten_charts(book, sheet)
    try_this(sheet, look, FIRST - 6, (6, 7 + MOST), notes.TRY_TEN)
    legend_across(sheet, look, FIRST - 4, 0, settings=True)
    sheet.set_column_pixels(0, 7, 74)
    sheet.set_column_pixels(8, 7 + MOST, 54)
    sheet.freeze_panes(4, 1)
    set_up_page(sheet, LAST, 7 + MOST, 1)
    sheet.fit_to_pages(1, 0)
    for row in range(2, FIRST - 1):  # heights of their own, which stay when the numbers change
        sheet.set_row_pixels(row, 6 if row in (2, 4) else 21)


def _units(page: Page, look: Look) -> None:
    """The parameters, a ReLU a row, and the constant below."""
    headers = {"ReLU": Role.PARAMETER, "m": Role.PARAMETER, "b": Role.PARAMETER, "height": Role.PARAMETER,
               "bends at": Role.MODEL, "takes part": Role.MODEL}  # fmt: skip
    header_row(page.sheet, look, UNIT_AT - 1, headers.items(), notes.TEN)
    for row, (slope, bend) in enumerate(STARTS, start=UNIT_AT):
        at = row + 1
        page.sheet.write_number(row, 0, row - UNIT_AT + 1, look.cell(Role.MODEL, "0", align="center", bold=True))
        for column, value in enumerate((slope, -slope * bend, 0), start=1):
            page.sheet.write_number(row, column, value, look.parameter())
        page.formula(row, 4, f'=IF(B{at}=0,"nowhere",-C{at}/B{at})', look.cell(Role.MODEL, "0.00", align="center"))
        page.formula(row, 5, f'=IF(A{at}<=relus,"yes","no")', look.cell(Role.MODEL, align="center"))
    page.sheet.write_string(CONSTANT_AT, 0, "constant", look.label())
    note(page.sheet, xl_rowcol_to_cell(CONSTANT_AT, 0), notes.TEN["constant"])
    page.sheet.write_number(CONSTANT_AT, 1, 0, look.parameter())


def _points(page: Page, look: Look) -> None:
    """The curves, the chosen one, the sum, its error, and the ReLUs."""
    sheet = page.sheet
    headers = {"x": Role.DATA} | dict.fromkeys(CURVES, Role.DATA)
    headers |= {"target": Role.DATA, "sum": Role.MODEL, "sq_error": Role.LOSS}
    header_row(sheet, look, FIRST - 1, headers.items(), notes.TEN)
    for unit in range(MOST):
        page.formula(FIRST - 1, 8 + unit, f"=$A${UNIT_AT + 1 + unit}", look.header(Role.MODEL))
    note(sheet, xl_rowcol_to_cell(FIRST - 1, 8), notes.TEN["1"])
    data, model = look.cell(Role.DATA, "0.000"), look.cell(Role.MODEL, "0.000")
    last = xl_col_to_name(7 + MOST)
    for row, (x, own) in enumerate(zip(POINTS, SKYLINE, strict=True), start=FIRST):
        at = row + 1
        sheet.write_number(row, 0, x, look.cell(Role.DATA, "0.0", bold=True))
        page.formula(row, 1, f"=SIN(2*A{at})", data)
        page.formula(row, 2, f"=IF(A{at}>0,1,-1)", data)
        page.formula(row, 3, f"=2*ABS(MOD(A{at}+3,2)-1)-1", data)
        sheet.write_number(row, 4, own, look.cell(Role.DATA, "0.000", bold=True))
        page.formula(row, 5, f"=INDEX(B{at}:E{at},MATCH(curve,$B${FIRST}:$E${FIRST},0))", data)
        page.formula(row, 6, f"=constant+SUM(I{at}:{last}{at})", look.cell(Role.MODEL, "0.000", bold=True))
        page.formula(row, 7, f"=(G{at}-F{at})^2", look.cell(Role.LOSS, "0.0000"))
        for unit in range(MOST):
            m, b, height = (f"${letter}${UNIT_AT + 1 + unit}" for letter in "BCD")
            column = xl_col_to_name(8 + unit)
            text = f"=IF({column}${FIRST}<=relus,{height}*MAX(0,{m}*$A{at}+{b}),0)"
            page.formula(row, 8 + unit, text, model)


def _ten_charts(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
    rows = (FIRST, LAST)
    fit = _chart(book, "The curve and the sum", 334, 276, -1.5, 2)
    fit.add_series({
        "name": "curve", "categories": ["ten", FIRST, 0, LAST, 0], "values": ["ten", FIRST, 5, LAST, 5],
        "line": {"none": True},
        "marker": {"type": "circle", "size": 3, "fill": {"color": BLUE}, "border": {"color": BLUE}},
    })  # fmt: skip
    _series(fit, "ten", rows, 6, "sum", VIOLET, 2.75)
    fit.set_legend({"position": "bottom"})
    parts = _chart(book, "The ReLUs it is made of", 334, 276, -10, 10)
    parts.set_y_axis({"name": "y", "num_format": "General", "label_position": "low", "major_gridlines": GRID})
    for unit in range(MOST):
        _series(parts, "ten", rows, 8 + unit, f"ReLU {unit + 1}", PIECES[unit], 1.5)
    _series(parts, "ten", rows, 6, "sum", VIOLET, 2.75)
    parts.set_legend({"none": True})
    sheet.insert_chart(4, 6, fit, {"x_offset": 8, "y_offset": 1})
    sheet.insert_chart(4, 11, parts, {"x_offset": 38, "y_offset": 1})


# ---- how_many ------------------------------------------------------------------------------------------------------


def _how_many(book: xlsxwriter.Workbook, page: Page, look: Look, reached: Reached) -> None:
    sheet = page.sheet
    sheet.write_string(0, 0, "How many bends are enough?", look.title())
    note(sheet, "A1", notes.HOW_MANY["title"])
    sheet.write_string(
        1,
        0,
        "The lowest loss that is known, by curve and number of ReLUs.",
        look.caption(),
    )
    headers = {"ReLUs": Role.DATA} | dict.fromkeys(CURVES, Role.LOSS)
    header_row(sheet, look, 3, headers.items(), notes.HOW_MANY)
    chart = book.add_chart({"type": "line"})
    last = 3 + len(COUNTS)
    for row, count in enumerate(COUNTS, start=4):
        sheet.write_number(row, 0, count, look.cell(Role.DATA, "0", align="center"))
    for column, (curve, colour) in enumerate(zip(CURVES, (BLUE, ORANGE, VIOLET, "#5B8C5A"), strict=True), start=1):
        for row, value in enumerate(reached[curve], start=4):
            sheet.write_number(row, column, value, look.cell(Role.LOSS, "0.000000"))
        chart.add_series({
            "name": curve, "categories": ["how_many", 4, 0, last, 0], "values": ["how_many", 4, column, last, column],
            "line": {"color": colour, "width": 2.25},
            "marker": {"type": "circle", "size": 6, "fill": {"color": colour}, "border": {"color": "#FFFFFF"}},
        })  # fmt: skip
    chart.set_x_axis({"name": "ReLUs"})
    chart.set_y_axis({"name": "loss", "min": 0, "num_format": "0.0", "major_gridlines": GRID})
    dress(chart, "Loss by the number of ReLUs", (560, 340), legend="bottom")
    sheet.insert_chart(4, 6, chart)
    legend_across(sheet, look, 0, 6)
    sheet.set_column_pixels(0, 15, 76)
    sheet.freeze_panes(4, 1)
    set_up_page(sheet, 22, 14, 4)
