"""Excel's functions and operators: one record each, in one registry."""

from cellgrad.functions import (  # noqa: F401  (each family registers its functions)
    arithmetic,
    criteria,
    dates,
    dates_spans,
    dates_workdays,
    dispersion,
    dynamic_arrays,
    dynamic_arrays_shapes,
    information,
    logic,
    lookup,
    lookup_x,
    matrix,
    neural,
    operators,
    search,
    statistics,
    text,
    trigonometry,
)
