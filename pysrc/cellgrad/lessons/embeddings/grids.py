"""The sheets ratings, model and errors: films down, people across, the same cell for the same two on each of them."""

from __future__ import annotations

from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.computed import Page
from cellgrad.lessons.embeddings import notes
from cellgrad.lessons.embeddings.data import (
    FIRST,
    HEADER,
    NUMBERS,
    PARTS,
    PENALTY,
    PERSON_AT,
    PERSON_VECTOR_AT,
    VECTOR_AT,
    Film,
    Places,
    start_vectors,
)  # fmt: skip
from cellgrad.lessons.sheet_parts import (
    header_row,
    heading,
    legend,
    legend_across,
    note,
    numbers_only,
    set_up_page,
    try_this,
)
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import Results
from cellgrad.solver_models import SolverModel

ERRORS = {"held out": "D9", "mean": "D5", "biases": "D6", "vectors": "D7", "training": "C7"}
"""What is kept of a training, and its cell on the sheet model: the number of ratings held out, then errors in stars."""

MEAN_AT = 5
"""The column of a film's mean on the sheet ratings."""
BIAS_AT = HEADER - 1
"""The row of a person's bias on the sheet ratings."""


def name_cells(book: xlsxwriter.Workbook, places: Places) -> None:
    """The names of what the three sheets hold."""
    names = {
        "stars": f"ratings!{places.block()}", "split": f"ratings!{places.block(places.split_first)}",
        "film_means": f"ratings!{places.of_films(MEAN_AT)}", "kindness": f"ratings!{places.of_people(BIAS_AT)}",
        "titles": f"model!{places.of_films(1)}", "film_vectors": f"model!{places.film_vectors()}",
        "person_vectors": f"model!{places.person_vectors()}",
        "film_numbers": f"model!{places.area(FIRST, VECTOR_AT, places.films, NUMBERS)}",
        "film_biases": f"model!{places.of_films(VECTOR_AT + NUMBERS)}",
        "person_numbers": f"model!{places.area(PERSON_VECTOR_AT, PERSON_AT, NUMBERS, places.people)}",
        "person_biases": f"model!{places.of_people(HEADER - 1)}", "predictions": f"model!{places.block()}",
        "sq_errors": f"errors!{places.block()}",
        "mean": "model!$F$9", "loss": "model!$E$7", "penalty": "model!$C$10", "hold_out": "model!$F$10",
    }  # fmt: skip
    for name, cells in names.items():
        book.define_name(name, f"={cells}")


def saved_model(places: Places) -> SolverModel:
    """Make the loss small by the numbers and biases of all films and people."""
    changing = f"model!{places.film_vectors()},model!{places.person_vectors()}"
    return SolverModel("model", "model!$E$7", changing, goal="min", non_negative=False)


# ---- what the three share ------------------------------------------------------------------------------------------


def _frame(page: Page, look: Look, films: Sequence[Film], places: Places, texts: dict[str, str], hint: str) -> None:
    """Title, the films' numbers and titles, the people's numbers, column widths, panes and page."""
    sheet = page.sheet
    heading(sheet, look, texts["heading"], texts["title"], hint)
    header_row(sheet, look, HEADER, [("no.", Role.DATA), ("film", Role.DATA)], texts)
    header_row(sheet, look, HEADER, [("person", Role.DATA)], texts, PERSON_AT - 1)
    number = look.cell(Role.DATA, "0", align="center")
    for row, film in enumerate(films, start=FIRST):
        sheet.write_number(row, 0, row - FIRST + 1, number)
        sheet.write_string(row, 1, film.short, look.cell(Role.DATA))
    for person in range(places.people):
        sheet.write_number(HEADER, PERSON_AT + person, person + 1, look.header(Role.DATA))
    sheet.set_column_pixels(0, 0, 34)
    sheet.set_column_pixels(1, 1, 190)
    sheet.set_column_pixels(2, 5, 72)
    sheet.set_column_pixels(6, 6, 78)
    sheet.set_column_pixels(PERSON_AT, places.last_column, 36)
    sheet.freeze_panes(FIRST, 2)
    set_up_page(sheet, places.end + SPLIT_ROWS, places.last_column, FIRST)
    sheet.fit_to_pages(2, 1)
    sheet.repeat_columns(0, 1)


SPLIT_ROWS = 8
"""Rows of a sheet below the last film that belong to its page: legend and source."""


def _side(sheet: Worksheet, look: Look, row: int, word: str, role: Role, texts: dict[str, str]) -> None:
    """The name of a row of what people have, at its left."""
    header_row(sheet, look, row, [(word, role)], texts, PERSON_AT - 1)


