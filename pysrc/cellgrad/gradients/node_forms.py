"""The form of every element of an expression, by the operations on the way: an upper bound, found in one pass.

A sum is as hard as its hardest term, a product of two linear factors is quadratic, EXP is smooth, ABS has a kink, INT
jumps. What cancels is not seen here (x * (x - 1) - x * x counts as quadratic): `degrees` looks at derivatives for that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from cellgrad.gradients.form import Form, of_product
from cellgrad.tensors.fixed_point import Iteration
from cellgrad.tensors.nodes import Node, topological
from cellgrad.tensors.operations import OPERATIONS
from cellgrad.tensors.scan import Loop

DOMAIN = Form.SMOOTH
"""What a truth value counts as that says only whether a number is one: it ends a domain and moves nothing inside."""

KINKED = frozenset({"abs", "maximum", "minimum", "relu", "amax", "amin", "sort", "unsort", "resort", "running_largest"})
STEPS = frozenset(
    {"floor", "ceil", "trunc", "sign", "remainder", "stepwise", "seek", "order_of", "independent", "relu_cotangent",
     "running_share", "take"}
)  # fmt: skip
COMPARISONS = frozenset({"lt", "le", "eq", "ne", "gt", "ge"})
_SAME = frozenset({"neg", "add", "sub", "sum", "and", "or", "not", "any", "all"})
_MOVED = frozenset({"reshape", "permute", "broadcast", "crop", "windows", "gather"})
_SUMMED = frozenset({"scatter", "overlap", "unpick", "put_at", "spread"})
_LARGE = 1_000_000
"""A product of matrices larger than this is not looked at element by element."""

Forms = dict[int, Tensor]
"""Forms (uint8) by the id of a node, of as many axes as the node; axes along which nothing varies may be 1."""


def forms_of(
    outputs: Sequence[Node], verdicts: Mapping[int, Form] | None = None, known: Mapping[int, Tensor] | None = None
) -> Forms:
    """The forms of every node below the outputs.

    verdicts: what is known of nodes that switch on a live condition, by id; else such a switch counts as a kink.
    known: forms of inputs; else an input is linear.
    """
    found: Forms = dict(known or {})
    verdicts = verdicts or {}
    for node in topological(outputs):
        if id(node) in found:
            continue
        if node.is_constant:
            found[id(node)] = _uniform(node, Form.CONSTANT)
        elif node.operation == "input":
            found[id(node)] = _uniform(node, Form.LINEAR)
        else:
            forms = [found[id(i)] for i in node.inputs]
            found[id(node)] = _form(node, forms, verdicts)
    return found


def hardest(forms: Tensor) -> int:
    """The hardest form there is."""
    return int(forms.max()) if forms.numel() else 0


def is_number_of_truth(node: Node) -> Node | None:
    """The truth value that a node is the 0 or 1 of, however it is laid out."""
    while node.operation in ("reshape", "broadcast"):
        node = node.inputs[0]
    return node.inputs[0] if node.operation == "number" else None


def _form(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    name = node.operation
    rule = _RULES.get(name)
    if rule is not None:
        return rule(node, forms, verdicts)
    if name in _SAME:
        return _reduced(node, forms[0]) if len(forms) == 1 else torch.maximum(*forms)
    if name in _MOVED:
        return _moved(node, forms)
    if name in ("concatenate", "assemble"):
        return _put_together(node, forms)
    most = max(hardest(form) for form in forms)
    operation = OPERATIONS[name]
    if name in _SUMMED:
        return _uniform(node, most)
    least = Form.SMOOTH
    if name in KINKED:
        least = Form.PIECEWISE
    elif name in STEPS or name in COMPARISONS or operation.boolean or operation.vjp is None:
        least = Form.DISCONTINUOUS
    if operation.elementwise:
        return _at_least(_largest(forms), least)
    if name in ("amax", "amin"):
        return _at_least(_reduced(node, forms[0]), least)
    return _uniform(node, max(most, least) if most else most)


def _uniform(node: Node, form: int) -> Tensor:
    return torch.full((1,) * len(node.shape), int(form), dtype=torch.uint8)


def _largest(forms: Sequence[Tensor]) -> Tensor:
    most = forms[0]
    for form in forms[1:]:
        most = torch.maximum(most, form)
    return most


def _at_least(forms: Tensor, least: int) -> Tensor:
    """Forms raised to `least` wherever they are not constant."""
    return torch.where(forms > 0, forms.clamp(min=int(least)), forms)


def _reduced(node: Node, forms: Tensor) -> Tensor:
    """Forms over axes that a reduction leaves out; all of them for an operation on single elements."""
    for axis, (before, after) in enumerate(zip(node.inputs[0].shape, node.shape, strict=True)):
        if before != after:
            forms = forms.amax(axis, keepdim=True)
    return forms


def _moved(node: Node, forms: Sequence[Tensor]) -> Tensor:
    if forms[0].numel() == 1:
        return forms[0].reshape((1,) * len(node.shape))
    whole = forms[0].expand(node.inputs[0].shape)
    return OPERATIONS[node.operation].run(whole, *node.parameters)


def _put_together(node: Node, forms: Sequence[Tensor]) -> Tensor:
    if all(form.numel() == 1 for form in forms) and len({hardest(form) for form in forms}) == 1:
        return _uniform(node, hardest(forms[0]))
    wholes = [form.expand(one.shape) for form, one in zip(forms, node.inputs, strict=True)]
    return OPERATIONS[node.operation].run(*wholes, *node.parameters)


# Rules ---------------------------------------------------------------------------------------------------------------

Rule = Callable[[Node, list[Tensor], Mapping[int, Form]], Tensor]


def _without_zeros(node: Node, other: Tensor) -> Tensor:
    """The forms of a product's factor, 0 where the other factor is always 0."""
    if node.value is None or node.boolean or not bool((node.value == 0).any()):
        return other
    return torch.where(node.value == 0, torch.zeros((), dtype=torch.uint8), other)


