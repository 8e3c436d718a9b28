"""Step functions that no torch operation computes: a Python function, called for each element."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from cellgrad.tensors.building import build
from cellgrad.tensors.cotangents import define
from cellgrad.tensors.nodes import Node, broadcast_shapes
from cellgrad.tensors.shapes import lift


def stepwise(function: Callable[..., float], *inputs: Node) -> Node:
    """function(*numbers) for each element, operands broadcast; flat wherever it has a slope at all.

    function: of finite floats, NaN for an error; the same object for the same operation, since nodes are shared by it.
    An operand that is not finite makes the result an error without a call.
    """
    shape = broadcast_shapes(*(i.shape for i in inputs))
    lifted = tuple(i if i.is_constant or len(i.shape) == len(shape) else lift(i, len(shape)) for i in inputs)
    return build("stepwise", lifted, shape, (function,))


def _run_stepwise(*arguments: Tensor | Callable[..., float]) -> Tensor:
    *tensors, function = arguments
    assert callable(function)
    like = tensors[0]
    assert isinstance(like, Tensor)
    arrays = np.broadcast_arrays(*(np.asarray(tensor.cpu(), np.float64) for tensor in tensors))  # type: ignore[union-attr]
    fine = np.logical_and.reduce([np.isfinite(array) for array in arrays])
    out = np.full(arrays[0].shape, np.nan)
    columns = np.stack([array[fine] for array in arrays], axis=-1)
    if len(columns):
        rows, which = np.unique(columns, axis=0, return_inverse=True)
        answers = np.array([function(*row) for row in rows.tolist()])
        out[fine] = answers[which.reshape(-1)]
    return torch.as_tensor(out, dtype=like.dtype, device=like.device)


define("stepwise", _run_stepwise, elementwise=False)