def _mark_held_out(book: xlsxwriter.Workbook, sheet: Worksheet, places: Places) -> None:
    """White, bold and red where the rating is held out, on any of the three sheets."""
    mark = book.add_format({"bg_color": "#FFFFFF", "font_color": "#B42318", "bold": True})
    first = f"ratings!{xl_rowcol_to_cell(places.split_first, PERSON_AT)}"
    sheet.conditional_format(FIRST, PERSON_AT, places.end - 1, places.last_column, {
        "type": "formula", "criteria": f"=ISNUMBER({first})*({first}=0)", "format": mark, "stop_if_true": True,
    })  # fmt: skip


# ---- ratings -------------------------------------------------------------------------------------------------------


def draw_ratings(book: xlsxwriter.Workbook, page: Page, look: Look, films: Sequence[Film], places: Places) -> None:
    """The ratings, blanks grey; below them which of the ten parts is held out; means and biases at the edges."""
    sheet, texts = page.sheet, notes.RATINGS
    hint = "Stars from 0.5 to 5. Grey: not rated. Red on white: held out, so no formula learns from it."
    _frame(page, look, films, places, texts, hint)
    counts = {
        "ratings": "=COUNT(stars)", "blanks": "=COUNTBLANK(stars)", "to learn from": "=COUNTIF(split,1)",
        "held out": "=COUNTIF(split,0)", "mean, to learn from": "=mean",
    }  # fmt: skip
    for row, (word, text) in enumerate(counts.items(), start=3):
        sheet.write_string(row, 1, word, look.label())
        page.formula(row, 2, text, look.cell(Role.MODEL, "0.000" if "mean" in word else "#,##0", align="center"))
        if word in texts:
            note(sheet, xl_rowcol_to_cell(row, 1), texts[word])
    words = {"year": Role.DATA, "rated by": Role.MODEL, "held out": Role.MODEL, "mean": Role.MODEL}
    header_row(sheet, look, HEADER, words.items(), texts, 2)
    _side(sheet, look, BIAS_AT - 1, "rated", Role.MODEL, texts)
    _side(sheet, look, BIAS_AT, "kinder by", Role.MODEL, texts)
    _ratings(page, look, films, places)
    for column in range(PERSON_AT, places.last_column + 1):
        rated, learned = places.down(column), places.down(column, places.split_first)
        page.formula(BIAS_AT - 1, column, f"=COUNT({rated})", look.cell(Role.MODEL, "0", align="center"))
        text = f"=AVERAGEIF({learned},1,{rated})-AVERAGEIF({learned},1,film_means)"
        page.formula(BIAS_AT, column, text, look.cell(Role.MODEL, "0.0", align="center"))
    try_this(sheet, look, 3, (PERSON_AT, PERSON_AT + 20), notes.TRY["ratings"])
    legend(sheet, look, places.end + 1, 0)
    sheet.write_blank(places.end + 6, 0, None, look.missing())
    sheet.write_string(places.end + 6, 1, "no rating", look.text())
    for line, text in enumerate(notes.TERMS):
        sheet.write_string(places.end + 1 + line, VECTOR_AT, text, look.caption() if line else look.bold())
    _mark_held_out(book, sheet, places)


def _ratings(page: Page, look: Look, films: Sequence[Film], places: Places) -> None:
    """The ratings, and which of them are held out."""
    sheet = page.sheet
    stars, blank = look.cell(Role.DATA, "0.0", align="center"), look.missing()
    part = look.cell(Role.MODEL, "0", align="center")
    whole = look.cell(Role.MODEL, "0", align="center")
    sheet.write_string(places.split_first - 1, 1, "1: to learn from, 0: held out", look.header(Role.MODEL))
    note(sheet, xl_rowcol_to_cell(places.split_first - 1, 1), notes.RATINGS["split"])
    for row, film in enumerate(films, start=FIRST):
        below = row - FIRST + places.split_first
        rated, learned = places.across(row), places.across(below)
        sheet.write_number(row, 2, film.year, look.cell(Role.DATA, "0", align="center"))
        page.formula(row, 3, f"=COUNT({rated})", whole)
        page.formula(row, 4, f"=COUNTIF({learned},0)", whole)
        page.formula(row, MEAN_AT, f"=AVERAGEIF({learned},1,{rated})", look.cell(Role.MODEL, "0.000", align="center"))
        page.formula(below, 1, f"=B{row + 1}", look.cell(Role.MODEL))
        for column, rating in enumerate(film.ratings, start=PERSON_AT):
            cell = xl_rowcol_to_cell(row, column)
            if rating is None:
                sheet.write_blank(row, column, None, blank)
            else:
                sheet.write_number(row, column, rating, stars)
            person = f"{xl_col_to_name(column)}${HEADER + 1}"
            text = f'=IF({cell}="","",IF(MOD({person}+3*$A{row + 1},{PARTS})=hold_out,0,1))'
            page.formula(below, column, text, part)


