"""IFNA and ISNA over a block: which of the errors that a value comes to are #N/A.

Inside a program one error is like another. The error of a value that does not depend on the changing cells is known,
and so is where a search comes to nothing whose key and line do not; of other errors none counts as #N/A.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch

from cellgrad.formula.tree import Call, Literal, Local, Missing, Node, Range, walk
from cellgrad.functions.arrays import Array, merged, scalar
from cellgrad.functions.kernels import boolean
from cellgrad.functions.operands import Matrix
from cellgrad.program.forms import Evaluation, Form
from cellgrad.program.overrides import LiveCell
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import constant
from cellgrad.values import CellError


def _ifna(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    """What is found, or else the alternative."""
    array = evaluation.of(tree.arguments[0], array_mode)
    known = _not_available(tree.arguments[0], array, evaluation, array_mode)
    if known is None:
        return evaluation.by_kernel(tree, array_mode)
    found = merged(t.is_finite(array.data), array, scalar(math.nan))
    if not known.any():
        return found
    return merged(constant(torch.from_numpy(known)), evaluation.branch(tree.arguments[1], array_mode), found)


def _isna(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    """Whether a search comes to nothing; an error where it finds what is one, which might be #N/A."""
    array = evaluation.of(tree.arguments[0], array_mode)
    known = _not_available(tree.arguments[0], array, evaluation, array_mode)
    if known is None:
        return evaluation.by_kernel(tree, array_mode)
    nothing = constant(torch.from_numpy(known))
    return boolean(nothing, t.select(nothing, t.ZERO, array.data))


def _not_available(value: Node, array: Array, evaluation: Evaluation, array_mode: bool) -> np.ndarray | None:
    """Where a value, evaluated as `array`, comes to #N/A, told by the per-cell reference; None where it cannot tell."""
    if array.data.always_finite or array.inner != (1, 1):
        return None
    search = _search(value)  # what it does not find does not depend on the changing cells that it would have picked
    found = None if search is None else _told(search, evaluation, array_mode)
    return _told(value, evaluation, array_mode) if found is None and array.is_constant else found


def _told(tree: Node, evaluation: Evaluation, array_mode: bool) -> np.ndarray | None:
    """Where a tree comes to #N/A; None where that depends on the changing cells."""
    if any(isinstance(node, Local) for node in walk(tree)):
        return None
    host, reference = evaluation.host, evaluation.lowering.reference
    try:
        found = [reference.evaluate(tree, host.sheet, *cell, array=array_mode) for cell in host.cells()]
    except LiveCell:
        return None
    if any(isinstance(one, Matrix) for one in found):
        return None
    return np.array([one is CellError.NA for one in found]).reshape(host.height, host.width, 1, 1)


def _search(tree: Node) -> Node | None:
    """The search in a lookup, as MATCH or XMATCH; None where that is not the whole of what can be #N/A."""
    if not isinstance(tree, Call):
        return None
    name, arguments = tree.function, tree.arguments
    if name in ("VLOOKUP", "HLOOKUP") and isinstance(table := arguments[1], Range):
        line = replace(table, right=table.left) if name == "VLOOKUP" else replace(table, bottom=table.top)
        near = arguments[3] if len(arguments) > 3 else Literal(1.0)
        how = Call("IF", (Literal(0.0) if isinstance(near, Missing) else near, Literal(1.0), Literal(0.0)))
        return Call("MATCH", (arguments[0], line, how))
    if name == "XLOOKUP" and (len(arguments) < 4 or isinstance(arguments[3], Missing)):
        return Call("XMATCH", (*arguments[:2], *arguments[4:]))
    if name == "INDEX" and isinstance(arguments[0], Range):
        searches = [one for one in arguments[1:] if isinstance(one, Call) and one.function in ("MATCH", "XMATCH")]
        return searches[0] if len(searches) == 1 else None
    return None


ERROR_FORMS: dict[str, Form] = {"IFNA": _ifna, "ISNA": _isna}
