"""What training found, kept beside the data: with it the building of a workbook stays pure.

`cellgrad lessons train` writes data/trained/LESSON.json; a builder reads it and trains nothing, so that the same files
give the same workbook byte for byte.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cellgrad.errors import FileError

Results = dict[str, Any]
"""What a lesson's training found: JSON's own types. Each lesson's `training` module says what is in it."""


def results_path(data: Path, lesson: str) -> Path:
    """The file of a lesson's results."""
    return data / "trained" / f"{lesson}.json"


def read_results(data: Path, lesson: str) -> Results:
    """What training found the last time. Raises FileError where the file is missing or no JSON object."""
    path = results_path(data, lesson)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise FileError(
            f"{path} cannot be read: {problem}", action=f"run `cellgrad lessons train --only {lesson}`"
        ) from problem
    if not isinstance(found, dict):
        raise FileError(
            f"{path} does not hold a lesson's results", action=f"run `cellgrad lessons train --only {lesson}`"
        )
    return found


def write_results(data: Path, lesson: str, results: Results) -> Path:
    """Replace a lesson's results; numbers are written so that reading gives the very same ones."""
    path = results_path(data, lesson)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(results, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    scratch.replace(path)
    return path
