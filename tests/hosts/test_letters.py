"""Numbers read many at once, against Python's own reading of each: to the last bit, or left alone."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from cellgrad.hosts.letters import Letters

KNOWN = (
    "0", "7", "-0", "00012", "12345678", "123456789", "9999999999999999999", "0.1", "-0.30000000000000004", "3.14",
    "123456789.25", "0.6369616873214543", "0.0000000000000000001", "1E-3", "1.4999999999999999E-2", "6.02214076e+10",
    "1e5", "-2E3", "0e0", "1e-27", "5.6500000000000002E-11",
)  # fmt: skip
LEFT_ALONE = (
    "", ".", "-", "1.", ".5", "+1", "--1", "1.5.2", "1e", "e5", "1e5e5", "1_0", "1 ", " 1", "inf", "nan", "0x1",
    "1e400", "5.6500000000000002E-20",
    "99999999999999999999", "0.000000000000000000001", "12a4", "1,5", "1.e5", "1:5", "1/5", "1E5-",
)  # fmt: skip
HALFWAY = "9007199254740993"
"""2**53 + 1 lies between two doubles: Python rounds it to the even one."""


def read(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    data = b"<c r='A1' and more><v>" + b"</v><v>".join(text.encode() for text in texts) + b"</v>"
    lengths = np.array([len(text.encode()) for text in texts])
    starts = 22 + np.cumsum(lengths + 7) - lengths - 7
    return Letters(data).decimals(starts, starts + lengths)


def assert_nearest(texts: list[str]) -> np.ndarray:
    values, known = read(texts)
    for text, value, is_known in zip(texts, values.tolist(), known.tolist(), strict=True):
        if is_known:
            assert struct.pack("d", value) == struct.pack("d", float(text)), text
    return known


@pytest.mark.parametrize("text", KNOWN)
def test_numbers_as_programs_write_them_are_known(text: str) -> None:
    known = assert_nearest([text])
    assert known.all() or (np.finfo(np.longdouble).nmant != 63 and len(text) > 15)


@pytest.mark.parametrize("text", [*LEFT_ALONE, HALFWAY])
def test_anything_else_is_left_alone(text: str) -> None:
    assert not read([text])[1].any()


@pytest.mark.parametrize("form", ["{!r}", "{:.17G}", "{:.16g}", "{:.3f}", "{:.0f}", "{:.12E}"])
def test_random_numbers_to_the_last_bit(form: str) -> None:
    rng = np.random.default_rng(0)
    numbers = rng.standard_normal(20_000) * 10.0 ** rng.integers(-12, 12, 20_000)
    assert assert_nearest([form.format(x) for x in numbers.tolist()]).mean() > 0.4


def test_numbers_near_halfway_to_the_last_bit() -> None:
    rng = random.Random(0)
    odd = [2 * rng.getrandbits(53) + 1 | 1 << 53 for _ in range(5000)]
    assert_nearest([f"{n + d}{tail}" for n in odd for d in (-1, 0, 1) for tail in ("", ".5", "e-3", "e3")])


def test_random_letters_are_numbers_only_where_python_says_so() -> None:
    rng = random.Random(0)
    texts = ["".join(rng.choices("0123456789.eE+-_ x", k=rng.randrange(25))) for _ in range(50_000)]
    values, known = read(texts)
    assert 0.01 < known.mean() < 0.5
    for text, value in zip(np.array(texts)[known].tolist(), values[known].tolist(), strict=True):
        assert value == float(text) and " " not in text and "_" not in text
