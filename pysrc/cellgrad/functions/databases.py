"""Databases: DSUM, DAVERAGE and their kin over the rows of a table that meet a range of criteria.

The first row of the database and of the criteria holds labels. A row of criteria asks that all its cells hold, several
rows that any does. Source: Microsoft, "DSUM function" and the pages of its kin; for text, "Filter by using advanced
criteria": text that is typed alone is met by every text that begins with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from cellgrad.errors import UnsupportedError
from cellgrad.functions.criteria_index import Cells, Criterion
from cellgrad.functions.operands import Fault, Matrix, as_matrix, finite, to_text, total
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value, fold_case


def label(value: Value) -> str:
    """A label as labels are compared: its text, without regard to case."""
    return "" if isinstance(value, CellError) else fold_case(to_text(value))


def field_column(field: Value, labels: Sequence[str]) -> int:
    """Which column a field names, by its label or its number from 1. Faults: #VALUE! for none of them."""
    if isinstance(field, CellError):
        raise Fault(field)
    if isinstance(field, str):
        if fold_case(field) not in labels:
            raise Fault(CellError.VALUE)
        return labels.index(fold_case(field))
    field = float(field) if isinstance(field, bool) else field  # TRUE is the first column, as Excel counts
    if not isinstance(field, float) or not 1 <= field < len(labels) + 1:
        raise Fault(CellError.VALUE)
    return int(field) - 1


def criteria_rows(criteria: Matrix, labels: Sequence[str]) -> list[list[tuple[int, Criterion]]]:
    """The conditions of each row of criteria: (column of the database, criterion). Blank cells ask nothing.

    Under a label that the database lacks stands a formula, which Excel evaluates once a row and asks for TRUE: a text
    there is never met, and its row of criteria is left out.
    Faults: #VALUE! for criteria without a row below their labels. Raises UnsupportedError for such a condition that is
    no text.
    """
    if criteria.height < 2:
        raise Fault(CellError.VALUE)
    heads = [label(value) for value in criteria.rows[0]]
    rows = []
    for row in criteria.rows[1:]:
        conditions = []
        asked = [(head, wanted) for head, wanted in zip(heads, row, strict=True) if wanted is not None]
        if any(isinstance(wanted, str) and head not in labels for head, wanted in asked):
            continue
        for head, wanted in asked:
            if head not in labels:
                raise UnsupportedError(
                    f"a criterion of a database stands under the label {head!r}, which is none of the database's",
                    action="compute the condition in a column of the database, and ask for TRUE",
                )
            conditions.append((labels.index(head), _beginning(Criterion.of(wanted))))
        rows.append(conditions)
    return rows


def _beginning(criterion: Criterion) -> Criterion:
    """Text typed alone is met by what begins with it."""
    if criterion.sign == "" and isinstance(criterion.wanted, str):
        return Criterion("", criterion.wanted + "*")
    return criterion


def matching(
    rows: Sequence[Sequence[tuple[int, Criterion]]], column: Callable[[int], Cells], height: int
) -> np.ndarray:
    """The numbers, from 0 below the labels, of the database's rows that meet any row of criteria, in order."""
    found = np.zeros(height, dtype=bool)
    for conditions in rows:
        met = np.ones(height, dtype=bool)
        for place, criterion in conditions:
            own = np.zeros(height, dtype=bool)
            own[column(place).meeting(criterion)] = True
            met &= own
        found |= met
    return np.flatnonzero(found)


def _picked(database: Value | Matrix, field: Value, criteria: Value | Matrix) -> list[Value]:
    """The field's values in the rows that meet the criteria; without a field, a 1 for each row."""
    table, wanted = as_matrix(database), as_matrix(criteria)
    labels = [label(value) for value in table.rows[0]]
    column = None if field is None else field_column(field, labels)
    if table.height < 2:
        raise Fault(CellError.VALUE)
    columns: dict[int, Cells] = {}

    def cells(place: int) -> Cells:
        if place not in columns:
            columns[place] = Cells(row[place] for row in table.rows[1:])
        return columns[place]

    rows = matching(criteria_rows(wanted, labels), cells, table.height - 1)
    if column is None:
        return [1.0] * len(rows)
    return [table.rows[1 + row][column] for row in rows.tolist()]


def _numbers(values: Sequence[Value]) -> list[float]:
    """The numbers among values. Faults: the first error."""
    for value in values:
        if isinstance(value, CellError):
            raise Fault(value)
    return [value for value in values if type(value) is float]


_TREE = (
    '{"Tree","Height","Yield","Profit";"Apple",18,14,105;"Pear",12,10,96;"Cherry",13,9,105;"Apple",14,10,75;'
    '"Pear",9,8,76.8;"Apple",8,6,45}'
)
_APPLES = '{"Tree","Height","Height";"=Apple",">10","<16";"=Pear",">0",">0"}'
_EMPTY = '{"Tree";"Fig"}'


