"""Functions that came from the Analysis ToolPak, an add-in until Excel 2003, and what they refuse.

Source: Super User, question 1289595 ("In Excel, exactly why doesn't EOMONTH() (and others) not work in array
formulae?"): they take arrays, and no ranges where one value is wanted.
"""

from __future__ import annotations

from cellgrad.address import Region

NO_RANGES = frozenset({"EDATE", "EOMONTH", "NETWORKDAYS", "QUOTIENT", "WEEKNUM", "WORKDAY", "YEARFRAC"})
"""To these a range of several cells is #VALUE! where they want one value."""


def refuses(name: str, regions: tuple[Region, ...]) -> bool:
    """Whether a reference to these regions is #VALUE! to the function where it wants one value."""
    return name in NO_RANGES and (len(regions) != 1 or regions[0].size > 1)
