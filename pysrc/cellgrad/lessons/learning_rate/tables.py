"""The recurrences of the workbook on learning rates: every step a row of formulas that reads the row above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from cellgrad.lessons.computed import Page
from cellgrad.lessons.learning_rate.notes import ADAM, DESCENTS, MOMENTUM, PLAIN, POINTS
from cellgrad.lessons.parabola import WEIGHTS, X, Y, loss, slope
from cellgrad.lessons.sheet_parts import header_row, heading, legend_across, may_run_away, numbers_only, set_up_page
from cellgrad.lessons.style import Look, Role

STEPS, START = 20, 1.5
FIRST = 4
"""The row of step 0 on the sheets with recurrences, from 0; headers above it."""
LAST = FIRST + STEPS


@dataclass(frozen=True)
class Rate:
    """A column group of the sheet `descents`: a word for the rate, the rate, the colour of its line."""

    word: str
    rate: float
    colour: str

    @property
    def name(self) -> str:
        return f"rate_{self.word}"


RUNS = (
    Rate("creeping", 0.002, "#9AA5B1"),
    Rate("slow", 0.02, "#2F7DC0"),
    Rate("right", 0.1, "#2E8B57"),
    Rate("oscillating", 0.21, "#E0A100"),
    Rate("diverging", 0.24, "#C8453B"),
    Rate("yours", 0.05, "#8E5CC4"),
)
LEFT = {run.word: 1 + 5 * at for at, run in enumerate(RUNS)}
"""The first column of each run on the sheet `descents`."""
PLAIN_RATE = 0.1
MOMENTUM_RATE, KEPT = 0.1, 0.6
ADAM_RATE, BETA_1, BETA_2, GUARD = 0.3, 0.9, 0.999, 1e-8


def outcome(row: int, run: Rate) -> str:
    """The formula that says in words what came of a run; `row`, as Excel counts, is its row on the sheet `rates`."""
    start, one, two = (f"descents!{xl_col_to_name(LEFT[run.word])}{FIRST + 1 + step}" for step in range(3))
    first_loss = f"descents!{xl_col_to_name(LEFT[run.word] + 3)}{FIRST + 1}"
    return (
        f'=IF(B{row}=0,"stands still",IF(E{row}>{first_loss},"diverges: it lands higher and higher",'
        f'IF(({one}-{start})*({two}-{one})<0,"oscillates: across the valley and back, and down",'
        f'IF(E{row}-best_fit>({first_loss}-best_fit)/2,"creeps: the right way, but it will take ages",'
        f'IF(E{row}-best_fit>0.1,"steady: each step wins a little","fast and calm")))))'
    )


def descents(page: Page, look: Look) -> None:
    """The six descents side by side: the weights, the loss, and how far it is above the best fit."""
    sheet = page.sheet
    head(sheet, look, "Six descents, every step",
         "Each weight is the one above it minus rate × slope. The rates stand on the sheet rates.",
         DESCENTS["title"], legend_at=7)  # fmt: skip
    _steps(sheet, look)
    for run in RUNS:
        left = LEFT[run.word]
        sheet.merge_range(2, left, 2, left + 3, run.word, look.header(Role.DATA))
        page.formula(
            2, left + 4, f"={run.name}", look.cell(Role.PARAMETER if run.word == "yours" else Role.DATA, "0.0000")
        )
        weights = [xl_col_to_name(left + line) for line in range(3)]
        _weights_and_loss(page, look, weights, [f"{run.name}*{{slope}}"] * 3, left + 3, DESCENTS if left == 1 else {})
    may_run_away(sheet, look, (FIRST, 1, LAST, 30))
    sheet.set_column_pixels(0, 0, 44)
    sheet.set_column_pixels(1, 30, 68)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, LAST, 30, FIRST)
    sheet.repeat_columns(0)
    sheet.fit_to_pages(2, 1)


def plain(page: Page, look: Look) -> None:
    """Plain descent: the slope of each weight and nothing else."""
    sheet = page.sheet
    head(sheet, look, "Plain descent", "weight = weight above - rate × slope above.", PLAIN["title"], legend_at=3)
    _steps(sheet, look)
    columns(sheet, look, FIRST - 1, 4, [f"slope {w}" for w in WEIGHTS], Role.MODEL, PLAIN)
    for line in range(3):
        for row in range(FIRST, LAST + 1):
            text = f"={slope(line, *(f'$%s{row + 1}' % c for c in 'BCD'))}"
            page.formula(row, 4 + line, text, look.cell(Role.MODEL, "0.0000"))
    _weights_and_loss(page, look, list("BCD"), [f"plain_rate*{c}{{above}}" for c in "EFG"], 7, PLAIN)
    _one_method(sheet, look, 92, 8)


def momentum(page: Page, look: Look) -> None:
    """Momentum: a velocity for each weight."""
    sheet = page.sheet
    head(sheet, look, "Momentum", "velocity = kept × velocity above + slope; weight = weight above - rate × velocity.",
         MOMENTUM["title"], legend_at=3)  # fmt: skip
    _steps(sheet, look)
    columns(sheet, look, FIRST - 1, 4, [f"velocity {w}" for w in WEIGHTS], Role.MODEL, MOMENTUM)
    for line, column in enumerate("EFG"):
        sheet.write_number(FIRST, 4 + line, 0, look.cell(Role.MODEL, "0.0000"))
        for row in range(FIRST + 1, LAST + 1):
            formula = f"=momentum_kept*{column}{row}+{slope(line, *(f'$%s{row}' % c for c in 'BCD'))}"
            page.formula(row, 4 + line, formula, look.cell(Role.MODEL, "0.0000"))
    _weights_and_loss(page, look, list("BCD"), [f"momentum_rate*{c}{{here}}" for c in "EFG"], 7, MOMENTUM)
    _one_method(sheet, look, 92, 8)


def adam(page: Page, look: Look) -> None:
    """Adam: the mean slope and the mean square of the slope for each weight (Kingma and Ba 2015, algorithm 1)."""
    sheet = page.sheet
    head(sheet, look, "Adam", "A step is the rate × the mean slope, in units of the usual size of that weight's slope.",
         ADAM["title"], legend_at=9)  # fmt: skip
    _steps(sheet, look)
    groups = {"slope": 4, "mean": 7, "square": 10}
    for word, left in groups.items():
        columns(sheet, look, FIRST - 1, left, [f"{word} {w}" for w in WEIGHTS], Role.MODEL, ADAM)
    number = look.cell(Role.MODEL, "0.0000")
    for line in range(3):
        g, m, s = (xl_col_to_name(left + line) for left in groups.values())
        for row in range(FIRST, LAST + 1):
            here = row + 1
            page.formula(row, 4 + line, f"={slope(line, *(f'$%s{here}' % c for c in 'BCD'))}", number)
            if row == FIRST:
                sheet.write_number(row, 7 + line, 0, number)
                sheet.write_number(row, 10 + line, 0, number)
            else:
                page.formula(row, 7 + line, f"=adam_kept*{m}{row}+(1-adam_kept)*{g}{row}", number)
                squares = f"adam_kept_of_squares*{s}{row}+(1-adam_kept_of_squares)*{g}{row}^2"
                page.formula(row, 10 + line, f"={squares}", number)
    moves = [
        f"adam_rate*({m}{{here}}/(1-adam_kept^$A{{here}}))/(SQRT({s}{{here}}/(1-adam_kept_of_squares^$A{{here}}))+{GUARD})"
        for m, s in zip("HIJ", "KLM", strict=True)
    ]
    _weights_and_loss(page, look, list("BCD"), moves, 13, ADAM)
    _one_method(sheet, look, 76, 14)


def _one_method(sheet: Worksheet, look: Look, width: int, last: int) -> None:
    """Widths, panes and page of a sheet that holds one method's steps; last: its last column."""
    may_run_away(sheet, look, (FIRST, 1, LAST, last))
    sheet.set_column_pixels(0, 0, 44)
    sheet.set_column_pixels(1, last, width)
    sheet.freeze_panes(FIRST, 1)
    set_up_page(sheet, LAST, last, FIRST)


