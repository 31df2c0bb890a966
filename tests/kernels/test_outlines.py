"""Outlines of components: the C kernel against its NumPy twin."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgcluster.kernels import reference
from imgcluster.segmentation import label_components

native = pytest.importorskip("imgcluster.kernels._native")


@given(height=st.integers(1, 12), width=st.integers(1, 12), n=st.integers(0, 4), seed=st.integers(0, 999))
def test_trace_outlines(height: Any, width: Any, n: int, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(-1, n, (height, width)).astype(np.int32)
    components, _ = label_components(labels)
    results = []
    for kernel in (native, reference):
        none = np.empty((0, 2), np.int32)
        call = height, width, components
        n_rings, n_vertices = kernel.trace_outlines(*call, np.zeros(labels.shape, np.uint8), none, none.copy())
        vertices, rings = np.empty((n_vertices, 2), np.int32), np.empty((n_rings, 2), np.int32)
        kernel.trace_outlines(*call, np.zeros(labels.shape, np.uint8), vertices, rings)
        results.append((vertices, rings))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_arrays_of_another_size_are_rejected() -> None:
    components, walked = np.zeros((1, 2), np.int32), np.zeros(2, np.uint8)
    for vertices, rings in (((3, 2), (1, 2)), ((4, 2), (2, 2))):
        with pytest.raises(ValueError, match="must"):
            native.trace_outlines(1, 2, components, walked * 0, np.empty(vertices, np.int32), np.empty(rings, np.int32))
