"""Which cells make a model as hard as it is: the first whose own operation is harder than all that they read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cellgrad.address import Region
from cellgrad.blocks.block import Block
from cellgrad.formula.tree import Call, walk
from cellgrad.functions.registry import FUNCTIONS, Smoothness
from cellgrad.gradients.form import Form
from cellgrad.gradients.node_forms import COMPARISONS, Forms, hardest, is_number_of_truth
from cellgrad.program.compiling import Compiled
from cellgrad.program.values import Values
from cellgrad.tensors.nodes import Node

OF_EACH = 5
"""How many reasons are given for each form."""


@dataclass(frozen=True)
class Reason:
    """A cell that makes a model as hard as it is: its formula, and why in a few words."""

    cell: Region
    formula: str
    form: Form
    why: str


def used_parts(compiled: Compiled, roots: Iterable[Region]) -> dict[Block, Region]:
    """The live blocks that the roots depend on, users first, and the part of each that is read, as one rectangle."""
    dependence = compiled.lowering.dependence
    used: dict[Block, Region] = {}

    def use(region: Region) -> None:
        for block in dependence.touching(region):
            shared = block.region.intersect(region)
            if shared is None or not compiled.is_live(block):
                continue
            together = _together(compiled, block)
            if block.spread or len(together) > 1 or dependence.recurrence(block) is not None:
                used.update({one: one.region for one in together})
            else:
                used[block] = _around(used[block], shared) if block in used else shared

    for root in roots:
        use(root)
    found: dict[Block, Region] = {}
    for block in reversed(compiled.order):
        part = used.get(block)
        if part is None:
            continue
        found[block] = part
        for read in dependence.reads(block if part == block.region else dataclasses.replace(block, region=part)):
            use(read)
    return {block: used[block] for block in found}


def values_of(compiled: Compiled, block: Block) -> Node:
    """The node of a live block's numbers."""
    values = compiled.lowering.values[block]
    assert isinstance(values, Values)
    return values.data


def reasons_of(compiled: Compiled, used: dict[Block, Region], forms: Forms, most: Form) -> tuple[Reason, ...]:
    """The first cells, in the order of evaluation, that are harder than all they read: the hardest form first.

    used: as `used_parts` finds them. most: forms harder than this one have turned out not to be.
    """
    found: dict[Form, list[Reason]] = {}
    for block in reversed(used):
        own = _levels(compiled, forms, block)
        part = own[used[block].within(block.region)]
        level = int(part.max(initial=0))
        if not Form.QUADRATIC <= level <= most or len(found.get(Form(level), ())) >= OF_EACH:
            continue
        reads, direct = _read(compiled, used, forms, block)
        if level > reads:
            row, column = (int(i) for i in np.argwhere(part == level)[0])
            row, column = used[block].top + row, used[block].left + column
            cell = Region(block.region.sheet, row, column, row + 1, column + 1)
            dependence = compiled.lowering.dependence
            names = [node.function for node in walk(dependence.tree(block)) if isinstance(node, Call)]
            why = in_words(_culprit(values_of(compiled, block), forms, level), Form(level), names, direct)
            text = dependence.text_at(block, row, column)
            found.setdefault(Form(level), []).append(Reason(cell, text, Form(level), why))
    return tuple(reason for form in sorted(found, reverse=True) for reason in found[form])


def _levels(compiled: Compiled, forms: Forms, block: Block) -> np.ndarray:
    """The form of every cell of a block (rows, columns)."""
    shape = (block.region.height, block.region.width)
    return np.broadcast_to(forms[id(values_of(compiled, block))].numpy(), shape)


def _read(compiled: Compiled, used: dict[Block, Region], forms: Forms, block: Block) -> tuple[int, bool]:
    """The hardest form that a block reads, other than from itself; whether it reads changing cells alone."""
    dependence = compiled.lowering.dependence
    own = set(_together(compiled, block))
    level, direct = int(Form.CONSTANT), True
    for read in dependence.reads(dataclasses.replace(block, region=used[block])):
        if any(area.intersect(read) for area in compiled.areas):
            level = max(level, Form.LINEAR)
        for precedent in dependence.touching(read):
            shared = precedent.region.intersect(read)
            if precedent in used and precedent not in own and shared is not None:
                part = _levels(compiled, forms, precedent)[shared.within(precedent.region)]
                level, direct = max(level, int(part.max(initial=0))), False
    return level, direct


def _together(compiled: Compiled, block: Block) -> Sequence[Block]:
    """The members of the recurrence or the loop that a block is part of; else itself."""
    dependence = compiled.lowering.dependence
    recurrence = dependence.recurrence(block)
    return recurrence.members if recurrence is not None else dependence.loop(block) or (block,)


def _around(one: Region, other: Region) -> Region:
    """The smallest rectangle that holds both."""
    return Region(
        one.sheet, min(one.top, other.top), min(one.left, other.left), max(one.bottom, other.bottom),
        max(one.right, other.right),
    )  # fmt: skip


def _culprit(node: Node, forms: Forms, level: int) -> Node:
    """The operation below a node that is the first to be of this form; a switch answers for its condition."""
    while True:
        inputs: Sequence[Node] = node.inputs
        if node.operation == "select":
            inputs = inputs[1:]
        elif node.operation == "mul":
            inputs = [one for one in inputs if level < Form.PIECEWISE or is_number_of_truth(one) is None]
        harder = next((i for i in inputs if id(i) in forms and hardest(forms[id(i)]) >= level), None)
        if harder is None:
            return node
        node = harder


# Words ---------------------------------------------------------------------------------------------------------------