def _database(
    name: str,
    compute: Callable[[list[Value]], Value],
    smoothness: Smoothness,
    summary: str,
    expected: object,
    none: object = 0,
    more: tuple[tuple[str, object], ...] = (),
    subgradient: str = "",
) -> None:
    """Registers a function; `expected`: for an orchard as on Microsoft's pages, `none`: where no row is met."""

    def value(database: Value | Matrix, field: Value, criteria: Value | Matrix) -> Value:
        return compute(_picked(database, field, criteria))

    cases = (
        (f'{name}({_TREE},"Profit",{_APPLES})', expected),
        (f'{name}({_TREE},"profit",{_EMPTY})', none),
        (f'{name}({_TREE},"Nuts",{_EMPTY})', CellError.VALUE),
        (f"{name}({_TREE},5,{_EMPTY})", CellError.VALUE),
        *more,
    )
    function(
        f"{name}(database: range, field: value, criteria: range)", Shape.REDUCE, smoothness, summary, cases=cases,
        subgradient=subgradient,
    )(value)  # fmt: skip


def _mean(values: list[Value]) -> float:
    numbers = _numbers(values)
    if not numbers:
        raise Fault(CellError.DIV0)
    return total(numbers) / len(numbers)


def _variance(values: list[Value], fewer: int) -> float:
    """The sum of squared deviations over the count less `fewer`. Faults: #DIV/0!."""
    numbers = _numbers(values)
    if len(numbers) <= fewer:
        raise Fault(CellError.DIV0)
    mean = total(numbers) / len(numbers)
    return total((number - mean) ** 2 for number in numbers) / (len(numbers) - fewer)


def _only(values: list[Value]) -> Value:
    if not values:
        raise Fault(CellError.VALUE)
    if len(values) > 1:
        raise Fault(CellError.NUM)
    return 0.0 if values[0] is None else values[0]


def _count(values: list[Value]) -> float:
    return float(sum(type(value) is float for value in values))


def _product(values: list[Value]) -> float:
    numbers = _numbers(values)
    return finite(math.prod(numbers)) if numbers else 0.0


_TIES = "rows that tie share it equally"
_database("DSUM", lambda found: total(_numbers(found)), Smoothness.SMOOTH, "The sum of a field.", 247.8)
_database("DAVERAGE", _mean, Smoothness.SMOOTH, "The mean of a field.", 82.6, CellError.DIV0)
_database("DPRODUCT", _product, Smoothness.SMOOTH, "The product of a field.", 552960)
_database(
    "DMAX", lambda found: max(_numbers(found), default=0.0), Smoothness.PIECEWISE, "The largest of a field.", 96,
    subgradient=_TIES,
)  # fmt: skip
_database(
    "DMIN", lambda found: min(_numbers(found), default=0.0), Smoothness.PIECEWISE, "The smallest of a field.", 75,
    subgradient=_TIES,
)  # fmt: skip
_database(
    "DCOUNT", _count, Smoothness.NONE, "How many numbers a field holds; without a field, how many rows.", 3,
    more=((f"DCOUNT({_TREE},,{_APPLES})", 3), (f'DCOUNT({_TREE},"Tree",{_APPLES})', 0)),
)  # fmt: skip
_database(
    "DCOUNTA", lambda found: float(sum(value is not None for value in found)), Smoothness.NONE,
    "How many values a field holds; without a field, how many rows.", 3,
    more=((f"DCOUNTA({_TREE},,{_APPLES})", 3), (f'DCOUNTA({_TREE},"Tree",{_APPLES})', 3),
          # as Excel stores them
          (f"DCOUNTA({_TREE},TRUE,{_APPLES})", 3), (f'DCOUNTA({_TREE},1,{{"Nuts";"Apple"}})', 0)),
)  # fmt: skip
_database(
    "DGET", _only, Smoothness.SMOOTH, "The one value of a field; #NUM! where several rows meet the criteria.",
    CellError.NUM, CellError.VALUE,
    more=((f'DGET({_TREE},4,{{"Tree","Yield";"Apple",">12"}})', 105), (f'DGET({_TREE},"Tree",{{"Height";9}})', "Pear")),
)  # fmt: skip
_database(
    "DVAR", lambda found: _variance(found, 1), Smoothness.SMOOTH, "The variance of a field, from a sample.", 135.48,
    CellError.DIV0, more=((f'DVAR({_TREE},"Yield",{{"Tree";"=Apple";"=Pear"}})', 8.8),),
)  # fmt: skip
_database(
    "DVARP", lambda found: _variance(found, 0), Smoothness.SMOOTH, "The variance of a field, of all there is.", 90.32,
    CellError.DIV0, more=((f'DVARP({_TREE},"Yield",{{"Tree";"=Apple";"=Pear"}})', 7.04),),
)  # fmt: skip
_database(
    "DSTDEV", lambda found: math.sqrt(_variance(found, 1)), Smoothness.SMOOTH,
    "The standard deviation of a field, from a sample.", math.sqrt(135.48), CellError.DIV0,
    more=((f'DSTDEV({_TREE},"Yield",{{"Tree";"=Apple";"=Pear"}})', math.sqrt(8.8)),),
)  # fmt: skip
_database(
    "DSTDEVP", lambda found: math.sqrt(_variance(found, 0)), Smoothness.SMOOTH,
    "The standard deviation of a field, of all there is.", math.sqrt(90.32), CellError.DIV0,
    more=((f'DSTDEVP({_TREE},"Yield",{{"Tree";"=Apple";"=Pear"}})', math.sqrt(7.04)),),
)  # fmt: skip
