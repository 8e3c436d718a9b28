"""Quotients that a zero divides, as functions smooth there: (e^z - 1) / z, log(1 + r) / r and their derivatives.

Each is the first of a family of moments, the integrals over s from 0 to 1 of s^k e^(s z) and of s^k / (1 + s r)^(k+1),
in which differentiation only raises k. So every derivative exists at 0 too, and none loses digits near it. Compound
interest is made of them: ((1 + r)^n - 1) / r is n times one at n log(1 + r) times the other at r.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cellgrad.tensors.building import build, number
from cellgrad.tensors.cotangents import define, finite_or_zero
from cellgrad.tensors.elementwise import guard, mul
from cellgrad.tensors.nodes import Node

_TERMS = 40
"""Terms of the series near 0; the last ones are below the rounding of a double."""


def exp_moment(z: Node, k: int = 0) -> Node:
    """The integral of s^k e^(s z) over s from 0 to 1; for k = 0 it is (e^z - 1) / z, and 1 at 0."""
    return guard(build("exp_moment", (z,), z.shape, (k,)), z)


def log_moment(r: Node, k: int = 0) -> Node:
    """The integral of s^k / (1 + s r)^(k + 1) over s from 0 to 1; for k = 0 it is log(1 + r) / r. Not finite to -1."""
    return guard(build("log_moment", (r,), r.shape, (k,)), r)


def _run_exp_moment(z: Tensor, k: int) -> Tensor:
    near = z.abs() < 1
    x = torch.where(near, z, torch.zeros_like(z))
    series, power = torch.full_like(x, 1 / (k + 1)), torch.ones_like(x)
    for j in range(1, _TERMS):
        power = power * x / j
        series = series + power / (j + k + 1)
    x = torch.where(near, torch.ones_like(z), z)
    growth = torch.exp(x)
    moment = torch.expm1(x) / x
    for j in range(1, k + 1):
        moment = (growth - j * moment) / x
    return torch.where(near, series, moment)


def _run_log_moment(r: Tensor, k: int) -> Tensor:
    near = r.abs() < 0.25
    x = torch.where(near, r, torch.zeros_like(r))
    series, power = torch.full_like(x, 1 / (k + 1)), torch.ones_like(x)
    for j in range(1, _TERMS):
        power = power * -x
        series = series + power * (math.comb(k + j, j) / (j + k + 1))
    x = torch.where(near, torch.ones_like(r), r)
    moment = torch.log1p(x) / x
    for j in range(1, k + 1):
        moment = (moment - (1 + x) ** -j / j) / x
    return torch.where(near, series, moment)


def _exp_moment_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    return (mul(g, finite_or_zero(exp_moment(node.inputs[0], node.parameters[0] + 1))),)


def _log_moment_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    k = node.parameters[0]
    return (mul(g, mul(number(-(k + 1)), finite_or_zero(log_moment(node.inputs[0], k + 1)))),)


# They take a parameter, so they are not rebuilt as the elementwise operations are.
define("exp_moment", _run_exp_moment, vjp=_exp_moment_vjp, elementwise=False)
define("log_moment", _run_log_moment, vjp=_log_moment_vjp, elementwise=False)
