"""Connected components: the C kernels against their NumPy twins, and what they must never let through."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster.kernels import reference

native = pytest.importorskip("imgcluster.kernels._native")


def label_maps() -> Any:
    sizes = st.tuples(st.integers(1, 12), st.integers(1, 12))
    return st.builds(
        lambda size, n, seed: np.random.default_rng(seed).integers(-1, n, size).astype(np.int32),
        sizes,
        st.integers(0, 5),
        st.integers(0, 9999),
    )


def _components(kernel: ModuleType, labels: NDArray[np.int32]) -> tuple[int, NDArray[np.int32]]:
    components, parents = np.empty_like(labels), np.empty(labels.size, np.int32)
    return kernel.label_components(*labels.shape, labels, components, parents), components


@given(labels=label_maps())
def test_label_components(labels: Any) -> None:
    (n, ours), (expected_n, expected) = (_components(kernel, labels) for kernel in (native, reference))
    assert n == expected_n
    np.testing.assert_array_equal(ours, expected)


@given(labels=label_maps())
def test_relabel_and_map_labels(labels: Any) -> None:
    results = []
    for kernel in (native, reference):
        numbers, out = np.full(labels.max(initial=-1) + 1, -1, np.int32), np.empty_like(labels)
        n = kernel.relabel(labels, numbers, out)
        back, mapped = np.zeros(n, np.int32), np.empty_like(labels)
        back[numbers[numbers >= 0]] = np.flatnonzero(numbers >= 0)
        kernel.map_labels(out, back, mapped)
        np.testing.assert_array_equal(mapped, labels)
        results.append((numbers, out))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, expected)


@given(labels=label_maps(), min_size=st.integers(0, 20))
def test_join_pieces(labels: Any, min_size: Any) -> None:
    n, components = _components(native, labels)
    n_labels = int(labels.max(initial=-1)) + 1
    results = []
    for kernel in (native, reference):
        owners, names = np.empty(n, np.int32), np.empty(n, np.int32)
        scratch = np.empty(4 * n + 1 + n_labels + labels.size, np.int32)
        kernel.join_pieces(*labels.shape, n_labels, min_size, labels, components, owners, names, scratch)
        results.append((owners, names))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_labels_beyond_the_tables_are_rejected() -> None:
    labels = np.array([[0, 3]], np.int32)
    out, table = np.empty_like(labels), np.zeros(3, np.int32)
    for call in (
        lambda: native.relabel(labels, table, out),
        lambda: native.map_labels(labels, table, out),
        lambda: native.join_pieces(1, 2, 3, 1, labels, labels, table, table.copy(), np.empty(99, np.int32)),
        lambda: native.label_components(2, 2, labels, out, out.copy()),
    ):
        with pytest.raises(ValueError, match="must"):
            call()
