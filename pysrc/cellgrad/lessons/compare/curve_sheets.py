"""The learning curve: `learning_curve` with its table and chart, and `curve_sets` with what it is made of.

On `curve_sets` ten rows belong to one training: a number of passengers, a split, the weights of both models in yellow
and their losses, each one formula over the sheet `data`.
"""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range_abs, xl_rowcol_to_cell

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.compare import notes, people
from cellgrad.lessons.compare.nets import Net, first_layer, next_layer, probability
from cellgrad.lessons.compare.parts import PARTS, SPLITS, Passengers
from cellgrad.lessons.compare.results import Trained
from cellgrad.lessons.compare.training import CURVE, CURVE_UP_TO
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import header_row, heading, legend, legend_across, note, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic.passengers import INPUTS

SETS, CURVE_SHEET = "curve_sets", "learning_curve"
HEADER, FIRST = 3, 4
HEIGHT = len(INPUTS)
"""Rows of a training."""
UP_TO, SPLIT, IN_HAND, TRAINED, LABEL, WEIGHTS = range(6)
"""The first columns of `curve_sets`; the weights of the second model follow those of the first."""
SMALL, LARGE = CURVE
LARGE_AT = WEIGHTS + 1
OUT_AT = LARGE_AT + LARGE.units
"""The column of the second model's weights of the prediction, and their constant below."""
LOSSES_AT = OUT_AT + 1
LOSSES = ("training", "validation")
TRAINS = f"(part<>{{split}})*(part<>MOD({{split}},{PARTS})+1)*(number<={{up_to}})"
COLOURS = ("#2F7DC0", "#8E5CC4")


def losses(net: Net) -> int:
    """The first of the two columns with a model's losses on `curve_sets`, from 0."""
    return LOSSES_AT + 2 * CURVE.index(net)


def draw_sets(page: Page, look: Look, everyone: Passengers, trained: Trained) -> None:
    """The sheet `curve_sets`."""
    sheet = page.sheet
    hint = "Ten rows are one training: so many passengers, one split, the weights found, and the losses with them."
    heading(sheet, look, "What the learning curve is made of", notes.CURVE["sets"], hint)
    legend_across(sheet, look, 2, 0)
    words = ["up to", "split", "in hand", "trained on", "weights of", SMALL.name]
    words += [f"unit {unit + 1}" for unit in range(LARGE.units)] + ["prediction"]
    for column, word in enumerate(words):
        role = Role.DATA if column < IN_HAND else Role.MODEL if column < LABEL else Role.PARAMETER
        sheet.write_string(HEADER, column, word, look.header(role))
    for column, word in {IN_HAND: "in hand", TRAINED: "trained on", OUT_AT: "prediction"}.items():
        note(sheet, xl_rowcol_to_cell(HEADER, column), notes.CURVE[word])
    sheet.write_string(HEADER - 1, LARGE_AT, f"{LARGE.name}: the weights of its units", look.caption())
    for net in CURVE:
        sheet.write_string(HEADER - 1, losses(net), net.name, look.bold())
        for at, word in enumerate(LOSSES):
            sheet.write_string(HEADER, losses(net) + at, word, look.header(Role.LOSS))
    note(sheet, xl_rowcol_to_cell(HEADER, LOSSES_AT), notes.CURVE["loss"])
    for place, (up_to, split) in enumerate(trained.curve[SMALL]):
        _set(page, look, everyone, trained, FIRST + HEIGHT * place, up_to, split)
    last = FIRST + HEIGHT * len(CURVE_UP_TO) * PARTS - 1
    sheet.set_column_pixels(0, LABEL - 1, 74)
    sheet.set_column_pixels(LABEL, LABEL, 84)
    sheet.set_column_pixels(WEIGHTS, WEIGHTS, 108)
    sheet.set_column_pixels(LARGE_AT, OUT_AT - 1, 56)
    sheet.set_column_pixels(OUT_AT, LOSSES_AT + 3, 84)
    sheet.freeze_panes(FIRST, 3)
    set_up_page(sheet, min(last, FIRST + 5 * HEIGHT - 1), LOSSES_AT + 3, FIRST)


def _set(page: Page, look: Look, everyone: Passengers, trained: Trained, top: int, up_to: int, split: int) -> None:
    sheet, row = page.sheet, top + 1
    whole, weight = look.cell(Role.DATA, "0", align="center"), look.cell(Role.PARAMETER, "0.00", align="center")
    sheet.write_number(top, UP_TO, up_to, whole)
    sheet.write_number(top, SPLIT, split, whole)
    trains = TRAINS.format(split=f"B{row}", up_to=f"A{row}")
    counted = look.cell(Role.MODEL, "0", align="center")
    page.formula(top, IN_HAND, f"=SUMPRODUCT((part<>B{row})*(number<=A{row}))", counted)
    page.formula(top, TRAINED, f"=SUMPRODUCT({trains})", counted)
    for at, name in enumerate(INPUTS):
        sheet.write_string(top + at, LABEL, name, look.cell(Role.PARAMETER))
    small, (units, out, constant) = (trained.curve[net][up_to, split].blocks for net in CURVE)
    for at in range(HEIGHT):
        sheet.write_number(top + at, WEIGHTS, small[0][at, 0], weight)
        for unit in range(LARGE.units):
            sheet.write_number(top + at, LARGE_AT + unit, units[at, unit], weight)
    for unit in range(LARGE.units):
        sheet.write_number(top + unit, OUT_AT, out[unit, 0], weight)
    sheet.write_number(top + LARGE.units, OUT_AT, constant[0, 0], weight)
    weights = xl_range_abs(top, OUT_AT, top + LARGE.units - 1, OUT_AT)
    constants = xl_rowcol_to_cell(top + LARGE.units, OUT_AT, True, True)

    def said(net: Net, inputs: str) -> str:
        """The probabilities for passengers with these inputs."""
        left, width = (WEIGHTS, 1) if net is SMALL else (LARGE_AT, net.units)
        first = first_layer(inputs, xl_range_abs(top, left, top + HEIGHT - 1, left + width - 1))
        return probability(first if net is SMALL else next_layer(first, weights, constants))

    judges = {
        word: people.region(everyone, left, width, split, people.SHEET)
        for word, left, width in (("survived", 2, 1), ("inputs", people.INPUT_AT, len(INPUTS)))
    }
    for net in CURVE:
        training = f"SUMPRODUCT({trains}*(survived-{said(net, 'inputs')})^2)/D{row}"
        validation = f"SUMXMY2({judges['survived']},{said(net, judges['inputs'])})/COUNT({judges['survived']})"
        for at, text in enumerate((training, validation)):
            page.formula(top, losses(net) + at, f"={text}", look.cell(Role.LOSS, "0.0000"))


