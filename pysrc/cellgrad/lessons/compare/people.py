"""The sheet `data`: the passengers with their part and the ten inputs, from row 5 on as on all sheets that have them.

A number, B part, C survived, D:H as the ship's records have them, I:R the inputs. Names: number, part, survived,
inputs.
"""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name, xl_range_abs

from cellgrad.lessons.compare import notes
from cellgrad.lessons.compare.parts import GRAIN, PARTS, Passengers
from cellgrad.lessons.computed import Page
from cellgrad.lessons.sheet_parts import heading, legend_across, note, set_up_page
from cellgrad.lessons.style import Look, Role
from cellgrad.lessons.titanic.passengers import INPUTS

SHEET = "data"
HEADER, FIRST = 3, 4
"""The header row and the first passenger, from 0."""
RAW = ("Pclass", "Sex", "Age", "Fare", "Embarked")
INPUT_AT = 3 + len(RAW)
FORMULAS = {
    "Age_N": "ROUND(F{row}/MAX(F${first}:F${last})*{grain},0)/{grain}",
    "log_Fare": "ROUND(LOG10(G{row}+1)*{grain},0)/{grain}",
    "Pclass_1": "IF(D{row}=1,1,0)",
    "Pclass_2": "IF(D{row}=2,1,0)",
    "Embark_S": 'IF(H{row}="S",1,0)',
    "Embark_C": 'IF(H{row}="C",1,0)',
    "Male": 'IF(E{row}="male",1,0)',
}


def last_row(everyone: Passengers) -> int:
    """The row of the last passenger, from 0."""
    return FIRST + len(everyone.number) - 1


def region(everyone: Passengers, left: int, width: int, part: int | None = None, sheet: str = "") -> str:
    """Columns of the passengers of one part, or of all, as in ``data!$I$5:$R$147``; left from 0."""
    first, end = (0, len(everyone.number)) if part is None else everyone.rows(part)
    return (f"{sheet}!" if sheet else "") + xl_range_abs(FIRST + first, left, FIRST + end - 1, left + width - 1)


def names(everyone: Passengers) -> dict[str, str]:
    """Names of the columns that other sheets need, and what they stand for."""
    columns = {"number": (0, 1), "part": (1, 1), "survived": (2, 1), "inputs": (INPUT_AT, len(INPUTS))}
    return {name: f"={region(everyone, *where, sheet=SHEET)}" for name, where in columns.items()}


def draw(page: Page, look: Look, everyone: Passengers) -> None:
    """The sheet `data`."""
    sheet, last = page.sheet, last_row(everyone)
    hint = "Everybody that has an age and a port, part after part. In split 1 part 1 judges, in split 2 part 2, ..."
    heading(sheet, look, "The passengers, dealt into five parts", notes.DATA["title"], hint)
    legend_across(sheet, look, 2, 0)
    headers = {"number": Role.DATA, "part": Role.MODEL, "survived": Role.DATA} | dict.fromkeys(RAW, Role.DATA)
    headers |= {name: Role.MODEL if name in FORMULAS else Role.DATA for name in INPUTS}
    for column, (word, role) in enumerate(headers.items()):
        sheet.write_string(HEADER, column, word, look.header(role))
        if word in notes.DATA:
            note(sheet, f"{xl_col_to_name(column)}{HEADER + 1}", notes.DATA[word])
    whole, years = look.cell(Role.DATA, align="center"), look.cell(Role.DATA, "0.0#")
    pounds = look.cell(Role.DATA, "[$£-809]0.00")
    styles = {"Age": years, "Fare": pounds}
    for place in range(len(everyone.number)):
        row = FIRST + place
        sheet.write_number(row, 0, int(everyone.number[place]), whole)
        page.formula(row, 1, f"=MOD(A{row + 1}-1,{PARTS})+1", look.cell(Role.MODEL, align="center"))
        sheet.write_number(row, 2, everyone.survived[place], whole)
        for column, name in enumerate(RAW, start=3):
            sheet.write(row, column, everyone.raw[name][place], styles.get(name, whole))
        for column, name in enumerate(INPUTS, start=INPUT_AT):
            if name in FORMULAS:
                text = FORMULAS[name].format(row=row + 1, first=FIRST + 1, last=last + 1, grain=GRAIN)
                decimals = "0.000" if name in ("Age_N", "log_Fare") else "0"
                page.formula(row, column, f"={text}", look.cell(Role.MODEL, decimals, align="center"))
            else:
                sheet.write_number(row, column, everyone.inputs[place, column - INPUT_AT], whole)
    sheet.set_column_pixels(0, INPUT_AT - 1, 72)
    sheet.set_column_pixels(INPUT_AT, INPUT_AT + len(INPUTS) - 1, 78)
    sheet.freeze_panes(FIRST, 3)
    set_up_page(sheet, FIRST + 50, INPUT_AT + len(INPUTS) - 1, FIRST)
