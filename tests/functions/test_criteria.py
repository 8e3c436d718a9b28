"""COUNTIF and its kin: the forms a criterion takes, ranges of other sizes, whole columns, and how long it all takes."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sheets import book_of

from cellgrad.address import parse_region
from cellgrad.blocks.dependence import Dependence
from cellgrad.errors import UnsupportedError
from cellgrad.functions.criteria_text import find_pattern, wildcards
from cellgrad.program.compiling import compile_model
from cellgrad.reference import Reference
from cellgrad.values import CellError, Value

COLUMN: dict[str, Value] = {
    "A1": 5.0, "A2": "5", "A3": "abc", "A4": "ABD", "A5": True, "A6": CellError.NA, "A7": '=""', "A9": "a*b",
    "A10": 43832.0, "A11": 0.0, "A12": -3.0, "A13": "1/2/2020", "A14": "TRUE",
}  # fmt: skip
"""A8 is blank; the rows after A14, too."""

COUNTS = [
    # number, by value and as text; a text that reads as the number counts ("COUNTIF function"),
    # and yet meets "<>", as Excel stores it
    ("5", 2), ('"5"', 2), ('"=5"', 2), ('"<>5"', 13), ("TRUE", 1), ('"TRUE"', 1),
    # order: numbers among numbers, texts among texts
    # and none with nothing, as Excel stores it
    ('">0"', 2), ('">=0"', 3), ('"<0"', 1), ('">="', 0), ('"<"', 0), ('">abc"', 2), ('"<=abc"', 5), ('">4"', 2),
    # text without regard to case, with wildcards; ~ before them
    ('"ABC"', 1), ('"ab?"', 2), ('"a*"', 3), ('"*"', 7), ('"a~*b"', 1), ('"<>a*"', 11), ('"?*"', 6),
    # blanks: "" is met by blanks and by empty texts, "=" by blanks, "<>" by everything else
    ('""', 2), ('"="', 1), ('"<>"', 13), ("Z1", 1),
    # dates as text, errors
    ('"1/2/2020"', 2), ('">=1/1/2020"', 1), ("#N/A", 1), ('"#N/A"', 1), ('"<>#N/A"', 13),
]  # fmt: skip


@pytest.mark.parametrize(("criterion", "expected"), COUNTS)
def test_count(criterion: str, expected: int) -> None:
    book = book_of(
        {"Sheet1": {**COLUMN, "C1": f"=COUNTIF(A1:A14,{criterion})", "C2": f"=COUNTIFS(A1:A14,{criterion})"}}
    )
    reference = Reference(book)
    assert [reference.value("Sheet1", row, 2) for row in (0, 1)] == [expected, expected]


SUMS = [
    ("SUMIF(A1:A4,1,B1)", 90), ("SUMIF(A1:A4,1,B1:B2)", 90), ("SUMIF($A$1:$A$4,1,$B$1:$F$9)", 90),
    ("SUMIF(A1:A4,1,B2)", 80), ("SUMIF(A:A,1,B:B)", 90), ("SUMIF(A1:A4,2)", 2), ("AVERAGEIF(A1:A4,1,B1)", 30),
    ("AVERAGEIF(A1:A4,7,B1)", CellError.DIV0), ('SUMIF(A:A,"",B:B)', 10), ("SUM(SUMIF(A1:A4,{1,2},B1))", 110),
    ("SUMIFS(B1:B4,A1:A4,1,B1:B3,1)", CellError.VALUE), ("SUMIFS(C1:C4,A1:A4,1)", CellError.NA),
    ("SUMIFS(C1:C4,A1:A4,2)", 8), ("COUNTIF(A:A,\"\")", 1048576 - 4), ("MAXIFS(B1:B4,A1:A4,9)", 0),
    ("SUMIFS(B:B,A:A,1,B:B,\">20\")", 80),
    # cells that have been deleted
    ("COUNTIF(#REF!,1)", CellError.REF), ("COUNTIFS(A1:A4,1,#REF!,1)", CellError.REF),
    ("SUMIF(#REF!,1)", CellError.REF),
    ("SUMIF(A1:A4,1,#REF!)", CellError.REF), ("SUMIFS(#REF!,A1:A4,1)", CellError.REF),
    ("AVERAGEIF(#REF!,1)", CellError.REF), ("MAXIFS(B1:B4,#REF!,1)", CellError.REF),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), SUMS)
def test_sum(formula: str, expected: Value) -> None:
    cells: dict[str, Value] = {"A1": 1.0, "A2": 2.0, "A3": 1.0, "A4": 1.0, "B1": 10.0, "B2": 20.0, "B3": 30.0,
                               "B4": 50.0, "B5": 10.0, "C1": CellError.NA, "C2": 8.0, "H9": f"={formula}"}  # fmt: skip
    assert Reference(book_of({"Sheet1": cells})).value("Sheet1", 8, 7) == expected


def test_a_criterion_without_a_promised_answer_is_refused() -> None:
    book = book_of({"Sheet1": {"A1": "x", "B1": '=COUNTIF(A1,REPT("x",256))'}})
    with pytest.raises(UnsupportedError, match="255 characters"):
        Reference(book).value("Sheet1", 0, 1)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="ab*?~", max_size=8), st.text(alphabet="ab*~", max_size=10))
def test_wildcards_against_a_plain_matcher(pattern: str, text: str) -> None:
    """Against the textbook recursion over pattern and text."""
    assert (wildcards(pattern).fullmatch(text) is not None) == _matches(_tokens(pattern), text)
    # A ~ that nothing follows goes for nothing where a text is searched, as SEARCH does in Excel.
    lone = (len(pattern) - len(pattern.rstrip("~"))) % 2
    sought = _tokens(pattern[: len(pattern) - lone])
    starts = [at for at in range(len(text) + 1) if any(_matches(sought, text[at:end])
              for end in range(at, len(text) + 1))]  # fmt: skip
    assert find_pattern(pattern, text) == (starts[0] if starts else -1)


def _tokens(pattern: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(pattern):
        if pattern[at] == "~" and at + 1 < len(pattern):
            tokens.append(("plain", pattern[at + 1]))
            at += 2
        else:
            tokens.append(("any" if pattern[at] in "*?" else "plain", pattern[at]))
            at += 1
    return tokens


def _matches(tokens: list[tuple[str, str]], text: str) -> bool:
    if not tokens:
        return not text
    kind, character = tokens[0]
    if kind == "any" and character == "*":
        return any(_matches(tokens[1:], text[skip:]) for skip in range(len(text) + 1))
    return bool(text) and (kind == "any" or text[0] == character) and _matches(tokens[1:], text[1:])


def test_many_stars_take_no_time() -> None:
    start = time.perf_counter()
    assert wildcards("*a" * 30 + "b").fullmatch("a" * 30000) is None
    assert find_pattern("*a" * 30 + "b", "a" * 30000) == -1
    assert time.perf_counter() - start < 2


FILLED = [
    "SUMIF($A$1:$A$40,D1,$B$1:$B$40)", 'SUMIF($A$1:$A$40,">="&D1,$B$1:$B$40)',
    'SUMIFS($B$1:$B$40,$A$1:$A$40,D1,$C$1:$C$40,"k*")',
    "COUNTIF($A$1:$A$40,D1)*SUM($B$1:$B$2)", "AVERAGEIF($A$1:$A$40,D1,$B$1:$B$40)", "MAXIFS($B$1:$B$40,$A$1:$A$40,D1)",
    "MINIFS($B$1:$B$40,$A$1:$A$40,D1)", "SUMIF(A1:A9,D1,B1:B9)", "SUMIF($B$1:$B$40,\">0\")*D1",
    "COUNTIF($B$1:$B$40,\">\"&D1)",
    "SUMIF($B$1:$B$40,B1)", 'SUMIF($C$1:$C$40,TEXT(D1,"\\k\\e\\y;;\\k\\i\\n"),$B$1:$B$40)*VALUE("2")',
    "SUMIF(A1:A9,1,B1)",
]  # fmt: skip


@pytest.mark.parametrize("formula", FILLED)
def test_a_block_equals_its_cells(formula: str) -> None:
    random = np.random.default_rng(3)
    cells: dict[str, Value] = {"F1": "=SUM(E1:E30)"}
    for row in range(1, 41):
        cells[f"A{row}"] = float(random.integers(0, 5))
        cells[f"B{row}"] = float(random.normal())
        cells[f"C{row}"] = random.choice(["key", "kin", "other"])
    cells |= {f"D{row}": float(row % 5) for row in range(1, 31)}
    cells["E1:E30"] = f"={formula}"
    book = book_of({"Sheet1": cells})
    model = compile_model(Dependence(book), parse_region("F1", "Sheet1"), [parse_region("B1:B40", "Sheet1")])
    x = torch.from_numpy(model.x0)[None]
    value, gradient = model.function.value_and_gradient(x)
    places = [("Sheet1", row, 1) for row in range(40)]

    def at(point: np.ndarray) -> float:
        answer = Reference(book, dict(zip(places, point.tolist(), strict=True))).value("Sheet1", 0, 5)
        assert type(answer) is float
        return answer

    assert value.item() == pytest.approx(at(model.x0), rel=1e-12)
    step = 1e-5
    for row in itertools.islice(range(40), 0, None, 13):
        one = np.zeros(40)
        one[row] = step
        slope = (at(model.x0 + one) - at(model.x0 - one)) / (2 * step)
        assert gradient[0, row].item() == pytest.approx(slope, rel=1e-5, abs=1e-6)


WHOLE = [
    ('SUMIFS(Other!B:B,A:A,1)+SUMIF(A:A,">1",Other!B:B)', 1.0 + 3.0 + 2.0),
    ('COUNTIF(A1:A4,"<>1")*SUM(Other!B1:B2)+COUNTIF(A:A,1)*Other!B1', 2 * 3.0 + 2 * 1.0),
    ("MAXIFS(Other!B:B,A:A,1)", 3.0),
]


@pytest.mark.parametrize(("formula", "expected"), WHOLE)
def test_whole_columns_of_sheets_of_different_length(formula: str, expected: float) -> None:
    """Columns A and Other!B are used to different rows, and both have a million."""
    cells: dict[str, Value] = {"A1": 1.0, "A2": 2.0, "A3": 1.0, "C1": f"={formula}"}
    book = book_of({"Sheet1": cells, "Other": {f"B{row}": float(row) for row in range(1, 8)}})
    model = compile_model(Dependence(book), parse_region("C1", "Sheet1"), [parse_region("B1:B7", "Other")])
    value, _ = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert value.item() == Reference(book).value("Sheet1", 0, 2) == expected


def test_blank_cells_beyond_the_shorter_column_count() -> None:
    """Beside them stand cells that are added; cells counted without end are the reference's alone."""
    others: dict[str, Value] = {f"B{row}": float(row) for row in range(1, 8)}
    book = book_of({"Sheet1": {"A1": 1.0, "C1": '=SUMIFS(Other!B:B,A:A,"<>1")'}, "Other": others})
    changing = [parse_region("B1:B7", "Other")]
    model = compile_model(Dependence(book), parse_region("C1", "Sheet1"), changing)
    value, gradient = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert value.item() == Reference(book).value("Sheet1", 0, 2) == 27.0
    assert gradient[0].tolist() == [0.0] + [1.0] * 6
    book = book_of({"Sheet1": {"A1": 1.0, "C1": '=COUNTIF(A:A,"<>1")*Other!B1'}, "Other": others})
    assert Reference(book).value("Sheet1", 0, 2) == 1048575.0
    with pytest.raises(UnsupportedError, match="without end"):
        compile_model(Dependence(book), parse_region("C1", "Sheet1"), changing)


