"""A program as one Python function: its calls written out, one a line, as a person would write them.

Where a program makes a hundred calls on a few numbers each, as sheets of single cells do, looking up which registers a
call reads takes as long as the call. The source that is compiled here holds names of registers alone, `f3`, `c0`, `r7`:
nothing of a workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Step = tuple[Callable[..., Any], tuple[int, ...], tuple[Any, ...], int, tuple[int, ...]]
"""What runs, the registers it reads, its parameters, the register it fills, and those that nobody reads after it."""

MOST_STEPS = 2_000
"""Longer programs are not worth compiling: their calls are on more numbers, or too many."""


def written_out(
    steps: Sequence[Step],
    constants: Sequence[Any],
    inputs: Sequence[str],
    feeds: Mapping[str, int],
    outputs: Sequence[int],
) -> Callable[..., list[Any]]:
    """A function of the inputs that makes the calls of `steps` and returns the list of outputs.

    constants: by register, None where a register is filled by a call or an input. inputs: their names, in the order of
    the arguments; feeds: the register each fills, where anybody reads it. outputs: registers.
    """
    known: dict[str, Any] = {f"c{at}": value for at, value in enumerate(constants) if value is not None}
    given = {at: name for name, at in feeds.items()}
    places = {name: f"x{number}" for number, name in enumerate(inputs)}

    def register(at: int) -> str:
        if at in given:
            return places[given[at]]
        return f"c{at}" if constants[at] is not None else f"r{at}"

    lines = [f"def run({', '.join(places.values())}):"]
    for number, (run, operands, parameters, filled, ended) in enumerate(steps):
        known[f"f{number}"] = run
        own = {f"p{number}_{place}": value for place, value in enumerate(parameters)}
        known |= own
        lines.append(f" {register(filled)} = f{number}({', '.join([*map(register, operands), *own])})")
        lines += [f" del {register(at)}" for at in ended if constants[at] is None]
    lines.append(f" return [{', '.join(map(register, outputs))}]")
    exec("\n".join(lines), known)
    made: Callable[..., list[Any]] = known["run"]
    return made
