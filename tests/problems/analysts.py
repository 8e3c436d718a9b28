"""Workbooks as analysts save them, gathered: headings in ranges, names, other sheets, odd starts, error cells beside.

Fits, plans, networks and choices, designs and odd forms have a file each; here is which of them are long.
"""

from __future__ import annotations

from tests.problems.analysts_choices import CHOICES
from tests.problems.analysts_designs import DESIGNS
from tests.problems.analysts_fits import FITS
from tests.problems.analysts_models import MODELS
from tests.problems.analysts_plans import PLANS
from tests.problems.known import Known

PROBLEMS: dict[str, Known] = {**FITS, **PLANS, **CHOICES, **DESIGNS, **MODELS}

LONG = {
    "decay", "peaks", "chebyshev", "climate", "drawdown", "maximin", "backorders", "frontier", "sales team", "lasso",
    "chain", "circles", "spring", "welded beam", "buying", "shortfall", "turnover", "guarded", "gasoline", "centres",
    "influenza", "queens", "population", "xor", "fixed charge",
}  # fmt: skip
"""Those that take seconds."""