# ---- model ---------------------------------------------------------------------------------------------------------


def draw_model(
    book: xlsxwriter.Workbook, page: Page, look: Look, films: Sequence[Film], results: Results, hold_out: int
) -> None:
    """The vectors of films at the left, of people on top, and in between what they predict."""
    places = Places(len(films), len(films[0].ratings))
    sheet, texts = page.sheet, notes.MODEL
    hint = "Each film and each person has three numbers and a bias. Press Optimize: 400 numbers find their values."
    _frame(page, look, films, places, texts, hint)
    _results(page, look, results, hold_out)
    words = [f"number {k + 1}" for k in range(NUMBERS)] + ["bias"]
    of_films, of_people = start_vectors(places.films, places.people)
    header_row(sheet, look, HEADER, [(word, Role.PARAMETER) for word in words], texts, VECTOR_AT)
    for column in range(VECTOR_AT, VECTOR_AT + len(words)):
        for row, vector in enumerate(of_films, start=FIRST):
            sheet.write_number(row, column, vector[column - VECTOR_AT], look.cell(Role.PARAMETER, "0.000"))
    for row, word in enumerate(words, start=PERSON_VECTOR_AT):
        _side(sheet, look, row, word, Role.PARAMETER, texts)
        for column, vector in enumerate(of_people, start=PERSON_AT):
            sheet.write_number(row, column, vector[row - PERSON_VECTOR_AT], look.cell(Role.PARAMETER, "0.0"))
    number = look.cell(Role.MODEL, "0.0", align="center")
    bias = xl_col_to_name(VECTOR_AT + NUMBERS)
    for row in range(FIRST, places.end):
        at = row + 1
        for column in range(PERSON_AT, places.last_column + 1):
            letter = xl_col_to_name(column)
            products = "+".join(
                f"${xl_col_to_name(VECTOR_AT + k)}{at}*{letter}${PERSON_VECTOR_AT + 1 + k}" for k in range(NUMBERS)
            )
            page.formula(row, column, f"=mean+${bias}{at}+{letter}${HEADER}+{products}", number)
    note(sheet, xl_rowcol_to_cell(FIRST, PERSON_AT), texts["prediction"])
    try_this(sheet, look, 2, (PERSON_AT, PERSON_AT + 25), notes.TRY["model"])
    legend_across(sheet, look, places.end + 1, 1, settings=True)
    _mark_held_out(book, sheet, places)
    sheet.conditional_format(FIRST, PERSON_AT, places.end - 1, places.last_column, {
        "type": "2_color_scale", "min_type": "num", "min_value": 2, "max_type": "num", "max_value": 5,
        "min_color": "#FFFFFF", "max_color": Role.MODEL.colours.header})  # fmt: skip


def _results(page: Page, look: Look, results: Results, hold_out: int) -> None:
    """How far off three models are, the loss, and the settings: the corner above the films."""
    sheet, texts = page.sheet, notes.MODEL
    words = ("off by, in stars", "learned", "held out", "loss")
    header_row(sheet, look, 3, [(word, Role.LOSS) for word in words], texts, 1)
    kept = results["parts"][hold_out]
    errors = {
        "one mean for everything": ["=SQRT(SUMPRODUCT((split={0})*(stars-mean)^2)/COUNTIF(split,{0}))"] * 2,
        "mean and biases": ["=SQRT(SUMPRODUCT((split={0})*(stars-film_means-kindness)^2)/COUNTIF(split,{0}))"] * 2,
        "vectors, now": ["=SQRT(AVERAGEIF(split,{0},sq_errors))"] * 2,
        "vectors, optimised": [kept["training"], kept["vectors"]],
    }  # fmt: skip
    for row, (word, texts_of) in enumerate(errors.items(), start=4):
        bold = "now" in word
        sheet.write_string(row, 1, word, look.cell(Role.LOSS, bold=bold))
        if word in texts:
            note(sheet, xl_rowcol_to_cell(row, 1), texts[word])
        for column, text in enumerate(texts_of, start=2):
            style = look.cell(Role.LOSS, "0.000", align="center", bold=bold)
            if isinstance(text, str):
                page.formula(row, column, text.format(3 - column), style)
            else:
                sheet.write_number(row, column, text, style)
    loss = "=AVERAGEIF(split,1,sq_errors)+penalty*(SUMSQ(film_vectors)+SUMSQ(person_vectors))"
    page.formula(6, 4, loss, look.result(Role.LOSS, "0.0000"))
    sheet.write_number(7, 4, results["loss"], look.cell(Role.LOSS, "0.0000", align="center"))
    sheet.write_string(8, 1, "ratings", look.label())
    for column, part in ((2, 1), (3, 0)):
        page.formula(8, column, f"=COUNTIF(split,{part})", look.cell(Role.MODEL, "#,##0", align="center"))
    sheet.write_string(8, 4, "mean", look.label())
    note(sheet, "E9", texts["mean"])
    page.formula(8, 5, "=AVERAGEIF(split,1,stars)", look.cell(Role.MODEL, "0.000", align="center"))
    sheet.write_string(9, 1, "penalty", look.label())
    note(sheet, "B10", texts["penalty"])
    sheet.write_number(9, 2, PENALTY, look.setting("0.0000"))
    sheet.write_string(9, 4, "hold out", look.label())
    note(sheet, "E10", texts["hold out"])
    sheet.write_number(9, 5, hold_out, look.setting("0"))
    sheet.data_validation(9, 5, 9, 5, {
        "validate": "list", "source": [str(part) for part in range(PARTS)],
        "error_title": "Not here", "error_message": f"Choose a part, 0 to {PARTS - 1}.",
    })  # fmt: skip
    numbers_only(sheet, (9, 2, 9, 2), 0, 1)