def test_ten_thousand_criteria_over_a_hundred_thousand_rows() -> None:
    """A model of 20,000 formulas over 100,000 rows compiles in seconds, and its gradient is right."""
    rows, keys = 100_000, 10_000
    random = np.random.default_rng(0)
    wanted = random.integers(0, keys, rows)
    cells: dict[str, Value] = {f"A{row + 1}": float(key) for row, key in enumerate(wanted.tolist())}
    cells[f"B1:B{rows}"] = 2.0
    cells |= {f"D{row + 1}": float(row) for row in range(keys)}
    cells[f"E1:E{keys}"] = f"=SUMIF($A$1:$A${rows},D1,$B$1:$B${rows})*D1"
    cells[f"F1:F{keys}"] = f'=SUMIFS($B$1:$B${rows},$A$1:$A${rows},D1,$A$1:$A${rows},"<>7")'
    cells["G1"] = f"=SUM(E1:E{keys})+SUM(F1:F{keys})"
    book = book_of({"Sheet1": cells})
    start = time.perf_counter()
    model = compile_model(Dependence(book), parse_region("G1", "Sheet1"), [parse_region(f"B1:B{rows}", "Sheet1")])
    _, gradient = model.function.value_and_gradient(torch.from_numpy(model.x0)[None])
    assert time.perf_counter() - start < 20
    assert np.array_equal(gradient[0].numpy(), wanted + (wanted != 7.0))