_TWO_RANGES = ("SUMPRODUCT", "MMULT", "PRODUCT")
_SQUARES = ("SUMSQ", "SUMXMY2", "SUMX2MY2", "SUMX2PY2", "DEVSQ", "VAR", "VAR.S", "VARP", "VAR.P", "COVARIANCE.P",
            "COVARIANCE.S", "COVAR")  # fmt: skip
_CHOICES = ("IF", "IFS", "CHOOSE", "SWITCH", "IFERROR", "IFNA", "MAX", "MIN")
_CRITERIA = ("SUMIF", "SUMIFS", "AVERAGEIF", "AVERAGEIFS", "COUNTIF", "COUNTIFS", "MAXIFS", "MINIFS", "COUNT", "COUNTA",
             "RANK", "RANK.EQ", "RANK.AVG", "FREQUENCY", "DSUM", "DCOUNT", "FILTER", "UNIQUE")  # fmt: skip
_FUNCTION = {
    "exp": "EXP", "log": "LN", "log10": "LOG10", "sqrt": "SQRT", "sin": "SIN", "cos": "COS", "tan": "TAN", "abs": "ABS",
    "relu": "MAX", "maximum": "MAX", "minimum": "MIN", "amax": "MAX", "amin": "MIN", "sign": "SIGN", "trunc": "INT",
    "floor": "INT", "ceil": "ROUNDUP", "remainder": "MOD", "atan": "ATAN", "tanh": "TANH", "prod": "PRODUCT",
    "inverse": "MINVERSE", "determinant": "MDETERM",
}  # fmt: skip
_SMOOTHNESS = {
    Form.SMOOTH: (Smoothness.SMOOTH,),
    Form.PIECEWISE: (Smoothness.PIECEWISE,),
    Form.DISCONTINUOUS: (Smoothness.STEP, Smoothness.NONE),
}
_PLAIN = frozenset(
    {"SUM", "SUMPRODUCT", "AVERAGE", "IF", "MMULT", "TRANSPOSE", "INDEX", "N", "OFFSET", "ROW", "COLUMN"}
)


def in_words(node: Node, form: Form, names: Sequence[str], direct: bool) -> str:
    """Why an operation is of its form, in words that name what stands in the formula.

    names: the functions that the formula calls. direct: whether it reads changing cells alone.
    """
    of = "a changing cell" if direct else "a cell that depends on the changing cells"
    both = "both depend on the changing cells"
    name = node.operation
    if name in ("seek", "take", "pick_at", "order_of") or (name == "pick" and form is Form.DISCONTINUOUS):
        return f"{_of(names, _PLAIN_LOOKUPS) or 'look-up'} by a key or place that depends on the changing cells"
    if name in COMPARISONS or (name in ("number", "mul") and form >= Form.PIECEWISE):
        called = _of(names, _CRITERIA)
        if called:
            return f"{called} counts or picks by values that depend on the changing cells"
        return "comparison of cells that depend on the changing cells, used as a number" + (
            "" if name != "mul" or form is Form.DISCONTINUOUS else "; no jump was found there"
        )
    if name == "select" or (name in ("relu", "maximum", "minimum") and not {"MAX", "MIN"} & set(names)):
        called = _of(names, (*_CHOICES, *_CRITERIA)) or "choice"
        sides = "its branches differ there" if form is Form.DISCONTINUOUS else "no jump was found there"
        if any(branch.value is not None and bool(branch.value.isnan().any()) for branch in node.inputs[1:]):
            sides = "one of its branches is an error"
        return f"{called} on a condition that depends on the changing cells; {sides}"
    if name in ("mul", "matmul", "scan", "recurrence") and form <= Form.SMOOTH:
        called = _of(names, _SQUARES) if name == "mul" else None
        if called:
            return f"{called} of cells that depend on the changing cells"
        called = _of(names, _TWO_RANGES)
        if called:
            return f"{called} of two ranges that {both}"
        if name in ("mul", "matmul"):
            called = _by_smoothness(names, form)
            return f"{called} of {of}" if called else f"product of two cells that {both}"
        return "step of a recurrence that multiplies cells that depend on the changing cells"
    if name == "fixed_point":
        return "one of several cells that need each other, on values that depend on the changing cells"
    if name == "scan":
        called = _of(names, _CHOICES) or _by_smoothness(names, form) or "choice"
        return f"{called} in a recurrence, on values that depend on the changing cells"
    if name == "square":
        called = _of(names, _SQUARES)
        return f"{called} of cells that depend on the changing cells" if called else f"square of {of}"
    if name == "div":
        called = _by_smoothness(names, form)
        return f"{called} of {of}" if called else f"division by {of}"
    if name == "pow":
        return f"power of {of}" if node.inputs[1].is_constant else f"power with an exponent that is {of}"
    called = _by_smoothness(names, form) or (_FUNCTION.get(name) if _FUNCTION.get(name) in names else None)
    if called is None and form is Form.DISCONTINUOUS:
        looked = _of(names, _PLAIN_LOOKUPS)
        return f"{looked} by a key or place that depends on the changing cells" if looked else f"step of {of}"
    return f"{called or _FUNCTION.get(name) or 'a function that is not linear'} of {of}"


_PLAIN_LOOKUPS = ("VLOOKUP", "HLOOKUP", "LOOKUP", "XLOOKUP", "MATCH", "XMATCH", "INDEX", "CHOOSE", "OFFSET", "SORT",
                  "SORTBY")  # fmt: skip


def _of(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    return next((name for name in names if name in wanted), None)


def _by_smoothness(names: Sequence[str], form: Form) -> str | None:
    """The first function called whose record says that it is of such a form."""
    smoothness = _SMOOTHNESS.get(form, ())
    for name in names:
        record = FUNCTIONS.get(name)
        if record is not None and name not in _PLAIN and record.smoothness in smoothness:
            return name
    return None
