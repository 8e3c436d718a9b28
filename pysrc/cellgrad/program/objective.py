"""The objective cell as a function of the changing cells alone: what the search algorithms call."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from cellgrad.program.squares import observed_of, residual_scale, residuals_of, under_root
from cellgrad.tensors.derivatives import gradient, pull_back, push_forward
from cellgrad.tensors.execute import Program, listing
from cellgrad.tensors.fused import Fused
from cellgrad.tensors.gram import normal_equations_of
from cellgrad.tensors.nodes import Node, constant, input_node, topological
from cellgrad.tensors.operations import reshape
from cellgrad.tensors.sharing import share_products

FEW_COLUMNS, LONG_COLUMNS = 32, 8192
"""From so many residuals on, and up to so many changing cells, a Jacobian may be computed column by column."""
EVERY_STEP = ("gradient", "jacobian", "columns")
"""The programs worth compiling: one of them runs in every step of a search."""
HELD_NUMBERS = 2**24
"""A constant Jacobian of no more numbers is held from call to call: 128 MiB."""


def default_dtype(device: torch.device) -> torch.dtype:
    """float64, or float32 on a device that has no float64 (mps)."""
    return torch.float32 if device.type == "mps" else torch.float64


class CompiledObjective:
    """One cell as a function of a vector of changing cells; batched over points, on any device torch has.

    x: the input node, shape (n,). value: the objective's node, one element, depending on x.
    arithmetic: the type it computes in, None for that of the device. Points, values and gradients are handed over in
    `dtype` all the same, so that a search in few changing cells keeps all its digits, and the last sums are made in it.
    fused: whether the programs that every step runs are compiled (`tensors.fused`).
    """

    def __init__(
        self,
        x: Node,
        value: Node,
        device: torch.device | str = "cpu",
        arithmetic: torch.dtype | None = None,
        fused: bool = False,
    ) -> None:
        self.x = x
        self.value_node = value
        self.device = torch.device(device)
        self.dtype = default_dtype(self.device)
        self.arithmetic = self.dtype if arithmetic is None else arithmetic
        self.size = x.size
        self._value = share_products([reshape(value, ())])[0]
        squares = under_root(self._value)
        self.rooted = squares is not None
        """Whether the value is the square root of the sum of squared residuals (a root mean square)."""
        self._residuals = residuals_of(self._value if squares is None else squares)
        self._programs: dict[str, Program] = {}
        self.fused = fused
        self._fused: dict[str, Fused] = {}
        self.notes: list[str] = []
        """What the user should know of how it runs, a sentence each."""
        self._linear_fit: tuple[Tensor, Tensor, Tensor] | None = None

    def on(
        self, device: torch.device | str, arithmetic: torch.dtype | None = None, fused: bool = False
    ) -> CompiledObjective:
        """The same objective on a device, computing in the type `arithmetic`, or in that of the device."""
        device = torch.device(device)
        kind = default_dtype(device) if arithmetic is None else arithmetic
        same = (device, kind, fused) == (self.device, self.arithmetic, self.fused)
        return self if same else CompiledObjective(self.x, self.value_node, device, kind, fused)

    @property
    def has_residuals(self) -> bool:
        return self._residuals is not None

    @property
    def residuals_node(self) -> Node | None:
        """The residuals (m,) as an expression, or None where the objective is no sum of squares."""
        return self._residuals

    @property
    def residual_count(self) -> int:
        return 0 if self._residuals is None else self._residuals.size

    @cached_property
    def residual_scale(self) -> float:
        """What the objective multiplies every residual by, as 1 / sqrt(m) in a mean of squares."""
        squares = under_root(self._value)
        return residual_scale(self._value if squares is None else squares)

    @cached_property
    def observed(self) -> Tensor | None:
        """The numbers (m,) that the residuals compare a model with, where they plainly do; else None."""
        return None if self._residuals is None else observed_of(self._residuals)

    @cached_property
    def elements(self) -> int:
        """How many numbers are computed on the way to one value: what an evaluation costs, counted."""
        return sum(node.size for node in topological([self._value]) if not node.is_constant)

    def _program(self, name: str) -> Program:
        if name not in self._programs:
            inputs, fixed = ["x"], {}
            if name == "value":
                outputs = [self._value]
            elif name == "as lowered":
                outputs = [reshape(self.value_node, ())]
            elif name == "residuals":
                assert self._residuals is not None
                outputs = [self._residuals]
            elif name == "gradient":
                outputs = [self._value, gradient(self._value, self.x)]
            elif name == "jacobian":
                assert self._residuals is not None
                tangent = input_node("tangent", (self.size,))
                outputs = [self._residuals, push_forward(self._residuals, self.x, tangent)]
                fixed["tangent"] = torch.eye(self.size, device=self.device, dtype=self.arithmetic)[None]
            elif name == "columns":
                assert self._residuals is not None and self._columns is not None
                outputs = [self._residuals, *self._columns]
            else:
                tangent = input_node("tangent", (self.size,))
                outputs = pull_back([gradient(self._value, self.x)], [tangent], [self.x])
                if name == "hessian":
                    fixed["tangent"] = torch.eye(self.size, device=self.device, dtype=self.arithmetic)[None]
                else:
                    inputs.append("tangent")
            self._programs[name] = Program(outputs, inputs, self.device, self.arithmetic, fixed, self.wide)
        return self._programs[name]

    @property
    def where(self) -> str:
        """The device, and what it computes in where that is not float64: cpu, cuda float32."""
        kind = str(self.arithmetic).removeprefix("torch.")
        return str(self.device) if kind == "float64" else f"{self.device} {kind}"

    @property
    def wide(self) -> torch.dtype | None:
        """The type of the last sums, where it is not that of all the rest."""
        return None if self.arithmetic == self.dtype else self.dtype

    def _run(self, name: str, *points: Tensor) -> list[Tensor]:
        program: Program | Fused = self._program(name)
        if self.fused and name in EVERY_STEP:
            program = self._fused.setdefault(name, Fused(self._program(name), self.notes))
        if self.wide is None:
            return program(*points)
        return [found.to(self.dtype) for found in program(*(point.to(self.arithmetic) for point in points))]

    def value(self, X: Tensor) -> Tensor:
        """Values (K,) at points X (K, n); not finite where the objective is an error."""
        if len(X) == 1:
            return self._run("value", X[0])[0].reshape(1)
        return self._run("value", X)[0]

    def value_and_gradient(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Values (K,) and gradients (K, n)."""
        if len(X) == 1:
            value, slope = self._run("gradient", X[0])
            return value.reshape(1), slope.reshape(1, -1)
        value, slope = self._run("gradient", X)
        return value, slope.expand(X.shape)

    @cached_property
    def _columns(self) -> list[Node] | None:
        """The Jacobian's columns (m,), each an expression of its own, where there are few long ones and that is less
        than half the work of all of them in one: a parameter that stands in one term of a sum has a short derivative.
        """
        if self._residuals is None or self.size > FEW_COLUMNS or self.residual_count < LONG_COLUMNS:
            return None
        tangent = input_node("tangent", (self.size,))
        order = topological([push_forward(self._residuals, self.x, tangent)])
        batched = {id(tangent)}
        for node in order:
            if any(id(operand) in batched for operand in node.inputs):
                batched.add(id(node))
        together = sum(node.size * (self.size if id(node) in batched else 1) for node in order if not node.is_constant)
        units = torch.eye(self.size, dtype=torch.float64)
        columns = [push_forward(self._residuals, self.x, constant(unit)) for unit in units]
        apart = sum(node.size for node in topological(columns) if not node.is_constant)
        return columns if 2 * apart < together else None

    def residuals_and_jacobian(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """r (K, m) and J (K, m, n), by one forward tangent a changing cell, all in one run."""
        if self._columns is not None:
            found = self._run("columns", X[0] if len(X) == 1 else X)
            residuals, *apart = (part.expand(len(X), -1) for part in found)
            return residuals, torch.stack(apart, 2)
        residuals, columns = self._run("jacobian", X[:, None])
        shape = (len(X), self.size, self.residual_count)
        return residuals.reshape(len(X), -1), columns.expand(shape).mT

    def residuals(self, x: Tensor) -> Tensor:
        """r (m,) at one point x (n,)."""
        return self._run("residuals", x)[0]

    def linear_fit(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """r (m,) at x (n,), and J (m, n) where r is linear in the changing cells: the same everywhere, and held from
        call to call with the r of the first."""
        known = self._linear_fit
        if known is None:
            residuals, jacobian = (found[0] for found in self.residuals_and_jacobian(x[None]))
            if jacobian.numel() <= HELD_NUMBERS:
                self._linear_fit = x.clone(), residuals, jacobian
            return residuals, jacobian
        at, residuals, jacobian = known
        return residuals if torch.equal(at, x) else self.residuals(x), jacobian

    def value_as_lowered(self, x: Tensor) -> float:
        """The value at one point x (n,) by the formulas alone, as they were lowered: nothing shared, no form as a sum
        of squares made use of. What a search found by the others is checked against it."""
        return float(self._run("as lowered", x)[0])

    def normal_equations(self, X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Sums of squares (K,), J'r (K, n) and J'J (K, n, n)."""
        return normal_equations_of(*self.residuals_and_jacobian(X))

    def hessian_product(self, X: Tensor, directions: Tensor) -> Tensor:
        """Hessian times direction (K, n) at each point (K, n)."""
        return self._run("hessian product", X, directions)[0].expand(X.shape)

    def hessian(self, X: Tensor) -> Tensor:
        """The Hessian (K, n, n) at each point (K, n), its n columns in one run: for some hundreds of changing cells."""
        return self._run("hessian", X[:, None])[0].expand(len(X), self.size, self.size)

    def listing(self) -> str:
        """The program of value and gradient in words."""
        return listing([self._value, gradient(self._value, self.x)])
