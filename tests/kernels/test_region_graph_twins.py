"""The kernels of region graphs against their NumPy twins and against the plain definition."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster.kernels import Borders, _region_graph, merge_regions, merged_labels, reference, region_edges
from imgcluster.segmentation import label_components

native = pytest.importorskip("imgcluster.kernels._native")
KERNELS = native, reference
MAPS: dict[str, Any] = {
    "height": st.integers(1, 24),
    "width": st.integers(1, 24),
    "n": st.integers(1, 60),
    "connected": st.booleans(),
    "seed": st.integers(0, 999),
}


def _map(height: int, width: int, n: int, connected: bool, seed: int) -> tuple[NDArray[np.int32], int]:
    """Labels 0..n-1 of any shape, or their components; some outside."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, n, (height, width), dtype=np.int32)
    if connected:
        return label_components(labels)
    return labels, n


def _features(seed: int, labels: NDArray[np.int32], d: int, spread: int) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-spread, spread + 1, (*labels.shape, d), dtype=np.int16)


def _plain_edges(labels: NDArray[np.int32], features: NDArray[np.int16] | None) -> dict[Any, Any]:
    """Visit all pairs of neighboring pixels: {pair: [length, contrast]} in the order of their first meeting."""
    found: dict[str, Any] = {}
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            for v, u in ((y, x + 1), (y + 1, x)):
                if v < height and u < width and min(labels[y, x], labels[v, u]) >= 0 and labels[y, x] != labels[v, u]:
                    pair = tuple(sorted((int(labels[y, x]), int(labels[v, u]))))
                    edge = found.setdefault(pair, [0, 0])  # type: ignore[call-overload]
                    edge[0] += 1
                    if features is not None:
                        edge[1] += sum(
                            (int(f) - int(g)) ** 2 for f, g in zip(features[y, x], features[v, u], strict=True)
                        )
    return found


def _edges_of(kernel: ModuleType, *arguments: Any) -> Borders:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_region_graph, "choice", lambda: (kernel,))
        return region_edges(*arguments)


@given(d=st.sampled_from([None, 4, 8]), spread=st.sampled_from([1, 30000]), **MAPS)
def test_edges_are_those_of_the_definition(d: Any, spread: Any, seed: int, **shape: Any) -> None:
    labels, n = _map(seed=seed, **shape)
    features = d and _features(seed, labels, d, spread)
    expected = _plain_edges(labels, features)
    for kernel in KERNELS:
        borders = _edges_of(kernel, labels, n, features)
        assert list(map(tuple, borders.ends.tolist())) == list(expected)
        assert [*map(list, zip(borders.lengths.tolist(), borders.contrasts.tolist(), strict=True))] == [
            *expected.values()
        ]


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_pixel_may_be_a_region(kernel: ModuleType) -> None:
    labels = np.arange(60 * 50, dtype=np.int32).reshape(60, 50)
    borders = _edges_of(kernel, labels, labels.size)
    assert len(borders.ends) == 60 * 49 + 59 * 50
    assert set(borders.lengths.tolist()) == {1}
    assert borders.ends[:3].tolist() == [[0, 1], [0, 50], [1, 2]]


@pytest.mark.parametrize("kernel", KERNELS)
def test_there_is_room_for_more_edges_than_a_planar_graph_has(kernel: ModuleType, rng: np.random.Generator) -> None:
    labels = rng.integers(0, 60, (100, 100), dtype=np.int32)
    borders = _edges_of(kernel, labels, 60)
    assert len(borders.ends) == 60 * 59 // 2  # each touches each: 4 times the 3 n - 6 of a planar graph
    np.testing.assert_array_equal(borders.ends[np.lexsort(borders.ends.T[::-1])], np.argwhere(np.tri(60, k=-1).T))


def test_labels_outside_touch_nothing() -> None:
    labels = np.array([[0, -1, 1], [-5, -1, -2]], np.int32)
    assert len(region_edges(labels, 2).ends) == 0


def _problem(
    seed: int, height: int, width: int, n: int, connected: bool, d: int, ties: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], Borders]:
    """Regions of a map, their sizes, means and borders."""
    labels, n = _map(height, width, n, connected, seed)
    rng = np.random.default_rng(seed)
    features = _features(seed, labels, d, 300)
    areas = np.maximum(np.bincount(labels[labels >= 0], minlength=max(n, 1)), 1).astype(float)
    means = rng.normal(0, 100, (len(areas), d))
    if ties:
        features, areas, means = features // 100, np.ones_like(areas), np.rint(means / 100)
    return areas, means, region_edges(labels, n, features)


