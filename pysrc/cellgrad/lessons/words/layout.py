"""Where things stand on the sheets, and how text becomes words by formula."""

from __future__ import annotations

from cellgrad.lessons.words.messages import DROPPED, MARKS

HEADER, FIRST = 7, 8
"""The header row of the messages and the first message, from 0, on both sheets that list them."""
INPUT_AT = 10
"""The column of the constant on the sheet counts, from 0; the words follow."""
WORD_HEADER, CONSTANT = 8, 9
"""The header row of the words on the sheet words and the row of the constant, from 0; the words follow."""

STEPS = ("lower case", *(" ".join(marks) for marks in MARKS))
"""The names of the steps by which a text is cleaned."""


def step(number: int, cell: str) -> str:
    """The formula, without its ``=``, of the step of the given number, from 0, applied to a cell."""
    text = cell
    if number == 0:
        for mark in DROPPED:
            text = f'SUBSTITUTE({text},"{mark}","")'
        return f"LOWER({text})"
    for mark in MARKS[number - 1]:
        text = f'SUBSTITUTE({text},"{mark.replace(chr(34), chr(34) * 2)}"," ")'
    return text


def as_words(cell: str) -> str:
    """The last step: one space between words, and one at either end."""
    return f'" "&TRIM({cell})&" "'


def has_word(word: str, text: str) -> str:
    """1 where the text in a cell, cleaned, has the word in another."""
    return f'COUNTIF({text},"* "&{word}&" *")'
