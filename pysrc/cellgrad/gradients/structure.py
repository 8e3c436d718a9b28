"""What kind of functions of the changing cells a model is made of, and which cells make it so."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from cellgrad.address import Region


class Form(enum.IntEnum):
    """From easy to hard; a model is as hard as its hardest part.

    CONSTANT does not depend on the changing cells. LINEAR and QUADRATIC are exact. SMOOTH has derivatives everywhere
    it has values. PIECEWISE is continuous with kinks (ABS, MAX, an IF whose branches meet). DISCONTINUOUS jumps (INT,
    a lookup by a live key, an IF whose branches do not meet).
    """

    CONSTANT = 0
    LINEAR = 1
    QUADRATIC = 2
    SMOOTH = 3
    PIECEWISE = 4
    DISCONTINUOUS = 5


@dataclass(frozen=True)
class Reason:
    """A cell that makes a model as hard as it is: its formula, and why in a few words."""

    cell: Region
    formula: str
    form: Form
    why: str


@dataclass(frozen=True)
class Structure:
    """objective, rows: the forms of the objective cell and of each row. convex: of a quadratic objective (in the
    direction of its goal), whether it curves one way only; None where nothing is known. squares: how many residuals
    the objective is a sum of squares of, or 0. reasons: the cells to blame, the hardest first; a few of each form.
    """

    objective: Form
    rows: tuple[Form, ...] = ()
    convex: bool | None = None
    squares: int = 0
    reasons: tuple[Reason, ...] = ()

    @property
    def form(self) -> Form:
        """That of the whole model."""
        return max((self.objective, *self.rows))

    @property
    def linear(self) -> bool:
        """Whether objective and rows are all linear: a linear programme."""
        return self.form <= Form.LINEAR
