"""Workbooks as analysts save them, gathered: headings in ranges, names, other sheets, odd starts, error cells beside.

Fits and likelihoods, plans, networks and choices, designs and odd forms each have a file; here is which of them are long.
"""

from __future__ import annotations

from tests.problems.analysts_choices import CHOICES
from tests.problems.analysts_designs import DESIGNS
from tests.problems.analysts_fits import FITS
from tests.problems.analysts_plans import PLANS
from tests.problems.known import Known

PROBLEMS: dict[str, Known] = {**FITS, **PLANS, **CHOICES, **DESIGNS}

LONG = {
    "decay",
    "peaks",
    "chebyshev",
    "climate",
    "drawdown",
    "maximin",
    "backorders",
    "frontier",
    "sales team",
    "lasso",
}
"""Those that take seconds."""