def points(sheet: Worksheet, look: Look) -> None:
    """The data."""
    head(sheet, look, "The points", "The same as in the workbook quadratic: 3x² + 2x + 1, with chance added.",
         POINTS["title"], legend_at=6)  # fmt: skip
    numbers_only(sheet, (3, 0, 2 + len(X), 1), -1000, 1000)
    columns(sheet, look, 2, 0, ["x", "y"], Role.DATA, POINTS)
    for row, pair in enumerate(zip(X, Y, strict=True), start=3):
        for column, value in enumerate(pair):
            sheet.write_number(row, column, value, look.cell(Role.DATA, "0.00"))
    sheet.set_column_pixels(6, 10, 76)
    sheet.freeze_panes(3, 0)
    set_up_page(sheet, 2 + len(X), 10, 3)


def head(
    sheet: Worksheet, look: Look, title: str, caption: str, about: str, legend_at: int, settings: bool = False
) -> None:
    """A title with its note, the legend beside it from a column on, and a line below."""
    heading(sheet, look, title, about, caption)
    legend_across(sheet, look, 0, legend_at, settings=settings)


def columns(
    sheet: Worksheet, look: Look, row: int, left: int, words: Sequence[str], role: Role, notes: Mapping[str, str]
) -> None:
    """Headers of one role side by side, each with its note where there is one."""
    header_row(sheet, look, row, [(word, role) for word in words], notes, left)


def _steps(sheet: Worksheet, look: Look) -> None:
    """The column of step numbers."""
    sheet.write_string(FIRST - 1, 0, "step", look.header(Role.DATA))
    for row in range(FIRST, LAST + 1):
        sheet.write_number(row, 0, row - FIRST, look.cell(Role.DATA, "0", align="center"))


def _weights_and_loss(
    page: Page, look: Look, weights: Sequence[str], moves: Sequence[str], loss_at: int, notes: Mapping[str, str]
) -> None:
    """The columns of the three weights, and two of the loss.

    weights: their columns. moves: what is taken from each weight at a step, where {here} is the row of the new weight
    as Excel counts, {above} the one before it, and {slope} the slope at the weights there.
    """
    sheet = page.sheet
    left = xl_cell_to_rowcol(f"{weights[0]}1")[1]
    columns(sheet, look, FIRST - 1, left, WEIGHTS, Role.MODEL, notes)
    columns(sheet, look, FIRST - 1, loss_at, ["loss", "above best"], Role.LOSS, notes)
    column_of_loss = xl_col_to_name(loss_at)
    for row in range(FIRST, LAST + 1):
        here = row + 1
        above = [f"{column}{row}" for column in weights]
        for line, column in enumerate(weights):
            if row == FIRST:
                sheet.write_number(row, left + line, START, look.cell(Role.MODEL, "0.0000"))
            else:
                move = moves[line].format(here=here, above=row, slope=slope(line, *above))
                page.formula(row, left + line, f"={column}{row}-{move}", look.cell(Role.MODEL, "0.0000"))
        page.formula(row, loss_at, f"={loss(*(f'{c}{here}' for c in weights))}", look.cell(Role.LOSS, "0.0000"))
        page.formula(row, loss_at + 1, f"={column_of_loss}{here}-best_fit", look.cell(Role.LOSS, "0.0E+00"))
