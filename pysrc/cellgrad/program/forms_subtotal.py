"""SUBTOTAL and AGGREGATE over whole blocks: the aggregate they name, over the cells that count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from cellgrad.address import Region
from cellgrad.formula.tree import Binary, Call, Node, Range
from cellgrad.functions.arrays import Array, NoKernel, kind_node, simple_kind
from cellgrad.functions.kernels import KERNELS, Kernel
from cellgrad.functions.operands import Fault
from cellgrad.functions.subtotals import AGGREGATES, FIRST_WITH_K, aggregate_options, subtotal_number
from cellgrad.graph.precedents import axes
from cellgrad.program.forms import Evaluation, Form
from cellgrad.tensors import operations as t
from cellgrad.tensors.nodes import Node as Tensor
from cellgrad.tensors.nodes import constant
from cellgrad.values import Kind


def _subtotal(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    """SUBTOTAL by a number that is the same for the whole block."""
    try:
        name, hidden = subtotal_number(_number(tree.arguments[0], evaluation))
    except Fault:
        raise NoKernel("SUBTOTAL by a number it does not know") from None
    arrays = [
        _shown(part, evaluation, filtered=True, hidden=hidden, nested=True)
        for argument in tree.arguments[1:]
        for part in _parts(argument)
    ]
    return _kernel(name)(tuple(arrays), evaluation.texts)


def _aggregate(tree: Call, evaluation: Evaluation, array_mode: bool) -> Array:
    """AGGREGATE by a number and options that are the same for the whole block."""
    which = int(_number(tree.arguments[0], evaluation))
    try:
        hidden, errors, nested = aggregate_options(_number(tree.arguments[1], evaluation))
    except Fault:
        raise NoKernel("AGGREGATE by options it does not know") from None
    if not 1 <= which <= len(AGGREGATES):
        raise NoKernel("AGGREGATE by a number it does not know")
    sources: tuple[Node, ...] = tree.arguments[2:]
    ranks: tuple[Array, ...] = ()
    if which >= FIRST_WITH_K:
        if len(sources) != 2:
            raise NoKernel("AGGREGATE without its k")
        source, k = sources
        sources, ranks = (source,), (evaluation.of(k, array_mode),)
    arrays = []
    for part in (part for source in sources for part in _parts(source)):
        if which >= FIRST_WITH_K and not isinstance(part, Range):
            array = evaluation.of(part, True)
        else:
            array = _shown(part, evaluation, filtered=False, hidden=hidden, nested=nested)
        arrays.append(_masked(array, t.is_finite(array.data)) if errors else array)
    return _kernel(AGGREGATES[which - 1])((*arrays, *ranks), evaluation.texts)


def _kernel(name: str) -> Kernel:
    found = KERNELS.get(name)
    if found is None:
        raise NoKernel(f"{name} has no derivative here")
    return found


def _number(node: Node, evaluation: Evaluation) -> float:
    value = evaluation.texts.numbers(evaluation.of(node)).value
    if value is None or not bool(((value == value.flatten()[0]) & value.isfinite()).all()):
        raise NoKernel("a subtotal whose kind varies, or is an error")
    return float(value.flatten()[0])


def _parts(node: Node) -> list[Node]:
    """The areas of a union."""
    if isinstance(node, Binary) and node.operator == ",":
        return _parts(node.left) + _parts(node.right)
    return [node]


def _shown(node: Node, evaluation: Evaluation, *, filtered: bool, hidden: bool, nested: bool) -> Array:
    """The cells of a reference, blank where they do not count."""
    if not isinstance(node, Range) or node.last_sheet is not None:
        raise NoKernel("a subtotal of what is no plain reference")
    book, host = evaluation.lowering.book, evaluation.host
    sheet = book.sheet(node.sheet or host.sheet)
    both = axes(node, host, sheet.cells.extent)
    if both is None:
        raise NoKernel("a subtotal of ranges whose size varies")
    rows, columns = both
    region = Region(sheet.name, rows.start, columns.start, rows.start + rows.length, columns.start + columns.length)
    kept = evaluation.lowering.reference.subtotals.kept(region, filtered=filtered, hidden=hidden, nested=nested)
    array = evaluation.range(node)
    if kept.all():
        return array
    mask = constant(torch.from_numpy(np.ascontiguousarray(kept)).to(torch.float64))
    return _masked(array, t.compare("gt", t.windows(mask, rows.inner, columns.inner), t.ZERO))


def _masked(array: Array, counts: Tensor) -> Array:
    """The array, blank where it does not count; read as from cells, so that blanks are skipped."""
    if counts.value is not None and bool(counts.value.all()):
        return replace(array, reference=True)
    kind = t.select(counts, kind_node(array.kind), t.number(Kind.BLANK))
    return Array(t.select(counts, array.data, t.ZERO), simple_kind(kind), reference=True)


SUBTOTAL_FORMS: dict[str, Form] = {"SUBTOTAL": _subtotal, "AGGREGATE": _aggregate}
