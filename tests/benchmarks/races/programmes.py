"""Linear programmes and ones with whole numbers: transport, a knapsack, where to open warehouses."""

from __future__ import annotations

import math

import numpy as np
import scipy.optimize
import scipy.sparse
from tests.benchmarks.races.race import Floats, Race
from tests.problems.known import Known
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from cellgrad.solver_models import Engine

LINPROG, MILP = "scipy linprog", "scipy milp"
ITEMS = 40


def _table(cells: dict[str, float | str], row: int, column: int, numbers: Floats) -> str:
    """Numbers written as a table from a cell on; its range."""
    numbers = np.atleast_2d(numbers)
    for (i, j), number in np.ndenumerate(numbers):
        cells[xl_rowcol_to_cell(row + i, column + j)] = float(number)
    return xl_range(row, column, row + numbers.shape[0] - 1, column + numbers.shape[1] - 1)


def transport(factories: int = 50, shops: int = 100) -> Race:
    """What to send from each factory to each shop, at the least cost."""
    random = np.random.default_rng(1)
    costs = random.integers(5, 100, (factories, shops)).astype(float)
    demand = random.integers(10, 60, shops).astype(float)
    supply = np.ceil(1.2 * demand.sum() * random.dirichlet(np.full(factories, 8.0)))
    cells: dict[str, float | str] = {}
    below = factories + 3
    prices = _table(cells, 0, 0, costs)
    sent = xl_range(below, 0, below + factories - 1, shops - 1)
    cells[sent] = 0.0
    out = xl_range(below, shops, below + factories - 1, shops)
    cells[out] = f"=SUM({xl_range(below, 0, below, shops - 1)})"
    most = _table(cells, below, shops + 1, supply[:, None])
    came = xl_range(below + factories, 0, below + factories, shops - 1)
    cells[came] = f"=SUM({xl_range(below, 0, below + factories - 1, 0)})"
    wanted = _table(cells, below + factories + 1, 0, demand)
    objective = xl_rowcol_to_cell(below + factories + 3, 0)
    cells[objective] = f"=SUMPRODUCT({prices},{sent})"
    known = Known(
        cells, objective, sent, math.nan, "a transport problem", non_negative=True, engine=Engine.SIMPLEX_LP,
        constraints=((out, "<=", most), (came, ">=", wanted)),
    )  # fmt: skip
    rows = scipy.sparse.kron(scipy.sparse.eye(factories), np.ones((1, shops)))
    columns = scipy.sparse.kron(np.ones((1, factories)), scipy.sparse.eye(shops))
    matrix = scipy.sparse.vstack([rows, -columns]).tocsr()
    limits = np.concatenate([supply, -demand])

    def solve() -> float:
        return float(scipy.optimize.linprog(costs.ravel(), A_ub=matrix, b_ub=limits, method="highs").fun)

    return Race(f"transport, {factories} x {shops}", known, {LINPROG: solve}, (LINPROG,))


def knapsack() -> Race:
    """Which of 40 things to take along."""
    random = np.random.default_rng(2)
    weights = random.integers(10, 100, ITEMS).astype(np.float64)
    values = weights + random.integers(-5, 15, ITEMS).astype(np.float64)
    room = float(weights.sum() // 2)
    cells: dict[str, float | str] = {}
    heavy = _table(cells, 1, 0, weights[:, None])
    worth = _table(cells, 1, 1, values[:, None])
    taken = xl_range(1, 2, ITEMS, 2)
    cells |= {taken: 0.0, "E1": f"=SUMPRODUCT({heavy},{taken})", "E2": f"=SUMPRODUCT({worth},{taken})"}
    known = Known(
        cells, "E2", taken, math.nan, "a knapsack", goal="max", engine=Engine.SIMPLEX_LP,
        constraints=(("E1", "<=", repr(room)), (taken, "bin", "")),
    )  # fmt: skip

    def solve() -> float:
        rows = scipy.optimize.LinearConstraint(weights[None], -np.inf, room)
        box = scipy.optimize.Bounds(0, 1)
        return -float(scipy.optimize.milp(-values, constraints=rows, integrality=np.ones(ITEMS), bounds=box).fun)

    return Race(f"knapsack of {ITEMS}", known, {MILP: solve}, (MILP,))


def warehouses(places: int = 8, customers: int = 20) -> Race:
    """Which warehouses to open, and what each customer gets from which: an open one has room, a closed one none."""
    random = np.random.default_rng(3)
    sites, homes = random.random((places, 2)), random.random((customers, 2))
    demand = random.integers(5, 30, customers).astype(float)
    costs = np.round(10 * np.linalg.norm(sites[:, None] - homes[None], axis=2), 2)
    opening = random.integers(150, 400, places).astype(float)
    room = float(math.ceil(2.5 * demand.sum() / places))
    cells: dict[str, float | str] = {}
    below = places + 2
    prices = _table(cells, 0, 0, costs)
    fixed = _table(cells, 0, customers + 1, opening[:, None])
    sent = xl_range(below, 0, below + places - 1, customers - 1)
    used = xl_range(below, customers, below + places - 1, customers)
    is_open = xl_range(below, customers + 1, below + places - 1, customers + 1)
    most = xl_range(below, customers + 2, below + places - 1, customers + 2)
    got = xl_range(below + places, 0, below + places, customers - 1)
    wanted = _table(cells, below + places + 1, 0, demand)
    objective = xl_rowcol_to_cell(below + places + 3, 0)
    cells |= {
        sent: 0.0, is_open: 1.0, used: f"=SUM({xl_range(below, 0, below, customers - 1)})",
        most: f"={room}*{xl_rowcol_to_cell(below, customers + 1)}",
        got: f"=SUM({xl_range(below, 0, below + places - 1, 0)})",
        objective: f"=SUMPRODUCT({prices},{sent})+SUMPRODUCT({fixed},{is_open})",
    }  # fmt: skip
    known = Known(
        cells, objective, f"{sent},{is_open}", math.nan, "warehouses to open", non_negative=True,
        engine=Engine.SIMPLEX_LP,
        constraints=((used, "<=", most), (got, "=", wanted), (is_open, "bin", "")),
    )  # fmt: skip
    sums = scipy.sparse.kron(scipy.sparse.eye(places), np.ones((1, customers)))
    leaves = scipy.sparse.hstack([sums, -room * scipy.sparse.eye(places)])
    comes = scipy.sparse.hstack(
        [
            scipy.sparse.kron(np.ones((1, places)), scipy.sparse.eye(customers)),
            scipy.sparse.csr_matrix((customers, places)),
        ]
    )
    whole = np.concatenate([np.zeros(places * customers), np.ones(places)])
    upper = np.where(whole > 0, 1, np.inf)

    def solve() -> float:
        rows = [
            scipy.optimize.LinearConstraint(leaves, -np.inf, 0), scipy.optimize.LinearConstraint(comes, demand, demand),
        ]  # fmt: skip
        box = scipy.optimize.Bounds(0, upper)
        prices_all = np.concatenate([costs.ravel(), opening])
        return float(scipy.optimize.milp(prices_all, constraints=rows, integrality=whole, bounds=box).fun)

    return Race(f"warehouses, {places} x {customers}", known, {MILP: solve}, (MILP,))
