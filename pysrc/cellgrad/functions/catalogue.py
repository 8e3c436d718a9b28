"""The generated table of functions, pysrc/FUNCTIONS.md: what each one takes and gives, and how smooth it is.

``python -m cellgrad.functions.catalogue FILE`` writes it; a test fails when the committed one is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cellgrad.functions.registry import FUNCTIONS, Function, Shape, Smoothness

_HEAD = """# Functions and operators

Generated from the records in `cellgrad/functions` by `python -m cellgrad.functions.catalogue pysrc/FUNCTIONS.md`.
Every one is compared with LibreOffice over a table of typed arguments, our own (`CG_...`) with torch: see
`tests/functions`.

**Takes**: *number*, *text* and *logical* arguments are coerced as Excel does and lifted over arrays; a *value* is taken
as it is; of a *range* aggregates count the numbers alone; an *array* is evaluated as in an array formula; a *lazy*
argument is evaluated only when its branch is taken. Square brackets: optional; dots: may be repeated.

**Slope**: *smooth* inside its domain; *piecewise*: smooth but for kinks, where the slope stated is taken; *step*: zero
wherever it exists; *none*: no function of numbers. What is not in this table is refused by name.

Text is read as a number where Excel does so in every locale: digits, thousands commas, $, %, exponents, (negative).
Dates and times written as text are not, and give #VALUE!.

| function | takes | gives | slope | what it does |
|---|---|---|---|---|
"""
_GIVES = {
    Shape.ELEMENTWISE: "one each",
    Shape.REDUCE: "one",
    Shape.ARRAY: "an array",
    Shape.REFERENCE: "a reference",
}


def markdown() -> str:
    """The whole document."""
    operators = [record for name, record in FUNCTIONS.items() if not _is_function(name)]
    functions = sorted((record for name, record in FUNCTIONS.items() if _is_function(name)), key=lambda r: r.name)
    return _HEAD + "".join(map(_row, operators + functions))


def _is_function(name: str) -> bool:
    return name[0].isalpha() and " " not in name


def _row(record: Function) -> str:
    cells = (f"`{record.name}`", _signature(record), _GIVES[record.shape], _slope(record), _summary(record))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


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
