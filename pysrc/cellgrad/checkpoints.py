"""Checkpoints of long runs: the best values so far, kept in a file, from which a run can go on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cellgrad.errors import ArgumentError
from cellgrad.optimize.solution import Callback, Progress
from cellgrad.session import Model

ENDING = ".checkpoint"


@dataclass
class Checkpoint:
    """The file of one command's run, `path`, written every `seconds` (None: never). source: a fingerprint of the
    workbook that the run began from. models: by sheet, what is known of each model's search."""

    path: Path
    seconds: float | None
    source: str
    models: dict[str, dict[str, Any]] = field(default_factory=dict)

    @staticmethod
    def beside(target: Path, source: Path, seconds: float | None, resume: bool) -> Checkpoint:
        """The checkpoint beside the file that a run will write.

        resume: go on from the one that is there. Raises ArgumentError where there is none, where it belongs to another
        state of the workbook, or for an interval that is no time.
        """
        if seconds is not None and not seconds > 0:
            raise ArgumentError(f"--checkpoint {seconds} is no interval", action="give seconds above zero")
        found = Checkpoint(target.with_name(target.name + ENDING), seconds, "")
        if seconds is None and not resume:
            return found
        found.source = hashlib.sha256(source.read_bytes()).hexdigest()
        if resume:
            found._read()
        return found

    def _read(self) -> None:
        try:
            held = json.loads(self.path.read_text(encoding="utf-8"))
            source, models = held["source"], dict(held["models"])
        except FileNotFoundError:
            raise ArgumentError(
                f"there is no checkpoint '{self.path}' to go on from", action="run once with --checkpoint SECONDS"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise ArgumentError(
                f"'{self.path}' is no checkpoint of Cellgrad", action="delete it, and run without --resume"
            ) from None
        if source != self.source:
            raise ArgumentError(
                f"the workbook has changed since the checkpoint '{self.path}' was written",
                action="delete the checkpoint, and run without --resume",
            )
        self.models = models

    def start(self, model: Model) -> np.ndarray | None:
        """The values (n,) from which a model goes on, or None where nothing is known of it."""
        known = self.models.get(model.sheet)
        if known is None or known["cells"] != model.cells:
            return None
        return np.array([float.fromhex(value) for value in known["x"]])

    def watching(self, model: Model, callback: Callback) -> Callback:
        """A callback that also writes the checkpoint when it is time."""
        if self.seconds is None:
            return callback
        interval, last = self.seconds, time.perf_counter()

        def watch(progress: Progress) -> object:
            nonlocal last
            if time.perf_counter() - last >= interval:
                last = time.perf_counter()
                self.put(model, progress.point().tolist(), progress.step, progress.value)
            return callback(progress)

        return watch

    def put(self, model: Model, x: Sequence[float], step: int, value: float) -> None:
        """Write down a model's best values so far: whole, or not at all."""
        self.models[model.sheet] = {
            "cells": model.cells, "x": [value.hex() for value in x], "step": step, "value": float(value).hex(),
        }  # fmt: skip
        new = self.path.with_name(self.path.name + ".new")
        new.write_text(json.dumps({"source": self.source, "models": self.models}), encoding="utf-8")
        new.replace(self.path)

    def done(self) -> None:
        """The run has ended by itself: its checkpoint has served."""
        if self.source:
            self.path.unlink(missing_ok=True)
