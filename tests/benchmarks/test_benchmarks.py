"""The benchmark suite runs, and what it compares is the same thing; no test here looks at a clock."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.benchmarks import __main__ as suite
from tests.benchmarks import evaluating, gpu, machine, reading, step
from tests.benchmarks.figures import Spread, against_limit, compare, fastest, markdown, shown
from tests.benchmarks.fresh import TaskFailed, fresh
from tests.benchmarks.machine import PEERS
from tests.benchmarks.races.table import RACES
from tests.benchmarks.setting import FULL, TITANIC, Setting
from tests.benchmarks.solving import QUICK
from tests.benchmarks.tasks import solving
from tests.benchmarks.tasks.make_plain_net import CHANGING, OBJECTIVE, SHEET
from tests.benchmarks.tasks.step import interleaved, require_agreement
from tests.libreoffice import require

PEERS_ASKED = tuple(evaluating.PEERS)

FIELDS = {"section", "what", "against", "unit", "ours", "theirs", "ratio", "target", "note", "device", "met", "verdict"}


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> dict:
    """Every section, at tiny sizes. The step section refuses to time contenders that differ in value or gradient."""
    path = tmp_path_factory.mktemp("benchmarks") / "figures.json"
    assert suite.main(["--quick", "--json", str(path), "--markdown", str(path.with_suffix(".md"))]) == 0
    return json.loads(path.read_text()) | {"markdown": path.with_suffix(".md").read_text()}


@pytest.mark.parametrize("section", suite.HERE)
def test_every_section_gives_figures_that_are_ratios(quick, section):
    figures = [figure for figure in quick["figures"] if figure["section"] == section]
    assert figures and quick["failures"] == []
    for figure in figures:
        assert set(figure) == FIELDS
        for part in ("ours", "theirs", "ratio"):
            spread = [figure[part][name] for name in ("low", "lower", "median", "upper", "high")]
            assert spread[0] > 0 and spread == sorted(spread)
        assert figure["ratio"]["median"] == pytest.approx(figure["ours"]["median"] / figure["theirs"]["median"])
        assert (figure["met"] is None) == (figure["target"] is None)


def test_the_machine_is_told(quick):
    """Peers too: each by its version, or that it is not installed."""
    named = {"processor", "cores", "load", "python", "torch", "numpy", "LibreOffice", "GPU", *PEERS}
    assert named <= set(quick["machine"]) and all(quick["machine"][name] for name in named)


def test_what_is_not_there_is_told_in_a_line_each(quick, monkeypatch):
    assert quick["left_out"] == suite.left_out()
    version = machine._version
    monkeypatch.setattr(machine, "_version", lambda name: machine.ABSENT if name == "pycel" else version(name))
    monkeypatch.setattr(suite, "HERE", [name for name in suite.SECTIONS if name != "gpu"])
    monkeypatch.setitem(suite.NEEDS, "gpu", lambda: "no GPU that torch can use")
    lines = suite.left_out()
    assert lines[0] == "gpu: left out, no GPU that torch can use"
    assert "pycel: not installed: pip install '.[peers]'" in lines


def test_a_section_without_its_device_is_left_out_and_no_failure(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(suite, "HERE", [name for name in suite.SECTIONS if name != "gpu"])
    monkeypatch.setitem(suite.NEEDS, "gpu", lambda: "no GPU that torch can use")
    path = tmp_path / "figures.json"
    assert suite.main(["gpu", "--quick", "--json", str(path)]) == 0
    assert "gpu: left out" in capsys.readouterr().out
    assert json.loads(path.read_text())["figures"] == []


def test_a_failed_measurement_is_told_and_the_others_go_on(monkeypatch, capsys):
    def failing(setting):
        """A gradient that is another one."""
        raise ArithmeticError("another number")
        yield

    monkeypatch.setattr(suite.gradient, "figures", failing)
    assert suite.main(["gradient", "compile", "--quick"]) == 1
    out = capsys.readouterr().out
    assert "gradient: another number" in out and "different formulas" in out


def test_the_document_has_every_figure(quick):
    """As a table a section; missed targets in bold, as they are red on the screen."""
    lines = quick["markdown"].splitlines()
    titles = [line.split(":")[0].removeprefix("### ") for line in lines if line.startswith("### ")]
    assert titles == list(dict.fromkeys(figure["section"] for figure in quick["figures"]))
    rows = [line for line in lines if line.startswith("| ") and "---" not in line and "| cellgrad |" not in line]
    assert len(rows) == len(quick["figures"])
    assert sum("**" in row for row in rows) == sum(figure["met"] is False for figure in quick["figures"])


PROMISES = {
    ("read", "openpyxl load_workbook", 1.0), ("compile", "each of 100", 1.25), ("step", "eager torch", 0.8),
    ("gradient", "one evaluation", 5.0), ("optimum", "scipy L-BFGS-B", 1.0), ("optimum", "scipy L-BFGS-B", 0.6),
    ("optimum", "numpy lstsq", 1.5), ("scaling", "a row of 200", 1.0), ("solving", "scipy SLSQP", 2.0),
    ("solving", "scipy milp", 2.0), ("process", "import torch, openpyxl; load_workbook", 1.6),
    ("process", "limit 300 ms", 1.0),
}  # fmt: skip


def test_the_promises_are_among_the_figures(quick):
    """What a section promises is the target of its figures, also at tiny sizes; of the engines, the fastest's."""
    held = {(f["section"], f["against"], f["target"]) for f in quick["figures"] if f["target"] is not None}
    assert held >= PROMISES
    assert {target for section, _, target in held if section == "evaluate"} == {0.1}


