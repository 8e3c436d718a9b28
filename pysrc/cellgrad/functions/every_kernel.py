"""Every kernel there is: importing this module fills KERNELS, a family a module."""

from __future__ import annotations

from cellgrad.functions import (  # noqa: F401 - they register their kernels
    criteria_kernels,
    engineering_kernels,
    information_kernels,
    kernels_aggregate,
    kernels_counts,
    kernels_dates,
    kernels_distributions,
    kernels_finance,
    kernels_finance_flows,
    kernels_finance_securities,
    kernels_logic,
    kernels_neural,
    kernels_regression,
    kernels_special,
    kernels_statistics,
    kernels_steps,
)
from cellgrad.functions.kernels import KERNELS

__all__ = ["KERNELS"]

kernels_steps.fill()
