"""Segments that a mask cuts in pieces between two levels."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imgcluster import kernels
from imgcluster.kernels import BoundaryLevel
from imgcluster.segmentation import enforce_connectivity, is_connected, label_components, relabel
from imgcluster.superpixel._mending import add_moved, loose_labels, mend


def _cut(height: int, width: int, seed: int, n_cracks: int) -> tuple[Any, ...]:
    """Coarse segments, their weights, and the mask and labels of the finer level: a mask with holes and cracks."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((height, width))
    inside = np.hypot(y - rng.integers(height), x - rng.integers(width)) > rng.integers(1, 9)
    for _ in range(n_cracks):
        slope, at = rng.normal(), rng.integers(height)
        inside &= (np.abs(y - at - slope * (x - width / 2)) > rng.random()) | (x % 50 < rng.integers(3))
    _, weights = kernels.halve(np.zeros((height, width, 4), np.int16), inside.astype(np.uint16))
    cells = rng.integers(0, 3, weights.shape).astype(np.int32) if seed % 2 else np.add(*np.indices(weights.shape)) // 20
    coarse, n = enforce_connectivity(np.where(weights > 0, cells, -1).astype(np.int32), 4)
    active = np.ones(coarse.shape, np.uint8)
    return coarse, n, weights, inside, kernels.double_level(coarse, active, (height, width), inside)[0]


@given(height=st.integers(150, 300), width=st.integers(150, 300), seed=st.integers(0, 999), n_cracks=st.integers(0, 2))
@example(height=174, width=174, seed=447, n_cracks=2)  # a stray piece comes back to its own segment
def test_segments_that_are_not_loose_are_whole(height: Any, width: Any, seed: int, n_cracks: Any) -> None:
    coarse, n, weights, inside, labels = _cut(height, width, seed, n_cracks)
    loose = loose_labels(coarse, weights, 4, inside)
    if loose is None:
        return
    whole = np.where(np.isin(labels, loose), -1, labels)
    assert label_components(whole)[1] == n - len(loose)
    before = labels.copy()
    moved = mend(labels, n, loose)
    if moved is None:
        np.testing.assert_array_equal(labels, before)
        return
    np.testing.assert_array_equal(labels == -1, ~inside)
    assert is_connected(labels)
    assert relabel(labels)[1] == moved.n >= n
    np.testing.assert_array_equal(moved.at, np.flatnonzero(labels != before))
    features = np.random.default_rng(seed).integers(-999, 999, (height, width, 4), dtype=np.int16)
    sums = np.zeros((moved.n, 8))
    sums[:n] = kernels.boundary_sums(BoundaryLevel(features, None, before, before.astype(np.uint8)), n)
    add_moved(sums, moved, features, None)
    after = kernels.boundary_sums(BoundaryLevel(features, None, labels, before.astype(np.uint8)), moved.n)
    np.testing.assert_array_equal(sums, after)


def test_the_largest_piece_stays_and_others_join_the_longest_border() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[:, 20:] = 1
    labels[:, 38:] = 2
    labels[5:8, 36:40] = [[1, 2, 0, 2]] * 3  # a piece of 0 within 2, in a notch of which is 1
    labels[30, 39] = 0
    labels[29:32, 38] = labels[29, 39] = labels[31, 39] = -1  # an island
    labels[5:8, 37] = 2
    moved = mend(labels, 3, np.array([0], np.int32))
    assert moved.n == 4
    assert (labels[5:8, 38] == 2).all()
    assert labels[30, 39] == 3
    assert moved.old.tolist() == [0, 0, 0, 0]


def test_too_many_cut_blocks_are_left_to_a_pass_over_all() -> None:
    inside = np.indices((64, 64)).sum(axis=0) % 2 == 0
    weights = np.full((32, 32), 2, np.uint16)
    assert loose_labels(np.zeros((32, 32), np.int32), weights, 4, inside) is None
    labels = np.where(inside, 0, -1).astype(np.int32)
    before = labels.copy()
    assert mend(labels, 1, np.array([0], np.int32)) is None
    np.testing.assert_array_equal(labels, before)


@pytest.mark.parametrize("shape", [(301, 403), (256, 512)])
def test_a_block_cut_along_its_diagonal_is_loose(shape: tuple[int, int]) -> None:
    height, width = (-(-side // 2) for side in shape)
    inside = np.ones(shape, bool)
    inside[100, 100] = inside[101, 101] = False
    coarse = np.zeros((height, width), np.int32)
    _, weights = kernels.halve(np.zeros((*shape, 4), np.int16), inside.astype(np.uint16))
    assert loose_labels(coarse, weights, 4, inside).tolist() == [0]
    inside[101, 101] = True
    _, weights = kernels.halve(np.zeros((*shape, 4), np.int16), inside.astype(np.uint16))
    assert loose_labels(coarse, weights, 4, inside).tolist() == []
