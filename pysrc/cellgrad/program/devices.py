"""Which device a search runs on: as asked, or where a step has been measured to be faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from cellgrad.errors import ArgumentError

CPU = torch.device("cpu")

WORTH_A_GPU = 2**20
"""Numbers computed in one step, over all starts, below which no GPU is even asked for: starting one takes longer than
the whole search."""

GPU_STARTS_IN = 1.0
"""Seconds that loading and starting a GPU's libraries may take: a run that is over by then has no use for one."""

USUAL_STEPS = 100
"""What a search is taken to be long where nobody says."""

BLOCKS, BLOCK_STEPS, BLOCK_SECONDS = 3, 5, 0.05
"""Steps are timed in so many blocks of at most so many steps or seconds each."""


@dataclass(frozen=True)
class Placement:
    """A device, and why in a few words."""

    device: torch.device
    why: str

    def __str__(self) -> str:
        return f"{self.device}: {self.why}"


def choose_device(name: str) -> torch.device:
    """'auto' (the CPU, where nothing is measured), 'cpu', 'cuda' or 'mps'. Raises ArgumentError for others."""
    kind = name.partition(":")[0]
    if kind in ("auto", "cpu"):
        return CPU
    if kind not in ("cuda", "mps"):
        raise ArgumentError(f"no device is called '{name}'", action="use auto, cpu, cuda or mps")
    if not (torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()):
        raise ArgumentError(
            f"this machine has no {kind} device that torch can use",
            action="use --device cpu",
            sheet_action="choose the device Automatic",
        )
    return torch.device(name)


def gpus() -> Sequence[torch.device]:
    """The GPUs to choose from. Asking may load the driver: see `place` for when it is asked."""
    return (torch.device("cuda"),) if torch.cuda.is_available() else ()


def place(
    name: str,
    numbers: int,
    steps: int | None,
    seconds: Callable[[torch.device], float],
    *,
    built: bool | None = None,
    found: Callable[[], Sequence[torch.device]] = gpus,
) -> Placement:
    """The device for a search in which a step computes `numbers` numbers, over all starts.

    name: what was asked for; auto decides by measuring. steps: the most steps, None where nobody says.
    seconds: measures a step on a device; it raises RuntimeError, as torch does, where the device cannot run it (out of
    memory, or an operation it lacks). built: whether torch was built for GPUs; found: lists them. Both are given by
    tests. Every question is asked only where the cheaper ones before it have not settled the matter: a small model
    starts no GPU, and without a GPU nothing is measured.
    """
    if name != "auto":
        return Placement(choose_device(name), "as asked")
    if not (torch.backends.cuda.is_built() if built is None else built):
        return Placement(CPU, "no GPU that torch can use")
    if numbers < WORTH_A_GPU:
        return Placement(CPU, f"a step computes {numbers:,} numbers, too few to start a GPU for")
    others = found()
    if not others:
        return Placement(CPU, "no GPU that torch can use")
    taken = {CPU: seconds(CPU)}
    count = USUAL_STEPS if steps is None else steps
    if taken[CPU] * count < GPU_STARTS_IN:
        return Placement(CPU, f"{duration(taken[CPU])} a step, over before a GPU has started")
    failed = []
    for device in others:
        try:
            taken[device] = seconds(device)
        except RuntimeError as error:  # the very same step ran on the CPU: it is the device that cannot
            failed.append(f"{device} failed: {str(error).splitlines()[0].rstrip('.')}")
    return fastest(taken, failed)


def fastest(seconds: dict[torch.device, float], failed: Sequence[str] = ()) -> Placement:
    """The device with the shortest step, and the steps of all: 'cpu: 31 us a step, cuda 180 us'."""
    best = min(seconds, key=seconds.__getitem__)
    others = (f"{device} {duration(taken)}" for device, taken in seconds.items() if device != best)
    return Placement(best, ", ".join((f"{duration(seconds[best])} a step", *others, *failed)))


def seconds_of(
    run: Callable[[], object], device: torch.device, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Seconds that `run` takes on a device, without those of its first time: the median of a few blocks.

    The host waits for the device at the end of a block and never inside, as a search does.
    """
    wait = _waiting(device)
    run()
    wait()
    began = clock()
    run()
    wait()
    once = clock() - began
    count = max(1, min(BLOCK_STEPS, int(BLOCK_SECONDS / max(once, 1e-9))))
    found = [once]
    while len(found) < BLOCKS and sum(found) < BLOCKS * BLOCK_SECONDS:
        began = clock()
        for _ in range(count):
            run()
        wait()
        found.append((clock() - began) / count)
    return sorted(found)[(len(found) - 1) // 2]


def _waiting(device: torch.device) -> Callable[[], object]:
    """What waits until a device has done all it was given."""
    if device.type == "cuda":
        return lambda: torch.cuda.synchronize(device)
    return torch.mps.synchronize if device.type == "mps" else lambda: None


def duration(seconds: float) -> str:
    """'31 us', '2.4 ms', '1.2 s'."""
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= 0.9995 * size:
            number = seconds / size
            return f"{number:.0f} {unit}" if number >= 9.95 else f"{number:.1f} {unit}"
    return f"{seconds * 1e6:.2g} us"
