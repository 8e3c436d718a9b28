"""Sums of many cotangents: the same numbers as adding them one by one, in few operations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cellgrad.tensors import operations as t
from cellgrad.tensors.derivatives import gradient, push_forward
from cellgrad.tensors.execute import Program
from cellgrad.tensors.nodes import Node, input_node, topological


def readers(x: Node, places: list[int]) -> list[Node]:
    """A product of a number of its own and one element of x (n,), for each place."""
    return [t.mul(t.number(i + 1.0), t.crop(x, (place,), (place + 1,))) for i, place in enumerate(places)]


PLACES = {
    "each once": list(range(50)),
    "one many times": [3] * 60,
    "some twice": [*range(40), *range(20)],
    "few": [1, 2, 3],
    "random": np.random.default_rng(0).integers(0, 50, 300).tolist(),
}


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
def test_gradients_of_many_formulas_are_sums_over_what_they_read(places):
    x = input_node("x", (50,))
    parts = readers(x, places)
    value = t.total(t.square(t.concatenate(parts, 0)), (0,))
    slope = gradient(value, x)
    at = np.linspace(-1.0, 1.0, 50)
    expected = np.zeros(50)
    for i, place in enumerate(places):
        expected[place] += 2 * (i + 1.0) ** 2 * at[place]
    found = Program([slope], ["x"])(torch.from_numpy(at))[0]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-13, atol=1e-13)
    batch = torch.from_numpy(np.stack([at, 2 * at]))
    np.testing.assert_allclose(Program([slope], ["x"])(batch)[0].numpy(), [expected, 2 * expected], rtol=1e-13)


def test_pieces_of_a_matrix_that_overlap_in_part():
    x = input_node("x", (6, 6))
    boxes = [(i % 4, i % 3, i % 4 + 2, i % 3 + 3) for i in range(24)]
    parts = [t.total(t.crop(x, box[:2], box[2:]), (0, 1)) for box in boxes]
    value = t.total(t.concatenate(parts, 0), (0, 1))
    expected = np.zeros((6, 6))
    for top, left, bottom, right in boxes:
        expected[top:bottom, left:right] += 1
    slope = t.broadcast(gradient(t.reshape(value, ()), x), (6, 6))
    assert np.array_equal(Program([slope], ["x"])(torch.ones(6, 6, dtype=torch.float64))[0].numpy(), expected)


def test_a_thousand_formulas_cost_few_operations():
    """Forward mode hands a cotangent to every one of them: side by side, not one after another."""
    x = input_node("x", (50,))
    rows = t.concatenate(readers(x, [i % 50 for i in range(1000)]), 0)
    columns = push_forward(rows, x, input_node("tangent", (50,)))
    assert sum(node.operation in ("add", "assemble") for node in topological([columns])) <= 2
