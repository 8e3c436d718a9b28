"""One cell's expression on plain floats: for steps so narrow that calling torch would cost more than the arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from cellgrad.tensors.nodes import Node, topological

Instruction = tuple[Callable[..., Any], int, int, int, int]
"""function, register of the result, registers of up to three operands (-1 for none)."""


def _quiet(function: Callable[..., float]) -> Callable[..., float]:
    """A function of `math` that answers as IEEE has it where `math` raises."""

    def run(*arguments: float) -> float:
        try:
            return function(*arguments)
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan

    return run


def _same(a: Any) -> Any:
    return a


def _logistic(a: float) -> float:
    if a >= 0:
        return 1.0 / (1.0 + math.exp(-a))
    small = math.exp(a)
    return small / (1.0 + small)


def _rounded(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda a: float(function(a)) if math.isfinite(a) else a


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "reshape": _same, "broadcast": _same, "permute": _same, "crop": _same, "concatenate": _same,
    "sum": _same, "amax": _same, "amin": _same, "prod": _same, "any": _same, "all": _same,
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "neg": operator.neg, "abs": abs,
    "div": _quiet(operator.truediv), "pow": _quiet(math.pow), "remainder": _quiet(operator.mod), "matmul": operator.mul,
    "square": lambda a: a * a, "sign": lambda a: float((a > 0) - (a < 0)),
    "exp": _quiet(math.exp), "log": _quiet(math.log), "log10": _quiet(math.log10), "log1p": _quiet(math.log1p),
    "sqrt": _quiet(math.sqrt), "sin": _quiet(math.sin), "cos": _quiet(math.cos), "tan": _quiet(math.tan),
    "asin": _quiet(math.asin), "acos": _quiet(math.acos), "atan": math.atan, "atan2": math.atan2,
    "sinh": _quiet(math.sinh), "cosh": _quiet(math.cosh), "tanh": math.tanh, "asinh": math.asinh,
    "acosh": _quiet(math.acosh), "atanh": _quiet(math.atanh), "logistic": _logistic,
    "floor": _rounded(math.floor), "ceil": _rounded(math.ceil), "trunc": _rounded(math.trunc),
    "relu": lambda a: 0.0 if a <= 0 else a,
    "maximum": lambda a, b: a if a >= b or a != a else b, "minimum": lambda a, b: a if a <= b or a != a else b,
    "lt": operator.lt, "le": operator.le, "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge,
    "and": lambda a, b: a and b, "or": lambda a, b: a or b, "not": operator.not_,
    "isfinite": math.isfinite, "number": float, "select": lambda c, a, b: a if c else b,
}  # fmt: skip
"""What runs on one element each; reductions and moves of one element leave it as it is."""


class Floats:
    """A one-cell expression as instructions on registers.

    registers: their values before a run: constants, and None. inputs: name -> register. result: its register.
    """

    def __init__(self, result: Node) -> None:
        order = topological([result])
        place = {id(node): number for number, node in enumerate(order)}
        self.registers: list[Any] = [None if node.value is None else node.value.item() for node in order]
        self.inputs = {node.parameters[0]: place[id(node)] for node in order if node.operation == "input"}
        self.result = place[id(result)]
        self.instructions: list[Instruction] = []
        where = list(range(len(order)))
        for number, node in enumerate(order):
            if node.inputs:
                operands = [where[place[id(i)]] for i in node.inputs]
                function = FUNCTIONS[node.operation]
                if function is _same:
                    where[number] = operands[0]
                else:
                    a, b, c = [*operands, -1, -1][:3]
                    self.instructions.append((function, number, a, b, c))
        self.result = where[self.result]

    @staticmethod
    def can(result: Node) -> bool:
        """Whether an expression is made of single numbers and of functions known here."""
        return all(
            node.size == 1 and (not node.inputs or (node.operation in FUNCTIONS and len(node.inputs) <= 3))
            for node in topological([result])
        )


def run_floats(
    cells: Sequence[Floats],
    stretches: Sequence[tuple[int, int, int]],
    feeds: Sequence[Sequence[tuple[int, list[Any]]]],
    reads: Sequence[Sequence[tuple[int, list[int]]]],
    buffer: list[float],
) -> None:
    """Evaluate every cell in turn, each result at its number in `buffer`.

    stretches: (member, first, last + 1) of cells' numbers. feeds: per member, registers and what they take cell by
    cell; reads: per member, registers and the places in `buffer` that they take.
    """
    done = [0] * len(cells)
    for member, first, last in stretches:
        program = cells[member]
        registers, instructions, result = program.registers, program.instructions, program.result
        taken, read = feeds[member], reads[member]
        at = done[member]
        for number in range(first, last):
            for register, values in taken:
                registers[register] = values[at]
            for register, places in read:
                registers[register] = buffer[places[at]]
            for function, to, a, b, c in instructions:
                if b < 0:
                    registers[to] = function(registers[a])
                elif c < 0:
                    registers[to] = function(registers[a], registers[b])
                else:
                    registers[to] = function(registers[a], registers[b], registers[c])
            buffer[number] = registers[result]
            at += 1
        done[member] = at
