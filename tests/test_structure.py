"""Rules of the house that no single module can keep: layers, sizes, names, and documents that tell the truth."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cellgrad
from cellgrad import cli, errors
from cellgrad.optimize import METHODS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pysrc" / "cellgrad"
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    "errors", "late", "address", "values", "workbook", "formula", "tensors", "functions", "graph", "reference",
    "blocks", "program", "gradients", "optimize", "solver_models", "hosts", "session", "reports", "lessons",
    "worker", "live", "udfs", "live_reports", "live_run", "macros",
    "checkpoints", "runs", "answers", "audit", "explain", "doctor", "addin", "lesson_checks", "console",
    "lesson_commands", "cli", "__main__",
)  # fmt: skip
"""From the ground up; a module imports only from its own layer and those before it."""

TORCH = {"tensors", "functions", "program", "gradients", "optimize", "session", "doctor"}
"""Where torch may be imported; the doctor asks it what devices there are."""

LATE = {
    "cli/__init__.py": "so that --help does not wait for torch",
    "cli/looking.py": "so that --help does not wait for torch",
    "cli/options.py": "so that --help does not wait for torch",
    "cli/searching.py": "so that --help does not wait for torch",
    "optimize/engines.py": "so that only a model with constraints waits for scipy",
    "__init__.py": "cellgrad.open loads torch when called",
    "addin/commands.py": "so that only building the add-in needs what builds it",
    "lesson_commands.py": "so that only building the lessons needs what builds them",
    "hosts/calc/bridge.py": "LibreOffice's own module, found only with its folder on the path",
}
"""Where imports inside functions are allowed, and why."""

LONG: dict[str, str] = {}
"""Modules beyond the soft ceiling of 400 lines, and why."""
CEILING = 400


def layer(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> list[tuple[str, int]]:
    """(module, line) of every import below a node."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            inside = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "cellgrad" else []
            found += [(name, node.lineno) for name in inside or [node.module or ""]]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downward_and_stand_at_the_top(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    own = layer(module)
    if own != "__init__":
        for name, line in imports(tree):
            parts = name.split(".")
            if parts[0] == "cellgrad" and len(parts) > 1 and parts[1] != "__version__":
                assert LAYERS.index(parts[1]) <= LAYERS.index(own), f"line {line}: {own} imports {name}"
            if parts[0] == "torch":
                assert own in TORCH, f"line {line}: torch does not belong in {own}"
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            late = [] if str(module.relative_to(PACKAGE)) in LATE else imports(function)
            assert not late, f"imports inside a function: {late}"


def test_every_module_has_a_layer() -> None:
    assert {layer(module) for module in MODULES} - {"__init__"} <= set(LAYERS)
    assert len(LAYERS) == len(set(LAYERS))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_short_and_documented(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    name = str(module.relative_to(PACKAGE))
    assert (len(text.splitlines()) <= CEILING) != (name in LONG), "list a long module, or strike one that is not"
    assert ast.get_docstring(ast.parse(text))


def test_public_names() -> None:
    assert cellgrad.__all__ == ["__version__", "open"]
    assert callable(cellgrad.open)
    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        _ = cellgrad.opne


def test_the_exception_tree_in_the_docstring_is_the_real_one() -> None:
    drawn = {}
    parents: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"([│├└─ ]*)(\w+Error)\b", line):
            depth = len(match[1]) // 4
            parents[depth:] = [match[2]]
            drawn[match[2]] = parents[depth - 1] if depth else "Exception"
            if code := re.search(r"exit code (\d)", line):
                assert getattr(errors, match[2]).exit_code == int(code[1])
    real = {
        name: kind.__bases__[0].__name__
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.CellgradError)
    }
    assert drawn == real


def test_the_commands_in_the_readme_are_the_ones_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*$", readme, re.MULTILINE)
    assert len(commands) == 2, "one line to optimise, one line to test"
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in commands:
        for part in command.split(" && "):
            assert part in ci, f".ci/run does not run: {part}"


def test_a_run_loads_no_library_that_only_reports_need() -> None:
    """Also: the garbage collector, which rests while the rest is imported, works again when the run begins."""
    code = (
        "import gc, sys; from cellgrad.cli import main; code = main(['models', 'workbooks/quadratic.xlsm', '--json']); "
        "print(code, gc.isenabled(), gc.get_freeze_count() > 0, 'pandas' in sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stderr.splitlines()[-1] == "0 True True False"


def test_help_loads_no_heavy_library() -> None:
    heavy = ("torch", "pandas", "scipy", "openpyxl", "numpy", "lxml", "rich", "formualizer")
    code = (
        "import sys; from cellgrad.cli import main; main(['--help']); main(['optimize', '--help']); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_help_names_the_methods_there_are() -> None:
    assert cli.METHODS == METHODS
