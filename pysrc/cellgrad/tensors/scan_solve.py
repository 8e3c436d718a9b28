"""Linear recurrences: y = b + J y, where every element reads only elements before it.

With one element a step and one step back it is y[t] = a[t] y[t-1] + b[t]: a unit triangular system of narrow band,
which LAPACK solves by substitution, in the order of the steps and in linear time; its transpose is the recurrence of
the adjoint, run backwards. Wide steps are substituted one whole step at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.linalg import lapack
from torch import Tensor

from cellgrad.tensors.building import build
from cellgrad.tensors.cotangents import define, full
from cellgrad.tensors.elementwise import mul
from cellgrad.tensors.nodes import Node, broadcast_shapes
from cellgrad.tensors.scan_gather import Places, gather
from cellgrad.tensors.shapes import reshape

_SECONDS_BY_BAND, _SECONDS_BY_STEP = 2e-9, 15e-6
"""Roughly what an element of a band costs, and a step of its own."""


class System:
    """Which elements of a vector read which: the pattern of J.

    cells: per member, the number of each of its cells, of shape (H, W); numbers run in the order of evaluation.
    readers: per read, the member that reads. reads: per read, the elements read by each cell, of shape (H, W, h, w).
    stretches: (member, first, last + 1) of the numbers of one member in one step, in order.
    """

    def __init__(
        self,
        size: int,
        cells: Sequence[Places],
        readers: Sequence[int],
        reads: Sequence[Places],
        stretches: Sequence[tuple[int, int, int]],
    ) -> None:
        self.size = size
        self.cells = tuple(cells)
        self.readers = tuple(readers)
        self.reads = tuple(reads)
        self.stretches = tuple(stretches)

    def __repr__(self) -> str:
        return f"<recurrence of {self.size}>"

    @cached_property
    def entries(self) -> tuple[Tensor, Tensor, Tensor]:
        """(kept, rows, columns): which of all reads laid end to end are of elements, and the entry of J of each kept.

        In the order of their rows.
        """
        cpu = torch.device("cpu")
        rows, columns = [], []
        for member, read in zip(self.readers, self.reads, strict=True):
            host = self.cells[member].flat(cpu).reshape(*self.cells[member].shape, 1, 1)
            rows.append(host.expand(read.shape).flatten())
            columns.append(read.flat(cpu))
        row, column = torch.cat(rows), torch.cat(columns)
        kept = torch.nonzero(column < self.size).flatten()
        kept = kept[torch.argsort(row[kept], stable=True)]
        return kept, row[kept], column[kept]

    @cached_property
    def band(self) -> int | None:
        """How far back an element reads, where substitution by band is the fast way; else None."""
        _, rows, columns = self.entries
        width = int((rows - columns).max()) if len(rows) else 0
        by_band = self.size * (width + 10) * _SECONDS_BY_BAND
        return width if by_band < len(self.stretches) * _SECONDS_BY_STEP else None

    @cached_property
    def bounds(self) -> list[tuple[int, int]]:
        """Per stretch, where its entries begin and end."""
        rows = self.entries[1].numpy()
        firsts = np.array([first for _, first, _ in self.stretches])
        lasts = np.array([last for _, _, last in self.stretches])
        return list(zip(np.searchsorted(rows, firsts).tolist(), np.searchsorted(rows, lasts).tolist(), strict=True))


def solve(system: System, partials: Sequence[Node], b: Node, transposed: bool = False) -> Node:
    """y (N,) with y = b + J y, or with J transposed.

    partials: per read of the system, the derivative of each cell by what it reads, of the read's shape.
    """
    parts = tuple(full(part, read.shape) for part, read in zip(partials, system.reads, strict=True))
    return build("recurrence", (*parts, full(b, (system.size,))), (system.size,), (system, transposed))


def _run_solve(*arguments: Any) -> Tensor:
    *partials, b, system, transposed = arguments
    batches = [tuple(part.shape[:-4]) for part in partials]
    batch = broadcast_shapes(*batches)
    flat = [part.expand(*batch, *part.shape[-4:]).reshape(*batch, -1) for part in partials]
    values = torch.cat(flat, -1).index_select(-1, system.entries[0].to(b.device))
    whole = broadcast_shapes(batch, tuple(b.shape[:-1]))
    b = b.expand(*whole, system.size)
    if system.band is None:
        return _by_steps(system, values, b, transposed)
    shared = values.numel() == values.shape[-1]
    ours, right = values.double().cpu().numpy(), b.double().cpu().numpy()
    if shared:
        found = _by_band(system, ours.reshape(-1), right.reshape(-1, system.size), transposed)
    else:
        ours = np.broadcast_to(ours, (*whole, ours.shape[-1])).reshape(-1, ours.shape[-1])
        ones = zip(ours, right.reshape(-1, 1, system.size), strict=True)
        found = np.concatenate([_by_band(system, one, line, transposed) for one, line in ones])
    return torch.from_numpy(found).to(b.device, b.dtype).reshape(*whole, system.size)


def _by_band(system: System, values: np.ndarray, b: np.ndarray, transposed: bool) -> np.ndarray:
    """Substitution for right sides (K, N) by LAPACK; one element at a time where an error must not spread too far."""
    _, rows, columns = system.entries
    width = system.band or 0
    band = torch.zeros(system.size * (width + 1), dtype=torch.float64)
    band.index_add_(0, columns * (width + 1) + (rows - columns), -torch.tensor(values))
    matrix = band.numpy().reshape(system.size, width + 1).T
    found, _ = lapack.dtbtrs(matrix, b.T, uplo="L", trans="T" if transposed else "N", diag="U")
    if np.isfinite(found).all():
        return np.ascontiguousarray(found.T)
    return np.stack([_by_entries(system, values, line, transposed) for line in b])


def _by_entries(system: System, values: np.ndarray, b: np.ndarray, transposed: bool) -> np.ndarray:
    y = b.tolist()
    _, rows, columns = system.entries
    entries = list(zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True))
    if transposed:
        for row, column, value in reversed(entries):
            y[column] += value * y[row]
    else:
        for row, column, value in entries:
            y[row] += value * y[column]
    return np.array(y)


def _by_steps(system: System, values: Tensor, b: Tensor, transposed: bool) -> Tensor:
    """Substitution step by step, each a whole step at once."""
    y = b.clone(memory_format=torch.contiguous_format)
    _, rows, columns = (part.to(b.device) for part in system.entries)
    to, of = (columns, rows) if transposed else (rows, columns)
    bounds = system.bounds
    for first, last in reversed(bounds) if transposed else bounds:
        if first < last:
            read = y.index_select(-1, of[first:last])
            y.index_add_(-1, to[first:last], values[..., first:last] * read)
    return y


def _solve_vjp(node: Node, g: Node) -> tuple[Node | None, ...]:
    *partials, _ = node.inputs
    system, transposed = node.parameters
    to_b = solve(system, partials, full(g, node.shape), not transposed)
    of_reader, of_read = (node, to_b) if transposed else (to_b, node)
    found: list[Node | None] = []
    for part, member, read in zip(partials, system.readers, system.reads, strict=True):
        if part.is_constant:
            found.append(None)
            continue
        cells = system.cells[member]
        at_cells = reshape(gather(of_reader, cells), (*cells.shape, 1, 1))
        found.append(mul(at_cells, gather(of_read, read)))
    return (*found, to_b)


define("recurrence", _run_solve, vjp=_solve_vjp, elementwise=False)
