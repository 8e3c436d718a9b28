"""The messages, and what counts as a word: by these rules the sheets are laid out; the sheets apply them by formula."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from cellgrad.errors import FileError

CSV_COLUMNS = ("line", "kind", "text")
KINDS = ("ham", "spam")
PARTS = 3
"""The messages are held out a third at a time, by their number."""
AT_LEAST = 6
"""In how many training messages a word must be to be in the vocabulary."""
DROPPED = "'\u2018\u2019"
"""What is taken out of a word, so that don't is one word: the straight mark, and the curved ones of telephones."""
MARKS = (".,!?", ":;()", "&/#*", '+-=>"')
"""What stands between words, in the groups that the sheets replace step by step."""

Message = tuple[str, str]
"""(kind, text)"""


def read_messages(path: Path) -> list[Message]:
    """The messages in their order. Raises FileError where the file is missing or other."""
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
    except (OSError, ValueError) as problem:
        raise FileError(f"{path} cannot be read: {problem}") from problem
    if tuple(header) != CSV_COLUMNS or {row[1] for row in rows if len(row) == 3} != set(KINDS):
        raise FileError(f"{path} is not a table of {', '.join(CSV_COLUMNS)} of two kinds, {' and '.join(KINDS)}")
    return [(kind, text) for _, kind, text in rows]


def words_of(text: str) -> set[str]:
    """The different words of a message, as the sheet messages cleans it."""
    text = text.lower()
    for mark in DROPPED:
        text = text.replace(mark, "")
    for mark in "".join(MARKS):
        text = text.replace(mark, " ")
    return set(text.split(" ")) - {""}


def vocabulary(messages: list[Message]) -> list[str]:
    """The words to lay out: in AT_LEAST training messages, whichever third is held out; the most frequent first.

    Which of them take part follows from the training messages alone, and is the sheet's to say.
    """
    found = [words_of(text) for _, text in messages]
    enough = {
        word
        for training in _trainings(found)
        for word, count in _counted(training).items()
        if count >= AT_LEAST
    }  # fmt: skip
    everywhere = _counted(found)
    return sorted(enough, key=lambda word: (-everywhere[word], word))


def _trainings(found: list[set[str]]) -> Iterator[list[set[str]]]:
    for held_out in range(PARTS):
        yield [words for number, words in enumerate(found, start=1) if number % PARTS != held_out]


def _counted(found: list[set[str]]) -> Counter[str]:
    """In how many messages each word is."""
    return Counter(word for words in found for word in words)
