"""Regular expressions: what Python reads as Excel does is answered, the rest refused, and nothing runs for long."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import Fault, Matrix
from cellgrad.functions.regular_expressions import regexextract, regexreplace, regextest

TESTS = [
    ("ab-12", r"^[a-z]+-\d+$", True), ("ab\n12", "b$", False), ("A1", "a1", False), ("x", "", True),
    ("2024-01-31", r"(?<y>\d{4})-(?<m>\d\d)", True), ("aaa", "a{2,}?", True), ("tel: +1", r"\+\d", True),
    ("aXb", "a(?=X)", True), ("é", "é", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "pattern", "expected"), TESTS)
def test_fits(text: str, pattern: str, expected: bool) -> None:
    assert regextest(text, pattern) is expected


REPLACED = [
    ("2024-01-31", r"(\d+)-(\d+)-(\d+)", "$3/$2/$1", 0, "31/01/2024"),
    ("cost 5", r"\d", "$$$0", 0, "cost $5"),
    ("a-b-c", "-", "+", -1, "a-b+c"),
    ("name", "(?<first>n)", "${first}${1}", 0, "nname"),
    ("abc", "x", "y", 0, "abc"),
]


@pytest.mark.parametrize(("text", "pattern", "new", "instance", "expected"), REPLACED)
def test_replaced(text: str, pattern: str, new: str, instance: int, expected: str) -> None:
    assert regexreplace(text, pattern, new, instance) == expected


def test_all_matches_go_across_and_groups_too() -> None:
    assert regexextract(None, "a1b22", r"\d+", 1) == Matrix((("1", "22"),))
    assert regexextract(None, "k=v", r"(\w)=(\w)", 2) == Matrix((("k", "v"),))


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("a", r"\p{L}"), ("a", r"a\K"), ("a", "[[:alpha:]]"), ("a", "(?R)"), ("a", r"\Qa\E"), ("a", "(a"), ("a", r"\R"),
        ("a", r"a\Z"), ("a", "(?|a|b)"), ("a", "a{,2}"), ("é", r"\w"), ("a" * 100, "(a+)+$"), ("a" * 100, "(a|aa)+$"),
        ("a" * 32000, "a*a*b"), ("a", "x" * 1001),
    ],
)  # fmt: skip
def test_what_differs_or_could_take_long_is_refused(text: str, pattern: str) -> None:
    with pytest.raises(UnsupportedError, match="write a simpler pattern"):
        regextest(text, pattern)


@pytest.mark.parametrize("new", ["$9", r"\1", "$", "${none}"])
def test_new_text_that_names_no_group_is_refused(new: str) -> None:
    with pytest.raises(UnsupportedError):
        regexreplace("abc", "(b)", new)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.text(alphabet="ab()[]{}|*+?.^$\\d1,2-<>=!:", max_size=14), st.integers(0, 300))
def test_no_pattern_runs_for_long(pattern: str, length: int) -> None:
    start = time.perf_counter()
    with contextlib.suppress(Fault, UnsupportedError):
        regextest("ab" * (length // 4) + "a" * (length // 2) + "1", pattern)
    assert time.perf_counter() - start < 5
