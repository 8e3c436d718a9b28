"""The kinds of functions a model can be made of, from easy to hard."""

from __future__ import annotations

import enum


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


def of_product(a: int, b: int) -> int:
    """The form of a product of two forms."""
    if not a or not b:
        return 0
    return int(Form.QUADRATIC) if a == b == Form.LINEAR else max(a, b, Form.SMOOTH)