@pytest.mark.parametrize(
    ("rows", "targets"),
    [(712, {"eager torch": 0.8}), *((rows, {"eager torch": 1.0, "numpy": 1.3}) for rows in (100_000, 1_000_000))],
)
def test_a_step_is_held_to_the_better_by_hand_where_there_are_many_rows(rows, targets):
    class Measured(Setting):
        def measure(self, task, one_thread=(), **arguments):
            names = ("sheet mmult", "sheet nnet", "eager torch", "compiled torch", "numpy", "differences")
            return {"seconds": {name: [1.0 + at] for at, name in enumerate(names[::-1])}, "absent": ""}

        def workbook(self, rows, sheet="nnet", formulas="plain"):
            return TITANIC

    figures = list(step.figures(Measured((rows,))))
    assert len(figures) == 2 * (2 * 3 + 1)  # one thread and all; two sheets by three hands, and differences
    assert {figure.against: figure.target for figure in figures if figure.target is not None} == targets


@pytest.mark.parametrize(("rows", "target"), [(2000, None), (100_000, 2.2), (FULL, 2.2)])
def test_reading_is_held_to_calamine_at_the_promised_sizes(rows, target):
    class Measured(Setting):
        def measure(self, task, one_thread=(), **arguments):
            return {"seconds": 1.0, "processor": 1.0, "peak_mib": 1000.0, "import_seconds": 0.1}

        def workbook(self, rows, sheet="nnet", formulas="plain"):
            return TITANIC

    found = [figure for figure in reading.figures(Measured((rows,))) if figure.what.startswith(f"{rows:,}")]
    held = {figure.target for figure in found if figure.against == reading.CALAMINE and figure.target is not None}
    assert held == ({target} if target else set())
    limits = [figure.theirs.median for figure in found if figure.against.startswith("limit")]
    assert set(limits) == ({float(reading.MOST_MIB[rows])} if target else set())


def test_the_card_is_held_to_its_promises():
    """The section as it is for a card, its tasks run on the processor: seen to work where there is no card."""
    figures = list(gpu.on(Setting((), quick=True), "cpu", "a card"))
    assert {figure.device for figure in figures} == {"a card"}
    promised = {gpu.MOST_FOR_A_STEP, gpu.MOST_FOR_STARTS, gpu.APART}
    assert {figure.theirs.median for figure in figures if figure.met is not None} == promised
    apart = next(figure for figure in figures if figure.unit == "apart")
    assert apart.ours.median == 1e-18  # the processor is no part away from itself
    assert "| device |" in markdown("gpu", figures)


def test_an_engine_that_comes_to_another_number_is_not_timed():
    """Where one was asked for fewer changes, those that both made are compared."""
    ours = {"open": [1.0], "one": [2.0, 3.0]}
    evaluating.require_agreement(ours, "other", {"open": [1.0], "one": [2.0]})
    with pytest.raises(ArithmeticError, match="other comes to"):
        evaluating.require_agreement(ours, "other", {"open": [1.0], "one": [2.1]})


@pytest.mark.slow
@pytest.mark.parametrize("engine", [*PEERS_ASKED, "workbook"])
def test_every_engine_comes_to_the_same_numbers(engine):
    if engine == evaluating.LIBREOFFICE:
        require()
    elif engine != "workbook":
        pytest.importorskip(engine)
    setting = Setting((712,), quick=True)
    net = {"path": str(setting.plain_net(712)), "sheet": SHEET, "objective": OBJECTIVE, "changing": CHANGING}
    ours, theirs = (fresh("evaluate", {"engine": name, "changes": 2, **net}) for name in ("cellgrad", engine))
    evaluating.require_agreement(ours["values"], engine, theirs["values"])


def test_least_squares_ends_are_equal(quick):
    ends = next(f for f in quick["figures"] if f["what"] == "linear, 712 rows: loss")
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
    assert figure.ratio == Spread(2.0, 2.0, 2.0, 2.0, 2.0)
    assert figure.met is False
    assert against_limit("read", "ours", [900.0], 1536, unit="MiB").met is True
    assert compare("read", "ours", [2.0], "peer", [1.0]).met is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1.5, "s", "1.5 s"), (0.0123, "s", "12.3 ms"), (2e-9, "s", "0.002 us"), (1234.5, "MiB", "1,234 MiB"),
     (0.14322, "loss", "0.143220000"), (3.14e-12, "apart", "3.1e-12")],
)  # fmt: skip
def test_units(value, unit, text):
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [([0.5, 0.9, 3.0], "met"), ([1.1, 1.2, 1.3], "missed"), ([0.8, 0.9, 1.2, 1.3], "missed, within noise"),
     ([0.1, 1.1, 1.2, 1.3, 1.4], "missed")],
)  # fmt: skip
def test_a_verdict_tells_what_the_noise_allows(ours, verdict):
    """One lucky round in five is no noise; a quarter of them is."""
    assert compare("read", "ours", ours, "peer", [1.0] * len(ours), target=1.0).verdict == verdict


def test_the_fastest_is_one_contender_for_all_rounds():
    """By its median: b is faster in one round alone."""
    assert fastest({"a": [1.0, 1.0, 1.2], "b": [0.5, 1.1, 1.3]}) == "a"


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
