"""The sheets films (the embedding: a row of numbers a film) and nearest (which films have alike rows)."""

from __future__ import annotations

from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.lessons.charts import GRID, dress
from cellgrad.lessons.computed import Page
from cellgrad.lessons.embeddings import notes
from cellgrad.lessons.embeddings.data import FIRST as MODEL_FIRST
from cellgrad.lessons.embeddings.data import NUMBERS, VECTOR_AT, Film
from cellgrad.lessons.sheet_parts import header_row, heading, legend, note, numbers_only, set_up_page, try_this
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.training import Results

FIRST = 8
"""The row of the first film on both sheets, from 0."""
CHOSEN_AT = 4
"""The row of the chosen film's numbers on the sheet films."""
TRAINED_AT, USED_AT, TURNED_AT = 2, 6, 10
"""The columns of a film's first number: as trained and kept, as used, and as turned."""
USED_BIAS = USED_AT + NUMBERS
LENGTH_AT, COSINE_AT, ORDER_AT, IN_FULL_AT = 13, 14, 15, 16
CHOSEN = "Shrek"
"""The film whose neighbours are shown at first."""
SOURCES = ("trained", "model")
CLOSE = 5
"""How many of the nearest films the chart marks."""


def name_cells(book: xlsxwriter.Workbook) -> None:
    """The names of the settings."""
    for name, cell in {"chosen": "$B$4", "vectors_from": "$B$5", "turn": "$B$6"}.items():
        book.define_name(name, f"=nearest!{cell}")


def draw_films(page: Page, look: Look, films: Sequence[Film], results: Results) -> None:
    """Each film's vector as kept from training, as used, turned, and beside the chosen film's."""
    sheet, texts, end = page.sheet, notes.FILMS, FIRST + len(films)
    hint = "Look a film's name up, find its numbers: that table is all that an embedding is."
    heading(sheet, look, "A film is a row of numbers", texts["title"], hint)
    words = [f"number {k + 1}" for k in range(NUMBERS)]
    headers = [("no.", Role.DATA), ("film", Role.DATA)]
    headers += [(word, Role.PARAMETER) for word in (*words, "bias")] + [(word, Role.MODEL) for word in (*words, "bias")]
    headers += [("turned 1", Role.MODEL), ("turned 2", Role.MODEL), ("turned 3", Role.MODEL), ("length", Role.MODEL)]
    headers += [("cosine", Role.MODEL), ("order", Role.MODEL), ("in full", Role.DATA)]
    header_row(sheet, look, FIRST - 1, headers, texts)
    for column, width, word, role in (
        (TRAINED_AT, NUMBERS, "kept from training", Role.PARAMETER), (USED_AT, NUMBERS, "in use", Role.MODEL),
        (TURNED_AT, NUMBERS - 1, "turned, beside the chosen film", Role.MODEL),
    ):  # fmt: skip
        sheet.merge_range(FIRST - 2, column, FIRST - 2, column + width, word, look.header(role))
        if word in texts:
            note(sheet, xl_rowcol_to_cell(FIRST - 2, column), texts[word])
    sheet.write_string(CHOSEN_AT, 0, "chosen", look.label())
    page.formula(CHOSEN_AT, 1, "=chosen", look.cell(Role.MODEL, bold=True))
    number = look.cell(Role.MODEL, "0.000", align="center")
    first, last = xl_col_to_name(TURNED_AT), xl_col_to_name(TURNED_AT + NUMBERS - 1)
    length = xl_col_to_name(LENGTH_AT)
    for column in range(TURNED_AT, LENGTH_AT + 1):
        letter = xl_col_to_name(column)
        text = f"=INDEX({letter}{FIRST + 1}:{letter}{end},MATCH(chosen,B{FIRST + 1}:B{end},0))"
        page.formula(CHOSEN_AT, column, text, look.cell(Role.MODEL, "0.000", align="center", bold=True))
    for row, (film, vector) in enumerate(zip(films, results["films"], strict=True), start=FIRST):
        at, model_row = row + 1, row - FIRST + MODEL_FIRST + 1
        sheet.write_number(row, 0, row - FIRST + 1, look.cell(Role.DATA, "0", align="center"))
        sheet.write_string(row, 1, film.short, look.cell(Role.DATA))
        sheet.write_string(row, IN_FULL_AT, f"{film.title} ({film.year})", look.cell(Role.DATA))
        for k, value in enumerate(vector):
            kept, live = xl_col_to_name(TRAINED_AT + k), xl_col_to_name(VECTOR_AT + k)
            sheet.write_number(row, TRAINED_AT + k, value, look.cell(Role.PARAMETER, "0.000", align="center"))
            text = f'=IF(vectors_from="{SOURCES[0]}",{kept}{at},model!{live}{model_row})'
            page.formula(row, USED_AT + k, text, number)
        one, two, three = (xl_col_to_name(USED_AT + k) for k in range(NUMBERS))
        page.formula(row, TURNED_AT, f"={one}{at}*COS(RADIANS(turn))-{two}{at}*SIN(RADIANS(turn))", number)
        page.formula(row, TURNED_AT + 1, f"={one}{at}*SIN(RADIANS(turn))+{two}{at}*COS(RADIANS(turn))", number)
        page.formula(row, TURNED_AT + 2, f"={three}{at}", number)
        page.formula(row, LENGTH_AT, f"=SQRT(SUMSQ({first}{at}:{last}{at}))", number)
        beside = f"SUMPRODUCT({first}{at}:{last}{at},{first}${CHOSEN_AT + 1}:{last}${CHOSEN_AT + 1})"
        lengths = f"({length}{at}*{length}${CHOSEN_AT + 1})"
        page.formula(row, COSINE_AT, f'=IF(B{at}=chosen,"",{beside}/{lengths})', number)
        page.formula(row, ORDER_AT, place(COSINE_AT, row, FIRST, end), look.cell(Role.MODEL, "0", align="center"))
    legend(sheet, look, end + 1, 1)
    sheet.set_column_pixels(0, 0, 62)
    sheet.set_column_pixels(1, 1, 170)
    sheet.set_column_pixels(IN_FULL_AT, IN_FULL_AT, 350)
    sheet.set_column_pixels(TRAINED_AT, ORDER_AT, 74)
    sheet.freeze_panes(FIRST, 2)
    set_up_page(sheet, end + 6, IN_FULL_AT, FIRST)


