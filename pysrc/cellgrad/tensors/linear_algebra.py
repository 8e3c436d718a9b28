"""Inverses, determinants and least squares of matrices, by their adjoints.

Source of the adjoints: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); of least squares: the normal equations differentiated, solved by QR.
"""

from __future__ import annotations

import torch
from torch import Tensor

from cellgrad.tensors.building import build, number
from cellgrad.tensors.collinearity import independent_columns
from cellgrad.tensors.cotangents import define, full, reduce_to
from cellgrad.tensors.elementwise import elementwise, mul, neg, sub
from cellgrad.tensors.nodes import Node, broadcast_shapes
from cellgrad.tensors.reductions import matmul, total
from cellgrad.tensors.shapes import transpose

# Square matrices ------------------------------------------------------------------------------------------------------


def inverse(a: Node) -> Node:
    """The inverses of matrices (..., n, n); not finite where there is none."""
    return build("inverse", (a,), a.shape)


def determinant(a: Node) -> Node:
    """The determinants of matrices (..., n, n), of shape (..., 1, 1)."""
    return build("determinant", (a,), (*a.shape[:-2], 1, 1))


def _inverse_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    turned = transpose(node)
    return (neg(matmul(matmul(turned, full(g, node.shape)), turned)),)


def _run_inverse(a: Tensor) -> Tensor:
    found, info = torch.linalg.inv_ex(a)
    return torch.where((info == 0)[..., None, None], found, torch.nan)


def _run_cofactors(a: Tensor) -> Tensor:
    """det(a) a^-T, also where a is singular: the product of all singular values but one, by the SVD."""
    fine = a.isfinite().all(-1).all(-1)[..., None, None]
    u, s, v = torch.linalg.svd(torch.where(fine, a, 0.0))
    ones = torch.ones_like(s[..., :1])
    before = torch.cat([ones, s[..., :-1]], -1).cumprod(-1)
    after = torch.cat([s[..., 1:], ones], -1).flip(-1).cumprod(-1).flip(-1)
    sign = (torch.linalg.det(u) * torch.linalg.det(v))[..., None, None]
    return torch.where(fine, sign * (u * (before * after)[..., None, :]) @ v, torch.nan)


def _cofactors_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    """Of C = det(a) a^-T: (<g, C> C - C g^T C) / det(a); an error where a is singular."""
    g = full(g, node.shape)
    rank = len(node.shape)
    inner = total(mul(g, node), (rank - 2, rank - 1))
    crossed = matmul(matmul(node, transpose(g)), node)
    return (elementwise("div", sub(mul(inner, node), crossed), determinant(node.inputs[0])),)


define("inverse", _run_inverse, vjp=_inverse_vjp, elementwise=False)
define(
    "determinant",
    lambda a: torch.linalg.det(a)[..., None, None],
    vjp=lambda n, g: (mul(g, build("cofactors", n.inputs, n.inputs[0].shape)),),
    elementwise=False,
)
define("cofactors", _run_cofactors, vjp=_cofactors_vjp, elementwise=False)

# Least squares --------------------------------------------------------------------------------------------------------


def least_squares(x: Node, y: Node) -> Node:
    """The b (..., k, 1) of least |x b - y|, for x (..., n, k) and y (..., n, 1); 0 for a column that others make up."""
    shape = (*broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-1], 1)
    return build("least_squares", (x, y), shape)


def gram_solve(x: Node, g: Node) -> Node:
    """(x^T x)^-1 g for g (..., k, m); rows and columns of columns that others make up are 0."""
    shape = (*broadcast_shapes(x.shape[:-2], g.shape[:-2]), *g.shape[-2:])
    return build("gram_solve", (x, g), shape)


def independent(x: Node) -> Node:
    """1 for each column of (..., n, k) that is no sum of multiples of the columns before it, else 0: (..., 1, k)."""
    return build("independent", (x,), (*x.shape[:-2], 1, x.shape[-1]))


def _run_independent(x: Tensor) -> Tensor:
    return torch.as_tensor(independent_columns(x.cpu().double().numpy()), device=x.device).to(x.dtype)[..., None, :]


def _factors(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(Q of the rows of x, R, which columns take part (..., k, 1)).

    A column left out is 0 in x and 1 in a row of its own, so that it gets nothing and takes nothing from the others.
    """
    kept = _run_independent(x)
    apart = torch.diag_embed(1 - kept[..., 0, :])
    q, r = torch.linalg.qr(torch.cat([x * kept, apart], -2))
    return q[..., : x.shape[-2], :], r, kept.transpose(-1, -2)


def _run_least_squares(x: Tensor, y: Tensor) -> Tensor:
    q, r, kept = _factors(x)
    return kept * torch.linalg.solve_triangular(r, q.transpose(-1, -2) @ y, upper=True)


def _run_gram_solve(x: Tensor, g: Tensor) -> Tensor:
    _, r, kept = _factors(x)
    half = torch.linalg.solve_triangular(r.transpose(-1, -2), kept * g, upper=False)
    return kept * torch.linalg.solve_triangular(r, half, upper=True)


def _least_squares_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    x, y = node.inputs
    w = gram_solve(x, full(g, node.shape))
    fitted = matmul(x, w)
    to_x = to_y = None
    if not y.is_constant:
        to_y = reduce_to(fitted, fitted.shape, y.shape)
    if not x.is_constant:
        residual = sub(y, matmul(x, node))
        part = sub(matmul(residual, transpose(w)), matmul(fitted, transpose(node)))
        to_x = reduce_to(part, part.shape, x.shape)
    return to_x, to_y


def _gram_solve_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    x, operand = node.inputs
    u = gram_solve(x, full(g, node.shape))
    to_x = to_operand = None
    if not operand.is_constant:
        to_operand = reduce_to(u, u.shape, operand.shape)
    if not x.is_constant:
        crossed = matmul(u, transpose(node))
        part = mul(number(-1), matmul(x, elementwise("add", crossed, transpose(crossed))))
        to_x = reduce_to(part, part.shape, x.shape)
    return to_x, to_operand


define("least_squares", _run_least_squares, vjp=_least_squares_vjp, elementwise=False)
define("gram_solve", _run_gram_solve, vjp=_gram_solve_vjp, elementwise=False)
define("independent", _run_independent, bound=lambda x: 1.0, elementwise=False)
