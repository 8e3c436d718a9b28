"""The sheets that weigh the models against each other: `models`, `splits` and `to_the_end`.

A model stands in the same row on all three, the smallest first. What training told (seconds, losses on the rows trained
on, and all losses of models that nobody stopped) is data; what is said of passengers never seen is a formula over the
sheets of the models.
"""

from __future__ import annotations

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range, xl_rowcol_to_cell

from cellgrad.lessons.compare import charts, notes
from cellgrad.lessons.compare.net_sheets import BANDS
from cellgrad.lessons.compare.nets import NETS, TABLE_TOP
from cellgrad.lessons.compare.parts import PARTS, SPLITS, Passengers
from cellgrad.lessons.compare.results import Trained
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import header_row, heading, legend, legend_across, note, numbers_only, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic.passengers import INPUTS

MODELS, SPLITS_SHEET, TO_THE_END = "models", "splits", "to_the_end"
FIRST = TABLE_TOP
HEADER = FIRST - 1
"""The header row and the first model, from 0, on all three sheets."""
LAST = FIRST + len(NETS) - 1
LEAST = 0.01
"""No probability counts as less in a cross-entropy: one passenger that is certain and wrong must not decide."""
COLUMNS = {
    "model": Role.DATA, "units": Role.DATA, "layers": Role.DATA, "sigmoid": Role.DATA, "parameters": Role.MODEL,
    "seconds": Role.DATA, "training": Role.DATA, "validation": Role.LOSS, "behind": Role.LOSS, "±": Role.LOSS,
    "cross-entr.": Role.LOSS, "right": Role.MODEL, "near": Role.MODEL,
}  # fmt: skip
WIDTHS = (100, 42, 48, 58, 76, 60, 62, 72, 58, 52, 76, 50, 44)
BY_SPLIT, BEHIND, TRAINING, SECONDS = 1, 8, 15, 20
"""The first columns of the blocks of `splits`, one column a split."""
END_TRAINING, END_VALIDATION, END_SECONDS = 18, 23, 28
"""The same on `to_the_end`."""


def _column(name: str) -> str:
    """The letter of a column of the sheet `models`."""
    return xl_col_to_name(list(COLUMNS).index(name))


def _all(name: str) -> str:
    """All models in a column of the sheet `models`."""
    letter = _column(name)
    return f"{letter}${FIRST + 1}:{letter}${LAST + 1}"


def names() -> dict[str, str]:
    """Names of the cells of `models` that matter, and what they stand for."""
    return {"least": f"={MODELS}!$L$4", "pick": f"={MODELS}!$A$4", "best_loss": f"={MODELS}!$H$4"}


def draw_models(book: xlsxwriter.Workbook, page: Page, look: Look, everyone: Passengers, trained: Trained) -> None:
    """The sheet `models`: the table, the pick and time against loss."""
    sheet = page.sheet
    hint = "Each was trained on three parts of the passengers, stopped by a fourth and judged by the fifth, five times."
    heading(sheet, look, "Which model? Eighteen on the same passengers", notes.MODELS["title"], hint)
    _pick(page, look)
    header_row(sheet, look, HEADER, COLUMNS.items(), notes.MODELS)
    for row, net in enumerate(NETS, start=FIRST):
        band, at = BANDS[net], row + 1
        centred = look.cell(Role.DATA, "0", align="center")
        sheet.write_string(row, 0, net.name, look.cell(Role.DATA, bold=True))
        for place, number in enumerate((net.units, net.layers, int(net.sigmoid)), start=1):
            sheet.write_number(row, place, number, centred)
        loss = look.cell(Role.LOSS, "0.0000")
        said = f"{band.predictions(everyone)}"
        splits = {key: _of_splits(row, left) for key, left in {"s": SECONDS, "t": TRAINING, "v": BY_SPLIT}.items()}
        weights = f"IF(C{at}=0,{len(INPUTS)},{len(INPUTS)}*B{at}+(C{at}-1)*(B{at}+1)*B{at}+B{at}+1)"
        for name, text, style in (
            ("parameters", weights, look.cell(Role.MODEL, "0", align="center")),
            ("seconds", f"MEDIAN({splits['s']})", look.cell(Role.DATA, "0.00")),
            ("training", f"AVERAGE({splits['t']})", look.cell(Role.DATA, "0.0000")),
            ("validation", f"AVERAGE({splits['v']})", look.cell(Role.LOSS, "0.0000", bold=True)),
            ("behind", f"H{at}-$H$4", loss),
            ("±", f"{SPLITS_SHEET}!{xl_col_to_name(BEHIND + PARTS + 1)}{at}", loss),
            ("cross-entr.", f"AVERAGE({band.losses(everyone)})", loss),
            ("right", f"SUMPRODUCT(--(({said}>0.5)=(survived=1)))/COUNT(survived)", look.cell(Role.MODEL, "0.0%")),
            ("near", f"IF(I{at}<=$I$4*J{at},1,0)", look.cell(Role.MODEL, "0", align="center")),
        ):  # fmt: skip
            page.formula(row, list(COLUMNS).index(name), f"={text}", style)
    near = {"type": "cell", "criteria": "==", "value": 1, "format": look.result(Role.MODEL, "0")}
    sheet.conditional_format(FIRST, len(COLUMNS) - 1, LAST, len(COLUMNS) - 1, near)
    _words(page, look, trained)
    charts.time_against_loss(book, page)
    for column, width in enumerate(WIDTHS):
        sheet.set_column_pixels(column, column, width)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, LAST + 9, 18, FIRST)
    sheet.fit_to_pages(1, 1)


