"""Whatever they are given, functions of text, units, bases, criteria and databases answer, or refuse in words."""

from __future__ import annotations

import contextlib
import math
import random
import time

import pytest

from cellgrad.errors import UnsupportedError
from cellgrad.functions import (
    bits,
    complex_numbers,
    conversion,
    criteria,
    databases,
    engineering,
    information,
    logic,
    regular_expressions,
    text,
    text_codes,
    text_numbers,
    text_splitting,
)
from cellgrad.functions.calling import call
from cellgrad.functions.operands import OMITTED, Areas, Argument, Matrix
from cellgrad.functions.registry import FUNCTIONS, Function, Takes
from cellgrad.values import CellError, Value

_MODULES = (bits, complex_numbers, conversion, criteria, databases, engineering, information, logic,
            regular_expressions, text, text_codes, text_numbers, text_splitting)  # fmt: skip
RECORDS = [
    record
    for record in FUNCTIONS.values()
    if record.value.__module__ in {module.__name__ for module in _MODULES}
    and {parameter.takes for parameter in record.parameters} <= {
        Takes.NUMBER, Takes.TEXT, Takes.LOGICAL, Takes.VALUE, Takes.RANGE, Takes.ARRAY, Takes.LAZY
    }
]  # fmt: skip
VALUES: list[Value] = [
    0.0, 1.0, -1.0, 2.5, -0.5, 1e15, -1e300, 1e300, 5e-324, 40000.0, 281474976710655.0, True, False, None, "", "a",
    "abc", "12", "3+4i", "-i", "1E5j", ">1", "<>", "=", "a*", "~", "*", "km", "m", "F", "0.00", "yyyy", "# ?/?", "[h]",
    "é😀", "\x00", "FF", "101", "(a)", "[a-z]+", "$1", "%", ",", CellError.NA, CellError.DIV0, "1/2/2020",
]  # fmt: skip


def _argument(chance: random.Random, takes: Takes) -> Argument:
    if takes is Takes.LAZY:
        value = chance.choice(VALUES)
        return lambda: value
    if chance.random() < 0.05:
        return OMITTED
    if chance.random() < (0.6 if takes in (Takes.RANGE, Takes.ARRAY) else 0.1):
        height, width = chance.randint(1, 3), chance.randint(1, 3)
        return Matrix.build(height, width, lambda row, column: chance.choice(VALUES))
    return chance.choice(VALUES)


def _unread(areas: Areas) -> Matrix:
    raise AssertionError("nothing here is a reference")


@pytest.mark.parametrize("record", RECORDS, ids=[record.name for record in RECORDS])
def test_answers_or_refuses(record: Function) -> None:
    chance = random.Random(record.name)
    start = time.perf_counter()
    for _ in range(1000):
        least = max(record.minimum, len(record.parameters) if record.repeats else 0)
        most = least + record.repeats if record.repeats else len(record.parameters)
        count = chance.choice([n for n in range(least, most + 1) if record.arity_complaint(n) is None] or [least])
        arguments = [_argument(chance, record.parameter(index).takes) for index in range(count)]
        with contextlib.suppress(UnsupportedError):
            answer = call(record, arguments, _unread)
            for value in answer if isinstance(answer, Matrix) else (answer,):
                assert value is None or isinstance(value, float | bool | str | CellError), (arguments, value)
                assert not isinstance(value, float) or math.isfinite(value), arguments
    assert time.perf_counter() - start < 20
