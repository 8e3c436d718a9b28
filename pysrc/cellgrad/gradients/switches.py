"""Whether a switch on a live condition jumps: its two sides are compared where the condition changes.

Conditions are looked at along random lines through the surroundings of the start. Where one changes between two points
the change is closed in on until nothing lies between, and what the switch yields on the one side is compared with what
it yields on the other: a jump, or a kink at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cellgrad.gradients.degrees import Surroundings
from cellgrad.gradients.form import Form
from cellgrad.gradients.node_forms import DOMAIN, Forms, hardest, is_number_of_truth, total_elements
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, topological

SCALES = (1.0, 1e-2, 1.0, 1e2, 1.0, 1e4, 1e-1, 10.0)
"""How far the lines reach, in units of the changing cells."""
POINTS = 16
"""Into how many parts a line, and what is left of it, is cut."""
ROUNDS = 14
LOCAL = 4
"""After so many rounds the values on both sides tell how large a jump has to be to be one."""
JUMP = 1e-5
MOST_ELEMENTS = 2**23
"""How much is evaluated at once."""
MOST_WORK = 2**28
"""How much is evaluated in all, as far as that leaves a change to look at."""
TOO_LARGE = 2**22
"""A model that evaluates more elements is not looked at: its switches count as kinks."""
MOST_CHANGES = 48
A_SWITCH = 3
"""How many changes are looked at, in all and of one switch."""


@dataclass(frozen=True)
class Switch:
    """A node that takes one of two values by a condition. domain: which only says whether a number is one."""

    node: Node
    condition: Node
    domain: bool


@dataclass
class _Change:
    """Between two points (n,) the condition of an element of a switch changes. size: of its values near by."""

    switch: int
    element: int
    start: np.ndarray
    end: np.ndarray
    size: float = 0.0
    sides: tuple[float, float] = (0.0, 0.0)


def switches_of(outputs: Sequence[Node], forms: Forms) -> list[Switch]:
    """The nodes below the outputs that switch on a live condition, other than from a number to an error."""
    found = []
    for node in topological(outputs):
        if node.is_constant:
            continue
        condition: Node | None = None
        if node.operation == "select" and not any(_is_error(branch) for branch in node.inputs[1:]):
            condition = node.inputs[0]
        elif node.operation == "mul":
            truths = [truth for truth in map(is_number_of_truth, node.inputs) if truth is not None]
            condition = truths[0] if len(truths) == 1 else None
        elif node.operation == "number" and hardest(forms[id(node.inputs[0])]) == DOMAIN:
            condition = node.inputs[0]
        if condition is not None and not condition.is_constant and hardest(forms[id(condition)]):
            found.append(Switch(node, condition, hardest(forms[id(condition)]) == DOMAIN))
    return found


def verdicts(switches: Sequence[Switch], x: Node, around: Surroundings) -> dict[int, Form]:
    """For each switch, by the id of its node: DISCONTINUOUS where it jumps, else PIECEWISE; CONSTANT where only the
    domain of a function is at stake, and its end is nowhere around."""
    if not switches:
        return {}
    nodes = [one.condition for one in switches] + [one.node for one in switches]
    elements = max(1, total_elements(nodes))
    if elements > TOO_LARGE:
        return {}
    look = _Look(Program(nodes, [x.parameters[0]]), switches, max(1, MOST_ELEMENTS // elements))
    most = min(MOST_CHANGES, max(1, MOST_WORK // (ROUNDS * POINTS * elements)))
    changes = look.changes(around, most)
    look.close_in(changes)
    seen = {change.switch for change in changes}
    jumping = {change.switch for change in changes if _jumps(change)}
    found = {}
    for number, switch in enumerate(switches):
        form = Form.CONSTANT if switch.domain and number not in seen else Form.PIECEWISE
        found[id(switch.node)] = Form.DISCONTINUOUS if number in jumping else form
    return found


class _Look:
    """Evaluates conditions and what they switch, a few points at a time."""

    def __init__(self, program: Program, switches: Sequence[Switch], together: int) -> None:
        self.program = program
        self.switches = switches
        self.together = together

    def at(self, points: np.ndarray) -> list[tuple[Tensor, Tensor]]:
        """For each switch the condition and the value (K, elements) at points (K, n)."""
        runs = [self.program(part) for part in torch.from_numpy(points).split(self.together)]
        sizes = [len(part) for part in torch.from_numpy(points).split(self.together)]
        half, found = len(self.switches), []
        for number, switch in enumerate(self.switches):
            shape = switch.node.shape
            both = [
                torch.cat([run[at].expand(k, *shape).reshape(k, -1) for run, k in zip(runs, sizes, strict=True)])
                for at in (number, half + number)
            ]
            found.append((both[0], both[1]))
        return found

    def changes(self, around: Surroundings, most: int) -> list[_Change]:
        """Changes of conditions along random lines through the start, a few of each switch."""
        found: list[_Change] = []
        count = [0] * len(self.switches)
        for scale in SCALES:
            step = around.step(scale)
            along = np.linspace(-1.0, 1.0, POINTS + 1)[:, None]
            points = around.clipped(around.x0 + along * step)
            for number, (condition, value) in enumerate(self.at(points)):
                if count[number] >= A_SWITCH or len(found) >= most:
                    continue
                fine = value.isfinite()
                changed = (condition[1:] != condition[:-1]) & fine[1:] & fine[:-1]
                places = changed.nonzero()
                if len(places):
                    at, element = places[len(places) // 2].tolist()
                    found.append(_Change(number, element, points[at], points[at + 1]))
                    count[number] += 1
        return found

    def close_in(self, changes: Sequence[_Change]) -> None:
        """Narrow changes down to two neighbouring points each, and take the values on both sides."""
        parts = np.linspace(0.0, 1.0, POINTS + 1)[:, None]
        for turn in range(ROUNDS if changes else 0):
            lines = [change.start + parts * (change.end - change.start) for change in changes]
            for points, change in zip(lines, changes, strict=True):
                points[-1] = change.end
            found = self.at(np.concatenate(lines))
            for number, (points, change) in enumerate(zip(lines, changes, strict=True)):
                own = slice(number * len(parts), (number + 1) * len(parts))
                condition, values = (one[own, change.element] for one in found[change.switch])
                turns = (condition != condition[0]).nonzero()
                if not len(turns):
                    continue
                at = int(turns[0])
                change.start, change.end = points[at - 1], points[at]
                change.sides = (values[at - 1].item(), values[at].item())
                if turn <= LOCAL:
                    change.size = max(map(abs, change.sides))


def _jumps(change: _Change) -> bool:
    one, other = change.sides
    return abs(one - other) > JUMP * max(change.size, abs(one), abs(other)) and np.isfinite(one - other).item()


def _is_error(node: Node) -> bool:
    return node.value is not None and not node.boolean and bool(node.value.isnan().all())
