"""Running tensor expressions: a straight line of torch calls, without autograd and without Python work per element."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from cellgrad.tensors.nodes import Node, topological
from cellgrad.tensors.operations import OPERATIONS

Step = tuple[Callable[..., Tensor], tuple[int, ...], tuple[Any, ...], int, tuple[int, ...]]


class Program:
    """The outputs of an expression as a function of its named inputs.

    outputs: the nodes to compute; inputs: names of the input nodes, in the order `__call__` takes their tensors.
    Every input may carry the same number of leading batch axes, of sizes that broadcast; so do the outputs then.
    fixed: inputs that never change, with their tensors: what depends on them alone is computed once, here.
    Constants live on `device` in `dtype` (float64 unless the device has none).
    """

    def __init__(
        self,
        outputs: Sequence[Node],
        inputs: Sequence[str],
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float64,
        fixed: Mapping[str, Tensor] | None = None,
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
        self._feeds: dict[str, int] = {}
        self._steps: list[Step] = []
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
                known = [self._registers[at] for at in operands]
                if all(tensor is not None for tensor in known):
                    self._registers[number] = run(*known, *node.parameters)
                else:
                    self._steps.append((run, operands, node.parameters, number, tuple(ends.get(number, ()))))

    def __len__(self) -> int:
        """How many torch calls one run makes."""
        return len(self._steps)

    def __call__(self, *tensors: Tensor) -> list[Tensor]:
        """The outputs for these inputs (same order as `inputs`)."""
        registers: list[Any] = list(self._registers)
        for name, tensor in zip(self.inputs, tensors, strict=True):
            at = self._feeds.get(name)
            if at is not None:
                registers[at] = tensor
        with torch.no_grad():
            for run, operands, parameters, number, ended in self._steps:
                if len(operands) == 1:
                    registers[number] = run(registers[operands[0]], *parameters)
                elif len(operands) == 2:
                    registers[number] = run(registers[operands[0]], registers[operands[1]], *parameters)
                else:
                    registers[number] = run(*(registers[at] for at in operands), *parameters)
                for at in ended:
                    registers[at] = None
        return [registers[at] for at in self._output_slots]


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
