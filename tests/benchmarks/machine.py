"""What the figures were measured on."""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

import torch

PACKAGES = ("torch", "numpy", "scipy", "pandas", "lxml", "openpyxl")
PEERS = ("python-calamine", "formualizer", "ironcalc", "pycel", "formulas")
"""Other engines: measured where they are installed."""
ABSENT = "not installed"


def machine() -> dict[str, object]:
    """Processor, cores, memory, versions, and how busy the machine is now (its load over one minute)."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PACKAGES},
        **{name: _version(name) for name in PEERS},
        "LibreOffice": libreoffice(),
        "GPU": gpu() or "none",
    }


def gpu() -> str:
    """The name of the graphics card that torch can use, with CUDA's version; empty where there is none."""
    return f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}" if torch.cuda.is_available() else ""


@functools.cache
def libreoffice() -> str:
    """The version of the soffice on the path."""
    path = shutil.which("soffice")
    if path is None:
        return ABSENT
    with tempfile.TemporaryDirectory() as folder:
        command = [path, f"-env:UserInstallation={Path(folder).as_uri()}", "--version"]
        told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+(\.\d+)+", told)
    return found[0] if found else "of unknown version"


def missing() -> list[str]:
    """The other engines that are not here to be measured, a line each."""
    lines = [f"{name}: {ABSENT}: pip install '.[peers]'" for name in PEERS if _version(name) == ABSENT]
    return lines if libreoffice() != ABSENT else [*lines, "LibreOffice: no soffice on the PATH"]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ABSENT


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    names = [line for line in facts.read_text().splitlines() if line.startswith("model name")] if facts.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.processor()