def _state_after(
    kernel: ModuleType,
    problem: tuple[NDArray[np.float64], NDArray[np.float64], Borders],
    n_regions: int,
    contrast: float,
    power: int,
) -> list[Any]:
    """Merge, and return all that the kernel wrote."""
    areas, means, borders = problem
    n, m = len(areas), len(borders.ends)
    work = [areas.copy(), means.copy(), *(part.copy() for part in borders)]
    scratch, costs = np.empty(3 * n + 4 * m, np.int32), np.empty(m)
    pairs, heights = np.zeros((n - 1, 2), np.int32), np.zeros(n - 1)
    done = kernel.merge_regions(contrast, contrast / 4, power, n_regions, *work, scratch, costs, pairs, heights)
    return [done, pairs, heights, costs, *work]


PROBLEMS: dict[str, Any] = {
    "d": st.sampled_from([1, 4, 8]),
    "ties": st.booleans(),
    "contrast": st.sampled_from([0.0, 0.3]),
    "power": st.integers(0, 3),
}


@given(n_regions=st.integers(1, 9), **MAPS, **PROBLEMS)
def test_merging_has_the_bits_of_the_reference(n_regions: Any, contrast: Any, power: Any, **options: Any) -> None:
    problem = _problem(**options)
    ours, expected = (_state_after(kernel, problem, n_regions, contrast, power) for kernel in KERNELS)
    for mine, other in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(mine, other)


def _plain_merge(
    areas: NDArray[np.float64],
    means: NDArray[np.float64],
    borders: Borders,
    n_regions: int,
    contrast: float,
    power: int,
) -> list[Any]:
    """Look at all borders before each merge; of two to a common neighbor that of the first region becomes both."""
    sizes, centers = areas.tolist(), [row.copy() for row in means]
    edges = {
        e: [set(pair), length, total]
        for e, (pair, length, total) in enumerate(zip(*(part.tolist() for part in borders), strict=True))
    }
    merges: list[Any] = []

    def cost(e: Any) -> Any:
        (a, b), length, total = edges[e]
        squared = 0.0
        for off in centers[a] - centers[b]:
            squared += off * off
        result = squared + contrast * (total / length) + contrast / 4
        for _ in range(power):
            result *= sizes[a] * sizes[b] / (sizes[a] + sizes[b])
        return result

    while edges and len(sizes) - len(merges) > n_regions:
        height, e = min((cost(e), e) for e in edges)
        a, b = sorted(edges.pop(e)[0])
        merges.append((a, b, height))
        centers[a] = (sizes[a] * centers[a] + sizes[b] * centers[b]) / (sizes[a] + sizes[b])
        sizes[a] += sizes[b]
        of_first = {min(pair - {a}): e for e, (pair, _, _) in edges.items() if a in pair}
        for e in [e for e, (pair, _, _) in edges.items() if b in pair]:
            (other,) = edges[e][0] - {b}
            if other in of_first:
                _, length, total = edges.pop(e)
                edges[of_first[other]][1] += length
                edges[of_first[other]][2] += total
            else:
                edges[e][0] = {a, other}
    return merges


@given(
    n_regions=st.integers(1, 9),
    **{**MAPS, "height": st.integers(1, 8), "width": st.integers(1, 8), "n": st.integers(1, 20)},
    **PROBLEMS,
)
def test_merges_are_those_of_the_definition(n_regions: Any, contrast: Any, power: Any, **options: Any) -> None:
    areas, means, borders = _problem(**options)
    expected = _plain_merge(areas, means, borders, n_regions, contrast, power)
    found = merge_regions(areas, means, borders, n_regions, contrast=contrast, floor=contrast / 4, power=power)
    assert [
        (*pair, height) for pair, height in zip(found.pairs.tolist(), found.heights.tolist(), strict=True)
    ] == expected


@given(**MAPS)
def test_merging_ends_with_the_islands_and_passes_through_every_number(**shape: Any) -> None:
    labels, n = _map(**{**shape, "connected": True})
    if not n:
        return
    areas = np.bincount(labels[labels >= 0]).astype(float)
    means = np.random.default_rng(shape["seed"]).normal(size=(n, 4))
    borders = region_edges(labels, n)
    full = merge_regions(areas, means, borders, 1)
    _, n_islands = label_components(np.where(labels < 0, -1, 0).astype(np.int32))
    assert n - len(full.pairs) == n_islands
    some = merge_regions(areas, means, borders, n_islands + 2)
    assert len(some.pairs) == max(0, len(full.pairs) - 2)
    np.testing.assert_array_equal(some.pairs, full.pairs[: len(some.pairs)])
    assert merged_labels(n, full.pairs).max() == n_islands - 1
    assert (full.pairs[:, 0] < full.pairs[:, 1]).all()


