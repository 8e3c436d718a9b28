"""Which device a search runs on: what is asked, measured and said, with measured times given and a GPU made up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from cellgrad.errors import ArgumentError
from cellgrad.program.devices import (
    GPU_STARTS_IN,
    WORTH_A_GPU,
    Placement,
    choose_device,
    duration,
    fastest,
    place,
    seconds_of,
)

CPU, GPU = torch.device("cpu"), torch.device("cuda")
LARGE = WORTH_A_GPU


class Machine:
    """A machine with measured times, a step each, which notes what it was asked."""

    def __init__(self, cpu: float, gpu: float | str | None, built: bool = True) -> None:
        self.times = {CPU: cpu, GPU: gpu}
        self.built = built
        self.asked: list[str] = []

    def found(self) -> Sequence[torch.device]:
        self.asked.append("which GPUs there are")
        return () if self.times[GPU] is None else (GPU,)

    def seconds(self, device: torch.device) -> float:
        self.asked.append(device.type)
        taken = self.times[device]
        if not isinstance(taken, float):
            raise RuntimeError(taken)
        return taken

    def place(self, numbers: int = LARGE, steps: int | None = None) -> Placement:
        return place("auto", numbers, steps, self.seconds, built=self.built, found=self.found)


@pytest.mark.parametrize(
    ("machine", "numbers", "steps", "said", "asked"),
    [
        (Machine(1.0, None, built=False), LARGE, None, "cpu: no GPU that torch can use", []),
        (Machine(1.0, None), LARGE, None, "cpu: no GPU that torch can use", ["which GPUs there are"]),
        (
            Machine(1.0, 1e-3), LARGE - 1, None,
            "cpu: a step computes 1,048,575 numbers, too few to start a GPU for", [],
        ),
        (
            Machine(4e-3, 1e-3), LARGE, 200,
            "cpu: 4.0 ms a step, over before a GPU has started", ["which GPUs there are", "cpu"],
        ),
        (
            Machine(0.031, 0.18), LARGE, None,
            "cpu: 31 ms a step, cuda 180 ms", ["which GPUs there are", "cpu", "cuda"],
        ),
        (
            Machine(0.18, 31e-6), LARGE, None,
            "cuda: 31 us a step, cpu 180 ms", ["which GPUs there are", "cpu", "cuda"],
        ),
        (
            Machine(0.18, "CUDA out of memory.\nTried to allocate"), LARGE, None,
            "cpu: 180 ms a step, cuda failed: CUDA out of memory", ["which GPUs there are", "cpu", "cuda"],
        ),
    ],
)  # fmt: skip
def test_a_device_is_chosen_by_measuring(
    machine: Machine, numbers: int, steps: int | None, said: str, asked: list[str]
) -> None:
    """Each question is asked only where those before it have not settled the matter."""
    assert str(machine.place(numbers, steps)) == said
    assert machine.asked == asked


def test_a_run_as_long_as_a_gpu_takes_to_start_is_measured() -> None:
    machine = Machine(GPU_STARTS_IN / 8, 1e-3)
    assert (machine.place(steps=8).device, machine.place(steps=7).device) == (GPU, CPU)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ({CPU: 31e-6, GPU: 180e-6}, "cpu: 31 us a step, cuda 180 us"),
        ({CPU: 2.1, GPU: 0.0004}, "cuda: 400 us a step, cpu 2.1 s"),
        ({CPU: 1e-3, GPU: 1e-3}, "cpu: 1.0 ms a step, cuda 1.0 ms"),
    ],
)
def test_the_faster_is_taken_and_both_are_told(seconds: dict[torch.device, float], said: str) -> None:
    assert str(fastest(seconds)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (4.2e-7, "0.42 us"),
        (3.1e-5, "31 us"),
        (9.96e-4, "996 us"),
        (9.999e-4, "1.0 ms"),
        (0.0123, "12 ms"),
        (75, "75 s"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_what_is_asked_for_is_taken() -> None:
    def seconds(device: torch.device) -> float:
        raise AssertionError("nothing is measured")

    assert str(place("cpu", LARGE, None, seconds)) == "cpu: as asked"
    assert choose_device("auto") == CPU
    with pytest.raises(ArgumentError, match="no device is called 'tpu'"):
        place("tpu", LARGE, None, seconds)


@pytest.mark.parametrize(
    ("a_run", "runs", "said"),
    [
        (0.001, 2 + 2 * 5, 0.001),  # two alone, then blocks of five
        (0.02, 2 + 2 * 2, 0.02),  # blocks of at most 50 ms
        (0.2, 2, 0.2),  # long steps are made twice, and no more
    ],
)
def test_a_measurement_warms_up_and_is_short(a_run: float, runs: int, said: float) -> None:
    """The first run, ten times as long, does not count. Expected: by hand, from a clock that the runs push on."""
    now, made = [0.0], [0]

    def run() -> None:
        now[0] += a_run * (1 if made[0] else 10)
        made[0] += 1

    assert seconds_of(run, CPU, clock=lambda: now[0]) == pytest.approx(said)
    assert made[0] == runs


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_is_waited_for() -> None:
    matrix = torch.ones(4096, 4096, device=GPU)
    queued = seconds_of(lambda: [matrix @ matrix for _ in range(20)], GPU)
    assert queued > 20 * 2 * 4096**3 / 1e15, "no GPU does 1e15 operations a second in float32"
