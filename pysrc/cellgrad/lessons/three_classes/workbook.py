"""Three classes: irises told apart by a softmax layer and cross-entropy.

Sheets: `softmax` (parameters in H3:L5 above their inputs, loss in P3; from row 8 on a flower a row: A:F the data, G
the split, H:L the inputs, M:O scores, P:R their EXP, S:U probabilities, V:Y truth and loss) and `flower` (a new flower
typed in, its classes sorted by probability, the confusion table, a chart of the data).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.errors import FileError
from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.style import INK, Look, Role
from cellgrad.lessons.three_classes import notes
from cellgrad.solver_models import SolverModel

MEASURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
CSV_COLUMNS = (*MEASURES, "species")
SPECIES = ("setosa", "versicolor", "virginica")
PENALTY, HOLD_OUT, PARTS = 0.001, 0, 3
REACHED = {"loss": 0.137957080417, "held out": 0.96, "training": 0.98}
"""Where Optimize ends, with the shipped split; a test finds it another way."""
HEADER, FIRST = 6, 7
"""The header row of the flowers and the first flower, from 0."""
INPUT_AT, SCORE_AT, TRUTH_AT = 7, 12, 21
CLASS_AT = 2
"""The row of the first class's weights."""
COLOURS = ("#2F7DC0", "#D9772E", "#8E5CC4")

