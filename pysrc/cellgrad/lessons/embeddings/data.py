"""The ratings, and where they stand: the sheets ratings, model and errors put a film and a person in the same cell."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from random import Random

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from cellgrad.errors import FileError

CSV_COLUMNS = ("movie_id", "title", "year", "short")
NUMBERS = 3
"""How many numbers a film or a person has, besides its bias."""
PARTS = 10
"""The ratings fall into ten parts, of which one is held out."""
PENALTY, HOLD_OUT = 0.0035, 0

HEADER, FIRST = 10, 11
"""The header row, which numbers the people, and the first film's, from 0."""
VECTOR_AT = 2
"""The column of a film's first number; its bias follows the last."""
PERSON_VECTOR_AT = HEADER - NUMBERS - 1
"""The row of a person's first number; the bias follows the last."""
PERSON_AT = 7
"""The column of the first person."""
SPLIT_GAP = 10
"""Rows from a film's ratings to the same film's part below them, over and above the number of films."""


@dataclass(frozen=True)
class Film:
    """A film as the file has it; ratings: in stars, by person, None where there is none."""

    title: str
    year: int
    short: str
    ratings: tuple[float | None, ...]


@dataclass(frozen=True)
class Places:
    """Where things stand, as Excel writes it, for a number of films and people."""

    films: int
    people: int

    @property
    def end(self) -> int:
        """The row after the last film, from 0."""
        return FIRST + self.films

    @property
    def split_first(self) -> int:
        """The row of the first film's parts on the sheet ratings, from 0."""
        return self.end + SPLIT_GAP

    @property
    def last_column(self) -> int:
        return PERSON_AT + self.people - 1

    @staticmethod
    def area(top: int, left: int, rows: int, columns: int) -> str:
        """Rows by columns from a corner, counted from 0."""
        first = xl_rowcol_to_cell(top, left, True, True)
        return f"{first}:{xl_rowcol_to_cell(top + rows - 1, left + columns - 1, True, True)}"

    def block(self, first_row: int = FIRST) -> str:
        """All films by all people, such as $H$12:$BO$51."""
        return self.area(first_row, PERSON_AT, self.films, self.people)

    def film_vectors(self) -> str:
        return self.area(FIRST, VECTOR_AT, self.films, NUMBERS + 1)

    def person_vectors(self) -> str:
        return self.area(PERSON_VECTOR_AT, PERSON_AT, NUMBERS + 1, self.people)

    def of_films(self, column: int) -> str:
        """A column of what each film has."""
        return self.area(FIRST, column, self.films, 1)

    def of_people(self, row: int) -> str:
        """A row of what each person has."""
        return self.area(row, PERSON_AT, 1, self.people)

    def across(self, row: int) -> str:
        """All people of one film: its row from 0, its columns fixed."""
        return f"${xl_col_to_name(PERSON_AT)}{row + 1}:${xl_col_to_name(self.last_column)}{row + 1}"

    def down(self, column: int, first_row: int = FIRST) -> str:
        """All films of one person: the column from 0, the rows fixed."""
        letter = xl_col_to_name(column)
        return f"{letter}${first_row + 1}:{letter}${first_row + self.films}"


def read_films(data: Path) -> list[Film]:
    """The films of `data`/ratings.csv, those with most ratings first. Raises FileError where it is missing or other."""
    path = data / "ratings.csv"
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        films = [
            Film(title, int(year), short, tuple(float(rating) if rating else None for rating in ratings))
            for _, title, year, short, *ratings in rows
        ]
    except (OSError, ValueError) as problem:
        raise FileError(f"{path} cannot be read: {problem}") from problem
    people = len(header) - len(CSV_COLUMNS)
    if tuple(header[: len(CSV_COLUMNS)]) != CSV_COLUMNS or any(len(film.ratings) != people for film in films):
        raise FileError(f"{path} is not a table of {', '.join(CSV_COLUMNS)} and one column a person")
    return films


def start_vectors(films: int, people: int) -> tuple[list[list[float]], list[list[float]]]:
    """The numbers that the search starts from, for each film and each person: small, of either sign, biases 0.

    Not all 0: there the slopes by all the numbers are 0 too, and no step would ever be made.
    """
    draw = Random(2026)

    def row() -> list[float]:
        return [round(0.2 * draw.random() - 0.1, 3) for _ in range(NUMBERS)] + [0.0]

    return [row() for _ in range(films)], [row() for _ in range(people)]
