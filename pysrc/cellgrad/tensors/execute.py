"""Running tensor expressions: a straight line of calls, without autograd and without Python work per element.

The calls are torch's; of small programs on the CPU they are numpy's (see `light`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cellgrad.tensors.accumulating import accumulating, narrowed, widened
from cellgrad.tensors.light import LIGHT_ELEMENTS, LIGHT_STEPS, Array, as_tensor, light
from cellgrad.tensors.nodes import Node, topological
from cellgrad.tensors.operations import OPERATIONS
from cellgrad.tensors.unswept import unswept
from cellgrad.tensors.written import MOST_STEPS, Step, written_out

OFTEN = 8
"""After so many runs on numpy a program is written out as one function: once it is clear that this will pay."""


class Program:
    """The outputs of an expression as a function of its named inputs.

    outputs: the nodes to compute; inputs: names of the input nodes, in the order `__call__` takes their tensors.
    Every input may carry the same number of leading batch axes, of sizes that broadcast; so do the outputs then.
    fixed: inputs that never change, with their tensors: what depends on them alone is computed once, here.
    Constants live on `device` in `dtype` (float64 unless the device has none).
    wide: a wider type for the sums that make outputs of one element, see `accumulating`; such outputs have that type.
    """

    @unswept()
    def __init__(
        self,
        outputs: Sequence[Node],
        inputs: Sequence[str],
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float64,
        fixed: Mapping[str, Tensor] | None = None,
        wide: torch.dtype | None = None,
    ) -> None:
        self.outputs = tuple(outputs)
        self.inputs = tuple(inputs)
        self.device = torch.device(device)
        self.dtype = dtype
        order = topological(outputs)
        slot = {id(node): number for number, node in enumerate(order)}
        last_use: dict[int, int] = {}
        for node in order:
            for operand in node.inputs:
                last_use[slot[id(operand)]] = slot[id(node)]
        self._output_slots = tuple(slot[id(node)] for node in outputs)
        kept = set(self._output_slots)
        self._registers: list[Tensor | None] = [None] * len(order)
        in_wide = set() if wide is None else accumulating(outputs)
        self._feeds: dict[str, int] = {}
        self._steps: list[Step] = []
        self._names: list[str] = []
        self._light: tuple[list[Step], list[Array | None]] | None = None
        self._light_runs = 0
        self._written: Callable[..., list[Array]] | None = None
        ends: dict[int, list[int]] = {}
        for used, at in last_use.items():
            if used not in kept and not order[used].is_constant:
                ends.setdefault(at, []).append(used)
        for number, node in enumerate(order):
            if node.value is not None:
                self._registers[number] = node.value.to(self.device, None if node.boolean else dtype)
            elif node.operation == "input":
                name = node.parameters[0]
                if fixed is not None and name in fixed:
                    self._registers[number] = fixed[name]
                else:
                    self._feeds[name] = number
            else:
                operands = tuple(slot[id(i)] for i in node.inputs)
                run = OPERATIONS[node.operation].run
                if wide is not None and id(node) in in_wide:
                    run = widened(node.operation, run, wide)
                    operands = tuple(self._kept_whole(i, slot[id(i)], wide) for i in node.inputs)
                elif any(id(i) in in_wide for i in node.inputs):
                    run = narrowed(run, dtype)
                elif node.operation == "number":
                    run = partial(_numbers, dtype=dtype)
                known = [self._registers[at] for at in operands]
                if all(tensor is not None for tensor in known):
                    self._registers[number] = run(*known, *node.parameters)
                else:
                    self._steps.append((run, operands, node.parameters, number, tuple(ends.get(number, ()))))
                    self._names.append(node.operation)
        self._sizes = {node.parameters[0]: node.size for node in order if node.operation == "input"}
        live = sum(node.size for node in order if not node.is_constant)
        self.elements = live * max((self._starts(name, tensor) for name, tensor in (fixed or {}).items()), default=1)
        """How many numbers a run computes for one start; fixed inputs may bring a batch of their own."""

    def _kept_whole(self, node: Node, at: int, wide: torch.dtype) -> int:
        """The register of an operand in the wider type: a constant has one with all its digits."""
        if node.value is None or node.boolean:
            return at
        self._registers.append(node.value.to(self.device, wide))
        return len(self._registers) - 1

    def __len__(self) -> int:
        """How many torch calls one run makes."""
        return len(self._steps)

    def __call__(self, *tensors: Tensor) -> list[Tensor]:
        """The outputs for these inputs (same order as `inputs`)."""
        if self.is_light(tensors):
            run = self._written or self._light_line()
            with np.errstate(all="ignore"):
                return [as_tensor(a) for a in run(*[tensor.numpy() for tensor in tensors])]
        with torch.no_grad():
            return self.straight(*tensors)

    def _light_line(self) -> Callable[..., list[Array]]:
        """What makes the calls on numpy: a loop, or from the ninth run on one function."""
        steps, constants = self._light or self._lightened()
        self._light_runs += 1
        if self._light_runs > OFTEN and len(steps) <= MOST_STEPS:
            self._written = written_out(steps, constants, self.inputs, self._feeds, self._output_slots)
        return self._written or partial(self._run, steps, constants)

    def _run(self, steps: Sequence[Step], constants: Sequence[Any], *inputs: Any) -> list[Any]:
        registers = list(constants)
        for name, given in zip(self.inputs, inputs, strict=True):
            at = self._feeds.get(name)
            if at is not None:
                registers[at] = given
        for run, operands, parameters, number, ended in steps:
            if len(operands) == 1:
                registers[number] = run(registers[operands[0]], *parameters)
            elif len(operands) == 2:
                registers[number] = run(registers[operands[0]], registers[operands[1]], *parameters)
            else:
                registers[number] = run(*(registers[at] for at in operands), *parameters)
            for at in ended:
                registers[at] = None
        return [registers[at] for at in self._output_slots]

    def _starts(self, name: str, tensor: Tensor) -> int:
        """The size of the batch that an input carries."""
        return tensor.numel() // max(1, self._sizes.get(name, tensor.numel()))

    def straight(self, *tensors: Tensor) -> list[Tensor]:
        """The same by torch's calls, one after another: what may be traced."""
        return self._run(self._steps, self._registers, *tensors)

    def is_light(self, tensors: Sequence[Tensor]) -> bool:
        """Whether a run at these inputs is one on numpy."""
        most = LIGHT_ELEMENTS * max(1, len(self._steps) // LIGHT_STEPS)
        if self.elements > most or self.dtype != torch.float64 or self.device.type != "cpu":
            return False
        return all(
            self.elements * self._starts(name, tensor) <= most
            for name, tensor in zip(self.inputs, tensors, strict=True)
        )

    @unswept()
    def _lightened(self) -> tuple[list[Step], list[Array | None]]:
        """Steps and constants for runs on numpy, made once."""
        steps: list[Step] = [
            (light(name, step[0]), *step[1:]) for name, step in zip(self._names, self._steps, strict=True)
        ]
        found = steps, [None if tensor is None else tensor.numpy() for tensor in self._registers]
        self._light = found
        return found


def _numbers(truths: Tensor, dtype: torch.dtype) -> Tensor:
    """Truth values as 0 and 1."""
    return truths.to(dtype)


def listing(outputs: Sequence[Node]) -> str:
    """The program in words, one operation a line: what golden files and `explain` show."""
    lines: list[str] = []
    names: dict[int, str] = {}
    for node in topological(outputs):
        names[id(node)] = name = f"%{len(names)}"
        shape = "x".join(map(str, node.shape)) or "scalar"
        if node.is_constant:
            what = (
                f"constant {node.value.flatten()[0].item():.6g}"
                if node.size == 1 and node.value is not None
                else "data"
            )
        elif node.operation == "input":
            what = f"input {node.parameters[0]}"
        else:
            arguments = [names[id(i)] for i in node.inputs] + [repr(p) for p in node.parameters]
            what = f"{node.operation}({', '.join(arguments)})"
        lines.append(f"{name} {shape} = {what}")
    return "\n".join(lines)


def evaluate(outputs: Sequence[Node], inputs: Mapping[str, Tensor]) -> list[Tensor]:
    """The outputs at given inputs, once."""
    return Program(outputs, tuple(inputs))(*inputs.values())
