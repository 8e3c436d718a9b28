"""One model in a workbook of its own, ready to be trained: what `training` optimises.

Sheet `passengers`: A number, B part, C survived, D:M the inputs. Sheet `model`: A1 the split, B1 the last passenger to
learn from; from row 3 on the blocks of parameters in the first columns, beside them for every passenger the units of
each layer, the score, the prediction, and whether this passenger trains, stops or judges.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_range_abs
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.compare.nets import Net, first_layer, next_layer, probability
from cellgrad.lessons.compare.parts import PARTS, Passengers
from cellgrad.lessons.package import finish
from cellgrad.solver_models import SolverModel, solver_names

SHEET = "model"
SQUARED_ERROR = "(survived-prediction)^2"
CROSS_ENTROPY = "(LN(1+EXP(score))-survived*score)"
"""-LN of the probability given to the truth, in a form that no large score can turn into LN(0)."""
RIGHT = "((prediction>0.5)=(survived=1))"
TOP = 2
"""The row where parameters and passengers begin, from 0."""
ROLES = {
    "judge": f"IF(part={SHEET}!$A$1,1,0)",
    "stop": f"IF(part=MOD({SHEET}!$A$1,{PARTS})+1,1,0)*IF(number<={SHEET}!$B$1,1,0)",
    "train": f"(1-judge)*IF(part=MOD({SHEET}!$A$1,{PARTS})+1,0,1)*IF(number<={SHEET}!$B$1,1,0)",
}


def measured(role: str, error: str) -> str:
    """The mean of an error over the passengers of a role: a formula without its ``=``."""
    return f"SUMPRODUCT({role},{error})/SUM({role})"


def write_model(path: Path, net: Net, everyone: Passengers, split: int, most: int, start: np.ndarray) -> Path:
    """Write the workbook of a model with its parameters at `start`, and its loss to be made small as saved model.

    Names: loss, loss_to_stop, training, validation and right, one cell each.
    """
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.xlsx"
        with xlsxwriter.Workbook(draft) as book:
            model = book.add_worksheet(SHEET)
            _passengers(book, everyone)
            model.write_row(0, 0, [split, most])
            blocks = _parameters(model, net, start)
            _network(book, model, net, blocks, len(everyone.number))
            error = CROSS_ENTROPY if net.sigmoid else SQUARED_ERROR
            cells = {
                "loss": measured("train", error),
                "loss_to_stop": measured("stop", error),
                "training": measured("train", SQUARED_ERROR),
                "validation": measured("judge", SQUARED_ERROR),
                "right": measured("judge", f"--{RIGHT}"),
            }
            for column, (name, formula) in enumerate(cells.items(), start=2):
                model.write_formula(0, column, f"={formula}")
                book.define_name(name, f"={SHEET}!{xl_range_abs(0, column, 0, column)}")
        changing = ",".join(f"{SHEET}!{block}" for block in blocks)
        saved = SolverModel(SHEET, f"{SHEET}!$C$1", changing, goal="min", non_negative=False)
        return finish(draft, path, {SHEET: dict(solver_names(saved))})


def _passengers(book: xlsxwriter.Workbook, everyone: Passengers) -> None:
    sheet, last = book.add_worksheet("passengers"), len(everyone.number) - 1
    for column, values in enumerate([everyone.number, everyone.part, everyone.survived, *everyone.inputs.T]):
        sheet.write_column(0, column, values.tolist())
    for name, (left, right) in {"number": (0, 0), "part": (1, 1), "survived": (2, 2), "inputs": (3, 12)}.items():
        book.define_name(name, f"=passengers!{xl_range_abs(0, left, last, right)}")


def _parameters(sheet: Worksheet, net: Net, start: np.ndarray) -> list[str]:
    """The blocks below each other, at their start; where they stand."""
    row, found = TOP, []
    for block in net.blocks(start):
        height, width = block.shape
        for line in range(height):
            sheet.write_row(row + line, 0, block[line].tolist())
        found.append(xl_range_abs(row, 0, row + height - 1, width - 1))
        row += height
    return found


def _network(book: xlsxwriter.Workbook, sheet: Worksheet, net: Net, blocks: list[str], count: int) -> None:
    """Layers, score, prediction and roles of all passengers, each a block that one formula fills."""
    column = max(net.units, 1) + 1

    def fill(formula: str, width: int, name: str = "") -> str:
        nonlocal column
        region = (TOP, column, TOP + count - 1, column + width - 1)
        sheet.write_array_formula(*region, f"{{={formula}}}")
        column += width + 1
        if name:
            book.define_name(name, f"={SHEET}!{xl_range_abs(*region)}")
        return xl_range_abs(*region)

    layer = fill(first_layer("inputs", blocks[0]), net.units, "") if net.layers else ""
    for weights, constants in zip(blocks[1:-2:2], blocks[2:-2:2], strict=True):
        layer = fill(next_layer(layer, weights, constants), net.units)
    score = next_layer(layer, *blocks[-2:]) if net.layers else first_layer("inputs", blocks[0])
    fill(score, 1, "score")
    # who learns to the end may be so certain that EXP of the score has no number
    fill(f"IF(score<-700,0,{probability('score')})" if net.sigmoid else "score", 1, "prediction")
    for name, formula in ROLES.items():
        fill(formula, 1, name)