@given(n_merges=st.integers(0, 60), **MAPS)
def test_merged_labels_are_those_of_the_reference_and_have_no_holes(n_merges: Any, **shape: Any) -> None:
    labels, n = _map(**{**shape, "connected": True})
    if not n:
        return
    means = np.random.default_rng(shape["seed"]).normal(size=(n, 4))
    pairs = merge_regions(np.ones(n), means, region_edges(labels, n), 1).pairs[:n_merges]
    found = merged_labels(n, pairs)
    expected = np.empty(n, np.int32)
    reference.merged_labels(pairs, expected)
    np.testing.assert_array_equal(found, expected)
    _, first = np.unique(found, return_index=True)
    assert len(first) == n - len(pairs) == found.max() + 1
    assert (np.diff(first) > 0).all()  # in the order of the lowest region of each
    for a, b in pairs:
        assert found[a] == found[b]


@pytest.mark.parametrize("pairs", [[[0, 3]], [[-1, 1]], [[1, 1]], [[2, 0]]])
def test_the_binding_rejects_merges_without_two_regions(pairs: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="must"):
        merged_labels(3, np.array(pairs, np.int32))


def test_ward_heights_are_the_growth_of_the_squared_error(rng: np.random.Generator) -> None:
    values = rng.normal(size=(9, 11, 4))
    labels = np.arange(99, dtype=np.int32).reshape(9, 11)
    means = values.reshape(99, 4)
    heights = merge_regions(np.ones(99), means, region_edges(labels, 99), 1).heights
    assert heights.sum() == pytest.approx(((means - means.mean(axis=0)) ** 2).sum())


def test_arguments_are_left_as_they_were(rng: np.random.Generator) -> None:
    labels = np.arange(12, dtype=np.int32).reshape(3, 4)
    areas, means, borders = np.ones(12), rng.normal(size=(12, 4)), region_edges(labels, 12)
    before = [array.copy() for array in (areas, means, *borders)]
    merge_regions(areas, means, borders, 2)
    for array, copy in zip((areas, means, *borders), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_a_pair_given_two_borders_does_no_harm(rng: np.random.Generator) -> None:
    for _ in range(100):
        n, m = int(rng.integers(2, 9)), int(rng.integers(1, 30))
        ends = rng.integers(0, n, (m, 2)).astype(np.int32)
        ends[ends[:, 0] == ends[:, 1]] = 0, 1
        borders = Borders(ends, np.ones(m, np.int64), np.ones(m, np.int64))
        joined = merge_regions(np.ones(n), rng.normal(size=(n, 4)), borders, 1).pairs
        assert len({b for _, b in joined.tolist()}) == len(joined) < n


def _arguments() -> list[NDArray[Any]]:
    return [
        np.ones(3),
        np.zeros((3, 4)),
        np.array([[0, 1], [1, 2]], np.int32),
        np.ones(2, np.int64),
        np.zeros(2, np.int64),
        np.empty(17, np.int32),
        np.empty(2),
        np.empty((2, 2), np.int32),
        np.empty(2),
    ]


@pytest.mark.parametrize("at", range(9))
def test_the_binding_rejects_arrays_of_other_sizes(at: int) -> None:
    arrays = _arguments()
    native.merge_regions(0.0, 0.0, 1, 1, *arrays)
    arrays = _arguments()
    arrays[at] = arrays[at].ravel()[:-1].copy()
    with pytest.raises(ValueError, match="must"):
        native.merge_regions(0.0, 0.0, 1, 1, *arrays)


@pytest.mark.parametrize("pair", [(0, 3), (-1, 1), (1, 1)])
def test_the_binding_rejects_borders_without_two_regions(pair: tuple[int, int]) -> None:
    arrays = _arguments()
    arrays[2][1] = pair
    with pytest.raises(ValueError, match="must"):
        native.merge_regions(0.0, 0.0, 1, 1, *arrays)


@pytest.mark.parametrize("which", [3, 4])
@pytest.mark.parametrize("values", [(-1, 1), (2**63 - 1, 1)])
def test_the_binding_rejects_borders_that_do_not_add_up(which: int, values: tuple[int, int]) -> None:
    arrays = _arguments()
    arrays[which][:2] = values
    with pytest.raises(ValueError, match="must not be negative, nor more than"):
        native.merge_regions(0.0, 0.0, 1, 1, *arrays)


@pytest.mark.parametrize(
    ("height", "width", "bits", "capacity"),
    [(2, 3, 3, 8), (2, 3, 2, 7), (3, 3, 3, 7), (2, -3, 3, 7), (2, 3, 31, 7), (1 << 33, 1 << 33, 3, 7)],
)
def test_the_binding_of_edges_rejects_what_does_not_fit(height: int, width: int, bits: int, capacity: int) -> None:
    labels = np.empty(0 if height > 9 else 6, np.int32)
    scratch = np.empty(8, np.int32), np.empty((capacity, 2), np.int32), np.empty(capacity, np.int64)
    with pytest.raises(ValueError, match="must"):
        native.region_edges(
            height, width, 4, bits, labels, np.empty(0, np.int16), *scratch, np.empty(capacity, np.int64)
        )