def place(column: int, row: int, first: int, end: int) -> str:
    """The formula of a number's place among those in its column from the row `first` up to `end`, all from 0: the
    largest first, equal ones in the order of the rows; '' where there is none."""
    letter, at = xl_col_to_name(column), row + 1
    rank = f"RANK({letter}{at},{letter}${first + 1}:{letter}${end})"
    return f'=IF({letter}{at}="","",{rank}+COUNTIF({letter}${first}:{letter}{at - 1},{letter}{at}))'


def draw_nearest(book: xlsxwriter.Workbook, page: Page, look: Look, films: Sequence[Film]) -> None:
    """A film chosen from a list, all others by likeness, and a map of the films."""
    sheet, texts = page.sheet, notes.NEAREST
    end = FIRST + len(films)
    hint = "Choose a film in B4. Nobody told the model what any film is about."
    heading(sheet, look, "Which films are alike?", texts["title"], hint)
    for row, (word, value) in enumerate({"film": CHOSEN, "vectors": SOURCES[0], "turn by, °": 0}.items(), start=3):
        sheet.write_string(row, 0, word, look.label())
        note(sheet, xl_rowcol_to_cell(row, 0), texts[word])
        sheet.write(row, 1, value, look.setting("0" if value == 0 else "General"))
    for row, allowed, said in (
        (3, f"=films!$B${FIRST + 1}:$B${end}", "Choose a film from the list."),
        (4, list(SOURCES), f"Choose {SOURCES[0]} or {SOURCES[1]}."),
    ):
        sheet.data_validation(row, 1, row, 1, {
            "validate": "list", "source": allowed, "error_title": "Not here", "error_message": said,
        })  # fmt: skip
    numbers_only(sheet, (5, 1, 5, 1), -360, 360)
    headers = [(word, Role.MODEL) for word in ("rank", "nearest films", "cosine", "across", "up")]
    header_row(sheet, look, FIRST - 1, headers, texts)
    order = f"films!${xl_col_to_name(ORDER_AT)}${FIRST + 1}:${xl_col_to_name(ORDER_AT)}${end}"
    sources = {1: 1, 2: COSINE_AT, 3: TURNED_AT, 4: TURNED_AT + 1}
    for rank in range(1, len(films)):
        row = FIRST + rank - 1
        page.sheet.write_number(row, 0, rank, look.cell(Role.MODEL, "0", align="center"))
        for column, source in sources.items():
            letter = xl_col_to_name(source)
            text = f"=INDEX(films!${letter}${FIRST + 1}:${letter}${end},MATCH($A{row + 1},{order},0))"
            style = look.cell(Role.MODEL, bold=rank <= CLOSE) if column == 1 else look.cell(Role.MODEL, "0.000")
            page.formula(row, column, text, style)
    legend(sheet, look, end + 1, 1)
    sheet.write_string(end + 6, 1, "setting", look.setting())
    sheet.write_string(end + 6, 2, "yours to choose", look.text())
    try_this(sheet, look, 2, (6, 16), notes.TRY["nearest"])
    sheet.insert_chart(FIRST, 6, _map(book, films))
    sheet.set_column_pixels(0, 0, 78)
    sheet.set_column_pixels(1, 1, 170)
    sheet.set_column_pixels(2, 4, 62)
    sheet.set_column_pixels(5, 5, 12)
    sheet.freeze_panes(FIRST, 0)
    set_up_page(sheet, end + 7, 17, FIRST)
    sheet.fit_to_pages(1, 1)


