"""Constraints and bounds as a person types them: ``B7<=100``, ``C3:C9=int``, ``B2:B5=0..1``.

They become the same `Constraint` lines that a saved model has, with the references as typed.
"""

from __future__ import annotations

import re

from cellgrad.errors import ArgumentError, FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.tree import Binary, Name, Node, Range, Structured
from cellgrad.solver_models.model import Constraint, Relation
from cellgrad.solver_models.writing import RIGHT_WORDS

WORDS = {
    "int": Relation.INTEGER, "integer": Relation.INTEGER, "integers": Relation.INTEGER,
    "bin": Relation.BINARY, "binary": Relation.BINARY,
    "dif": Relation.ALL_DIFFERENT, "alldiff": Relation.ALL_DIFFERENT, "alldifferent": Relation.ALL_DIFFERENT,
}  # fmt: skip
_RELATIONS = {
    "<=": Relation.AT_MOST, "=<": Relation.AT_MOST, "≤": Relation.AT_MOST,
    ">=": Relation.AT_LEAST, "=>": Relation.AT_LEAST, "≥": Relation.AT_LEAST,
    "=": Relation.EQUAL,
}  # fmt: skip
_FLIPPED = {Relation.AT_MOST: Relation.AT_LEAST, Relation.AT_LEAST: Relation.AT_MOST, Relation.EQUAL: Relation.EQUAL}
_PIECES = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*"        # a sheet's name, a text
      | (?P<open>[(\[{]) | (?P<close>[)\]}])
      | (?P<relation><=|>=|=<|=>|<>|[<>=≤≥])""",
    re.VERBOSE,
)
_WORD_AT_END = re.compile(r"\s([A-Za-z]+)\s*$")
_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_INTERVAL = re.compile(rf"\s*({_NUMBER})?\s*\.\.\s*({_NUMBER})?\s*")

_LIKE = "write it like B7<=100, B2:B5>=D2:D5, C3:C9=int or A1:A8=alldifferent"
_BOUNDS_LIKE = "write it like B2:B5=0..1, B2:B5=0.. or B2:B5=..10"


def parse_subject_to(text: str) -> Constraint:
    """A constraint from text: cells, a relation (``<= = >= int bin alldifferent``), and a number, cells or a formula.

    Where the cells stand on the right (``100>=B7``) the sides change places. Raises ArgumentError with the place in
    the text where it goes wrong.
    """
    start = len(text) - len(text.lstrip().removeprefix("="))  # as one would begin a formula
    relations = _relations(text, start)
    if not relations:
        word = _WORD_AT_END.search(text, start)
        kind = WORDS.get(word[1].lower()) if word else None
        if word is None or kind is None:
            raise _wrong(text, len(text), "there is no relation in this constraint", _LIKE)
        return Constraint(_cells(text, start, word.start()), kind, RIGHT_WORDS[kind], typed=True)
    relation = relations[0]
    if (strict := relation[0]) in ("<", ">", "<>"):
        instead = "use alldifferent, or a formula" if strict == "<>" else f"write {strict}= instead"
        raise _wrong(text, relation.start(), f"Solver knows no constraint with {strict}", instead)
    right = text[relation.end() :].strip()
    kind = WORDS.get(right.lower().replace(" ", ""))
    if kind is not None:
        if relation[0] != "=":
            raise _wrong(text, relation.start(), f"{right} goes with =", _LIKE)
        return Constraint(_cells(text, start, relation.start()), kind, RIGHT_WORDS[kind], typed=True)
    if not right:
        raise _wrong(text, len(text), "the right side of this constraint is missing", _LIKE)
    if len(relations) > 1 and not right.startswith("="):  # a formula may compare
        raise _wrong(text, relations[1].start(), "a constraint has one relation", "give a second constraint")
    return _sides(text, start, relation)


def _sides(text: str, start: int, relation: re.Match[str]) -> Constraint:
    kind = _RELATIONS[relation[0]]
    left, right = text[start : relation.start()].strip(), text[relation.end() :].strip().removeprefix("=").strip()
    if not left:
        raise _wrong(text, start, "the left side of this constraint is missing", _LIKE)
    left_tree = _tree(text, start, relation.start())
    right_tree = _tree(text, relation.end(), len(text))
    if _names_cells(left_tree):
        return Constraint(left, kind, right, typed=True)
    if _names_cells(right_tree):
        return Constraint(right, _FLIPPED[kind], left, typed=True)
    raise _wrong(
        text, start, "one side of a constraint must be cells", "put the formula into a cell, and name the cell"
    )


def parse_bounds(text: str) -> tuple[Constraint, ...]:
    """Bounds from text: cells, ``=``, and two numbers of which one may be left out: ``B2:B5=0..1``, ``B2=-1E3..``.

    One constraint a bound. Raises ArgumentError with the place in the text where it goes wrong.
    """
    relations = _relations(text, 0)
    if not relations or relations[0][0] != "=":
        place = relations[0].start() if relations else len(text)
        raise _wrong(text, place, "there is no = after the cells", _BOUNDS_LIKE)
    at = relations[0]
    interval = _INTERVAL.fullmatch(text, at.end())
    if interval is None or interval[1] is interval[2] is None:
        raise _wrong(text, at.end(), "after the = should stand two numbers with two dots between", _BOUNDS_LIKE)
    cells = _cells(text, 0, at.start(), _BOUNDS_LIKE)
    low, high = interval[1], interval[2]
    if low is not None and high is not None and float(low) > float(high):
        raise _wrong(text, interval.start(1), f"no number is from {low} to {high}", "write the smaller one first")
    found = [(Relation.AT_LEAST, low), (Relation.AT_MOST, high)]
    return tuple(Constraint(cells, relation, limit, typed=True) for relation, limit in found if limit is not None)


def _relations(text: str, start: int) -> list[re.Match[str]]:
    """The relations in the text that stand outside of quotes and brackets."""
    found, depth = [], 0
    for piece in _PIECES.finditer(text, start):
        depth += (piece["open"] is not None) - (piece["close"] is not None)
        if piece["relation"] and depth <= 0:
            found.append(piece)
    return found


def _cells(text: str, start: int, end: int, like: str = _LIKE) -> str:
    """The left side, which must name cells."""
    cells = text[start:end].strip()
    if not cells:
        raise _wrong(text, start, "the cells are missing", like)
    if not _names_cells(_tree(text, start, end)):
        raise _wrong(text, start, f"'{cells}' is not a list of cells, ranges, table columns and names", like)
    return cells


def _tree(text: str, start: int, end: int) -> Node:
    """One side of a constraint, parsed."""
    side = text[start:end]
    blanks = len(side) - len(side.lstrip())
    equals = side.lstrip().startswith("=")
    start += blanks + equals
    try:
        return parse(text[start:end].rstrip(), 0, 0)
    except FormulaError as error:
        place = min(start + max((error.position or 0) - 1, 0), len(text))
        raise _wrong(text, place, error.cause.removeprefix("this formula cannot be read: "), _LIKE) from None


def _names_cells(tree: Node) -> bool:
    match tree:
        case Range() | Name() | Structured():
            return True
        case Binary(operator=",", left=left, right=right):
            return _names_cells(left) and _names_cells(right)
    return False


def _wrong(text: str, position: int, cause: str, action: str) -> ArgumentError:
    while position < len(text) and text[position].isspace():
        position += 1
    return ArgumentError(cause, cell="constraint", formula=text, position=position, action=action)
