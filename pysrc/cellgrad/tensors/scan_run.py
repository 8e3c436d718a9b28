"""Running a recurrence forward: step by step, each step's cells at once, or cell by cell where steps are narrow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Shape, broadcast_shapes
from cellgrad.tensors.scan_floats import Floats, run_floats
from cellgrad.tensors.scan_slice import Axes, OneCell
from cellgrad.tensors.scan_solve import System

_NARROW = 24
"""Steps of fewer cells than this on average, over all points of a batch, run on plain floats."""


class Runner:
    """Evaluates the cells of a recurrence.

    cells: per member one cell's formula; its sources are the member's own reads, then the leaves of these shapes.
    """

    def __init__(self, system: System, cells: Sequence[OneCell], leaves: Sequence[Shape]) -> None:
        self.system = system
        self.cells = tuple(cells)
        self.ranks = [4] * len(system.reads) + [len(shape) for shape in leaves]
        self.own = [[i for i, reader in enumerate(system.readers) if reader == m] for m in range(len(cells))]
        self._programs: dict[tuple[torch.device, torch.dtype], list[Program]] = {}

    @cached_property
    def _orders(self) -> list[Tensor]:
        """Per member, its cells (row by row) in the order of their numbers."""
        return [torch.argsort(cells.flat(torch.device("cpu"))) for cells in self.system.cells]

    @cached_property
    def _beyond(self) -> list[Tensor]:
        """Per read, which of its elements come from outside the recurrence."""
        return [torch.nonzero(read.outside.flatten()).flatten() for read in self.system.reads]

    @cached_property
    def _sources(self) -> list[Tensor]:
        """Per read, where in the buffer each cell, in the order of numbers, finds what it reads: (cells, h * w).

        The buffer holds the cells by their numbers, and after them what is read from outside, read by read.
        """
        found, at = [], self.system.size
        for number, (read, beyond) in enumerate(zip(self.system.reads, self._beyond, strict=True)):
            places = read.flat(torch.device("cpu")).clone()
            places[beyond] = torch.arange(at, at + len(beyond))
            at += len(beyond)
            order = self._orders[self.system.readers[number]]
            found.append(places.reshape(len(order), -1)[order])
        return found

    @cached_property
    def _floats(self) -> list[Floats] | None:
        if all(Floats.can(cell.result) for cell in self.cells):
            return [Floats(cell.result) for cell in self.cells]
        return None

    @cached_property
    def _source_lists(self) -> list[list[int]]:
        return [places.flatten().tolist() for places in self._sources]

    def run(self, outer: Sequence[Tensor]) -> Tensor:
        """The values (..., N) of the cells.

        outer: per read of the system what it takes from outside, then the leaves; each with its batch axes in front.
        """
        # Not torch's own broadcast_shapes, which loads a computer algebra system when first called.
        batch = torch.Size(
            broadcast_shapes(*(one.shape[: one.ndim - rank] for one, rank in zip(outer, self.ranks, strict=True)))
        )
        size = self.system.size
        like = outer[0]
        buffer = like.new_empty(*batch, size + sum(map(len, self._beyond)))
        at = size
        for one, beyond in zip(outer, self._beyond, strict=False):
            if len(beyond):
                flat = one.reshape(*one.shape[:-4], -1).index_select(-1, beyond.to(one.device))
                buffer[..., at : at + len(beyond)] = flat
                at += len(beyond)
        narrow = batch.numel() * size < _NARROW * len(self.system.stretches)
        if narrow and self._floats is not None and buffer.dtype == torch.float64:
            return self._on_floats(buffer, outer, batch)
        return self._on_steps(buffer, outer, batch)

    def _arranged(self, one: Tensor, rank: int, axes: Axes, member: int, lead: int) -> Tensor:
        """A leaf with `lead` batch axes, then one for the cells of a member in the order of their numbers.

        The latter is 1 where the leaf is the same for all of them.
        """
        shape = one.shape[one.ndim - rank :]
        one = one.reshape(*(one.shape[: one.ndim - rank] or (1,) * lead), *shape)
        kept = [axis for axis in axes if axis]
        if not kept:
            return one.unsqueeze(lead)
        single = [1 if axis - rank in axes else size for axis, size in enumerate(shape)]
        order = self._orders[member].to(one.device)
        width = self.system.cells[member].shape[1]
        moved = one.movedim(kept, list(range(lead, lead + len(kept))))
        if len(kept) == 2:
            moved, index = moved.flatten(lead, lead + 1), order
        else:
            index = order // width if axes[0] else order % width
        return moved.index_select(lead, index).reshape(*one.shape[:lead], len(order), *single)

    def _feeds(self, member: int, outer: Sequence[Tensor], lead: int) -> list[tuple[str, int, Tensor | None]]:
        """(name, number of a read, leaf) of each feed of a member's cells: a read, or -1 and an arranged leaf."""
        own = self.own[member]
        found: list[tuple[str, int, Tensor | None]] = []
        for feed in self.cells[member].feeds:
            if feed.source < len(own):
                found.append((feed.name, own[feed.source], None))
            else:
                number = len(self.system.reads) + feed.source - len(own)
                found.append(
                    (feed.name, -1, self._arranged(outer[number], self.ranks[number], feed.axes, member, lead))
                )
        return found

    def _on_steps(self, buffer: Tensor, outer: Sequence[Tensor], batch: torch.Size) -> Tensor:
        key = buffer.device, buffer.dtype
        if key not in self._programs:
            self._programs[key] = [
                Program([cell.result], [feed.name for feed in cell.feeds], *key) for cell in self.cells
            ]
        lead = len(batch)
        feeds = [self._feeds(member, outer, lead) for member in range(len(self.cells))]
        shapes = [read.shape[2:] for read in self.system.reads]
        sources = [places.to(buffer.device) for places in self._sources]
        done = [0] * len(self.cells)
        for member, first, last in self.system.stretches:
            at, count = done[member], last - first
            taken = []
            for _, read, leaf in feeds[member]:
                if leaf is None:
                    places = sources[read][at : at + count].reshape(-1)
                    taken.append(buffer.index_select(-1, places).reshape(*batch, count, 1, 1, *shapes[read]))
                else:
                    taken.append(leaf if leaf.shape[lead] == 1 else leaf.narrow(lead, at, count))
            done[member] += count
            (result,) = self._programs[key][member](*taken)
            buffer[..., first:last] = result.expand(*batch, count, 1, 1).reshape(*batch, count)
        return buffer[..., : self.system.size]

    def _on_floats(self, buffer: Tensor, outer: Sequence[Tensor], batch: torch.Size) -> Tensor:
        programs = self._floats
        assert programs is not None
        lead, points = len(batch), batch.numel()
        feeds = [self._feeds(member, outer, lead) for member in range(len(self.cells))]
        lines = buffer.reshape(points, -1)
        found = []
        for point in range(points):
            taken: list[list[tuple[int, list[float]]]] = []
            reads: list[list[tuple[int, list[int]]]] = []
            for member, program in enumerate(programs):
                taken.append([])
                reads.append([])
                for name, read, leaf in feeds[member]:
                    register = program.inputs[name]
                    if leaf is None:
                        reads[-1].append((register, self._source_lists[read]))
                        continue
                    line = leaf.expand(*batch, *leaf.shape[lead:]).reshape(points, -1)[point].tolist()
                    if len(line) == 1:
                        program.registers[register] = line[0]
                    else:
                        taken[-1].append((register, line))
            values = lines[point].tolist()
            run_floats(programs, self.system.stretches, taken, reads, values)
            found.append(torch.tensor(values[: self.system.size], dtype=buffer.dtype, device=buffer.device))
        return torch.stack(found).reshape(*batch, self.system.size)
