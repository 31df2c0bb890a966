"""SLIC's kernel against its NumPy twin, on every instruction set and any number of threads."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.kernels import _slic, reference

native = pytest.importorskip("imgcluster.kernels._native")
LEVELS = range(len(native.isa_names()))


def _problem(
    seed: int, height: int, width: int, d: int, k: int, masked: bool = False
) -> tuple[NDArray[np.int16], NDArray[np.float64], NDArray[np.int32]]:
    rng = np.random.default_rng(seed)
    features = rng.integers(-500, 500, (height, width, d), dtype=np.int16)
    positions = rng.random((k, 2)) * [height, width]
    row, column = positions.astype(int).T
    centers = np.concatenate([features[row, column], positions], axis=1)
    labels = rng.integers(-1 if masked else 0, k, (height, width), dtype=np.int32)
    return features, centers, labels


def _pass(
    monkeypatch: pytest.MonkeyPatch,
    kernel: ModuleType,
    level: int,
    features: NDArray[np.int16],
    centers: NDArray[np.float64],
    labels: NDArray[np.int32],
    **options: Any,
) -> tuple[NDArray[np.int64], int, NDArray[np.int32]]:
    monkeypatch.setattr(_slic, "choice", lambda: (kernel, "", level, ""))
    labels = labels.copy()
    return *kernels.slic_pass(features, centers, labels, **options), labels


@pytest.mark.parametrize("level", LEVELS)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 60),
    d=st.sampled_from([4, 8, 12, 16]),
    k=st.integers(1, 30),
    reach=st.floats(0, 30),
    step=st.integers(1, 9),
    masked=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_kernel_does_what_the_reference_does(
    level: int, height: Any, width: Any, d: Any, k: int, reach: Any, step: Any, masked: bool, seed: int
) -> None:
    problem = _problem(seed, height, width, d, k, masked)
    with pytest.MonkeyPatch.context() as patch:
        ours, expected = (
            _pass(patch, kernel, level, *problem, reach=reach, scale=7.3, step=step) for kernel in (native, reference)
        )
    np.testing.assert_array_equal(ours[2], expected[2])
    np.testing.assert_array_equal(ours[0], expected[0])
    assert ours[1] == expected[1]


@pytest.mark.parametrize("level", LEVELS)
def test_the_bits_are_those_of_the_baseline_on_wide_images(monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    problem = _problem(1, 30, 1100, 4, 60)  # more than one tile of columns
    first, ours = (_pass(monkeypatch, native, isa, *problem, reach=25.0, scale=11.0) for isa in (0, level))
    np.testing.assert_array_equal(first[2], ours[2])
    np.testing.assert_array_equal(first[0], ours[0])


@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_threads_change_nothing(n_threads: int) -> None:
    features, centers, labels = _problem(2, 75, 90, 4, 40, masked=True)
    first, ours = labels.copy(), labels.copy()
    expected = kernels.slic_pass(features, centers, first, reach=15.0, scale=20.0, step=2)
    found = kernels.slic_pass(features, centers, ours, reach=15.0, scale=20.0, step=2, n_threads=n_threads)
    np.testing.assert_array_equal(first, ours)
    np.testing.assert_array_equal(expected.sums, found.sums)
    assert expected.changed == found.changed


def test_ties_go_to_the_lowest_index() -> None:
    features, labels = np.zeros((8, 32, 4), np.int16), np.full((8, 32), 2, np.int32)
    centers = np.array([[0, 0, 0, 0, 4, 20.0], [0, 0, 0, 0, 4, 10.0], [0, 0, 0, 0, 4, 10.0]])
    kernels.slic_pass(features, centers, labels, reach=40.0, scale=1.0)
    assert labels[0].tolist() == [1] * 15 + [0] * 17


def test_sums_are_those_of_the_visited_pixels() -> None:
    features, centers, labels = _problem(3, 21, 33, 8, 5, masked=True)
    found = kernels.slic_pass(features, centers, labels, reach=50.0, scale=3.0, step=4)
    row, column = np.nonzero(labels[2::4] >= 0)
    row = row * 4 + 2
    for label in range(5):
        mine = labels[row, column] == label
        expected = [*features[row, column][mine].sum(axis=0), row[mine].sum(), column[mine].sum(), mine.sum()]
        assert found.sums[label].tolist() == expected


@pytest.mark.parametrize("at", range(7))
def test_the_binding_rejects_arrays_of_other_sizes(at: int) -> None:
    features, centers, labels = (
        np.zeros((8, 20, 4), np.int16),
        np.zeros((3, 6), np.float32),
        np.zeros((8, 20), np.int32),
    )
    boxes, sums = np.zeros((3, 4), np.int32), np.zeros((3, 7), np.int64)
    arrays = [features, centers, boxes, labels, sums, np.empty(8, np.int32), np.empty(4 * 2048, np.float32)]
    native.slic_assign(0, 8, 20, 1, 0, 0, 2, 1.0, *arrays)
    arrays[at] = arrays[at].ravel()[:-1].copy()  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="must"):
        native.slic_assign(0, 8, 20, 1, 0, 0, 2, 1.0, *arrays)


@pytest.mark.parametrize("box", [(-1, 1, 0, 1), (0, 3, 0, 1), (1, 0, 0, 1), (0, 1, 0, 3), (0, 1, 1, 0)])
def test_the_binding_rejects_boxes_outside_the_image(box: tuple[int, int, int, int]) -> None:
    features, centers, labels = (
        np.zeros((8, 20, 4), np.int16),
        np.zeros((1, 6), np.float32),
        np.zeros((8, 20), np.int32),
    )
    rest = np.zeros((1, 7), np.int64), np.empty(99, np.int32), np.empty(4 * 2048, np.float32)
    with pytest.raises(ValueError, match="must"):
        native.slic_assign(0, 8, 20, 1, 0, 0, 2, 1.0, features, centers, np.array([box], np.int32), labels, *rest)
