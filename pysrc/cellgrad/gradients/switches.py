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
from cellgrad.gradients.node_forms import DOMAIN, Forms, forms_of, hardest, is_number_of_truth, total_elements
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, topological
from cellgrad.tensors.operations import ONE, ZERO, broadcast, compare, reshape
from cellgrad.tensors.scan import Loop, substituted

SCALES = (1.0, 1e-2, 1.0, 1e2, 1.0, 1e4, 1e-1, 10.0)
"""How far the lines reach, in units of the changing cells."""
POINTS = 16
"""Into how many parts a line is cut."""
JUMP = 1e-5
ENDLESS = 1e4
"""Sides that have grown by this since are on their way to infinity."""
MOST_ELEMENTS = 2**23
"""How much is evaluated at once."""
MOST_WORK = 2**28
"""How many elements are evaluated in all, as far as that leaves a change to look at."""
MOST_STEPS = 200_000
"""How many steps of recurrences are taken in all; a recurrence that is too long for that is not looked into."""
TOO_LARGE = 2**22
"""A model that evaluates more elements is not looked at: its switches count as kinks."""
MOST_CHANGES = 48
A_SWITCH = 3
"""How many changes are looked at, in all and of one switch."""
FEW = 16
"""Points that are evaluated together where steps of recurrences are narrow: these run faster one by one."""


