"""Every measurement in a process of its own: no import, cache or allocator is shared with another contender.

    python -m tests.benchmarks.fresh TASK ARGUMENTS-AS-JSON

imports tests.benchmarks.tasks.TASK, calls its `run`, and prints what it returns as the last line, with the import's
seconds and the process's peak memory after the import and at the end.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


NUMPY = ("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
TORCH = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What numpy's and torch's own wheels ask for their number of threads."""


class TaskFailed(Exception):  # noqa: N818 - named for what happened
    """A measurement ended in an error: its last words."""


def fresh(task: str, arguments: dict[str, Any], one_thread: Iterable[str] = ()) -> dict[str, Any]:
    """What `here` answers, from a fresh process; what `one_thread` names takes one. Raises TaskFailed."""
    command = [sys.executable, "-m", "tests.benchmarks.fresh", task, json.dumps(arguments)]
    environment = os.environ | dict.fromkeys(one_thread, "1")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TaskFailed(f"{task} {arguments} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def here(task: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the task's `run` returned, with the seconds of its import and the process's peak memory after it and now."""
    began = time.perf_counter()
    module = importlib.import_module(f"tests.benchmarks.tasks.{task}")
    imported = {"import_seconds": time.perf_counter() - began, "imported_mib": peak_mib()}
    result: dict[str, Any] = module.run(**arguments)
    return result | imported | {"peak_mib": peak_mib()}


def peak_mib() -> float:
    """The most memory this process has held.

    Linux's VmHWM where there is one: it starts anew with the program, while ru_maxrss is inherited from the parent.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


if __name__ == "__main__":
    print(json.dumps(here(sys.argv[1], json.loads(sys.argv[2]))))