def _pick(page: Page, look: Look) -> None:
    """Above the table: the model to start with, the best, and what may be chosen."""
    sheet = page.sheet
    first = f"MATCH(1,{_all('near')},0)"
    best = f"MATCH(H4,{_all('validation')},0)"
    in_short = look.cell(Role.MODEL, bold=True, align="center")
    centred = look.cell(Role.MODEL, "0", bold=True, align="center", bg_color=Role.MODEL.colours.header)
    sheet.merge_range(3, 5, 3, 6, "", in_short)
    for cell, word, role, text, style in (
        ("A", "pick", Role.MODEL, f"INDEX({_all('model')},{first})", centred),
        ("E", "its size", Role.MODEL, f"INDEX({_all('parameters')},{first})", centred),
        ("F", "the best", Role.MODEL, f"INDEX({_all('model')},{best})", in_short),
        ("H", "best loss", Role.LOSS, f"MIN({_all('validation')})", look.result(Role.LOSS, "0.0000")),
    ):
        if cell == "F":
            sheet.merge_range("F3:G3", word, look.header(role))
        else:
            sheet.write_string(f"{cell}3", word, look.header(role))
        page.formula(3, ord(cell) - ord("A"), f"={text}", style)
        note(sheet, f"{cell}3", notes.MODELS[word])
    for cell, word, number, low, high in (("I", "allowed", 1, 0, 10), ("L", "least", LEAST, 1e-9, 0.4)):
        column = ord(cell) - ord("A")
        sheet.write_string(2, column, word, look.header(Role.LOSS))
        sheet.write_number(3, column, number, look.setting())
        numbers_only(sheet, (3, column, 3, column), low, high)
        note(sheet, f"{cell}3", notes.MODELS[word])


def _words(page: Page, look: Look, trained: Trained) -> None:
    sheet = page.sheet
    version = trained.torch.partition("+")[0]
    for row, (line, style) in enumerate(
        [
            ("What it says", look.bold()),
            *((text, look.text()) for text in notes.SAID),
            (f"Seconds: of processor time, on a machine with {trained.cores} cores and torch {version}; the median of "
             "the five splits. Yours will differ.", look.caption()),
        ],
        start=LAST + 2,
    ):  # fmt: skip
        sheet.write_string(row, 0, line, style)
    legend(sheet, look, LAST + 2, 13, settings=True)


def _of_splits(row: int, left: int, sheet: str = SPLITS_SHEET) -> str:
    """A model's numbers, one a split."""
    return f"{sheet}!{xl_range(row, left, row, left + PARTS - 1)}"


