"""The generated table of functions, pysrc/FUNCTIONS.md: what each one takes and gives, and what it is held to.

``python -m tests.functions.catalogue pysrc/FUNCTIONS.md`` writes it; a test fails when the committed one is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.functions import compared

from cellgrad.functions.registry import FUNCTIONS, Function, Shape, Smoothness

_HEAD = """# Functions and operators

Generated from the records in `cellgrad/functions` and the tables in `tests/functions` by
`python -m tests.functions.catalogue pysrc/FUNCTIONS.md`.

{functions} functions and {operators} operators. Every one that is computed has sample cases: documented examples or
closed forms. **L**: compared with LibreOffice over tables of arguments as well ({with_libreoffice}). **G**: its
compiled gradient is compared with central differences of the per-cell evaluation ({by_slope}). **T**: compared with
torch.

**Takes**: *number*, *text* and *logical* arguments are coerced as Excel does and lifted over arrays; a *value* is taken
as it is; of a *range* aggregates count the numbers alone; an *array* is evaluated as in an array formula; a *lazy*
argument is evaluated only when its branch is taken. Square brackets: optional; dots: may be repeated.

**Slope**: *smooth* inside its domain; *piecewise*: smooth but for kinks, where the slope stated is taken; *step*: zero
wherever it exists; *none*: no function of numbers. What is not in this table is refused by name. LET and LAMBDA are
part of the grammar.

Text is read as a number where Excel does so in the United States: digits, thousands commas, $, %, exponents,
(negative), dates and times.

| function | takes | gives | held to | slope | what it does |
|---|---|---|---|---|---|
"""
_TAIL = """
## Where LibreOffice differs

Excel's documentation is the authority. What is told here is left out of the comparison, and nothing else.

| LibreOffice | Excel |
|---|---|
"""
_GIVES = {
    Shape.ELEMENTWISE: "one each",
    Shape.REDUCE: "one",
    Shape.ARRAY: "an array",
    Shape.REFERENCE: "a reference",
}


def markdown() -> str:
    """The whole document."""
    operators = [record for name, record in FUNCTIONS.items() if not is_function(name)]
    functions = sorted((record for name, record in FUNCTIONS.items() if is_function(name)), key=lambda r: r.name)
    names = {record.name for record in functions}
    libreoffice, slopes = compared.with_libreoffice(), compared.by_slope()
    head = _HEAD.format(
        functions=len(functions),
        operators=len(operators),
        with_libreoffice=len(names & libreoffice),
        by_slope=len(names & slopes),
    )
    rows = "".join(_row(record, libreoffice, slopes) for record in operators + functions)
    return head + rows + _TAIL + "".join(_line(one) for one in compared.differences())


def is_function(name: str) -> bool:
    """Whether a record is a function's, and not an operator's."""
    return name[0].isalpha() and " " not in name


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _row(record: Function, libreoffice: set[str], slopes: set[str]) -> str:
    operator = not is_function(record.name)
    held = [
        *("L" for _ in range(operator or record.name in libreoffice)),
        *("G" for _ in range(record.name in slopes or (operator and record.smoothness is Smoothness.SMOOTH))),
        *("T" for _ in range(record.name.startswith("CG_"))),
    ]
    return _line(
        (f"`{record.name}`", _signature(record), _GIVES[record.shape], " ".join(held), _slope(record), _summary(record))
    )


def _signature(record: Function) -> str:
    texts = []
    first_repeated = len(record.parameters) - record.repeats
    for index, parameter in enumerate(record.parameters):
        text = f"{parameter.name}: *{parameter.takes.value}*" + ("..." if index >= first_repeated else "")
        texts.append(text if index < record.minimum else f"[{text}]")
    return ", ".join(texts)


def _slope(record: Function) -> str:
    text = record.smoothness.value
    return f"{text}; {record.subgradient}" if record.smoothness is Smoothness.PIECEWISE else text


def _summary(record: Function) -> str:
    return record.summary + (" Its cached value is data." if record.volatile or record.external else "")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
