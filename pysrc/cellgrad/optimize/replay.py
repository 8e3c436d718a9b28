"""A step as one replayable thing: in place, on tensors that never move, recorded once and launched whole.

On a GPU a step of a small model is a hundred kernels of a microsecond or two, and launching each from Python takes
longer than running it. A CUDA graph launches them all at once. It can hold only what reads and writes the same memory
every time and never waits for the host, so a step is written that way: it reads its state where it stands and writes
the next one there. The same function runs unrecorded on any device, and is tested so on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

R = TypeVar("R")
"""A frozen dataclass of tensors, as `State` is."""

WARM_UPS = 3
"""Steps before recording, for libraries to set themselves up and for memory to be found: as torch recommends."""


def standing(record: R) -> R:
    """The record with tensors of its own, which nobody else writes to: two fields that were one tensor are two."""
    return replace(record, **{name: tensor.clone() for name, tensor in _tensors(record)})  # type: ignore[type-var]


def overwrite(target: R, source: R) -> None:
    """Write the tensors of a record over the first rows of another's, whose addresses stay."""
    for (_, tensor), (_, new) in zip(_tensors(target), _tensors(source), strict=True):
        if new is not tensor:
            tensor[: len(new)].copy_(new) if len(new) < len(tensor) else tensor.copy_(new)


def first_rows(record: R, count: int) -> R:
    """A copy of the first `count` rows of a record's tensors."""
    return replace(record, **{name: tensor[:count].clone() for name, tensor in _tensors(record)})  # type: ignore[type-var]


def recorded(
    step: Callable[[], None], touched: Sequence[Any], device: torch.device, notes: list[str]
) -> Callable[[], None]:
    """What does the same as `step`: on a CUDA device a recording of it, elsewhere the step itself.

    touched: the records that the step writes to; they are as before afterwards, though recording runs the step.
    Where a step cannot be recorded (an operation waits for the host, or makes a shape from data), it is the step
    itself too, and `notes` gets a sentence for the user.
    """
    if device.type != "cuda":
        return step
    before = [standing(record) for record in touched]
    try:
        return _captured(step, device)
    except RuntimeError as error:  # torch's word for whatever CUDA refuses while recording
        notes.append(
            f"The step could not be recorded for the GPU ({str(error).splitlines()[0].rstrip('.')}): it runs operation "
            "by operation, which is slower and changes no result."
        )
        return step
    finally:
        for record, old in zip(touched, before, strict=True):
            overwrite(record, old)


def _captured(step: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """The replay of a CUDA graph of the step. Raises RuntimeError where CUDA cannot record it.

    Warm-up and recording share a stream of their own: the default one cannot be recorded, and libraries keep what
    they set up by stream.
    """
    with torch.cuda.device(device):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            step()
        return graph.replay


def _tensors(record: Any) -> list[tuple[str, Tensor]]:
    return [(field.name, getattr(record, field.name)) for field in fields(record)]
