"""The sheets all_rows, linear, nnet and mmult: who survived, by a linear model, a small net, and the same by MMULT.

`all_rows` holds the passengers as they came; the three models are laid out alike:

    rows 1:2    title, units, the parameters right above their columns (linear, nnet), loss in AA1
    row 3       headers
    rows 4:715  A:P the table of the 712 passengers that have an age and a port; V:AA the model

The model stands beside the table and not in it, because Excel allows no array formula over several cells inside a
table, and the three sheets should read alike. In `mmult` the parameters stand in S4:T13.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.sheet_parts import heading, legend, note, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic import notes
from cellgrad.lessons.titanic.passengers import (
    CSV_COLUMNS,
    FORMULAS,
    INPUTS,
    TABLE_COLUMNS,
    TABLES,
    Columns,
    computed,
    products,
)
from cellgrad.solver_models import SolverModel

HEADER, FIRST = 2, 3
"""The header row and the first data row, counted from 0."""

PARAMETERS_AT = (FIRST, 18)
"""S4, where the parameters of `mmult` begin."""

MODEL = ("linear_1", "linear_2", "relu_1", "relu_2", "prediction", "sq_error")
MODEL_AT = {name: 21 + i for i, name in enumerate(MODEL)}
"""The columns V:AA of the model."""

UNITS = {"Survived": "1 = lived", "Embarked": "port", "Pclass": "1, 2, 3"}
NUMBER_FORMATS = {"Age": "0.0#", "Fare": "[$£-809]0.00", "Age_N": "0.000", "log_Fare": "0.000"}
CENTRED = frozenset(TABLE_COLUMNS) - frozenset(NUMBER_FORMATS)
"""Codes, counts and words read best in the middle of their column; measurements line up at the right."""

WIDTHS = {
    "Survived": 9.7,
    "Embarked": 10,
    "Sex": 8,
    "Fare": 11.5,
    "log_Fare": 9,
    "Pclass_1": 9,
    "Pclass_2": 9,
    "Embark_S": 10,
    "Embark_C": 10,
}


def solver_model(sheet: str, changing: str, objective: str = "$AA$1") -> SolverModel:
    """Minimise the loss by parameters of either sign: left alone, Solver would hold them at 0 or above.

    changing, objective: absolute references without a sheet, such as ``$G$2:$P$2``.
    """
    return SolverModel(sheet, f"{sheet}!{objective}", f"{sheet}!{changing}", goal="min", non_negative=False)


def add_all_rows(sheet: Worksheet, look: Look, everyone: Columns) -> None:
    count = len(everyone["Survived"])
    last = HEADER + count
    sheet.add_table(HEADER, 0, last, len(CSV_COLUMNS) - 1, {
        "name": TABLES["all_rows"], "style": None,
        "columns": [{"header": name, "header_format": look.header(Role.DATA)} for name in CSV_COLUMNS],
    })  # fmt: skip
    for column, name in enumerate(CSV_COLUMNS):
        known = _data_cell(look, name)
        for row, value in enumerate(everyone[name], start=FIRST):
            if value is None:
                sheet.write_blank(row, column, None, look.missing())
            else:
                sheet.write(row, column, value, known)
        note(sheet, xl_rowcol_to_cell(HEADER, column), notes.DATA[name])
    hint = "A grey cell is blank in the data. Red corners carry notes."
    heading(sheet, look, "Titanic: all passengers in the data", notes.ALL_ROWS["title"], hint)

    table = TABLES["all_rows"]
    ages = np.array([age is not None for age in everyone["Age"]])
    ports = np.array([port is not None for port in everyone["Embarked"]])
    survived = np.array(everyone["Survived"], float)
    summary: list[tuple[str, str, float, str]] = [
        ("passengers", f"ROWS({table}[Survived])", count, "0"),
        ("with an age", f"COUNT({table}[Age])", int(ages.sum()), "0"),
        ("with a port", f"COUNTA({table}[Embarked])", int(ports.sum()), "0"),
        ("with both: the model sheets", f'SUMPRODUCT(({table}[Age]<>"")*({table}[Embarked]<>""))',
         int((ages & ports).sum()), "0"),
        ("share that survived", f"AVERAGE({table}[Survived])", float(survived.mean()), "0.0%"),
    ]  # fmt: skip
    for row, (label, formula, value, number_format) in enumerate(summary, start=FIRST):
        sheet.write_string(row, 9, label, look.label())
        sheet.write_formula(row, 10, f"={formula}", look.cell(Role.MODEL, number_format), value)
    sheet.set_column(0, 7, 11.5)
    sheet.set_column(8, 8, 3)
    legend(sheet, look, FIRST + 6, 9)
    sheet.set_column(9, 9, 26)
    sheet.set_column(10, 10, 22)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, last, 10, FIRST)


def add_linear(sheet: Worksheet, look: Look, people: Columns, parameters: np.ndarray) -> None:
    x, y = _data(sheet, look, people, "linear", "Titanic: a linear model")
    sheet.write_string("G1", "one parameter for each input column below", look.caption())
    _parameter_row(sheet, look, 1, "parameters", parameters)
    note(sheet, "F2", notes.LINEAR["parameters"])
    prediction = products(x, parameters[:, None])[:, 0]
    _model_column(sheet, look, "prediction", f"SUMPRODUCT({_this_row('linear')},$G$2:$P$2)", prediction)
    _loss(sheet, look, "linear", prediction, y, notes.LINEAR)
    legend(sheet, look, FIRST, 17)
    sheet.set_column(18, MODEL_AT["prediction"] - 1, 5)  # nothing stands there: bring the prediction closer


def add_nnet(sheet: Worksheet, look: Look, people: Columns, parameters: np.ndarray) -> None:
    x, y = _data(sheet, look, people, "nnet", "Titanic: a neural net")
    linear = products(x, parameters)
    for unit in (1, 2):
        _parameter_row(sheet, look, unit - 1, f"unit {unit}", parameters[:, unit - 1])
        formula = f"SUMPRODUCT({_this_row('nnet')},$G${unit}:$P${unit})"
        _model_column(sheet, look, f"linear_{unit}", formula, linear[:, unit - 1])
    note(sheet, "F1", notes.NNET["parameters"])
    prediction = _relu_and_sum(sheet, look, linear)
    _loss(sheet, look, "nnet", prediction, y, notes.NNET)
    legend(sheet, look, FIRST, 17)


def add_mmult(sheet: Worksheet, look: Look, people: Columns, parameters: np.ndarray) -> None:
    x, y = _data(sheet, look, people, "mmult", "Titanic: the same net by MMULT")
    top, left = PARAMETERS_AT
    sheet.write_string(HEADER, left - 1, "input", look.header(Role.PARAMETER))
    for unit in (1, 2):
        sheet.write_string(HEADER, left + unit - 1, f"unit {unit}", look.header(Role.PARAMETER))
    for line, name in enumerate(INPUTS):
        sheet.write_string(top + line, left - 1, name, look.label())
        for unit in range(2):
            sheet.write_number(top + line, left + unit, parameters[line, unit], look.parameter())
    note(sheet, "R3", notes.MMULT["parameters"])
    linear = products(x, parameters)
    first, last = (
        xl_rowcol_to_cell(FIRST, MODEL_AT["linear_1"]),
        xl_rowcol_to_cell(HEADER + len(y), MODEL_AT["linear_2"]),
    )
    formula = f"=MMULT({TABLES['mmult']}[[{INPUTS[0]}]:[{INPUTS[-1]}]],$S$4:$T$13)"
    style = look.cell(Role.MODEL, "0.000")
    sheet.write_array_formula(f"{first}:{last}", f"{{{formula}}}", style, float(linear[0, 0]))
    for unit in range(2):
        column = MODEL_AT[f"linear_{unit + 1}"]
        sheet.write_string(HEADER, column, f"linear_{unit + 1}", look.header(Role.MODEL))
        for row in range(1 - unit, len(y)):  # all but the cell that holds the formula
            sheet.write_number(FIRST + row, column, linear[row, unit], style)
    prediction = _relu_and_sum(sheet, look, linear)
    _loss(sheet, look, "mmult", prediction, y, notes.MMULT, again=5)
    legend(sheet, look, top + len(INPUTS) + 1, 17)


def _this_row(sheet: str) -> str:
    """The ten inputs of the row that a formula stands in."""
    return f"{TABLES[sheet]}[[#This Row],[{INPUTS[0]}]:[{INPUTS[-1]}]]"


def _data(sheet: Worksheet, look: Look, people: Columns, name: str, title: str) -> tuple[np.ndarray, np.ndarray]:
    """Title, units and the table of passengers; the inputs x (n, 10) and the truth y (n,)."""
    table, count = TABLES[name], len(people["Survived"])
    last = HEADER + count
    formulas = {column: formula.format(t=table) for column, formula in FORMULAS.items()}
    values = people | {column: numbers.tolist() for column, numbers in computed(people).items()}
    sheet.add_table(HEADER, 0, last, len(TABLE_COLUMNS) - 1, {
        "name": table, "style": None, "autofilter": False,
        "columns": [{"header": column, "header_format": look.header(Role.DATA)}
                    | ({"formula": formulas[column]} if column in formulas else {}) for column in TABLE_COLUMNS],
    })  # fmt: skip
    for at, column in enumerate(TABLE_COLUMNS):
        sheet.set_column(at, at, WIDTHS.get(column, 7.5))
        note(sheet, xl_rowcol_to_cell(HEADER, at), notes.DATA[column])
        _column(sheet, at, formulas.get(column), values[column], _data_cell(look, column))
    sheet.write_string(0, 0, title, look.title())
    for column, unit in UNITS.items():
        sheet.write_string(1, TABLE_COLUMNS.index(column), unit, look.caption("center"))
    sheet.write_string(0, 17, f"{count} passengers: those with an age and a port", look.caption())
    sheet.write_string(1, 17, "Red corners carry notes. Solver opens ready to run.", look.caption())
    sheet.set_column(16, 16, 2)
    sheet.set_column(17, 17, 10)
    sheet.set_column(18, 19, 9)
    sheet.set_column(20, 20, 2)
    sheet.set_column(MODEL_AT["linear_1"], MODEL_AT["sq_error"], 10)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, last, MODEL_AT["sq_error"], FIRST)
    x = np.array([values[column] for column in INPUTS], float).T
    return x, np.array(values["Survived"], float)


def _data_cell(look: Look, column: str) -> Format:
    """How a value of a table column looks."""
    align = {"align": "center"} if column in CENTRED else {}
    return look.cell(Role.DATA, NUMBER_FORMATS.get(column, "General"), **align)


def _parameter_row(sheet: Worksheet, look: Look, row: int, label: str, parameters: np.ndarray) -> None:
    """Ten parameters right above the input columns, their name beside them."""
    first = TABLE_COLUMNS.index(INPUTS[0])
    sheet.write_string(row, first - 1, label, look.label())
    for at, parameter in enumerate(parameters, start=first):
        sheet.write_number(row, at, parameter, look.parameter())


def _column(sheet: Worksheet, column: int, formula: str | None, values: Sequence[object], style: Format) -> None:
    """A column of constants, or of one formula with its cached values; {row} in it is the row as Excel counts."""
    for row, value in enumerate(values, start=FIRST):
        if formula is None:
            sheet.write(row, column, value, style)
        else:
            sheet.write_formula(row, column, "=" + formula.replace("{row}", str(row + 1)), style, value)


def _model_column(
    sheet: Worksheet, look: Look, name: str, formula: str, values: np.ndarray, role: Role = Role.MODEL
) -> None:
    sheet.write_string(HEADER, MODEL_AT[name], name, look.header(role))
    _column(sheet, MODEL_AT[name], formula, values.tolist(), look.cell(role, "0.000"))


def _relu_and_sum(sheet: Worksheet, look: Look, linear: np.ndarray) -> np.ndarray:
    """ReLU of both units and their sum, the prediction, which is returned."""
    relu = np.where(linear > 0, linear, 0.0)
    for unit, column in enumerate("VW"):
        _model_column(sheet, look, f"relu_{unit + 1}", f"IF({column}{{row}}>0,{column}{{row}},0)", relu[:, unit])
    prediction = relu[:, 0] + relu[:, 1]
    _model_column(sheet, look, "prediction", "X{row}+Y{row}", prediction)
    return prediction


def _loss(
    sheet: Worksheet,
    look: Look,
    name: str,
    prediction: np.ndarray,
    y: np.ndarray,
    texts: Mapping[str, str],
    again: int = 3,
) -> None:
    """Squared errors in AA, their mean in AA1, the share predicted right in AA2; the notes of the model.

    again: the column, from 0, where a small screen shows the labels of both once more, with the numbers beside them.
    """
    table, last = TABLES[name], FIRST + len(y)
    errors = (y - prediction) ** 2
    loss = math.fsum(errors) / len(errors)
    _model_column(sheet, look, "sq_error", f"({table}[[#This Row],[Survived]]-Z{{row}})^2", errors, Role.LOSS)
    right = float(((prediction > 0.5) == (y == 1)).mean())
    sheet.write_string("Z1", "loss", look.label())
    sheet.write_formula("AA1", f"=AVERAGE(AA4:AA{last})", look.result(Role.LOSS, "0.000000"), loss)
    sheet.write_string("Z2", "correct", look.label())
    sheet.write_formula(
        "AA2", f"=SUMPRODUCT(--((Z4:Z{last}>0.5)=({table}[Survived]=1)))/ROWS({table}[Survived])",
        look.cell(Role.MODEL, "0.0%"), right,
    )  # fmt: skip
    sheet.write_string(0, again, "loss", look.label())
    sheet.write_formula(0, again + 1, "=AA1", look.result(Role.LOSS, "0.0000"), loss)
    sheet.write_string(1, again, "correct", look.label())
    sheet.write_formula(1, again + 1, "=AA2", look.cell(Role.MODEL, "0.0%"), right)
    note(sheet, "Z1", texts["loss"])
    note(sheet, "Z2", texts["correct"])
    for column in MODEL:
        if column in texts:
            note(sheet, f"{xl_col_to_name(MODEL_AT[column])}3", texts[column])
