"""Spam or ham: short messages told apart by a weight for each word, found by cross-entropy.

Sheets: `messages` (the data, the split, the text cleaned step by step), `words` (a weight a word, settings, loss and
shares of right answers, the words that push most), `counts` (messages by words, 1 where a message has a word, with
score, probability and cross-entropy) and `try` (a message typed in, its words and what each adds).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from cellgrad.lessons.computed import Page, Values, write
from cellgrad.lessons.style import Look
from cellgrad.lessons.words.layout import CONSTANT, FIRST, INPUT_AT
from cellgrad.lessons.words.listing import draw_counts, draw_messages
from cellgrad.lessons.words.messages import Message, read_messages, vocabulary
from cellgrad.lessons.words.typed import draw_try
from cellgrad.lessons.words.weights import draw_words
from cellgrad.solver_models import SolverModel


def build(data: Path, path: Path) -> Path:
    """Build the workbook at `path` from `data`/messages.csv. Raises FileError where that is missing or other."""
    messages = read_messages(data / "messages.csv")
    return write(path, "Spam or ham by the words of a message", partial(_draw, messages, vocabulary(messages)))


def _draw(
    messages: list[Message], words: list[str], book: xlsxwriter.Workbook, values: Values
) -> Mapping[str, SolverModel]:
    look = Look(book)
    listed, weights, counts, typed = (Page(book, name, values) for name in ("messages", "words", "counts", "try"))
    _names(book, FIRST + len(messages), CONSTANT + 1 + len(words), xl_col_to_name(INPUT_AT + len(words)))
    draw_messages(listed, look, messages)
    draw_words(book, weights, look, words)
    draw_counts(book, counts, look, messages, words)
    draw_try(book, typed, look, words)
    changing = f"words!$C${CONSTANT + 1}:$C${CONSTANT + 1 + len(words)}"
    return {"words": SolverModel("words", "words!$C$3", changing, goal="min", non_negative=False)}


def _names(book: xlsxwriter.Workbook, last: int, last_word: int, last_column: str) -> None:
    """last, last_word: rows as Excel counts; last_column: that of the last word on the sheet counts."""
    columns = {"kind": "messages!$B", "train": "messages!$C", "answer": "counts!$G", "cross_entropy": "counts!$I",
               "is_right": "counts!$J"}  # fmt: skip
    for name, column in columns.items():
        book.define_name(name, f"={column}${FIRST + 1}:{column.split('!')[1]}${last}")
    first_column, top = xl_col_to_name(INPUT_AT + 1), CONSTANT + 2
    book.define_name("present", f"=counts!${first_column}${FIRST + 1}:${last_column}${last}")
    cells = {
        "loss": "$C$3", "penalty": "$C$4", "hold_out": "$C$5", "at_least": "$C$6",
        "weights": f"$C${CONSTANT + 1}:$C${last_word}", "vocabulary": f"$B${top}:$B${last_word}",
        "push": f"$G${top}:$G${last_word}", "push_order": f"$H${top}:$H${last_word}",
    }  # fmt: skip
    for name, cell in cells.items():
        book.define_name(name, f"=words!{cell}")
