"""The benchmark suite runs, and what it compares is the same thing; no test here looks at a clock."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.benchmarks import __main__ as suite
from tests.benchmarks.figures import Spread, against_limit, compare, shown
from tests.benchmarks.fresh import TaskFailed, fresh
from tests.benchmarks.races.table import RACES
from tests.benchmarks.solving import QUICK
from tests.benchmarks.tasks import solving
from tests.benchmarks.tasks.step import interleaved, require_agreement

FIELDS = {"section", "what", "against", "unit", "ours", "theirs", "ratio", "target", "note", "met", "verdict"}


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> dict:
    """Every section, at tiny sizes. The step section refuses to time contenders that differ in value or gradient."""
    path = tmp_path_factory.mktemp("benchmarks") / "figures.json"
    assert suite.main(["--quick", "--json", str(path)]) == 0
    return json.loads(path.read_text())


@pytest.mark.parametrize("section", suite.HERE)
def test_every_section_gives_figures_that_are_ratios(quick, section):
    figures = [figure for figure in quick["figures"] if figure["section"] == section]
    assert figures and quick["failures"] == []
    for figure in figures:
        assert set(figure) == FIELDS
        for part in ("ours", "theirs", "ratio"):
            assert 0 < figure[part]["low"] <= figure[part]["median"] <= figure[part]["high"]
        assert figure["ratio"]["median"] == pytest.approx(figure["ours"]["median"] / figure["theirs"]["median"])
        assert (figure["met"] is None) == (figure["target"] is None)


def test_the_machine_is_told(quick):
    assert {"processor", "cores", "load", "python", "torch", "numpy"} <= set(quick["machine"])


def test_the_promises_are_among_the_figures(quick):
    """Reading no slower than openpyxl, a whole process at 1.6 imports and loads, a step at 1.2 hand-written ones, cost
    a row that does not grow, models solved at twice the cost of functions written by hand."""
    held = {(f["section"], f["against"], f["target"]) for f in quick["figures"] if f["target"] is not None}
    assert {("read", "openpyxl load_workbook", 1.0), ("step", "eager torch", 1.2)} <= held
    assert ("process", "import torch, openpyxl; load_workbook", 1.6) in held
    assert ("scaling", "a row of 200", 1.0) in held
    assert {("solving", "scipy SLSQP", 2.0), ("solving", "scipy milp", 2.0)} <= held


def test_least_squares_ends_are_equal(quick):
    ends = next(f for f in quick["figures"] if f["what"] == "linear: loss")
    assert ends["ours"]["median"] == pytest.approx(ends["theirs"]["median"], abs=1e-12)


@pytest.mark.parametrize(
    "race", [race if race in QUICK else pytest.param(race, marks=pytest.mark.slow) for race in RACES]
)
def test_the_workbook_and_the_functions_by_hand_are_one_problem(race):
    """Both ways end at the same place, which is the published optimum where there is one."""
    found, optimum = solving.run(race, rounds=1), RACES[race]().known.optimum
    for peer in found["held"]:
        assert found["value"] == pytest.approx(found["ends"][peer], rel=solving.AGREE, abs=solving.AGREE)
    assert np.isnan(optimum) or found["value"] == pytest.approx(optimum, rel=1e-8, abs=1e-8)


def test_a_race_to_a_worse_end_is_not_told():
    race = RACES["knapsack"]()
    solving.require_no_worse(race, 1298.0, {"scipy milp": 1298.0})
    with pytest.raises(ArithmeticError, match="knapsack"):
        solving.require_no_worse(race, 1290.0, {"scipy milp": 1298.0})


@pytest.mark.parametrize(("value", "gradient"), [(0.3 + 1e-11, 1.0), (0.3, 1.0 + 1e-11), (float("nan"), 1.0)])
def test_a_contender_that_differs_is_not_timed(value, gradient):
    right = 0.3, np.ones((10, 2))
    require_agreement({"numpy": right, "sheet mmult": right})
    with pytest.raises(ArithmeticError, match="sheet mmult"):
        require_agreement({"numpy": right, "sheet mmult": (value, np.full((10, 2), gradient))})


def test_ratios_are_taken_within_a_round():
    """Rounds on a machine that slowed down to a tenth: the ratio is 2 in each, whatever the medians of the times."""
    figure = compare("read", "ours", [2.0, 20.0, 2.2], "peer", [1.0, 10.0, 1.1], target=1.5)
    assert figure.ratio == Spread(2.0, 2.0, 2.0)
    assert figure.met is False
    assert against_limit("read", "ours", [900.0], 1536, unit="MiB").met is True
    assert compare("read", "ours", [2.0], "peer", [1.0]).met is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1.5, "s", "1.5 s"), (0.0123, "s", "12.3 ms"), (2e-9, "s", "0.002 us"), (1234.5, "MiB", "1,234 MiB"),
     (0.14322, "loss", "0.143220000")],
)  # fmt: skip
def test_units(value, unit, text):
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [([0.5, 0.9, 3.0], "met"), ([1.1, 1.2, 1.3], "missed"), ([0.9, 1.2, 1.3], "missed, within noise")],
)
def test_a_verdict_tells_what_the_noise_allows(ours, verdict):
    assert compare("read", "ours", ours, "peer", [1.0, 1.0, 1.0], target=1.0).verdict == verdict


def test_every_contender_runs_in_every_round_and_each_goes_first():
    first = []
    calls = {name: (lambda name=name: first.append(name) or (0, 0)) for name in "abc"}
    taken = interleaved(calls, rounds=3, block_seconds=0.0)
    assert {name: len(times) for name, times in taken.items()} == {"a": 3, "b": 3, "c": 3}
    assert first[-9:] == [*"abc", *"bca", *"cab"]


def test_a_fresh_process_reports_its_own_peak_and_its_failures(tmp_path):
    """100 MB held by this process are no part of the other's peak."""
    held = np.ones(12_500_000)
    path = tmp_path / "small.xlsx"
    assert fresh("make_workbook", {"path": str(path), "rows": 10, "sheet": "nnet", "formulas": "plain"})
    answer = fresh("calamine_values", {"path": str(path)})
    assert answer["imported_mib"] <= answer["peak_mib"] < held.nbytes / 2**20
    with pytest.raises(TaskFailed, match="nowhere"):
        fresh("calamine_values", {"path": "nowhere.xlsx"})


def test_an_unknown_section_is_refused():
    with pytest.raises(SystemExit):
        suite.arguments(["reading"])
