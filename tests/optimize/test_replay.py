"""Steps in place, as a GPU records and replays them: on the CPU the very steps of the ordinary search, to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

import cellgrad
from cellgrad.optimize import optimize, replay, replayed
from cellgrad.optimize.conditions import Conditions
from cellgrad.optimize.first_order import FIRST_ORDER, Descent, FirstOrderOptions, first_order_method
from cellgrad.optimize.problem import Goal, Problem
from cellgrad.optimize.replay import first_rows, overwrite, recorded, standing
from cellgrad.optimize.replayed import LOOK_EVERY, ReplayedSearch, replays
from cellgrad.optimize.search import Limits, Search, Tolerances
from cellgrad.program.objective import CompiledObjective
from cellgrad.tensors import execute

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"
CPU = torch.device("cpu")
FOREVER = Tolerances(slope=-1.0, change=-1.0)
"""No start ends by the numbers, so that both searches make as many steps."""

OPTIONS = {
    "own rate": FirstOrderOptions(),
    "rate": FirstOrderOptions(rate=1e-3),
    "schedule": FirstOrderOptions(rate=1e-3, schedule="one-cycle"),
    "gradient ratio": FirstOrderOptions(rate=1e-3, schedule="gradient-ratio"),
    "clip and decay": FirstOrderOptions(rate=1e-3, clip="norm:0.5", decay=0.01),
}


@pytest.fixture(scope="module")
def net() -> CompiledObjective:
    return cellgrad.open(TITANIC).model("mmult").function


@pytest.fixture(scope="module")
def starts() -> Tensor:
    model = cellgrad.open(TITANIC).model("mmult")
    spread = torch.tensor([[1.0], [0.5], [-1.5]], dtype=torch.float64)
    return torch.as_tensor(model.x0) * spread


def both(
    problem: Callable[[], Problem], method: Descent, X: Tensor, steps: int, tolerances: Tolerances = FOREVER
) -> tuple[Search, Search]:
    """An ordinary search and a replayed one, run."""
    found = []
    for kind in (Search, ReplayedSearch):
        search = kind(problem(), method, X, tolerances)
        search.run(Limits(steps))
        found.append(search)
    return found[0], found[1]


@pytest.mark.parametrize("name", FIRST_ORDER)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_the_steps_are_those_of_the_ordinary_search(
    net: CompiledObjective, starts: Tensor, name: str, options: FirstOrderOptions
) -> None:
    """Points and merits to the bit, from one start and from three; the same number of steps and evaluations."""
    for X in (starts[:1], starts):
        ordinary, ours = both(lambda: Problem(net), first_order_method(name, options, 120), X, 120)
        assert torch.equal(ours.x, ordinary.x)
        assert torch.equal(ours.f, ordinary.f)
        assert (ours.steps, ours.statuses()) == (ordinary.steps, ordinary.statuses())
        assert ours.problem.evaluations == ordinary.problem.evaluations
        assert ours.history[-1] == ordinary.history[-1]
        assert len(ours.history) <= 2 + 120 / 10 < len(ordinary.history)


@pytest.mark.parametrize("goal", [Goal("max"), Goal("value", 0.2)], ids=str)
def test_goals_and_bounds(net: CompiledObjective, starts: Tensor, goal: Goal) -> None:
    bounds = Conditions(lower=np.full(20, -0.4), upper=np.full(20, 0.6))
    method = first_order_method("adam", FirstOrderOptions(), 60)
    ordinary, ours = both(lambda: Problem(net, goal, bounds), method, starts, 60)
    assert torch.equal(ours.x, ordinary.x)
    assert torch.equal(ours.f, ordinary.f)


def test_a_start_ends_where_the_ordinary_one_does(net: CompiledObjective, starts: Tensor) -> None:
    """Looked at less often, a start may go on for up to a look longer; it is never worse for it."""
    for name in ("gradient-descent", "adam"):
        method = first_order_method(name, FirstOrderOptions(), 10_000)
        loose = Tolerances(slope=1e-4, change=1e-3)
        ordinary, ours = both(lambda: Problem(net), method, starts, 10_000, loose)
        assert [s.found for s in ours.statuses()] == [s.found for s in ordinary.statuses()]
        late = ours.iterations - ordinary.iterations
        assert int(late.min()) >= 0 and int(late.max()) <= LOOK_EVERY
        assert bool((ours.f <= ordinary.f).all())


@pytest.mark.parametrize("batch", [None, 100, 712])
def test_training_is_the_same(monkeypatch: pytest.MonkeyPatch, batch: int | None) -> None:
    """Eight batches a pass, the last of 12 rows, which is too short to be replayed."""
    options = FirstOrderOptions(rate=1e-3, batch=batch, validation="600:712" if batch is None else None)
    found = []
    for forced in (False, True):
        monkeypatch.setattr(replayed, "replays", lambda problem, method, forced=forced: forced)
        model = cellgrad.open(TITANIC).model("mmult")
        found.append(optimize(model.function, model.x0, method="adam", steps=60, options=options))
    ordinary, ours = found
    assert np.array_equal(ours.x, ordinary.x)
    assert (ours.losses, ours.evaluations, ours.status) == (ordinary.losses, ordinary.evaluations, ordinary.status)


class Waits(TorchDispatchMode):
    """Notes operations that wait for the host or bring its numbers along: none of them can be recorded."""

    NEVER = ("_local_scalar_dense", "lift_fresh", "nonzero", "masked_select", "_to_copy.device")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        name = str(function)
        if any(word in name for word in self.NEVER):
            self.found.append(name)
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", FIRST_ORDER)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_a_step_never_waits_for_the_host(
    net: CompiledObjective, starts: Tensor, name: str, options: FirstOrderOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On tensors that have no numbers, where whoever asks for one fails: what a recording asks of a step."""
    monkeypatch.setattr(execute.Program, "is_light", lambda self, tensors: False)
    problem, method = Problem(net), first_order_method(name, options, 100)
    state = method.init(problem, starts)
    with FakeTensorMode(allow_non_fake_inputs=True) as fake:
        empty = type(state)(**{f.name: fake.from_tensor(getattr(state, f.name)) for f in fields(state)})
        with Waits() as waits:
            after = method.trial(problem, empty)
    assert waits.found == []
    assert [getattr(after, f.name).shape for f in fields(state)] == [
        getattr(state, f.name).shape for f in fields(state)
    ]