def draw_splits(book: xlsxwriter.Workbook, page: Page, look: Look, everyone: Passengers, trained: Trained) -> None:
    """The sheet `splits`: the same split by split, and how much of it is luck."""
    sheet = page.sheet
    hint = "Mean squared error for the passengers of the part that judges, and how far behind the best model that is."
    heading(sheet, look, "One split is noisy: look at five", notes.SPLITS["title"], hint)
    legend_across(sheet, look, 2, 0)
    sheet.write_string(HEADER, 0, "model", look.header(Role.DATA))
    blocks = {
        BY_SPLIT: ("validation loss", Role.LOSS, ("mean", "spread")), BEHIND: ("behind the best", Role.LOSS,
        ("mean", "±")), TRAINING: ("training loss, as training told", Role.DATA, ()),
        SECONDS: ("seconds, as training told", Role.DATA, ()),
    }  # fmt: skip
    for left, (said, role, further) in blocks.items():
        sheet.write_string(HEADER - 1, left, said, look.bold())
        for column, word in enumerate([*(f"split {split}" for split in SPLITS), *further], start=left):
            sheet.write_string(HEADER, column, word, look.header(role))
            if (key := f"{said}: {word}") in notes.SPLITS:
                note(sheet, xl_rowcol_to_cell(HEADER, column), notes.SPLITS[key])
    for row in range(FIRST, LAST + 1):
        _one_model(page, look, everyone, row, trained)
    _winners(page, look)
    charts.splits(book, page)
    sheet.set_column_pixels(0, 0, 110)
    sheet.set_column_pixels(1, SECONDS + PARTS - 1, 68)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, LAST + 24, SECONDS + PARTS - 1, FIRST)
    sheet.fit_to_pages(1, 1)


def _one_model(page: Page, look: Look, everyone: Passengers, row: int, trained: Trained) -> None:
    """A row of the sheet `splits`."""
    net = NETS[row - FIRST]
    band, loss, bold = BANDS[net], look.cell(Role.LOSS, "0.0000"), look.cell(Role.LOSS, "0.0000", bold=True)
    page.formula(row, 0, f"={MODELS}!A{row + 1}", look.cell(Role.DATA, bold=True))
    best = f"MATCH({MODELS}!$H$4,{MODELS}!{_all('validation')},0)"
    for at, run in enumerate(trained.models[net]):
        said, truth = band.predictions(everyone, run.split), band.truths(everyone, run.split)
        page.formula(row, BY_SPLIT + at, f"=SUMXMY2({said},{truth})/COUNT({truth})", loss)
        column = xl_col_to_name(BY_SPLIT + at)
        behind = f"={column}{row + 1}-INDEX({column}${FIRST + 1}:{column}${LAST + 1},{best})"
        page.formula(row, BEHIND + at, behind, loss)
        page.sheet.write_number(row, TRAINING + at, run.training, look.cell(Role.DATA, "0.0000"))
        page.sheet.write_number(row, SECONDS + at, run.seconds, look.cell(Role.DATA, "0.00"))
    for left, spread in ((BY_SPLIT, "STDEV({0})"), (BEHIND, f"STDEV({{0}})/SQRT({PARTS})")):
        numbers = xl_range(row, left, row, left + PARTS - 1)
        page.formula(row, left + PARTS, f"=AVERAGE({numbers})", bold)
        page.formula(row, left + PARTS + 1, f"={spread.format(numbers)}", loss)


def _winners(page: Page, look: Look) -> None:
    """Who would have won had there been one split only."""
    sheet, top = page.sheet, LAST + 2
    for column, word in enumerate(("split", "its best", "", "loss", "the mean")):
        if word:
            sheet.write_string(top, column, word, look.header(Role.DATA if word == "split" else Role.MODEL))
    note(sheet, xl_rowcol_to_cell(top, 1), notes.SPLITS["its best"])
    for at, split in enumerate(SPLITS):
        row = top + split
        column = xl_col_to_name(BY_SPLIT + at)
        numbers = f"{column}{FIRST + 1}:{column}{LAST + 1}"
        name = f"=INDEX(A{FIRST + 1}:A{LAST + 1},MATCH(MIN({numbers}),{numbers},0))"
        sheet.write_number(row, 0, split, look.cell(Role.DATA, "0", align="center"))
        sheet.merge_range(row, 1, row, 2, "", look.cell(Role.MODEL, bold=True))
        page.formula(row, 1, name, look.cell(Role.MODEL, bold=True))
        page.formula(row, 3, f"=MIN({numbers})", look.cell(Role.LOSS, "0.0000"))
        page.formula(row, 4, f"=AVERAGE({numbers})", look.cell(Role.LOSS, "0.0000"))
    region = f"B{top + 2}:B{top + 1 + PARTS}"
    sheet.write_string(top + PARTS + 1, 0, "winners", look.label())
    page.formula(
        top + PARTS + 1, 1, f"=SUMPRODUCT(1/COUNTIF({region},{region}))", look.cell(Role.MODEL, "0", align="center")
    )
    note(sheet, xl_rowcol_to_cell(top + PARTS + 1, 0), notes.SPLITS["winners"])


