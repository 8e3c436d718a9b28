"""The whole process, from the shell: optimise the lesson and write the answer; and what it takes to answer at all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure, against_limit, compare
from tests.benchmarks.fresh import ROOT, TaskFailed
from tests.benchmarks.setting import TITANIC, Setting

NAME = "process"
CELLGRAD = "import sys; from cellgrad.cli import main; sys.exit(main())"
"""What the console script does."""
OPENPYXL = f"import torch, openpyxl; openpyxl.load_workbook({str(TITANIC)!r})"
TORCH = "import torch"
NOTHING = "pass"
MOST_TIMES_OPENPYXL = 1.6
MOST_FOR_HELP = 0.3
"""Seconds of `cellgrad --help` beyond those of Python itself."""


def figures(setting: Setting) -> Iterator[Figure]:
    """`cellgrad optimize workbooks/titanic.xlsx`, start to end, all models optimised and the file written."""
    taken: dict[str, list[float]] = {"cellgrad": [], "openpyxl": [], "torch": [], "one start": [], "help": []}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(setting.rounds(7)):
            out = str(Path(folder) / f"optimised-{turn}.xlsx")
            taken["cellgrad"].append(seconds([CELLGRAD, "optimize", str(TITANIC), "--out", out, "--json"]))
            taken["openpyxl"].append(seconds([OPENPYXL]))
            taken["torch"].append(seconds([TORCH]))
            taken["one start"].append(
                seconds([CELLGRAD, "optimize", str(TITANIC), "--out", out, "--starts", "1", "--json"])
            )
            taken["help"].append(max(1e-3, seconds([CELLGRAD, "--help"]) - seconds([NOTHING])))
    what = "cellgrad optimize titanic.xlsx"
    peer = "import torch, openpyxl; load_workbook"
    yield compare(NAME, what, taken["cellgrad"], peer, taken["openpyxl"], target=MOST_TIMES_OPENPYXL)
    yield compare(NAME, what, taken["cellgrad"], "import torch", taken["torch"])
    yield compare(NAME, f"{what} --starts 1", taken["one start"], peer, taken["openpyxl"])
    yield against_limit(NAME, "cellgrad --help, beyond python", taken["help"], MOST_FOR_HELP)


def seconds(arguments: Sequence[str]) -> float:
    """Of a whole Python process that runs this text with these arguments. Raises TaskFailed."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - began
    if done.returncode != 0:
        raise TaskFailed(f"{arguments} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return taken