def _map(book: xlsxwriter.Workbook, films: Sequence[Film]) -> xlsxwriter.chart.Chart:
    """The films by two of their numbers, each with its name; the chosen one and the nearest stand out."""
    end = FIRST + len(films) - 1
    chart = book.add_chart({"type": "scatter"})
    small = {"size": 8, "color": "#1F2933"}
    chart.add_series({
        "name": "films", "categories": ["films", FIRST, TURNED_AT, end, TURNED_AT],
        "values": ["films", FIRST, TURNED_AT + 1, end, TURNED_AT + 1],
        "marker": {"type": "circle", "size": 6, "fill": {"color": "#C9AEE8"}, "border": {"color": "#FFFFFF"}},
        "data_labels": {"value": True, "position": "above", "font": small,
                        "custom": [{"value": film.short, "font": small} for film in films]},
    })  # fmt: skip
    chart.add_series({
        "name": "nearest", "categories": ["nearest", FIRST, 3, FIRST + CLOSE - 1, 3],
        "values": ["nearest", FIRST, 4, FIRST + CLOSE - 1, 4],
        "marker": {"type": "circle", "size": 9, "fill": {"color": "#8E5CC4"}, "border": {"color": "#FFFFFF"}},
    })  # fmt: skip
    chart.add_series({
        "name": "chosen", "categories": ["films", CHOSEN_AT, TURNED_AT, CHOSEN_AT, TURNED_AT],
        "values": ["films", CHOSEN_AT, TURNED_AT + 1, CHOSEN_AT, TURNED_AT + 1],
        "marker": {"type": "diamond", "size": 13, "fill": {"color": "#FFD84D"}, "border": {"color": "#1F2933"}},
    })  # fmt: skip
    axis = {"min": -1.2, "max": 1.2, "major_unit": 0.4, "num_format": "0.0", "label_position": "low",
            "major_gridlines": GRID}  # fmt: skip
    chart.set_x_axis({"name": "number 1", **axis})
    chart.set_y_axis({"name": "number 2", **axis})
    dress(chart, "Films by two of their three numbers", (690, 640), legend="bottom")
    return chart