# ---- errors --------------------------------------------------------------------------------------------------------


def draw_errors(book: xlsxwriter.Workbook, page: Page, look: Look, films: Sequence[Film], places: Places) -> None:
    """The squared errors, only where there is a rating, and their means by film and by person."""
    sheet, texts = page.sheet, notes.ERRORS
    hint = "(rating - prediction)², only where there is a rating: a blank costs nothing, whatever is predicted there."
    _frame(page, look, films, places, texts, hint)
    cell = look.cell(Role.LOSS, "0.0", align="center")
    header_row(sheet, look, HEADER, [("learned", Role.LOSS), ("held out", Role.LOSS)], texts, 2)
    for row, word in ((HEADER - 2, "learned"), (HEADER - 1, "held out")):
        _side(sheet, look, row, word, Role.LOSS, texts)
    for row in range(FIRST, places.end):
        split = f"ratings!{places.across(row - FIRST + places.split_first)}"
        for column, part in ((2, 1), (3, 0)):
            text = f'=IF(COUNTIF({split},{part})=0,"",AVERAGEIF({split},{part},{places.across(row)}))'
            page.formula(row, column, text, look.cell(Role.LOSS, "0.000", align="center"))
        for column in range(PERSON_AT, places.last_column + 1):
            at = xl_rowcol_to_cell(row, column)
            page.formula(row, column, f'=IF(ratings!{at}="","",(ratings!{at}-model!{at})^2)', cell)
    for column in range(PERSON_AT, places.last_column + 1):
        split = f"ratings!{places.down(column, places.split_first)}"
        for row, part in ((HEADER - 2, 1), (HEADER - 1, 0)):
            text = f'=IF(COUNTIF({split},{part})=0,"",AVERAGEIF({split},{part},{places.down(column)}))'
            page.formula(row, column, text, look.cell(Role.LOSS, "0.0", align="center"))
    sheet.write_string(3, 1, "loss", look.label())
    note(sheet, "B4", texts["loss"])
    page.formula(3, 2, "=loss", look.result(Role.LOSS, "0.0000"))
    sheet.write_string(4, 1, "all at once, by MMULT", look.label())
    note(sheet, "B5", texts["MMULT"])
    at_once = "mean+film_biases+person_biases+MMULT(film_numbers,person_numbers)"
    text = f"=ROUND(SUMPRODUCT(ABS(predictions-({at_once}))),9)"
    page.formula(4, 2, text, look.cell(Role.MODEL, "0.0000", align="center"))
    try_this(sheet, look, 3, (PERSON_AT, PERSON_AT + 20), notes.TRY["errors"])
    legend(sheet, look, places.end + 1, 0)
    sheet.write_blank(places.end + 6, 0, None, look.missing())
    sheet.write_string(places.end + 6, 1, "no rating", look.text())
    _mark_held_out(book, sheet, places)
    block = (FIRST, PERSON_AT, places.end - 1, places.last_column)
    grey = book.add_format({"bg_color": "#C4CAD1"})
    at = xl_rowcol_to_cell(FIRST, PERSON_AT)
    sheet.conditional_format(*block, {
        "type": "formula", "criteria": f"=ISTEXT({at})", "format": grey, "stop_if_true": True,
    })  # fmt: skip
    sheet.conditional_format(*block, {
        "type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 4,
        "min_color": "#FFFFFF", "max_color": Role.LOSS.colours.header})  # fmt: skip
