"""The kernels of boundary k-means against their NumPy twins, and what every sweep keeps."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from imgcluster import Segmentation
from imgcluster.kernels import (
    BoundaryLevel,
    BoundaryTerms,
    _boundary,
    boundary_segments,
    boundary_sums,
    boundary_sweep_frozen,
    boundary_sweep_live,
    boundary_sweep_striped,
    double_level,
    reference,
)
from imgcluster.segmentation import is_connected, label_components

native = pytest.importorskip("imgcluster.kernels._native")
LEVELS = range(len(native.isa_names()))
ROWS = np.empty(0, np.int32)  # labels are rows
TERMS = BoundaryTerms(0.003, 400.0, 7.5, 100.0)
GRIDS: dict[str, Any] = {
    "height": st.integers(1, 24),
    "width": st.integers(1, 24),
    "d": st.sampled_from([4, 8]),
    "weighted": st.booleans(),
    "masked": st.booleans(),
    "seed": st.integers(0, 999),
}
MEANS = st.sampled_from(["live", "striped", "frozen"])


def _grid(
    height: int, width: int, d: int, weighted: bool, masked: bool, seed: int, cell: int | None = None
) -> tuple[BoundaryLevel, int]:
    """Cells of random size as connected labels 0..k-1, -1 outside; features with ties, edges and noise."""
    rng = np.random.default_rng(seed)
    cell = cell or rng.integers(1, 9)  # type: ignore[assignment]
    labels = (np.arange(height) // cell)[:, None] * width + np.arange(width) // cell  # type: ignore[operator]
    if masked:
        labels[rng.random((height, width)) < 0.15] = -1
    labels, k = label_components(labels.astype(np.int32))
    spread = rng.choice([1, 300, 16000])
    features = rng.integers(-spread, spread + 1, (height, width, d), dtype=np.int16)
    features[:, width // 2 :] //= 2
    weights = rng.integers(1, 5, (height, width)).astype(np.uint16) if weighted else None
    active = rng.random((height, width)) < 0.9
    return BoundaryLevel(features, weights, labels, active.astype(np.uint8)), k


def _terms(seed: int) -> BoundaryTerms:
    """Terms among which some let many blocks move, and some make for ties."""
    rng = np.random.default_rng(seed)
    position, variance = rng.choice([0.0, 0.003, 1.0]), rng.choice([0.0, 5000.0])
    return BoundaryTerms(position, variance, rng.choice([0.0, 7.5, 1e5]), rng.choice([0.0, 1e4, np.inf]))


def _use(patch: Any, kernel: ModuleType, level: int = 0) -> None:
    patch.setattr(_boundary, "choice", lambda: (kernel, "", level, ""))


def _copy(level: BoundaryLevel) -> BoundaryLevel:
    return BoundaryLevel(level.features, level.weights, level.labels.copy(), level.active.copy())


def _sweeps(level: Any, k: int, terms: Any, means: Any, n_sweeps: Any = 4, n_threads: Any = 1) -> Iterator[Any]:
    """Yield the state after every sweep: moves, labels, active, segments, sums."""
    level = _copy(level)
    sums = boundary_sums(level, k, n_threads)
    segments = boundary_segments(terms, sums)
    for _ in range(n_sweeps):
        if means == "live":
            moves = boundary_sweep_live(level, terms, segments, sums)
        elif means == "striped":
            moves = boundary_sweep_striped(level, terms, sums, n_threads)
        else:
            moves, change = boundary_sweep_frozen(level, terms, segments, n_threads)
            sums += change
        yield moves, level.labels.copy(), level.active.copy(), segments.copy(), sums.copy()
        if means != "live":
            segments = boundary_segments(terms, sums)


def _assert_same(ours: Any, expected: Any) -> None:
    for mine, other in zip(ours, expected, strict=True):
        for array, twin in zip(mine, other, strict=True):
            np.testing.assert_array_equal(array, twin)


@pytest.mark.parametrize("level", LEVELS)
@given(means=MEANS, **GRIDS)
def test_sweeps_have_the_bits_of_the_reference(level: int, means: str, seed: int, **shape: Any) -> None:
    grid, k = _grid(seed=seed, **shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_boundary, "LIVE_STRIPE", 5)
        _use(patch, native, level)
        ours = list(_sweeps(grid, k, _terms(seed), means))
        _use(patch, reference)
        _assert_same(ours, _sweeps(grid, k, _terms(seed), means))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("means", ["striped", "frozen"])
def test_sweeps_of_a_large_grid_have_the_bits_of_the_reference(
    monkeypatch: pytest.MonkeyPatch, means: str, level: int
) -> None:
    grid, k = _grid(150, 40, 4, weighted=False, masked=True, seed=1, cell=8)
    _use(monkeypatch, native, level)
    ours = list(_sweeps(grid, k, TERMS, means, n_sweeps=2))
    _use(monkeypatch, reference)
    _assert_same(ours, _sweeps(grid, k, TERMS, means, n_sweeps=2, n_threads=2))
    assert ours[0][0] > 100


@given(means=MEANS, **GRIDS)
def test_labels_stay_connected_and_none_vanishes(means: str, seed: int, **shape: Any) -> None:
    grid, k = _grid(seed=seed, **shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_boundary, "LIVE_STRIPE", 2)
        states = list(_sweeps(grid, k, _terms(seed), means))
    for _, labels, active, _, sums in states:
        assert is_connected(labels)
        assert set(np.unique(labels)) - {-1} == set(range(k))
        np.testing.assert_array_equal(labels < 0, grid.labels < 0)
        anew = boundary_sums(BoundaryLevel(grid.features, grid.weights, labels, active), k)
        np.testing.assert_array_equal(sums, anew)


@given(**GRIDS)
def test_a_live_sweep_leaves_segments_as_its_sums_describe_them(seed: int, **shape: Any) -> None:
    grid, k = _grid(seed=seed, **shape)
    for *_, segments, sums in _sweeps(grid, k, _terms(seed), "live"):
        np.testing.assert_array_equal(segments, boundary_segments(_terms(seed), sums))


@given(**GRIDS)
def test_in_a_single_stripe_means_follow_every_move(seed: int, **shape: Any) -> None:
    grid, k = _grid(seed=seed, **shape)
    for ours, plain in zip(*(_sweeps(grid, k, _terms(seed), means) for means in ("striped", "live")), strict=True):
        for mine, other in zip(ours[:3], plain[:3], strict=True):
            np.testing.assert_array_equal(mine, other)
        np.testing.assert_array_equal(ours[4], plain[4])


@given(**GRIDS)
def test_sums_are_those_of_a_plain_loop(seed: int, **shape: Any) -> None:
    grid, k = _grid(seed=seed, **shape)
    d = grid.features.shape[2]
    expected = [[0] * (d + 4) for _ in range(k)]
    for (y, x), label in np.ndenumerate(grid.labels):
        if label >= 0:
            w, f = 1 if grid.weights is None else int(grid.weights[y, x]), grid.features[y, x].tolist()
            for j, value in enumerate([*f, y, x, 1, sum(v * v // 256 for v in f)]):
                expected[label][j] += w * value
    assert boundary_sums(grid, k).tolist() == expected


@pytest.mark.parametrize("level", LEVELS)
def test_sums_of_the_largest_features_do_not_overflow(monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    features = np.full((1, 3000, 4), -32768, np.int16)
    grid = BoundaryLevel(features, None, np.zeros((1, 3000), np.int32), np.ones((1, 3000), np.uint8))
    _use(monkeypatch, native, level)
    expected = [*[-32768.0 * 3000] * 4, 0, 3000 * 2999 / 2, 3000, 4 * 3000 * 2.0**22]
    assert boundary_sums(grid, 1).tolist() == [expected]


@pytest.mark.parametrize("level", LEVELS)
@given(**GRIDS)
def test_a_last_sweep_moves_blocks_as_the_reference_does(level: int, seed: int, **shape: Any) -> None:
    grid, k = _grid(seed=seed, **shape)
    segments = boundary_segments(_terms(seed), boundary_sums(grid, k))
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for kernel, isa in ((native, level), (reference, 0)):
            _use(patch, kernel, isa)
            mine = _copy(grid)
            moves, sums = boundary_sweep_frozen(mine, _terms(seed), segments, last=True)
            assert len(sums) == 0
            found.append((moves, mine.labels, mine.active))
    _assert_same(found[:1], found[1:])
    assert is_connected(found[0][1])


@pytest.mark.parametrize("n_threads", [2, 7])
@pytest.mark.parametrize("means", ["striped", "frozen"])
def test_threads_change_nothing(means: str, n_threads: int) -> None:
    grid, k = _grid(333, 70, 4, weighted=True, masked=True, seed=2, cell=9)
    expected = list(_sweeps(grid, k, TERMS, means))
    assert expected[0][0] > 1000
    _assert_same(_sweeps(grid, k, TERMS, means, n_threads=n_threads), expected)


@given(labels=arrays(np.int32, (5, 7), elements=st.integers(-1, 12)))
def test_labels_get_numbers_in_the_order_of_their_first_places(labels: Any) -> None:
    found: list[int] = []
    for label in labels.ravel().tolist():
        if label >= 0 and label not in found:
            found.append(label)
    for kernel in (native, reference):
        numbers, listed = np.full(13, -1, np.int32), np.empty(13, np.int32)
        assert kernel.number_labels(labels, numbers, listed) == len(found)
        assert listed[: len(found)].tolist() == found
        assert numbers.tolist() == [found.index(label) if label in found else -1 for label in range(13)]


def _half_and_half(width: Any) -> Any:
    """Two segments side by side whose border is one column left of where the features change."""
    features = np.zeros((5, width, 4), np.int16)
    features[:, width // 2 :, 0] = 1000
    labels = np.zeros((5, width), np.int32)
    labels[:, width // 2 - 1 :] = 1
    return BoundaryLevel(features, None, labels, np.ones(labels.shape, np.uint8))


@pytest.mark.parametrize("kernel", [native, reference])
def test_blocks_that_move_wake_their_neighbors(monkeypatch: pytest.MonkeyPatch, kernel: ModuleType) -> None:
    _use(monkeypatch, kernel)
    features = np.zeros((5, 12, 4), np.int16)
    features[:, 6:, 0] = 1000
    labels = np.zeros((5, 12), np.int32)
    labels[:, 5:] = 1  # one column left of where the features change
    grid = BoundaryLevel(features, None, labels, np.zeros((5, 12), np.uint8))
    terms = BoundaryTerms(0.0, 0.0, 0.0, 0.0)
    sums = boundary_sums(grid, 2)
    segments = boundary_segments(terms, sums)
    assert boundary_sweep_live(grid, terms, segments, sums) == 0
    grid.active[2, 5] = 1
    # the rows below follow in the same sweep, those above one by one in the next
    assert [boundary_sweep_live(grid, terms, segments, sums) for _ in range(4)] == [3, 1, 1, 0]
    np.testing.assert_array_equal(labels, np.repeat([[0] * 6 + [1] * 6], 5, axis=0))


@pytest.mark.parametrize("kernel", [native, reference])
def test_equal_costs_keep_the_segment(monkeypatch: pytest.MonkeyPatch, kernel: ModuleType) -> None:
    _use(monkeypatch, kernel)
    labels = np.array([[0, 0, 1, 1]], np.int32)
    grid = BoundaryLevel(np.zeros((1, 4, 4), np.int16), None, labels, np.ones((1, 4), np.uint8))
    terms = BoundaryTerms(0.0, 0.0, 0.0, 0.0)
    sums = boundary_sums(grid, 2)
    assert boundary_sweep_live(grid, terms, boundary_segments(terms, sums), sums) == 0


def test_an_empty_segment_is_at_the_origin() -> None:
    sums = np.zeros((1, 8))
    expected = [0, 0, 0, 0, 0, 0, TERMS.position * TERMS.variance, 1]
    assert boundary_segments(TERMS, sums).tolist() == [expected]


@given(height=st.integers(1, 140), width=st.integers(1, 24), masked=st.booleans(), seed=st.integers(0, 99))
def test_doubled_labels_are_those_of_the_coarser_block(
    height: Any, width: Any, masked: Segmentation, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(-1, 9, ((height + 1) // 2, (width + 1) // 2), dtype=np.int32)
    known = rng.integers(0, 4, coarse.shape, dtype=np.uint8)
    mask = rng.random((height, width)) < 0.7 if masked else None
    expected = coarse[np.arange(height)[:, None] // 2, np.arange(width) // 2]
    if masked:
        expected = np.where(mask, expected, -1)  # type: ignore[arg-type]
    for kernel in (native, reference):
        with pytest.MonkeyPatch.context() as patch:
            _use(patch, kernel)
            labels, active = double_level(coarse, known, (height, width), mask)
            np.testing.assert_array_equal(labels, expected)
            np.testing.assert_array_equal(active, (known > 0)[np.arange(height)[:, None] // 2, np.arange(width) // 2])


def _arguments(
    height: int = 3, width: int = 5, d: int = 4, k: int = 2
) -> tuple[list[Any], NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]]:
    labels, active = np.zeros((height, width), np.int32), np.ones((height, width), np.uint8)
    features, weights = np.zeros((height, width, d), np.int16), np.ones((height, width), np.uint16)
    return (
        [features, weights, labels, active],
        np.zeros((k, d + 4)),
        np.zeros((k, d + 4)),
        np.empty(width + 1, np.int32),
    )


@pytest.mark.parametrize("at", [0, 1, 2, 3, 5, 6, 7])
def test_the_binding_rejects_arrays_of_other_sizes(at: int) -> None:
    level, *rest = _arguments()
    arrays = [*level, ROWS, *rest]
    native.boundary_move(0, 3, 5, 4, 0, 3, 1, 1.0, 1.0, 1.0, 1.0, *arrays)
    arrays[at] = arrays[at].ravel()[:-1].copy()
    with pytest.raises(ValueError, match="must"):
        native.boundary_move(0, 3, 5, 4, 0, 3, 1, 1.0, 1.0, 1.0, 1.0, *arrays)


@pytest.mark.parametrize("number", [-1, 2, 2**31 - 1])
def test_the_binding_rejects_labels_without_a_number(number: int) -> None:
    level, *rest = _arguments()
    level[2][1, 3] = 1
    numbers = np.array([0, 1], np.int32)
    native.boundary_move(0, 3, 5, 4, 0, 3, 1, 1.0, 1.0, 1.0, 1.0, *level, numbers, *rest)
    for wrong in (np.array([0, number], np.int32), numbers[:1]):
        with pytest.raises(ValueError, match="labels must have numbers below 2, got label 1 without"):
            native.boundary_move(0, 3, 5, 4, 2, 3, 1, 1.0, 1.0, 1.0, 1.0, *level, wrong, *rest)
    with pytest.raises(ValueError, match="labels must be below 1, got 1"):
        native.number_labels(level[2], np.full(1, -1, np.int32), np.empty(1, np.int32))


@pytest.mark.parametrize("rows", [(-1, 3), (0, 4), (2, 1), (2**60, 3), (0, -1)])
def test_the_binding_rejects_rows_outside_the_grid(rows: tuple[int, int]) -> None:
    level, segments, sums, candidates = _arguments()
    with pytest.raises(ValueError, match="must"):
        native.boundary_sums(0, 3, 5, 4, *rows, *level, sums)
    with pytest.raises(ValueError, match="must"):
        native.boundary_move(0, 3, 5, 4, *rows, 1, 1.0, 1.0, 1.0, 1.0, *level, ROWS, segments, sums, candidates)


def test_the_binding_rejects_labels_without_a_segment() -> None:
    level, segments, sums, candidates = _arguments()
    level[2][2, 2] = 2
    with pytest.raises(ValueError, match="must"):
        native.boundary_sums(0, 3, 5, 4, 0, 3, *level, sums)
    for rows in ((0, 3), (0, 2)):  # the row behind the last is looked at, too
        with pytest.raises(ValueError, match="must"):
            native.boundary_move(0, 3, 5, 4, *rows, 1, 1.0, 1.0, 1.0, 1.0, *level, ROWS, segments, sums, candidates)


def test_the_binding_rejects_a_product_of_sides_that_overflows() -> None:
    none = np.empty(0, np.int32)
    with pytest.raises(ValueError, match="must"):
        native.double_level(
            1 << 33, 1 << 33, none, np.empty(0, np.uint8), np.empty(0, np.uint8), none, np.empty(0, np.uint8)
        )
    with pytest.raises(TypeError, match="mask must be uint8"):
        native.double_level(1, 1, none, np.empty(0, np.uint8), np.empty(2, "V0"), none, np.empty(0, np.uint8))
