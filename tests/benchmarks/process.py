"""The whole process, from the shell: optimise the lesson and write the answer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure, compare
from tests.benchmarks.fresh import ROOT, TaskFailed
from tests.benchmarks.setting import TITANIC, Setting

NAME = "process"
CELLGRAD = "import sys; from cellgrad.cli import main; sys.exit(main())"
"""What the console script does."""
OPENPYXL = f"import torch, openpyxl; openpyxl.load_workbook({str(TITANIC)!r})"
TORCH = "import torch"


def figures(setting: Setting) -> Iterator[Figure]:
    """`cellgrad optimize workbooks/titanic.xlsx`, start to end, all models optimised and the file written."""
    taken: dict[str, list[float]] = {"cellgrad": [], "openpyxl": [], "torch": []}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(setting.rounds(7)):
            out = str(Path(folder) / f"optimised-{turn}.xlsx")
            taken["cellgrad"].append(seconds([CELLGRAD, "optimize", str(TITANIC), "--out", out, "--json"]))
            taken["openpyxl"].append(seconds([OPENPYXL]))
            taken["torch"].append(seconds([TORCH]))
    what = "cellgrad optimize titanic.xlsx"
    yield compare(NAME, what, taken["cellgrad"], "import torch, openpyxl; load_workbook", taken["openpyxl"])
    yield compare(NAME, what, taken["cellgrad"], "import torch", taken["torch"])


def seconds(arguments: Sequence[str]) -> float:
    """Of a whole Python process that runs this text with these arguments. Raises TaskFailed."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - began
    if done.returncode != 0:
        raise TaskFailed(f"{arguments} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return taken
