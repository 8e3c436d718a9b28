"""Programs run through torch's compiler, on request: one pass over the rows where separate operations take several.

Compiling takes seconds, so it is for long runs on long tables. It needs a C++ compiler, on a GPU Triton. Where there is
none, or it cannot do a program, that runs as ever and a note says why.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from cellgrad.tensors.execute import Program

MOST_SHAPES = 2
"""A program is compiled for so many numbers of starts; in a batch that dwindles, others run as they are."""

AGREES = {torch.float64: 1e-9, torch.float32: 1e-4}
"""How near a compiled program comes to the plain one, as a part of the largest number of an output."""

Run = Callable[..., list[Tensor]]


class Fused:
    """A program whose longer runs are compiled; called as `Program` is.

    Small runs stay on numpy, which is faster still. notes: gets a sentence where a program could not be compiled.
    """

    def __init__(self, program: Program, notes: list[str]) -> None:
        self.program = program
        self._notes = notes
        self._made: dict[tuple[torch.Size, ...], Run] = {}
        self._lock = threading.Lock()

    def __call__(self, *tensors: Tensor) -> list[Tensor]:
        """The outputs for these inputs."""
        if self.program.is_light(tensors):
            return self.program(*tensors)
        kind = tuple(tensor.shape for tensor in tensors)
        run = self._made.get(kind)
        if run is None:
            with self._lock:  # parts of a batch may run side by side
                run = self._made.get(kind) or self._compiled(kind, tensors)
        with torch.no_grad():
            return run(*tensors)

    def _compiled(self, kind: tuple[torch.Size, ...], tensors: tuple[Tensor, ...]) -> Run:
        plain: Run = self.program.straight
        if len(self._made) >= MOST_SHAPES:
            return plain
        self._made[kind] = plain
        try:
            with torch.no_grad():
                # "fake": whoever asks for a number, to go on by it or to hand it to numpy, fails instead of freezing it
                traced = make_fx(plain, tracing_mode="fake", _allow_non_fake_inputs=True)(*tensors)
                run: Run = torch.compile(traced, dynamic=False)
                wrong = self._apart(run, tensors)
        except RuntimeError as error:  # what torch's compilers raise, whatever they lack
            wrong = _cause(error)
        if wrong:
            self._notes.append(f"A program could not be compiled ({wrong}): it runs as ever.")
            return plain
        self._made[kind] = run
        return run

    def _apart(self, run: Run, tensors: tuple[Tensor, ...]) -> str:
        """What is wrong with a compiled program at another point than the one it was made at; '' if nothing is."""
        elsewhere = [tensor * 1.001 + 0.001 for tensor in tensors]
        for found, expected in zip(run(*elsewhere), self.program(*elsewhere), strict=True):
            size = expected.nan_to_num(posinf=0.0, neginf=0.0).abs().max().clamp(min=1.0)
            within = AGREES[self.program.dtype] * float(size)
            if not torch.allclose(found, expected, rtol=0.0, atol=within, equal_nan=True):
                return "the compiler's answer differs"
        return ""


def _cause(error: RuntimeError) -> str:
    """The first line of what a compiler says, with the next where that only names the part that gave up."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return " ".join(lines[: 2 if lines[0].endswith("raised:") else 1]).rstrip(".:")
