"""References as a defined name needs them: absolute and with their sheet.

A relative reference in a name means another cell wherever the name is read, and Solver writes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cellgrad.errors import FormulaError
from cellgrad.formula.parse import parse
from cellgrad.formula.printing import to_text
from cellgrad.formula.tree import Binary, Coordinate, Node, Range, with_children
from cellgrad.solver_models.model import SolverModel


def anchored(model: SolverModel) -> SolverModel:
    """The model with every reference absolute and on its sheet: ``B2:B5`` becomes ``Sheet1!$B$2:$B$5``.

    Texts that are so already stay as they are, to the letter, and so does what is no formula.
    """
    constraints = tuple(
        replace(
            line,
            left=anchored_text(line.left, model.sheet),
            right=line.right if line.relation.is_discrete else anchored_text(line.right, model.sheet),
        )
        for line in model.constraints
    )
    return replace(
        model,
        objective=anchored_text(model.objective, model.sheet),
        changing=anchored_text(model.changing, model.sheet),
        constraints=constraints,
    )


def anchored_text(text: str, sheet: str) -> str:
    """A reference or formula of `sheet`, seen from A1, with every reference absolute and on its sheet."""

    def fixed(node: Node) -> Node:
        if isinstance(node, Range):
            top, left, bottom, right = map(_absolute, (node.top, node.left, node.bottom, node.right))
            return replace(node, top=top, left=left, bottom=bottom, right=right, sheet=node.sheet or sheet)
        return with_children(node, fixed)

    try:
        tree = parse(text, 0, 0)
    except FormulaError:  # whoever uses the model is told
        return text
    new = fixed(tree)
    return text if new == tree else ",".join(to_text(part, 0, 0) for part in _parts(new))


def _parts(tree: Node) -> Iterator[Node]:
    """The areas of a list, which Solver saves without the brackets that a union in a formula has."""
    if isinstance(tree, Binary) and tree.operator == ",":
        yield from _parts(tree.left)
        yield from _parts(tree.right)
    else:
        yield tree


def _absolute(coordinate: Coordinate | None) -> Coordinate | None:
    return None if coordinate is None else Coordinate(coordinate.value, True)
