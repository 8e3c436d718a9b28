"""Small programs run on numpy: a call there costs a fraction of a torch call, and small programs are all calls.

`TWINS` has, for most operations, a function on arrays that gives what the operation's own gives on tensors, up to the
last digits of elementary functions. Those without a twin run as they are, on tensors that share the arrays' memory; so
does `sign`, as numpy's has another one of NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor

from cellgrad.tensors.nodes import Shape, broadcast_shapes

Array = NDArray[Any]

LIGHT_ELEMENTS = 2**16
"""Programs that compute no more numbers than this, over all starts, run on numpy."""
LIGHT_STEPS = 256
"""A program of so many operations may compute as many numbers again for each further so many: they are few in each."""


def light(name: str, run: Callable[..., Tensor]) -> Callable[..., Array]:
    """What runs the operation `name` on arrays; `run` is what runs it on tensors."""
    twin = TWINS.get(name)
    if twin is not None:
        return twin

    def borrowed(*arguments: Any) -> Array:
        return run(*(as_tensor(a) if isinstance(a, np.ndarray | np.generic) else a for a in arguments)).numpy()

    return borrowed


def as_tensor(array: Array | np.generic) -> Tensor:
    """A tensor on the array's memory; on a copy where that is not to be written to, as the repeats of one number."""
    array = np.asarray(array)
    return torch.from_numpy(array if array.flags.writeable and min(array.strides, default=0) >= 0 else array.copy())


def _reshape(a: Array, shape: Shape, rank: int) -> Array:
    return a.reshape(a.shape[: a.ndim - rank] + shape)


def _permute(a: Array, axes: tuple[int, ...]) -> Array:
    return a.transpose(*range(a.ndim - len(axes)), *(axis + a.ndim for axis in axes))


def _broadcast(a: Array, shape: Shape) -> Array:
    return np.broadcast_to(a, a.shape[: max(a.ndim - len(shape), 0)] + shape)


def _crop(a: Array, starts: tuple[int, ...], stops: tuple[int, ...]) -> Array:
    place: tuple[Any, ...] = (..., *map(slice, starts, stops))
    return a[place]


def _assemble(*arguments: Any) -> Array:
    *pieces, base, shape, places = arguments
    rank = len(shape)
    batch = broadcast_shapes(*(a.shape[: max(a.ndim - rank, 0)] for a in (*pieces, base)))
    out = np.array(np.broadcast_to(base, (*batch, *shape)))
    for piece, place in zip(pieces, places, strict=True):
        stops = tuple(p + s for p, s in zip(place, piece.shape[piece.ndim - rank :], strict=True))
        _crop(out, place, stops)[...] = piece
    return out


def _concatenate(*arguments: Any) -> Array:
    *pieces, axis, rank = arguments
    batches = [piece.shape[: piece.ndim - rank] for piece in pieces]
    if any(batch != batches[0] for batch in batches):
        batch = broadcast_shapes(*batches)
        pieces = [np.broadcast_to(piece, (*batch, *piece.shape[piece.ndim - rank :])) for piece in pieces]
    return np.concatenate(pieces, axis)


def _take(table: Array, index: Array) -> Array:
    return table[np.nan_to_num(index).astype(np.int64)]


def _logistic(a: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-a))


TWINS: dict[str, Callable[..., Array]] = {
    "neg": np.negative, "abs": np.abs, "square": np.square, "exp": np.exp, "expm1": np.expm1,
    "log": np.log, "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "atan2": np.arctan2,
    "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc,
    "logistic": _logistic,
    "softplus": lambda a: np.logaddexp(a, 0.0),
    "relu": lambda a: np.maximum(a, 0.0),
    "relu_cotangent": lambda g, x: np.where(x <= 0, 0.0, g),
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "maximum": np.maximum, "minimum": np.minimum,
    "lt": np.less, "le": np.less_equal, "eq": np.equal, "ne": np.not_equal, "gt": np.greater, "ge": np.greater_equal,
    "and": np.logical_and, "or": np.logical_or, "not": np.logical_not, "isfinite": np.isfinite,
    "number": lambda a: a.astype(np.float64),
    "select": np.where,
    "sum": lambda a, axes, count: a.sum(axes, keepdims=True),
    "amax": lambda a, axes: a.max(axes, keepdims=True),
    "amin": lambda a, axes: a.min(axes, keepdims=True),
    "any": lambda a, axes: a.any(axes, keepdims=True),
    "all": lambda a, axes: a.all(axes, keepdims=True),
    "matmul": lambda a, b, inner: np.matmul(a, b),
    "reshape": _reshape, "permute": _permute, "broadcast": _broadcast, "crop": _crop,
    "assemble": _assemble, "concatenate": _concatenate, "take": _take,
    "windows": lambda a, height, width: sliding_window_view(a, (height, width), axis=(-2, -1)),
}  # fmt: skip
"""An operation's name -> the same on arrays."""
