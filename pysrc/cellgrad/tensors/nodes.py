"""Tensor expressions.

A `Node` is one operation on other nodes, with a static shape. A node whose inputs are all constant is folded into a
constant when it is made, so building an expression *is* evaluating its constant part. What is left is live: it
depends on an input.

Shapes leave out batch axes. A program may be run with any number of leading batch axes on its inputs (many starting
points, many tangents), so operations count axes from the end and live operands of one operation have equal rank.

Two equal operations on the same inputs are the same node (each node remembers what was derived from it), so common
subexpressions are shared without a pass of their own.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch

Shape = tuple[int, ...]


class Node:
    """One operation of a tensor expression.

    operation: its name in `operations.OPERATIONS`, 'constant' or 'input'.
    inputs: the operand nodes. parameters: static, hashable arguments.
    shape: without batch axes. boolean: whether elements are truth values (else float64).
    value: the tensor of a constant, None for a live node.
    """

    __slots__ = ("__weakref__", "_bound", "_derived", "boolean", "inputs", "operation", "parameters", "shape", "value")

    def __init__(
        self,
        operation: str,
        inputs: tuple[Node, ...],
        parameters: tuple[Any, ...],
        shape: Shape,
        boolean: bool = False,
        value: torch.Tensor | None = None,
        bound: float | None = None,
    ) -> None:
        self.operation = operation
        self.inputs = inputs
        self.parameters = parameters
        self.shape = shape
        self.boolean = boolean
        self.value = value
        self._bound = bound
        self._derived: dict[tuple[Any, ...], tuple[Callable[[], Node | None], ...]] | None = None

    @property
    def is_constant(self) -> bool:
        return self.value is not None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def bound(self) -> float:
        """An upper bound of every element's magnitude; inf where none is known or an element is not finite."""
        if self._bound is None:
            assert self.value is not None
            count = self.value.numel()
            if self.boolean or not count:
                self._bound = 1.0
                return 1.0
            if count == 1:
                largest = abs(self.value.item())
            else:
                low, high = torch.aminmax(self.value)
                largest = max(abs(low.item()), abs(high.item()))
            self._bound = largest if math.isfinite(largest) else math.inf
        return self._bound

    @property
    def always_finite(self) -> bool:
        """Whether no element can be an error (NaN or infinite)."""
        return math.isfinite(self.bound)

    def __repr__(self) -> str:
        what = "constant" if self.is_constant else self.operation
        return f"<{what} {'x'.join(map(str, self.shape)) or 'scalar'}>"


def constant(value: torch.Tensor | float | Sequence[Any]) -> Node:
    """A constant; anything but a boolean tensor becomes float64."""
    tensor = value if isinstance(value, torch.Tensor) else torch.as_tensor(value, dtype=torch.float64)
    if tensor.dtype not in (torch.float64, torch.bool):
        tensor = tensor.to(torch.float64)
    return Node("constant", (), (), tuple(tensor.shape), tensor.dtype == torch.bool, tensor)


LARGEST_INPUT = 1e100
"""Inputs are promised to stay below this magnitude, so that sums of products of them are known not to overflow."""


def input_node(name: str, shape: Shape) -> Node:
    """An input of the program, live by definition; its elements stay within +-LARGEST_INPUT."""
    return Node("input", (), (name,), shape, bound=LARGEST_INPUT)


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The common shape by numpy's rule; raises ValueError where there is none."""
    if len(shapes) == 2 and shapes[0] == shapes[1]:
        return shapes[0]
    rank = max(map(len, shapes), default=0)
    result = [1] * rank
    for shape in shapes:
        for axis in range(1, len(shape) + 1):
            size = shape[-axis]
            if size != 1:
                if result[-axis] not in (1, size):
                    raise ValueError(f"shapes {shapes} do not broadcast")
                result[-axis] = size
    return tuple(result)


def derived(key: tuple[Any, ...], inputs: tuple[Node, ...]) -> Node | None:
    """The node already made by this operation on these inputs, if it still lives."""
    memo = inputs[-1]._derived
    found = memo.get((*key, *map(id, inputs[:-1]))) if memo else None
    # An id can be reused after its node died, so the inputs themselves are compared.
    if found is None or any(then() is not now for then, now in zip(found[1:], inputs, strict=False)):
        return None
    return found[0]()


def remember(key: tuple[Any, ...], inputs: tuple[Node, ...], node: Node) -> None:
    """Let `derived` find `node`, without keeping it or the other inputs alive.

    A view of a constant is kept: it costs no memory, and what is made from it again is then the same node.
    """
    last = inputs[-1]
    if last._derived is None:
        last._derived = {}
    found: Callable[[], Node | None] = weakref.ref(node)
    if len(inputs) == 1 and _is_view(node, last):
        found = partial(_itself, node)
    last._derived[(*key, *map(id, inputs[:-1]))] = (found, *map(weakref.ref, inputs[:-1]))


def _is_view(node: Node, source: Node) -> bool:
    """Whether both are constants on the same memory."""
    if node.value is None or source.value is None:
        return False
    return node.value.untyped_storage().data_ptr() == source.value.untyped_storage().data_ptr()


def _itself(node: Node) -> Node:
    return node


def topological(outputs: Sequence[Node]) -> list[Node]:
    """Every node below `outputs`, inputs before users; iterative, so depth is no limit."""
    order: list[Node] = []
    seen: set[int] = set()
    stack: list[tuple[Node, bool]] = [(node, False) for node in reversed(outputs)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node.inputs) if id(child) not in seen)
    return order