def draw(book: xlsxwriter.Workbook, page: Page, look: Look) -> None:
    """The sheet `learning_curve`."""
    sheet, end = page.sheet, FIRST + len(CURVE_UP_TO)
    hint = "Two models, trained on ever more passengers; each number is the mean of five splits."
    heading(sheet, look, "Do I have enough data?", notes.CURVE["title"], hint)
    words = {"up to": Role.DATA, "passengers": Role.MODEL}
    header_row(sheet, look, HEADER, words.items())
    note(sheet, f"B{HEADER + 1}", notes.CURVE["passengers"])
    for at, net in enumerate(CURVE):
        left = 2 + 3 * at
        sheet.write_string(HEADER - 1, left, net.name, look.bold())
        for column, word in enumerate((*LOSSES, "±"), start=left):
            sheet.write_string(HEADER, column, word, look.header(Role.LOSS))
    for word, cell in {"training": "C", "validation": "D", "±": "E"}.items():
        note(sheet, f"{cell}{HEADER + 1}", notes.CURVE[word])
    for place, up_to in enumerate(CURVE_UP_TO):
        row = FIRST + place
        sheet.write_number(row, 0, up_to, look.cell(Role.DATA, "0", align="center"))
        page.formula(row, 1, f"=AVERAGE({_sets(place, IN_HAND)})", look.cell(Role.MODEL, "0", align="center"))
        for at, net in enumerate(CURVE):
            for column in range(2):
                text = f"=AVERAGE({_sets(place, losses(net) + column)})"
                page.formula(row, 2 + 3 * at + column, text, look.cell(Role.LOSS, "0.0000"))
            text = f"=STDEV({_sets(place, losses(net) + 1)})/SQRT({PARTS})"
            page.formula(row, 4 + 3 * at, text, look.cell(Role.LOSS, "0.0000"))
    for at, (word, formula) in enumerate(
        {"gap at the end": "{v}{end}-{t}{end}", "gained from 300 on": "{v}{half}-{v}{end}"}.items(), start=end + 1
    ):
        sheet.write_string(at, 1, word, look.label())
        note(sheet, f"B{at + 1}", notes.CURVE[word])
        for left in (2, 5):
            columns = {"t": xl_col_to_name(left), "v": xl_col_to_name(left + 1), "end": end, "half": end - 3}
            page.formula(at, left + 1, f"={formula.format(**columns)}", look.cell(Role.LOSS, "0.0000", bold=True))
    legend(sheet, look, end + 4, 0)
    _chart(book, page, end)
    sheet.set_column_pixels(0, 0, 62)
    sheet.set_column_pixels(1, 1, 140)
    sheet.set_column_pixels(2, 7, 76)
    sheet.freeze_panes(FIRST, 2)
    set_up_page(sheet, 30, 15, FIRST)
    sheet.fit_to_pages(1, 1)


def _sets(place: int, column: int) -> str:
    """The cells of `curve_sets` that hold a column's numbers for one number of passengers, one a split."""
    top = FIRST + HEIGHT * PARTS * place
    name = xl_col_to_name(column)
    return f"{SETS}!{name}{top + 1}:{name}{top + 1 + HEIGHT * len(SPLITS) - 1}"


def _chart(book: xlsxwriter.Workbook, page: Page, end: int) -> None:
    chart = book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    for at, (net, colour) in enumerate(zip(CURVE, COLOURS, strict=True)):
        for column, word in enumerate(LOSSES, start=2 + 3 * at):
            line = {"color": colour, "width": 2.25} | ({"dash_type": "dash"} if word == "training" else {})
            chart.add_series({
                "name": f"{net.name}, {word}",
                "categories": [CURVE_SHEET, FIRST, 1, end - 1, 1],
                "values": [CURVE_SHEET, FIRST, column, end - 1, column],
                "line": line, "marker": {"type": "circle", "size": 6, "fill": {"color": colour if word != "training"
                else "#FFFFFF"}, "border": {"color": colour}},
            })  # fmt: skip
    chart.set_x_axis({"name": "passengers to learn from", "min": 0, "max": 600, "major_gridlines": GRID,
                      "num_format": "0"})  # fmt: skip
    chart.set_y_axis({"name": "mean squared error", "min": 0.08, "num_format": "0.00", "major_gridlines": GRID})
    dress(chart, "More data: the lines draw together", (466, 420), legend="bottom")
    page.sheet.insert_chart(FIRST, 8, chart, {"x_offset": 14})
