"""Outlines of labels: the C kernel against its NumPy twin."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgcluster.kernels import reference

native = pytest.importorskip("imgcluster.kernels._native")


def _parts(kernel: Any, labels: Any, room: int) -> list[tuple[Any, Any, int]]:
    walked, start, parts = np.zeros(labels.size // 8 + 1, np.uint8), 0, []
    while start < labels.size:
        vertices, rings = np.empty((room, 2), np.int32), np.empty((max(room // 8, 1), 3), np.int32)
        n_rings, n_vertices, start = kernel.trace_outlines(*labels.shape, start, labels, walked, vertices, rings)
        parts.append((vertices[:n_vertices], rings[:n_rings], start))
        room = room if n_rings else 2 * room
    return parts


@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    n=st.integers(0, 4),
    seed=st.integers(0, 999),
    room=st.integers(1, 300),
)
def test_trace_outlines(height: Any, width: Any, n: int, seed: int, room: int) -> None:
    labels = np.random.default_rng(seed).integers(-1, n, (height, width)).astype(np.int32)
    ours, expected = (_parts(kernel, labels, room) for kernel in (native, reference))
    assert len(ours) == len(expected)
    for part, other in zip(ours, expected, strict=True):
        for array, twin in zip(part, other, strict=True):
            np.testing.assert_array_equal(array, twin)
    whole = _parts(native, labels, 4096)[0][0]
    np.testing.assert_array_equal(np.concatenate([part[0] for part in ours]), whole)


def test_arrays_of_another_size_are_rejected() -> None:
    labels, vertices, rings = np.zeros((1, 16), np.int32), np.empty((8, 2), np.int32), np.empty((2, 3), np.int32)
    walked = np.zeros(3, np.uint8)
    assert native.trace_outlines(1, 16, 0, labels, walked, vertices, rings) == (1, 4, 16)
    for wrong in (
        (1, 15, 0, labels, walked, vertices, rings),
        (1, 16, 0, labels, walked[:2], vertices, rings),
        (1, 16, 0, labels, walked, vertices.reshape(-1)[:15].copy(), rings),
        (1, 16, -1, labels, walked, vertices, rings),
    ):
        with pytest.raises(ValueError, match="must"):
            native.trace_outlines(*wrong)