@dataclass(frozen=True)
class Effort:
    """How hard to look: lines; changes to close in on, by cutting them into so many parts in so many rounds; after
    `local` rounds the values on both sides tell how large a jump has to be to be one. together: points at once."""

    lines: int
    changes: int
    parts: int
    rounds: int
    local: int
    together: int

    @staticmethod
    def over(nodes: Sequence[Node]) -> Effort | None:
        """What the nodes of switches allow; None where they are too much work altogether."""
        elements = max(1, total_elements(nodes))
        steps = sum(_steps(node) for node in topological(nodes))
        if elements > TOO_LARGE:
            return None
        together = max(1, MOST_ELEMENTS // elements)
        if not steps:
            most = max(1, MOST_WORK // (14 * POINTS * elements))
            return Effort(len(SCALES), min(MOST_CHANGES, most), 16, 14, 4, together)
        parts, rounds = 4, 22
        points, each = MOST_STEPS // steps, (parts + 1) * rounds
        lines = min(len(SCALES), (points - each) // (POINTS + 1))
        changes = min(A_SWITCH, (points - lines * (POINTS + 1)) // each)
        return Effort(lines, changes, parts, rounds, 8, min(together, FEW)) if lines >= 2 else None


def _steps(node: Node) -> int:
    """How many steps a node takes one after another."""
    if node.operation == "fixed_point":
        return node.size * 200
    return node.size if node.operation == "scan" else 0


@dataclass(frozen=True)
class Switch:
    """A node that takes one of two values by a condition, which is found to change along a line.

    sides: the values between which it switches. owner: the node whose form this decides: itself, or the recurrence
    whose step it is part of. patch: it holds nowhere but at the end of a domain or at single points (``A1=0``), so
    that nothing is decided where no change is found.
    """

    node: Node
    condition: Node
    sides: tuple[Node, Node]
    owner: Node
    patch: bool
    equality: bool = False


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
        if node.operation == "scan":
            loop: Loop = node.parameters[0]
            steps = substituted(loop.results, loop.given(node.inputs, node))
            known = forms_of(steps, known=forms)
            inside = [_switch(inner, node, known) for inner in topological(steps) if id(inner) not in forms]
            found += [switch for switch in inside if switch is not None]
        elif not node.is_constant:
            switch = _switch(node, node, forms)
            found += [] if switch is None else [switch]
    return found


def _switch(node: Node, owner: Node, forms: Forms) -> Switch | None:
    """The switch that a node is, if it is one."""
    condition: Node | None = None
    if node.operation == "select" and not any(_is_error(branch) for branch in node.inputs[1:]):
        condition, *sides = node.inputs
    elif node.operation == "mul":
        truths = [is_number_of_truth(one) for one in node.inputs]
        if sum(truth is not None for truth in truths) != 1:
            return None
        (condition,) = (truth for truth in truths if truth is not None)
        sides = [one for one, truth in zip(node.inputs, truths, strict=True) if truth is None] + [ZERO]
    elif node.operation == "number" and hardest(forms[id(node.inputs[0])]) == DOMAIN:
        condition, sides = node.inputs[0], [ONE, ZERO]
    if condition is None or condition.is_constant or not hardest(forms[id(condition)]):
        return None
    compared = condition
    while compared.operation in ("reshape", "broadcast", "not"):
        compared = compared.inputs[0]
    equality = compared.operation in ("eq", "ne") and all(
        hardest(forms[id(one)]) < Form.DISCONTINUOUS for one in compared.inputs
    )
    if equality:  # of what moves steadily, which holds at single points: the order of what is compared changes there
        condition = _laid_out(compare("gt", *compared.inputs), condition)
    domain = hardest(forms[id(condition)]) == DOMAIN if id(condition) in forms else False
    return Switch(node, condition, (sides[0], sides[1]), owner, domain or equality, equality)


def verdicts(switches: Sequence[Switch], x: Node, around: Surroundings) -> dict[int, Form]:
    """For each switch, by the id of its node: DISCONTINUOUS where it jumps, else PIECEWISE; CONSTANT where only the
    domain of a function is at stake, and its end is nowhere around."""
    if not switches:
        return {}
    conditions = [one.condition for one in switches]
    nodes = [*conditions, *(one.node for one in switches), *(side for one in switches for side in one.sides)]
    effort = Effort.over(nodes)
    if effort is None:
        return {}
    look = _Look(Program(nodes, [x.parameters[0]]), switches, effort)
    changes = look.changes(around)
    look.close_in(changes)
    found: dict[int, Form] = {}
    for number, switch in enumerate(switches):
        own = [change for change in changes if change.switch == number]
        form = Form.CONSTANT if switch.patch and not (own and not switch.equality) else Form.PIECEWISE
        if any(map(_jumps, own)):
            form = Form.DISCONTINUOUS
        found[id(switch.owner)] = max(form, found.get(id(switch.owner), Form.CONSTANT))
    return found


class _Look:
    """Evaluates conditions and what they switch, a few points at a time."""

    def __init__(self, program: Program, switches: Sequence[Switch], effort: Effort) -> None:
        self.program = program
        self.switches = switches
        self.effort = effort

    def at(self, points: np.ndarray) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """For each switch the condition, the value and both sides (K, elements) at points (K, n)."""
        parts = torch.from_numpy(points).split(self.effort.together)
        runs = [self.program(part) for part in parts]
        count = len(self.switches)

        def whole(at: int, shape: tuple[int, ...]) -> Tensor:
            shown = (run[at] for run in runs)
            sized = zip(shown, parts, strict=True)
            return torch.cat([_batched(one, len(part), shape).reshape(len(part), -1) for one, part in sized])

        found = []
        for number, switch in enumerate(self.switches):
            places = (number, count + number, 2 * count + 2 * number, 2 * count + 2 * number + 1)
            condition, value, one, other = (whole(at, switch.node.shape) for at in places)
            found.append((condition, value, one, other))
        return found

    def changes(self, around: Surroundings) -> list[_Change]:
        """Changes of conditions along random lines through the start, a few of each switch."""
        found: list[_Change] = []
        count = [0] * len(self.switches)
        for scale in SCALES[: self.effort.lines]:
            step = around.step(scale)
            along = np.linspace(-1.0, 1.0, POINTS + 1)[:, None]
            points = around.clipped(around.x0 + along * step)
            for number, (condition, value, _, _) in enumerate(self.at(points)):
                if count[number] >= A_SWITCH or len(found) >= self.effort.changes:
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
        parts = np.linspace(0.0, 1.0, self.effort.parts + 1)[:, None]
        for turn in range(self.effort.rounds if changes else 0):
            lines = [change.start + parts * (change.end - change.start) for change in changes]
            for points, change in zip(lines, changes, strict=True):
                points[-1] = change.end
            found = self.at(np.concatenate(lines))
            for number, (points, change) in enumerate(zip(lines, changes, strict=True)):
                own = slice(number * len(parts), (number + 1) * len(parts))
                condition, values, one, other = (part[own, change.element] for part in found[change.switch])
                turns = (condition != condition[0]).nonzero()
                if not len(turns):
                    continue
                at = int(turns[0])
                change.start, change.end = points[at - 1], points[at]
                change.sides = (values[at - 1].item(), values[at].item())
                if self.switches[change.switch].equality:
                    change.sides = (one[at].item(), other[at].item())
                if turn <= self.effort.local:
                    change.size = max(map(abs, change.sides))


def _batched(tensor: Tensor, many: int, shape: tuple[int, ...]) -> Tensor:
    """Values of an expression at `many` points, of the shape of what they are switched into."""
    return tensor.expand(shape).expand(many, *shape) if tensor.dim() <= len(shape) else tensor.expand(many, *shape)


def _jumps(change: _Change) -> bool:
    """Whether the sides differ where they meet; a side that grows beyond all bounds there has an end of its domain."""
    one, other = change.sides
    size = max(abs(one), abs(other))
    if not np.isfinite(size) or size > ENDLESS * max(change.size, 1e-300):
        return False
    return abs(one - other) > JUMP * max(change.size, size)


def _laid_out(node: Node, like: Node) -> Node:
    """A node repeated and reshaped as another one of its elements is."""
    return reshape(node, like.shape) if node.size == like.size else broadcast(node, like.shape)


def _is_error(node: Node) -> bool:
    return node.value is not None and not node.boolean and bool(node.value.isnan().all())