def draw_to_the_end(book: xlsxwriter.Workbook, page: Page, look: Look, trained: Trained) -> None:
    """The sheet `to_the_end`: the same models on the same rows, trained until nothing was left to gain there."""
    sheet = page.sheet
    hint = "The same models from the same starts, optimised for 2,000 steps, whatever other passengers say."
    heading(sheet, look, "And if nobody stops them?", notes.TO_THE_END["title"], hint)
    legend_across(sheet, look, 2, 0)
    groups = {2: "to the end", 5: "stopped in time", END_TRAINING: "training loss to the end"}
    groups |= {END_VALIDATION: "validation loss to the end", END_SECONDS: "seconds to the end"}
    for left, said in groups.items():
        sheet.write_string(HEADER - 1, left, said, look.bold())
    words = {"model": Role.DATA, "parameters": Role.MODEL, "seconds": Role.DATA, "training": Role.DATA,
             "validation": Role.DATA}  # fmt: skip
    headers = [*words.items(), ("training", Role.DATA), ("validation", Role.LOSS), ("price", Role.LOSS)]
    by_split = [(f"split {split}", Role.DATA) for _ in range(3) for split in SPLITS]
    for column, (word, role) in [*enumerate(headers), *enumerate(by_split, start=END_TRAINING)]:
        sheet.write_string(HEADER, column, word, look.header(role))
    for word, cell in {"seconds": "C", "validation": "E", "price": "H"}.items():
        note(sheet, f"{cell}{HEADER + 1}", notes.TO_THE_END[word])
    for row, net in enumerate(NETS, start=FIRST):
        at = row + 1
        data, loss = look.cell(Role.DATA, "0.0000"), look.cell(Role.LOSS, "0.0000")
        for column, text, style in (
            (0, f"{MODELS}!A{at}", look.cell(Role.DATA, bold=True)),
            (1, f"{MODELS}!E{at}", look.cell(Role.MODEL, "0", align="center")),
            (2, f"MEDIAN({xl_range(row, END_SECONDS, row, END_SECONDS + PARTS - 1)})", look.cell(Role.DATA, "0.00")),
            (3, f"AVERAGE({xl_range(row, END_TRAINING, row, END_TRAINING + PARTS - 1)})", data),
            (4, f"AVERAGE({xl_range(row, END_VALIDATION, row, END_VALIDATION + PARTS - 1)})", data),
            (5, f"{MODELS}!G{at}", data),
            (6, f"{MODELS}!H{at}", loss),
            (7, f"E{at}-G{at}", look.cell(Role.LOSS, "0.0000", bold=True)),
        ):
            page.formula(row, column, f"={text}", style)
        for at, run in enumerate(trained.to_the_end[net]):
            sheet.write_number(row, END_TRAINING + at, run.training, data)
            sheet.write_number(row, END_VALIDATION + at, run.validation, data)
            sheet.write_number(row, END_SECONDS + at, run.seconds, look.cell(Role.DATA, "0.00"))
    charts.to_the_end(book, page)
    sheet.set_column_pixels(0, 0, 110)
    sheet.set_column_pixels(1, 7, 72)
    sheet.set_column_pixels(END_TRAINING, END_SECONDS + PARTS - 1, 62)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, LAST + 5, END_TRAINING - 1, FIRST)
    sheet.fit_to_pages(1, 1)