def test_the_watch_for_waits_sees_one() -> None:
    """The check above can fail."""
    with Waits() as waits:
        _ = bool((torch.ones(3) > 0).any()), torch.ones(3).nonzero(), torch.tensor([1.0])
    assert len(waits.found) >= 3


@pytest.mark.parametrize("name", FIRST_ORDER)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_no_field_of_a_new_state_stands_in_the_place_of_another(
    net: CompiledObjective, starts: Tensor, name: str, options: FirstOrderOptions
) -> None:
    """Fields are written one after another, so none may be read from what an earlier one has overwritten."""
    problem, method = Problem(net), first_order_method(name, options, 100)
    state = standing(method.init(problem, starts))
    place = {getattr(state, f.name).untyped_storage().data_ptr(): f.name for f in fields(state)}
    assert len(place) == len(fields(state))
    after = method.trial(problem, state)
    for field in fields(state):
        at = getattr(after, field.name).untyped_storage().data_ptr()
        assert place.get(at, field.name) == field.name


@dataclass(frozen=True)
class Pair:
    a: Tensor
    b: Tensor


def test_records_stand_still() -> None:
    one = torch.zeros(3)
    record = standing(Pair(one, one))
    assert record.a is not one and record.a.data_ptr() != record.b.data_ptr()
    overwrite(record, Pair(torch.ones(2), torch.full((3,), 2.0)))
    assert (record.a.tolist(), record.b.tolist(), one.tolist()) == ([1, 1, 0], [2, 2, 2], [0, 0, 0])
    part = first_rows(record, 1)
    overwrite(record, Pair(torch.zeros(3), torch.zeros(3)))
    assert (part.a.tolist(), part.b.tolist()) == ([1.0], [2.0])