def _mul(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    a, b = node.inputs
    if id(node) in verdicts:  # a truth value times something: a switch between it and 0
        others = [form for form, one in zip(forms, node.inputs, strict=True) if is_number_of_truth(one) is None]
        return _largest([*others, _uniform(node, verdicts[id(node)])])
    fa, fb = _without_zeros(b, forms[0]), _without_zeros(a, forms[1])
    most = torch.maximum(fa, fb)
    if a.is_constant or b.is_constant:
        return most
    both = (fa > 0) & (fb > 0)
    product = torch.where(most == Form.LINEAR, int(Form.QUADRATIC), most.clamp(min=int(Form.SMOOTH)))
    return torch.where(both, product, most).to(torch.uint8)


def _square(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    form = forms[0]
    return torch.where(form == Form.LINEAR, int(Form.QUADRATIC), _at_least(form, Form.SMOOTH)).to(torch.uint8)


def _div(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    if node.inputs[1].is_constant:
        return torch.maximum(*forms)
    return torch.where(forms[1] > 0, _at_least(torch.maximum(*forms), Form.SMOOTH), forms[0])


def _pow(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    exponent = node.inputs[1]
    if exponent.value is None:
        return _at_least(torch.maximum(*forms), Form.SMOOTH)
    found = _at_least(forms[0], Form.SMOOTH)
    for power, form in ((0, forms[0].clamp(max=0)), (1, forms[0]), (2, _square(node, forms, verdicts))):
        found = torch.where(exponent.value == power, form, found)
    return found.to(torch.uint8)


def _product(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    degrees = forms[0].expand(node.inputs[0].shape)
    hard = degrees
    for axis in node.parameters[0]:
        degrees, hard = degrees.to(torch.int64).sum(axis, keepdim=True), hard.amax(axis, keepdim=True)
    return torch.maximum(degrees.clamp(max=int(Form.SMOOTH)).to(torch.uint8), hard)


def _matmul(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    a, b = node.inputs
    if all(form.numel() == 1 for form in forms) and not (a.is_constant or b.is_constant):
        return _uniform(node, of_product(hardest(forms[0]), hardest(forms[1])))
    if max(a.size, b.size) > _LARGE:
        either = max(map(hardest, forms))
        return _uniform(node, either if a.is_constant or b.is_constant else of_product(*map(hardest, forms)))
    for factor, other, axis in ((a, forms[1], -1), (b, forms[0], -2)):
        if factor.value is not None and other.numel() == 1:
            return (factor.value != 0).any(axis, keepdim=True).to(torch.uint8) * other
    wholes = [form.expand(one.shape) for form, one in zip(forms, node.inputs, strict=True)]
    weights = [None if one.value is None else (one.value != 0) for one in node.inputs]
    found = torch.zeros((), dtype=torch.uint8)
    for p in wholes[0].unique().tolist():
        for q in wholes[1].unique().tolist():
            level = max(p, q) if a.is_constant or b.is_constant else of_product(p, q)
            if level:
                masks = [whole == form for whole, form in zip(wholes, (p, q), strict=True)]
                kept = [m if w is None else m & w for m, w in zip(masks, weights, strict=True)]
                hit = torch.matmul(kept[0].float(), kept[1].float()) > 0
                found = torch.maximum(found, hit.to(torch.uint8) * level)
    return found.expand(node.shape)


def _select(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    condition, a, b = node.inputs
    if condition.value is not None:
        return torch.where(condition.value, forms[1], forms[2])
    either = torch.maximum(forms[1], forms[2])
    live = torch.where(forms[0] > 0, int(verdicts.get(id(node), Form.PIECEWISE)), 0).to(torch.uint8)
    found = torch.maximum(either, live)
    for branch, other in ((b, forms[1]), (a, forms[2])):
        if branch.value is not None and not branch.boolean:
            # Beyond it there is no value at all: what would be linear or quadratic without end has a wall.
            wall = (forms[0] > DOMAIN) & (other <= Form.QUADRATIC)
            within = torch.where(wall, int(Form.PIECEWISE), other).to(torch.uint8)
            found = torch.where(branch.value.isnan(), within, found)
    return found


def _is_finite(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    return torch.where(forms[0] > 0, int(DOMAIN), 0).to(torch.uint8)


def _number(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    domain = int(verdicts.get(id(node), Form.CONSTANT))
    return torch.where(forms[0] > DOMAIN, int(Form.DISCONTINUOUS), torch.where(forms[0] > 0, domain, 0)).to(torch.uint8)


def _pick(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    jumps = torch.where(forms[1] > 0, int(Form.DISCONTINUOUS), 0).to(torch.uint8)
    found = jumps.clamp(min=hardest(forms[0])) if forms[0].numel() else jumps
    return found if found.dim() == len(node.shape) else _uniform(node, hardest(found))


def _recurrence(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    *partials, right = forms
    moving = max((hardest(part) for part in partials), default=0)
    return _uniform(node, max(hardest(right), moving, Form.SMOOTH) if moving else hardest(right))


def _inside(node: Node, results: Sequence[Node], reads: Sequence[tuple[Node, int]], given: dict[int, Tensor]) -> Tensor:
    """The form of what goes round: that of the results, once what they read of themselves is as hard as they are."""
    level = 0
    while True:
        known = given | {id(read): _uniform(read, max(level, least)) for read, least in reads}
        forms = forms_of(results, None, known)
        reached = max(level, *(hardest(forms[id(result)]) for result in results))
        if reached == level:
            return _uniform(node, level)
        level = reached


def _scan(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    loop: Loop = node.parameters[0]
    beyond, leaves = forms[: len(loop.reads)], forms[len(loop.reads) :]
    given = {id(one): _uniform(one, hardest(leaf)) for one, leaf in zip(loop.inputs, leaves, strict=True)}
    reads = [(read, hardest(form)) for read, form in zip(loop.reads, beyond, strict=True)]
    return _inside(node, loop.results, reads, given).clamp(min=int(verdicts.get(id(node), Form.CONSTANT)))


def _fixed_point(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    iteration: Iteration = node.parameters[0]
    given = {id(one): _uniform(one, hardest(leaf)) for one, leaf in zip(iteration.inputs, forms, strict=False)}
    return _inside(node, [iteration.result], [(iteration.state, 0)], given)


def _running_total(node: Node, forms: list[Tensor], verdicts: Mapping[int, Form]) -> Tensor:
    axis, backward, _ = node.parameters
    if forms[0].numel() == 1:
        return forms[0]
    whole = forms[0].expand(node.shape)
    return whole.flip(axis).cummax(axis).values.flip(axis) if backward else whole.cummax(axis).values


_RULES: dict[str, Rule] = {
    "mul": _mul,
    "square": _square,
    "div": _div,
    "pow": _pow,
    "prod": _product,
    "matmul": _matmul,
    "select": _select,
    "isfinite": _is_finite,
    "number": _number,
    "pick": _pick,
    "pick_at": _pick,
    "recurrence": _recurrence,
    "scan": _scan,
    "fixed_point": _fixed_point,
    "running_total": _running_total,
}


def total_elements(outputs: Sequence[Node]) -> int:
    """How many elements one evaluation of the outputs makes."""
    return sum(math.prod(node.shape) for node in topological(outputs) if node.value is None)
