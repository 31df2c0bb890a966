"""Local EM has the same bits in C, on every instruction set, and in NumPy."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster.kernels import LOCAL_CANDIDATES, reference

native = pytest.importorskip("imgcluster.kernels._native")
LEVELS = range(len(native.isa_names()))

shapes: dict[str, Any] = {
    "height": st.integers(1, 40),
    "width": st.integers(1, 40),
    "n_channels": st.sampled_from([1, 2, 3, 4, 5, 16]),
    "side": st.sampled_from([4, 8, 16]),
    "k": st.integers(1, 60),
    "seed": st.integers(0, 99),
}


def _labels(rng: np.random.Generator, height: int, width: int, k: int) -> NDArray[np.int32]:
    """Patches of labels, with holes that are outside."""
    coarse = rng.integers(0, k, (height // 3 + 1, width // 3 + 1), dtype=np.int32)
    labels = np.repeat(np.repeat(coarse, 3, axis=0), 3, axis=1)[:height, :width].copy()
    labels[rng.random((height, width)) < 0.1] = -1
    return labels


def _candidates(
    kernel: ModuleType, labels: NDArray[np.int32], side: int, margin: int = 3, stride: int = 2
) -> NDArray[np.int32]:
    height, width = labels.shape
    out = np.empty((-(-height // side), -(-width // side), LOCAL_CANDIDATES), np.int32)
    kernel.local_candidates(margin, height, width, 1, side, 0, len(out), stride, labels, out)
    return out


def _problem(
    height: int, width: int, n_channels: int, side: int, k: int, seed: int
) -> tuple[tuple[int, ...], tuple[NDArray[Any], ...]]:
    """Geometry and arrays as the kernels take them."""
    rng = np.random.default_rng(seed)
    labels = _labels(rng, height, width, k)
    depth = -(-n_channels // 4) * 4
    features = np.zeros((height, width, depth), np.int16)
    features[..., :n_channels] = rng.integers(-6400, 6400, (height, width, n_channels))
    position = rng.random((k, 2)) * [height, width]
    means = np.hstack([rng.normal(size=(k, n_channels)) * 40, position])
    factors = rng.random((k, n_channels + 3)) * 0.3 + 0.01
    arrays = features, labels, _candidates(reference, labels, side), means, factors, rng.normal(size=k)
    return (height, width, n_channels, side, 0, -(-height // side)), arrays


def _step(
    kernel: ModuleType, level: int, geometry: tuple[int, ...], arrays: tuple[NDArray[Any], ...], hard: bool | int
) -> tuple[float, NDArray[np.float64], NDArray[np.float32]]:
    height, width, n_channels = geometry[:3]
    sums = np.zeros((len(arrays[3]), 6 + 2 * n_channels))
    shares = np.empty((height, width, LOCAL_CANDIDATES), np.float32)
    return kernel.local_em_step(level, *geometry, hard, *arrays, sums, shares), sums, shares


@pytest.mark.parametrize("level", LEVELS)
@given(**shapes, hard=st.booleans())
def test_a_step_has_the_bits_of_the_reference(level: int, hard: Any, **problem: Any) -> None:
    geometry, arrays = _problem(**problem)
    ours, expected = (_step(kernel, level, geometry, arrays, hard) for kernel in (native, reference))
    assert ours[0] == expected[0]
    np.testing.assert_array_equal(ours[1], expected[1])
    np.testing.assert_array_equal(ours[2], expected[2])
    if not hard:
        np.testing.assert_allclose(ours[2].sum(axis=2), arrays[1] >= 0, atol=1e-5)


@pytest.mark.parametrize("level", LEVELS)
@given(**shapes)
def test_labels_are_those_of_the_reference(level: int, **problem: Any) -> None:
    geometry, arrays = _problem(**problem)
    found = []
    for kernel in (native, reference):
        out = np.full(arrays[1].shape, -7, np.int32)
        kernel.local_em_labels(level, *geometry, *arrays, out)
        found.append(out)
    np.testing.assert_array_equal(*found)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found[0] < 0, arrays[1] < 0)


@given(**shapes, margin=st.integers(0, 20), stride=st.integers(1, 5))
def test_candidates_are_those_of_the_reference(
    height: Any, width: Any, n_channels: Any, side: Any, k: int, seed: int, margin: Any, stride: Any
) -> None:
    labels = _labels(np.random.default_rng(seed), height, width, k)
    ours, expected = (_candidates(kernel, labels, side, margin, stride) for kernel in (native, reference))
    np.testing.assert_array_equal(ours, expected)


def test_shares_and_likelihood_are_those_of_the_density() -> None:
    geometry, arrays = _problem(20, 30, 3, 8, 9, 5)
    features, labels, candidates, means, factors, coefficients = arrays
    log_likelihood, _, shares = _step(native, 0, geometry, arrays, 0)
    total = 0.0
    for row, column in np.argwhere(labels >= 0):
        near = candidates[row // 8, column // 8]
        near = near[near >= 0]
        x = np.append(features[row, column, :3] / 64, [row, column]) - means[near]
        f = factors[near]
        whitened = np.column_stack([x[:, :3] * f[:, :3], x[:, 3] * f[:, 3], x[:, 3] * f[:, 4] + x[:, 4] * f[:, 5]])
        logs = coefficients[near] - 0.5 * (whitened**2).sum(axis=1)
        expected = np.exp(logs - logs.max())
        total += logs.max() + np.log(expected.sum())
        np.testing.assert_allclose(shares[row, column, : len(near)], expected / expected.sum(), atol=1e-4)
    assert log_likelihood == pytest.approx(total, rel=1e-5)


def test_native_rejects_what_would_read_beyond_an_array() -> None:
    geometry, arrays = _problem(10, 10, 3, 4, 5, 0)
    bad = arrays[2].copy()
    bad[0, 0, 0] = 5
    for wrong in (
        (*arrays[:2], bad, *arrays[3:]),
        (arrays[0][:-1], *arrays[1:]),
        (*arrays[:3], arrays[3][:-1], *arrays[4:]),
    ):
        wrong = tuple(np.ascontiguousarray(array) for array in wrong)
        with pytest.raises(ValueError, match="must"):
            _step(native, 0, geometry, wrong, 0)
