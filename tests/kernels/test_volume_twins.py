"""The kernels of volumes against their NumPy twins, and what every sweep keeps."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.measure import label as scikit_label

from imgcluster.kernels import (
    VolumeLevel,
    VolumeTerms,
    _volume,
    _volume_regions,
    reference,
    volume_components,
    volume_double,
    volume_edges,
    volume_halve,
    volume_segments,
    volume_shapes,
    volume_sums,
    volume_sweep,
    volume_sweep_last,
)
from imgcluster.kernels.reference import _volume as twin

native = pytest.importorskip("imgcluster.kernels._native")
LEVELS = range(len(native.isa_names()))
SIDES = st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 2))
SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(1, 9))
GRIDS: dict[str, Any] = {
    "shape": SHAPES,
    "d": st.sampled_from([4, 8]),
    "weighted": st.booleans(),
    "masked": st.booleans(),
    "seed": st.integers(0, 999),
}


@pytest.fixture(autouse=True)
def thin_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small grids have several slabs."""
    monkeypatch.setattr(_volume, "_SLAB", 1)
    monkeypatch.setattr(_volume, "_THIN", 2)


def _use(patch: Any, kernel: ModuleType, level: int = 0) -> None:
    for door in (_volume, _volume_regions):
        patch.setattr(door, "choice", lambda: (kernel, "", level, ""))


def _grid(shape: Any, d: int, weighted: bool, masked: bool, seed: int) -> tuple[VolumeLevel, int]:
    """Cells of random size as connected labels 0..k-1, -1 outside; features with ties, edges and noise."""
    rng = np.random.default_rng(seed)
    cell = rng.integers(1, 5)
    z, y, x = (np.arange(length) // cell for length in shape)
    labels = ((z[:, None, None] * 100 + y[:, None]) * 100 + x).astype(np.int32)
    if masked:
        labels[rng.random(shape) < 0.15] = -1
    labels, k = volume_components(labels)
    spread = rng.choice([1, 300, 16000])
    features = rng.integers(-spread, spread + 1, (*shape, d), dtype=np.int16)
    weights = rng.integers(1, 9, shape).astype(np.uint16) if weighted else None
    return VolumeLevel(features, weights, labels, (rng.random(shape) < 0.9).astype(np.uint8)), k


def _terms(seed: int) -> VolumeTerms:
    """Terms among which some let many blocks move, and some make for ties."""
    rng = np.random.default_rng(seed)
    position, variance = rng.choice([0.0, 0.003, 1.0]), rng.choice([0.0, 5000.0])
    sides = rng.choice([1.0, 2.25, 9.0], 3)
    return VolumeTerms(position, variance, rng.choice([0.0, 7.5, 1e5]), rng.choice([0.0, 1e4, np.inf]), *sides)


def _sweeps(level: VolumeLevel, k: int, terms: VolumeTerms, n_threads: int = 1) -> Iterator[Any]:
    """Yield the state after every sweep: moves, labels, active, sums, segments."""
    level = VolumeLevel(level.features, level.weights, level.labels.copy(), level.active.copy())
    sums = volume_sums(level, k, n_threads)
    for _ in range(3):
        moves = volume_sweep(level, terms, sums, n_threads)
        yield moves, level.labels.copy(), level.active.copy(), sums.copy(), volume_segments(terms, sums)
    volume_sweep_last(level, terms, sums, n_threads)
    yield 0, level.labels, level.active, sums, volume_segments(terms, sums)


def _assert_same(ours: Any, expected: Any) -> None:
    for mine, other in zip(ours, expected, strict=True):
        for array, another in zip(mine, other, strict=True):
            np.testing.assert_array_equal(array, another)


@pytest.mark.parametrize("level", LEVELS)
@given(n_threads=st.sampled_from([1, 3]), **GRIDS)
@settings(max_examples=30, deadline=None)
def test_sweeps_have_the_bits_of_the_reference(level: int, n_threads: Any, seed: int, **shape: Any) -> None:
    grid, k = _grid(seed=seed, **shape)
    if k == 0:
        return
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, native, level)
        ours = list(_sweeps(grid, k, _terms(seed), n_threads))
        _use(patch, reference)
        _assert_same(ours, _sweeps(grid, k, _terms(seed)))


