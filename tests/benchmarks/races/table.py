"""All races by name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from tests.benchmarks.races.bounded import rosenbrock, savings
from tests.benchmarks.races.constrained import hock_schittkowski, portfolio
from tests.benchmarks.races.fits import long_fit, nist
from tests.benchmarks.races.jumps import orders
from tests.benchmarks.races.programmes import knapsack, transport, warehouses
from tests.benchmarks.races.race import Race

RACES: Mapping[str, Callable[[], Race]] = {
    "savings": savings,
    "rosenbrock": rosenbrock,
    "hs71": functools.partial(hock_schittkowski, 71),
    "hs100": functools.partial(hock_schittkowski, 100),
    "hs113": functools.partial(hock_schittkowski, 113),
    "portfolio": portfolio,
    "transport": transport,
    "knapsack": knapsack,
    "warehouses": warehouses,
    "hahn1": functools.partial(nist, "Hahn1"),
    "mgh17": functools.partial(nist, "MGH17"),
    "gauss1": functools.partial(nist, "Gauss1"),
    "gauss1-long": long_fit,
    "orders": orders,
}
