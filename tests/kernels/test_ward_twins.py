"""Ward's agglomeration: the C kernel against its NumPy twin, bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgcluster.kernels import reference

native = pytest.importorskip("imgcluster.kernels._native")


@given(
    n=st.integers(1, 60),
    d=st.integers(1, 4),
    share=st.floats(0, 1),
    spread=st.sampled_from([2, 255]),
    seed=st.integers(0, 999),
)
@settings(deadline=None)
def test_the_same_clusters_are_merged(n: int, d: int, share: float, spread: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.integers(0, spread, (d, n)).astype(np.float64)  # with many ties, if values are few
    sizes = rng.integers(1, 9, n).astype(np.float64)
    k = 1 + round(share * (n - 1))
    found: list[Any] = []
    for kernel in (native, reference):
        state = columns.copy(), sizes.copy(), np.empty(n), np.empty(n), np.empty(n, np.int32)
        kernel.ward(n, d, k, *state)
        found.append(state[:2])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, expected)
    assert np.isfinite(found[0][0]).all(axis=0).sum() == k