@given(**GRIDS)
@settings(max_examples=60, deadline=None)
def test_segments_stay_connected_and_sums_follow(seed: int, **shape: Any) -> None:
    grid, k = _grid(seed=seed, **shape)
    if k == 0:
        return
    *_, live, last = _sweeps(grid, k, _terms(seed))
    for _, labels, _, _, _ in (live, last):
        np.testing.assert_array_equal(labels < 0, grid.labels < 0)
        _, n_pieces = scikit_label(labels + 1, connectivity=1, return_num=True)
        assert n_pieces == k == len(np.unique(labels[labels >= 0]))
    moved = VolumeLevel(grid.features, grid.weights, live[1], grid.active)
    np.testing.assert_array_equal(live[3], volume_sums(moved, k))


def test_a_block_leaves_where_it_is_a_simple_point(rng: np.random.Generator) -> None:
    counts = {True: 0, False: 0}
    for _ in range(400):
        cells = (rng.random((3, 3, 3)) < rng.uniform(0.2, 0.9)).astype(int)
        cells[1, 1, 1], cells[0, 0, 0] = 1, 0
        may = twin._may_leave(cells.ravel().tolist(), 1)
        counts[may] += 1
        around = cells.copy()
        around[1, 1, 1] = 0
        near = around.copy()
        near[::2, ::2, ::2] = 0  # corners
        inside = scikit_label(near, connectivity=1)
        faces = {int(inside[p]) for p in ((0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2, 1), (1, 1, 0), (1, 1, 2))} - {0}
        outside = 1 - around
        outside[1, 1, 1] = 0
        _, n_outside = scikit_label(outside, connectivity=3, return_num=True)
        assert may == (len(faces) == 1 and n_outside == 1)
    assert min(counts.values()) > 20


@given(shape=SHAPES, sides=SIDES, weighted=st.booleans(), d=st.sampled_from([4, 8]), seed=st.integers(0, 99))
@settings(deadline=None)
def test_levels_have_the_bits_of_the_reference(shape: Any, sides: Any, weighted: Any, d: Any, seed: Any) -> None:
    rng = np.random.default_rng(seed)
    fine = rng.integers(-16000, 16001, (*shape, d), dtype=np.int16)
    weights = rng.integers(0, 3, shape).astype(np.uint16) if weighted else None
    found = []
    for kernel, n_threads in ((native, 1), (native, 3), (reference, 1)):
        with pytest.MonkeyPatch.context() as patch:
            _use(patch, kernel)
            coarse, n = volume_halve(fine, weights, sides, n_threads)
            labels = np.arange(n.size, dtype=np.int32).reshape(n.shape)
            active = (labels % 3).astype(np.uint8)
            mask = None if weights is None else weights > 0
            found.append((coarse, n, *volume_double(labels, active, shape, sides, mask)))
    _assert_same(found[:2], found[1:])
    assert found[0][1].sum() == (np.prod(shape) if weights is None else weights.sum())


@given(shape=SHAPES, n=st.integers(1, 6), seed=st.integers(0, 999))
@settings(deadline=None)
def test_label_maps_have_the_bits_of_the_reference(shape: Any, n: Any, seed: Any) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, n, shape, dtype=np.int32)
    features = rng.integers(-16000, 16001, (*shape, 4), dtype=np.int16)
    found: list[list[NDArray[Any]]] = []
    for kernel in (native, reference):
        with pytest.MonkeyPatch.context() as patch:
            _use(patch, kernel)
            components, count = volume_components(labels)
            edges = volume_edges(labels, n, features), volume_edges(components, count), volume_edges(labels, 0)
            found.append([components, *volume_shapes(labels, n), *(part for some in edges for part in some)])
    _assert_same(found[:1], found[1:])
    expected = scikit_label(labels + 1, connectivity=1)
    inside = labels >= 0
    assert len(np.unique(np.stack([expected[inside], components[inside]]), axis=1).T) == count
    ends, lengths, _ = edges[0]
    sides = [labels.take(range(1, m), axis=i) for i, m in enumerate(shape)]
    others = [labels.take(range(m - 1), axis=i) for i, m in enumerate(shape)]
    pairs = [(a != b) & (a >= 0) & (b >= 0) for a, b in zip(sides, others, strict=True)]
    assert lengths.sum() == sum(int(p.sum()) for p in pairs)
    assert len(np.unique(ends, axis=0)) == len(ends)


def test_boxes_hold_their_segments() -> None:
    labels = np.full((4, 5, 6), -1, np.int32)
    labels[1:3, 2:4, 5] = 0
    labels[0, 0, 1:4] = 1
    shapes = volume_shapes(labels, 2)
    assert shapes.areas.tolist() == [4, 3]
    assert shapes.boxes.tolist() == [[1, 2, 5, 3, 4, 6], [0, 0, 1, 1, 1, 4]]
    assert shapes.coordinate_sums.tolist() == [[6, 10, 20], [0, 0, 6]]