Flower = tuple[float, float, float, float, str]


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path` from `data`/iris.csv. Raises FileError where that is missing or other."""
    return write(path, "Three classes by softmax", partial(_draw, read_flowers(data / "iris.csv")))


def read_flowers(path: Path) -> list[Flower]:
    """The flowers as (four measurements in cm, species). Raises FileError."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
    except (OSError, ValueError) as problem:
        raise FileError(f"{path} cannot be read: {problem}") from problem
    if tuple(header) != CSV_COLUMNS or {row[-1] for row in rows} != set(SPECIES):
        raise FileError(f"{path} is not a table of {', '.join(CSV_COLUMNS)} of three species")
    return [(float(a), float(b), float(c), float(d), species) for a, b, c, d, species in rows]


def _draw(flowers: list[Flower], book: xlsxwriter.Workbook, values: Values) -> Mapping[str, SolverModel]:
    look = Look(book)
    model, flower = (Page(book, name, values) for name in ("softmax", "flower"))
    last = FIRST + len(flowers)
    _names(book, last)
    _parameters(model, look)
    _flowers(model, look, flowers)
    _flower(book, flower, look, flowers)
    return {"softmax": SolverModel("softmax", "softmax!$P$3", "softmax!$H$3:$L$5", goal="min", non_negative=False)}


def _names(book: xlsxwriter.Workbook, last: int) -> None:
    """last: the last flower's row as Excel counts."""
    columns = {"species": "B", "train": "G", "truth_loss": "W", "predicted": "X", "is_right": "Y"}
    for name, column in columns.items():
        book.define_name(name, f"=softmax!${column}${FIRST + 1}:${column}${last}")
    cells = {"weights": "$H$3:$L$5", "classes": "$G$3:$G$5", "loss": "$P$3", "penalty": "$B$3", "hold_out": "$B$4"}
    for name, cell in cells.items():
        book.define_name(name, f"=softmax!{cell}")


def _parameters(page: Page, look: Look) -> None:
    """Title, weights, loss and shares of right answers: the rows above the flowers."""
    sheet = page.sheet
    hint = "Press Optimize, then go to the sheet flower: one of your own, and more to try."
    heading(sheet, look, "Three classes: which iris is it?", notes.MODEL["title"], hint)
    sheet.write_string(1, 6, "weights", look.header(Role.PARAMETER))
    note(sheet, "G2", notes.MODEL["weights"])
    for column, measure in enumerate(MEASURES, start=INPUT_AT):
        sheet.write_string(1, column, measure.replace("_", " "), look.header(Role.PARAMETER))
    sheet.write_string(1, INPUT_AT + 4, "constant", look.header(Role.PARAMETER))
    note(sheet, "L2", notes.MODEL["constant"])
    for row, species in enumerate(SPECIES, start=CLASS_AT):
        sheet.write_string(row, 6, species, look.cell(Role.PARAMETER, bold=True))
        for column in range(INPUT_AT, INPUT_AT + 5):
            sheet.write_number(row, column, 0, look.parameter())
    sheet.write_string(2, 14, "loss", look.label())
    note(sheet, "O3", notes.MODEL["loss"])
    text = "=SUMPRODUCT(train,truth_loss)/SUM(train)+penalty*SUMSQ(weights)"
    page.formula(2, 15, text, look.result(Role.LOSS, "0.000000"))
    for row, (word, value, number_format) in enumerate(
        [("penalty", PENALTY, "0.0000"), ("hold out", HOLD_OUT, "0")], start=CLASS_AT
    ):
        sheet.write_string(row, 0, word, look.label())
        note(sheet, xl_rowcol_to_cell(row, 0), notes.MODEL[word])
        sheet.write_number(row, 1, value, look.setting(number_format))
    numbers_only(sheet, (2, 1, 2, 1), 0, 1000)
    numbers_only(sheet, (3, 1, 3, 1), 0, PARTS - 1, whole=True)
    numbers_only(sheet, (CLASS_AT, INPUT_AT, CLASS_AT + 2, INPUT_AT + 4), -1000, 1000)
    legend_across(sheet, look, 0, 6, settings=True)
    sheet.write_string(1, 18, "right", look.header(Role.MODEL))
    sheet.write_string(1, 19, "now", look.header(Role.MODEL))
    sheet.write_string(1, 20, "optimised", look.header(Role.MODEL))
    note(sheet, "U2", notes.MODEL["optimised"])
    shares = {"training": "SUMPRODUCT(train,is_right)/SUM(train)",
              "held out": "SUMPRODUCT(1-train,is_right)/SUMPRODUCT(1-train)"}  # fmt: skip
    for row, (word, text) in enumerate(shares.items(), start=2):
        sheet.write_string(row, 18, word, look.cell(Role.MODEL))
        note(sheet, xl_rowcol_to_cell(row, 18), notes.MODEL[word])
        page.formula(row, 19, f"={text}", look.cell(Role.MODEL, "0.0%", bold=True))
        sheet.write_number(row, 20, REACHED[word], look.cell(Role.MODEL, "0.0%"))
    sheet.write_string(4, 18, "loss", look.cell(Role.LOSS))
    page.formula(4, 19, "=loss", look.cell(Role.LOSS, "0.000000", bold=True))
    sheet.write_number(4, 20, REACHED["loss"], look.cell(Role.LOSS, "0.000000"))

    for column, (word, text, style) in enumerate(  # once more, where a small screen shows them
        [("loss", "=loss", look.result(Role.LOSS, "0.0000")), ("held out", "=T4", look.result(Role.MODEL, "0.0%"))]
    ):
        sheet.write_string(2, 2 + 2 * column, word, look.label())
        page.formula(2, 3 + 2 * column, text, style)


def _flowers(page: Page, look: Look, flowers: list[Flower]) -> None:
    sheet, last = page.sheet, FIRST + len(flowers)
    headers = {"number": Role.DATA, "species": Role.DATA} | {name.replace("_", " "): Role.DATA for name in MEASURES}
    headers |= (
        {"train": Role.DATA} | {f"{name.replace('_', ' ')} n": Role.MODEL for name in MEASURES} | {"one": Role.DATA}
    )
    headers |= {f"{word} {k}": Role.MODEL for word in ("score", "exp", "p") for k in (1, 2, 3)}
    headers |= {"p of truth": Role.MODEL, "cross-entropy": Role.LOSS, "predicted": Role.MODEL, "right": Role.MODEL}
    header_row(sheet, look, HEADER, headers.items(), notes.MODEL)
    data, model = look.cell(Role.DATA, "0.0", align="center"), look.cell(Role.MODEL, "0.000")
    word = look.cell(Role.MODEL, align="center")
    for row, (*measures, species) in enumerate(flowers, start=FIRST):
        at = row + 1
        sheet.write_number(row, 0, row - FIRST + 1, look.cell(Role.DATA, "0", align="center"))
        sheet.write_string(row, 1, species, look.cell(Role.DATA))
        for column, measure in enumerate(measures, start=2):
            sheet.write_number(row, column, measure, data)
        page.formula(row, 6, f"=IF(MOD(A{at},{PARTS})=hold_out,0,1)", look.cell(Role.DATA, "0", align="center"))
        for place in range(4):
            raw = xl_col_to_name(2 + place)
            mean, spread = f"{raw}$5", f"{raw}$6"
            page.formula(row, INPUT_AT + place, f"=({raw}{at}-{mean})/{spread}", model)
        sheet.write_number(row, INPUT_AT + 4, 1, look.cell(Role.DATA, "0", align="center"))
        for k in range(3):
            score, power = (xl_col_to_name(SCORE_AT + 3 * part + k) for part in range(2))
            line = CLASS_AT + 1 + k
            page.formula(row, SCORE_AT + k, f"=SUMPRODUCT($H{at}:$L{at},$H${line}:$L${line})", model)
            page.formula(row, SCORE_AT + 3 + k, f"=EXP({score}{at}-MAX($M{at}:$O{at}))", model)
            page.formula(row, SCORE_AT + 6 + k, f"={power}{at}/SUM($P{at}:$R{at})", model)
        page.formula(row, TRUTH_AT, f"=INDEX(S{at}:U{at},MATCH(B{at},classes,0))", model)
        page.formula(row, TRUTH_AT + 1, f"=-LN(V{at})", look.cell(Role.LOSS, "0.000"))
        page.formula(row, TRUTH_AT + 2, f"=INDEX(classes,MATCH(MAX(S{at}:U{at}),S{at}:U{at},0))", word)
        page.formula(row, TRUTH_AT + 3, f"=IF(X{at}=B{at},1,0)", word)
    for row, name in ((4, "mean"), (5, "std. dev.")):
        sheet.write_string(row, 1, name, look.label())
        for place in range(4):
            column = xl_col_to_name(2 + place)
            region = f"{column}{FIRST + 1}:{column}{last}"
            text = f"=SUMPRODUCT(train,{region})/SUM(train)"
            if row == 5:
                text = f"=SQRT(SUMPRODUCT(train,({region}-{column}5)^2)/SUM(train))"
            page.formula(row, 2 + place, text, look.cell(Role.MODEL, "0.000", align="center"))
    sheet.conditional_format(FIRST, TRUTH_AT + 3, last - 1, TRUTH_AT + 3, {
        "type": "cell", "criteria": "==", "value": 0, "format": look.broken()})  # fmt: skip
    sheet.conditional_format(FIRST, SCORE_AT + 6, last - 1, SCORE_AT + 8, {
        "type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1,
        "min_color": "#FFFFFF", "max_color": Role.MODEL.colours.header})  # fmt: skip
    numbers_only(sheet, (FIRST, 2, last - 1, 5), 0, 100)
    sheet.set_column_pixels(0, 0, 70)
    sheet.set_column_pixels(1, 5, 86)
    sheet.set_column_pixels(6, 11, 102)
    sheet.set_column_pixels(12, 20, 72)
    sheet.set_column_pixels(21, 24, 92)
    sheet.freeze_panes(FIRST, 2)
    set_up_page(sheet, last - 1, TRUTH_AT + 3, FIRST)
    sheet.set_print_scale(82)  # two pages side by side: the flowers and their inputs, then what the model says of them
    sheet.set_v_pagebreaks([SCORE_AT])
    sheet.repeat_columns(0, 1)


def _flower(book: xlsxwriter.Workbook, page: Page, look: Look, flowers: list[Flower]) -> None:
    sheet = page.sheet
    heading(sheet, look, "A flower of your own", notes.FLOWER["title"], "Type four measurements into the framed cells.")
    header_row(sheet, look, 3, {"measure, cm": Role.DATA, "value": Role.DATA, "input": Role.MODEL}.items())
    for row, (measure, value) in enumerate(zip(MEASURES, (6.0, 2.8, 4.9, 1.7), strict=True), start=4):
        sheet.write_string(row, 0, measure.replace("_", " "), look.cell(Role.DATA))
        sheet.write_number(row, 1, value, look.setting("0.0"))
        numbers_only(sheet, (row, 1, row, 1), 0, 100)
        column = xl_col_to_name(row - 2)
        page.formula(row, 2, f"=(B{row + 1}-softmax!{column}$5)/softmax!{column}$6", look.cell(Role.MODEL, "0.000"))
    headers = {"vocabulary": Role.PARAMETER, "score": Role.MODEL, "probability": Role.MODEL, "order": Role.MODEL,
               "sorted": Role.MODEL, "sorted p": Role.MODEL}  # fmt: skip
    header_row(sheet, look, 9, headers.items(), notes.FLOWER)
    for k in range(3):
        row, at, line = 10 + k, 11 + k, CLASS_AT + 1 + k
        page.formula(row, 0, f"=INDEX(classes,{k + 1})", look.cell(Role.PARAMETER))
        terms = "+".join(f"C{5 + place}*softmax!{xl_col_to_name(INPUT_AT + place)}{line}" for place in range(4))
        page.formula(row, 1, f"={terms}+softmax!L{line}", look.cell(Role.MODEL, "0.000"))
        softmax = f"=EXP(B{at}-MAX(B$11:B$13))/SUMPRODUCT(EXP(B$11:B$13-MAX(B$11:B$13)))"
        page.formula(row, 2, softmax, look.cell(Role.MODEL, "0.0%"))
        page.formula(
            row, 3, f"=RANK(C{at},C$11:C$13)+COUNTIF(C$10:C{at - 1},C{at})", look.cell(Role.MODEL, "0", align="center")
        )
        page.formula(row, 4, f"=INDEX(A$11:A$13,MATCH({k + 1},D$11:D$13,0))", look.cell(Role.MODEL, bold=True))
        page.formula(row, 5, f"=INDEX(C$11:C$13,MATCH({k + 1},D$11:D$13,0))", look.cell(Role.MODEL, "0.0%", bold=True))
    sheet.write_string(15, 0, "held out: it is", look.header(Role.DATA))
    note(sheet, "A16", notes.FLOWER["confusion"])
    for k, species in enumerate(SPECIES):
        sheet.write_string(15, 1 + k, species, look.header(Role.MODEL))
        sheet.write_string(16 + k, 0, species, look.cell(Role.DATA))
        for column in range(3):
            text = f"=SUMPRODUCT((1-train)*(species=$A{17 + k})*(predicted={xl_col_to_name(1 + column)}$16))"
            page.formula(16 + k, 1 + column, text, look.cell(Role.MODEL, "0", align="center"))
    legend_across(sheet, look, 0, 6, settings=True)
    try_this(sheet, look, 20, (0, 5), notes.TRY_THIS, rows_each=2)
    _flower_charts(book, page, flowers)
    sheet.set_column_pixels(0, 5, 100)
    sheet.set_column_pixels(6, 12, 76)
    sheet.freeze_panes(3, 0)
    set_up_page(sheet, 30, 13, 4)
    sheet.fit_to_pages(1, 1)


def _flower_charts(book: xlsxwriter.Workbook, page: Page, flowers: list[Flower]) -> None:
    chart = book.add_chart({"type": "scatter"})
    for species, colour in zip(SPECIES, COLOURS, strict=True):
        rows = [row for row, flower in enumerate(flowers, start=FIRST) if flower[-1] == species]
        chart.add_series({
            "name": species, "categories": ["softmax", rows[0], 4, rows[-1], 4],
            "values": ["softmax", rows[0], 5, rows[-1], 5],
            "marker": {"type": "circle", "size": 6, "fill": {"color": colour}, "border": {"color": "#FFFFFF"}},
        })  # fmt: skip
    chart.add_series({
        "name": "yours", "categories": "=flower!$B$7", "values": "=flower!$B$8",
        "marker": {"type": "diamond", "size": 12, "fill": {"color": INK}, "border": {"color": "#FFFFFF"}},
    })  # fmt: skip
    grid = {"major_gridlines": GRID, "num_format": "0"}
    chart.set_x_axis({"name": "length, cm", "min": 0, "max": 8, **grid})
    chart.set_y_axis({"name": "width, cm", "min": 0, "max": 3, **grid})
    dress(chart, "Petals, cm: the two that matter most", (500, 320), legend="bottom")
    page.sheet.insert_chart(3, 6, chart, {"x_offset": 16})
    bars = book.add_chart({"type": "bar"})
    bars.add_series({"name": "probability", "categories": "=flower!$E$11:$E$13", "values": "=flower!$F$11:$F$13",
                     "fill": {"color": COLOURS[2]}, "gap": 50})  # fmt: skip
    bars.set_y_axis({"reverse": True, "name": "species"})
    bars.set_x_axis({"name": "probability", "min": 0, "max": 1, "num_format": "0%", "label_position": "high",
                     "major_gridlines": GRID})  # fmt: skip
    dress(bars, "What your flower is, the most probable first", (500, 210))
    page.sheet.insert_chart(20, 6, bars, {"x_offset": 16})
