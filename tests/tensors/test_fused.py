"""Programs through torch's compiler: the same numbers, and where it cannot, the ordinary run and a sentence."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.commands import run
from torch import Tensor

from cellgrad.tensors import execute
from cellgrad.tensors import operations as t
from cellgrad.tensors.derivatives import gradient
from cellgrad.tensors.execute import Program
from cellgrad.tensors.fused import MOST_SHAPES, Fused
from cellgrad.tensors.nodes import constant, input_node
from cellgrad.tensors.special import special

TITANIC = Path(__file__).parents[2] / "workbooks" / "titanic.xlsx"
ROWS = 50


@pytest.fixture(autouse=True)
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small programs would run on numpy, and never be compiled."""
    monkeypatch.setattr(execute, "LIGHT_ELEMENTS", 0)


def program(word: str) -> Program:
    """A loss over rows of an elementary function, and its gradient in x (3,)."""
    x = input_node("x", (3,))
    data = constant(torch.linspace(-1.0, 2.0, 3 * ROWS, dtype=torch.float64).reshape(ROWS, 3))
    value = t.total(t.unary(word, t.matmul(data, t.reshape(x, (3, 1)))), (0, 1))
    return Program([value, gradient(value, x)], ("x",))


def points(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64) - 0.5


class Compiler:
    """In place of torch.compile: takes the traced program as it is, or fails; counts what it was given."""

    def __init__(self, failure: str = "") -> None:
        self.failure = failure
        self.given = 0

    def __call__(self, traced: Callable[..., Any], dynamic: bool) -> Callable[..., Any]:
        self.given += 1
        if self.failure:
            raise RuntimeError(self.failure)
        return traced


@pytest.mark.parametrize("word", ["tanh", "logistic", "relu", "abs", "sin"])
def test_a_traced_program_is_the_program(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", compiler := Compiler())
    plain, notes = program(word), []
    fused = Fused(plain, notes)
    for shape in ((3,), (4, 3), (3,), (5, 3)):  # compiled, compiled, known, one too many
        for found, expected in zip(fused(points(*shape)), plain(points(*shape)), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-14, atol=1e-14)
    assert (compiler.given, notes) == (MOST_SHAPES, [])


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (
            "InvalidCxxCompiler: No working C++ compiler found in torch._inductor.config.cpp.cxx: (None, 'g++')\nmore",
            "A program could not be compiled (InvalidCxxCompiler: No working C++ compiler found in "
            "torch._inductor.config.cpp.cxx: (None, 'g++')): it runs as ever.",
        ),
        ("\n  Cannot find Triton.\n", "A program could not be compiled (Cannot find Triton): it runs as ever."),
    ],
)
def test_without_a_compiler_it_runs_as_ever_and_says_so(
    failure: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", Compiler(failure))
    plain, notes = program("tanh"), []
    fused = Fused(plain, notes)
    for _ in range(2):
        assert torch.equal(fused(points(3))[1], plain(points(3))[1])
    assert notes == [said]


def test_a_wrong_compiler_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(traced: Callable[..., Any], dynamic: bool) -> Callable[..., Any]:
        return lambda *tensors: [found * (1 + 1e-6) for found in traced(*tensors)]

    monkeypatch.setattr(torch, "compile", wrong)
    plain, notes = program("tanh"), []
    fused = Fused(plain, notes)
    assert torch.equal(fused(points(3))[0], plain(points(3))[0])
    assert notes == ["A program could not be compiled (the compiler's answer differs): it runs as ever."]


def test_what_hands_its_numbers_to_numpy_is_not_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error function runs in scipy: a trace could only keep the numbers of one point for ever."""
    monkeypatch.setattr(torch, "compile", compiler := Compiler())
    x = input_node("x", (3,))
    plain, notes = Program([t.total(special("erf", x), (0,))], ("x",)), []
    fused = Fused(plain, notes)
    for shift in (1.0, 1.5):
        assert torch.equal(fused(points(3) + shift)[0], plain(points(3) + shift)[0])
    assert compiler.given == 0 and len(notes) == 1


def test_the_command_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", compiler := Compiler())
    found = run("optimize", TITANIC, "--sheet", "nnet", "--method", "adam", "--steps", "5", "--compile", "--starts",
                "1", "--out", tmp_path / "out.xlsx", "--json").json  # fmt: skip
    assert compiler.given == 1
    assert found[0]["warnings"] == []
    monkeypatch.setattr(torch, "compile", Compiler("no compiler"))
    found = run("optimize", TITANIC, "--sheet", "nnet", "--method", "adam", "--steps", "5", "--compile", "--starts",
                "1", "--out", tmp_path / "out.xlsx", "--json").json  # fmt: skip
    assert found[0]["warnings"] == ["A program could not be compiled (no compiler): it runs as ever."]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_compiled_for_real() -> None:
    """In a process of its own, as torch's compiler keeps much of what it met in this one."""
    script = f"""
import cellgrad, json
model = cellgrad.open({str(TITANIC)!r}).model("nnet")
found = [model.optimize(method="adam", steps=30, starts=1, compile=compiled).x.tolist() for compiled in (False, True)]
print(json.dumps([found, model.ran_on.fused, model.ran_on.notes]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    (ordinary, ours), fused, notes = json.loads(done.stdout.splitlines()[-1])
    assert fused and notes == []
    np.testing.assert_allclose(ours, ordinary, rtol=1e-10)