def test_what_cannot_be_recorded_runs_as_it_is_and_says_so(
    monkeypatch: pytest.MonkeyPatch, net: CompiledObjective, starts: Tensor
) -> None:
    """A recorder that has made steps before it gives up: the search begins where it would have begun."""

    def refused(step: Callable[[], None], device: torch.device) -> Callable[[], None]:
        step()
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(replay, "_captured", refused)
    elsewhere = torch.device("cuda")
    monkeypatch.setattr(
        replayed, "recorded", lambda step, touched, device, notes: recorded(step, touched, elsewhere, notes)
    )
    ordinary, ours = both(lambda: Problem(net), first_order_method("adam", FirstOrderOptions(), 30), starts, 30)
    assert torch.equal(ours.x, ordinary.x)
    assert ours.problem.evaluations == ordinary.problem.evaluations
    assert ours.problem.notes == [
        "The step could not be recorded for the GPU (CUDA error: operation not permitted when stream is capturing): it "
        "runs operation by operation, which is slower and changes no result."
    ]


def test_the_note_reaches_the_user(monkeypatch: pytest.MonkeyPatch, net: CompiledObjective, starts: Tensor) -> None:
    def noted(step: Callable[[], None], touched: object, device: object, notes: list[str]) -> Callable[[], None]:
        notes.append("It could not.")
        return step

    monkeypatch.setattr(replayed, "recorded", noted)
    monkeypatch.setattr("cellgrad.optimize.lone.search.replays", lambda problem, method: True)
    assert optimize(net, starts[0], method="adam", steps=3).warnings == ("It could not.",)


def test_on_a_cpu_nothing_is_replayed(net: CompiledObjective) -> None:
    assert not replays(Problem(net), first_order_method("adam", FirstOrderOptions(), 10))
    steps: list[int] = []
    assert recorded(steps.clear, (), CPU, []) == steps.clear


# On a GPU ---------------------------------------------------------------------------------------------------------

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.fixture
def on_cuda(net: CompiledObjective) -> Iterator[CompiledObjective]:
    yield net.on("cuda")
    torch.cuda.synchronize()


@needs_cuda
@pytest.mark.parametrize("name", FIRST_ORDER)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_a_recorded_step_is_the_ordinary_one(
    on_cuda: CompiledObjective, starts: Tensor, name: str, options: FirstOrderOptions
) -> None:
    """Nothing was refused, and fifty steps end within 1e-9 of those launched one by one."""
    X = starts.to("cuda")
    ordinary, ours = both(lambda: Problem(on_cuda), first_order_method(name, options, 50), X, 50)
    assert ours.problem.notes == []
    torch.testing.assert_close(ours.x, ordinary.x, rtol=1e-9, atol=1e-12)
    assert ours.problem.evaluations == ordinary.problem.evaluations


@needs_cuda
@pytest.mark.parametrize("batch", [None, 100])
def test_recorded_training_is_the_ordinary_one(monkeypatch: pytest.MonkeyPatch, batch: int | None) -> None:
    options = FirstOrderOptions(rate=1e-3, batch=batch, validation="600:712" if batch is None else None)
    found = []
    for forced in (False, True):
        monkeypatch.setattr(replayed, "replays", lambda problem, method, forced=forced: forced)
        model = cellgrad.open(TITANIC).model("mmult")
        found.append(optimize(model.function.on("cuda"), model.x0, method="adam", steps=60, options=options))
    assert found[1].warnings == ()
    np.testing.assert_allclose(found[1].x, found[0].x, rtol=1e-9, atol=1e-12)


@needs_cuda
def test_a_step_that_waits_is_refused_and_told() -> None:
    record = Pair(torch.zeros(3, device="cuda"), torch.zeros(3, device="cuda"))
    notes: list[str] = []

    def step() -> None:
        record.a.add_(float(record.b.sum()) + 1)

    run = recorded(step, (record,), record.a.device, notes)
    assert run is step and len(notes) == 1 and "could not be recorded" in notes[0]
    run()
    assert record.a.tolist() == [1.0, 1.0, 1.0]
