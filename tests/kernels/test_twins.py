"""Every native kernel against its NumPy twin, for every instruction set of this processor."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imgcluster.kernels import reference
from imgcluster.kernels._assign import ASSIGN_BLOCK
from imgcluster.kernels._em import EM_BLOCK
from imgcluster.kernels._octree import OCTREE_BLOCK

native = pytest.importorskip("imgcluster.kernels._native")
LEVELS = range(len(native.isa_names()))


def _assign(
    kernel: ModuleType,
    level: int,
    X: NDArray[Any],
    weights: NDArray[np.float64],
    centers: NDArray[Any],
    labels: NDArray[np.int32],
) -> tuple[float, int, dict[str, NDArray[Any]]]:
    (n, d), k = X.shape, len(centers)
    out = {
        "labels": labels.copy(),
        "distances": np.empty(n, X.dtype),
        "sums": np.zeros((k, d)),
        "counts": np.zeros(k),
    }
    scratch = np.empty(ASSIGN_BLOCK * d, X.dtype), np.empty(d), np.empty(k * d, X.dtype)
    screen = np.empty((k + ASSIGN_BLOCK) * (d + 1), np.float32)
    objective, changed = kernel.assign(level, n, d, k, X, weights, centers, *out.values(), *scratch, screen)
    return objective, changed, out


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    n=st.integers(1, 300),
    d=st.integers(1, 12),
    k=st.integers(1, 40),
    seed=st.integers(0, 99),
    grid=st.booleans(),
)
def test_assign_gives_the_labels_and_distances_of_the_reference(
    level: int, dtype: Any, n: int, d: Any, k: int, seed: int, grid: Any
) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(dtype)
    if grid:  # many equal points and many ties
        X = np.rint(X)
    weights = rng.integers(0, 4, n).astype(float)
    centers = X[rng.integers(0, n, k)]
    labels = rng.integers(0, k, n).astype(np.int32)
    objective, changed, ours = _assign(native, level, X, weights, centers, labels)
    expected_objective, expected_changed, expected = _assign(reference, level, X, weights, centers, labels)
    assert changed == expected_changed
    np.testing.assert_array_equal(ours["labels"], expected["labels"])
    np.testing.assert_array_equal(ours["distances"], expected["distances"])
    np.testing.assert_allclose(ours["sums"], expected["sums"], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(ours["counts"], expected["counts"])
    assert objective == pytest.approx(expected_objective, rel=1e-12)


def _mirrored(X: NDArray[Any], k: int, rng: np.random.Generator) -> NDArray[Any]:
    """Return centers in pairs, about equally far from a point on either side."""
    way = rng.normal(size=(k // 2, X.shape[1])).astype(X.dtype) / 64
    middle = X[rng.integers(0, len(X), k // 2)]
    return np.vstack([middle + way, middle - way])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("away", [0.0, 1e4, 1e6])  # from zero, where float32 cannot tell points apart
@pytest.mark.parametrize("size", [1e-17, 1e-3, 1.0, 1e17])
def test_no_look_at_distances_decides_what_is_close(
    level: int, dtype: Any, away: float, size: float, rng: np.random.Generator
) -> None:
    X = ((rng.normal(size=(700, 6)) + away) * size).astype(dtype)
    X[:5] *= 1e6  # far from all centers
    for centers in (_mirrored(X, 128, rng), X[rng.integers(0, 700, 99)], np.repeat(X[:50], 2, axis=0)):
        weights, labels = np.ones(700), np.zeros(700, np.int32)
        with np.errstate(over="ignore"):
            _, _, expected = _assign(reference, level, X, weights, centers, labels)
        _, _, ours = _assign(native, level, X, weights, centers, labels)
        np.testing.assert_array_equal(ours["labels"], expected["labels"])
        np.testing.assert_array_equal(ours["distances"], expected["distances"])


@pytest.mark.parametrize("k", [33, 133])
@pytest.mark.parametrize("level", LEVELS)
def test_assign_has_the_same_bits_on_every_instruction_set(level: int, k: int, rng: np.random.Generator) -> None:
    X, centers = rng.random((1000, 5)).astype(np.float32), rng.random((k, 5)).astype(np.float32)
    weights, labels = rng.random(1000), np.zeros(1000, np.int32)
    first, ours = (_assign(native, isa, X, weights, centers, labels) for isa in (0, level))
    assert first[:2] == ours[:2]
    for name, expected in first[2].items():
        np.testing.assert_array_equal(ours[2][name], expected)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(
    n=st.integers(1, 120),
    d=st.integers(1, 5),
    k=st.integers(1, 20),
    seed=st.integers(0, 99),
    grid=st.booleans(),
    exchanges=st.sampled_from([0, 1, 5]),
    share=st.sampled_from([0.5, 0.9, np.inf]),
)
@example(n=12, d=5, k=13, seed=29, grid=False, exchanges=0, share=0.5)  # gains of rounding alone, twice the same
def test_settle_has_the_bits_of_the_reference(
    level: int, dtype: Any, n: int, d: int, k: int, seed: int, grid: bool, exchanges: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(dtype)
    if grid:  # many equal points and many ties
        X = np.rint(X)
    weights = rng.integers(0, 4, n).astype(float)
    start = X[rng.integers(0, n, k)].astype(float)
    target = share * float((weights[:, None] * X.astype(float) ** 2).sum())

    def settled(kernel: ModuleType) -> tuple[Any, ...]:
        out = start.copy(), np.full(n, -1, np.int32), np.empty(n, dtype), np.empty((k, d)), np.empty(k)
        scratch = np.empty(k * d), np.empty(k), np.empty(k * d, dtype), np.empty(ASSIGN_BLOCK * d, dtype)
        found = kernel.settle(level, n, d, k, 10, exchanges, target, X, weights, *out, *scratch)
        return *found, *out

    for ours, expected in zip(settled(native), settled(reference), strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 5, 16, 17, 1000])
def test_nearer_has_the_bits_of_the_reference(level: int, dtype: Any, n: int, rng: np.random.Generator) -> None:
    X, weights = rng.random((n, 3)).astype(dtype), rng.random(n)
    distances, candidates = rng.random(n).astype(dtype), X[[0, n // 2, n - 1]]
    results = []
    for kernel in (native, reference):
        out, potentials = np.empty((3, n), dtype), np.empty(3)
        kernel.nearer(level, np.ascontiguousarray(X.T), weights, candidates, distances, out, potentials)
        results.append((out, potentials))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, expected)
    direct = ((X[:, None].astype(float) - candidates) ** 2).sum(axis=2).T
    np.testing.assert_allclose(results[0][0], np.minimum(distances, direct), atol=1e-6)


def _octree(
    kernel: ModuleType,
    keys: NDArray[np.uint32],
    X: NDArray[np.float32],
    weights: NDArray[np.float64],
    levels: int,
    leaf_size: int,
) -> list[NDArray[Any]]:
    points = np.zeros((3, len(X) + OCTREE_BLOCK), np.float32)
    points[:, : len(X)] = X.T
    m = kernel.octree_build(levels, leaf_size, keys, np.empty((0, 3), np.int32))
    tree = [points, weights, np.empty((m, 3), np.int32), np.empty((m, 6), np.float32), np.empty((m, 4))]
    kernel.octree_build(levels, leaf_size, keys, tree[2])
    kernel.octree_summarize(*tree)
    return tree  # type: ignore[return-value]


def _colors(rng: np.random.Generator, n: int, spread: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    colors = np.clip(rng.normal(128, spread, (n, 3)), 0, 255).astype(np.uint8)
    keys = np.empty(n, np.uint32)
    native.keys_from_colors(colors, keys)
    keys = np.unique(keys)
    colors = np.empty((len(keys), 3), np.uint8)
    native.colors_from_keys(keys, colors)
    return keys, colors.astype(np.float32)


@pytest.mark.parametrize("n", [1, 7, 300, 5000])
@pytest.mark.parametrize("leaf_size", [1, 16, 256])
def test_octree_is_that_of_the_reference(n: int, leaf_size: int, rng: np.random.Generator) -> None:
    keys, X = _colors(rng, n, 40)
    weights = rng.integers(1, 9, len(X)).astype(float)
    for ours, expected in zip(
        _octree(native, keys, X, weights, 8, leaf_size),
        _octree(reference, keys, X, weights, 8, leaf_size),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("level", LEVELS)
@given(n=st.integers(1, 3000), k=st.integers(1, 300), spread=st.sampled_from([2, 20, 90]), seed=st.integers(0, 99))
def test_pruned_assignment_is_exact(level: int, n: int, k: int, spread: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys, X = _colors(rng, n, spread)
    weights = rng.integers(1, 9, len(X)).astype(float)
    centers = rng.uniform(0, 255, (k, 3)).astype(np.float32)
    near = rng.integers(0, len(X), k // 2)
    centers[: k // 2] = X[near]  # ties and duplicates among centers
    results = []
    for kernel in (native, reference):
        tree = _octree(native, keys, X, weights, 8, 32)
        labels, node_labels = np.full(len(X), -1, np.int32), np.full(len(tree[2]), -1, np.int32)
        totals = np.zeros((k, 4))
        for _ in range(2):  # the second pass meets labels that are there already
            totals[...] = 0
            roots = np.zeros(1, np.int32)
            moved = np.ascontiguousarray(centers.T)
            changed = kernel.octree_assign(level, *tree, roots, moved, labels, node_labels, totals)
            centers = centers[::-1].copy()
        results.append((labels, totals, changed))
        centers = centers.copy()
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])
    assert results[0][2] == results[1][2]


def test_histogram_kernels_agree(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (5000, 3)).astype(np.uint8)
    pixels[1000:3000] = pixels[7]
    found = []
    for kernel in (native, reference):
        tables, touched = np.zeros((2, 1 << 24), np.uint8), np.zeros((2, 1 << 15), np.uint8)
        carried = []
        for i, half in enumerate((pixels[:1200], pixels[1200:])):
            carries = np.empty(len(half) // 255 + 1, np.uint32)
            carried += carries[: kernel.histogram_count(3, half, tables[i], touched[i], carries)].tolist()
        carried = np.sort(carried)  # type: ignore[assignment]
        n = kernel.histogram_collect(tables, touched, np.empty(0, np.uint32), np.empty(0, np.int64))
        keys, counts = np.empty(n, np.uint32), np.empty(n, np.int64)
        kernel.histogram_collect(tables, touched, keys, counts)
        colors = np.empty((n, 3), np.uint8)
        kernel.colors_from_keys(keys, colors)
        back = np.empty(n, np.uint32)
        kernel.keys_from_colors(colors, back)
        np.testing.assert_array_equal(back, keys)
        lookup = np.zeros(1 << 24, np.uint16)
        lookup[keys] = np.arange(n)
        indices = np.empty((50, 100), np.uint16)
        kernel.remap_pixels(3, pixels[:5000].reshape(50, 100, 3), lookup, indices)
        np.testing.assert_array_equal(colors[indices].reshape(-1, 3), pixels)
        assert kernel.squared_difference(pixels[:5000], colors, indices) == 0
        far = kernel.squared_difference(255 - pixels[:5000], colors, indices)
        assert far == ((255 - 2 * pixels[:5000].astype(int)) ** 2).sum()
        with pytest.raises((ValueError, IndexError), match=r"below|bounds"):
            kernel.squared_difference(pixels[:5000], colors[:2], indices)
        found.append((keys, counts, colors, indices, carried))
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, expected)
    assert found[0][1].sum() + 255 * len(found[0][4]) == len(pixels)


@pytest.mark.parametrize(
    "call",
    [
        lambda f: native.nearer(0, f(3, 4), f(4).astype(float), f(2, 2), f(4), f(2, 4), f(2).astype(float)),
        lambda f: native.nearer(99, f(3, 4), f(4).astype(float), f(2, 3), f(4), f(2, 4), f(2).astype(float)),
        lambda f: native.octree_build(9, 1, np.zeros(3, np.uint32), np.empty((0, 3), np.int32)),
        lambda f: native.octree_build(8, 1, np.zeros(3, np.uint32), np.empty((7, 3), np.int32)),
        lambda f: native.histogram_collect(
            np.zeros(5, np.uint8), np.zeros(5, np.uint8), np.zeros(0, np.uint32), np.zeros(0, np.int64)
        ),
        lambda f: native.colors_from_keys(np.zeros(5, np.uint32), np.zeros((4, 3), np.uint8)),
        lambda f: native.remap_pixels(3, np.zeros(9, np.uint8), np.zeros(1 << 24, np.uint8), np.zeros(4, np.uint8)),
    ],
)
def test_arrays_that_do_not_fit_are_rejected(call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="must"):
        call(lambda *shape: np.zeros(shape, np.float32))


def test_a_broken_tree_is_rejected(rng: np.random.Generator) -> None:
    keys, X = _colors(rng, 500, 40)
    tree = _octree(native, keys, X, np.ones(len(X)), 8, 16)
    arguments = [np.zeros(1, np.int32), np.zeros((3, 2), np.float32), np.zeros(len(X), np.int32)]
    arguments += [np.zeros(len(tree[2]), np.int32), np.zeros((2, 4))]  # type: ignore[list-item]
    for row, column, value in ((0, 1, 10**6), (1, 0, -5), (1, 2, 10**6), (0, 2, 0)):
        broken = [array.copy() for array in tree]
        broken[2][row, column] = value
        with pytest.raises(ValueError, match="must"):
            native.octree_assign(0, *broken, *arguments)
    with pytest.raises(ValueError, match="must"):
        native.octree_assign(0, *tree, np.array([10**6], np.int32), *arguments[1:])


def _em_step(
    kernel: ModuleType,
    level: int,
    X: NDArray[np.float64],
    weights: NDArray[np.float64],
    model: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    each: bool,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    (n, d), (means, factors, _) = X.shape, model
    k = len(means)
    n_sums = 1 + d + (d * (d + 1) // 2 if factors.ndim == 3 else d)
    sums = np.zeros((k, n_sums))
    shares, densities = np.empty((n * each, k)), np.empty(n * each)
    scratch = np.empty(EM_BLOCK * 2 * (d + k) + 8 * k * n_sums), np.empty(k, np.intp)
    total = kernel.em_step(level, X, weights, *model, sums, shares, densities, *scratch)
    return total, sums, shares, densities


@pytest.mark.parametrize("level", LEVELS)
@given(
    n=st.integers(1, 200),
    d=st.integers(1, 6),
    k=st.integers(1, 12),
    full=st.booleans(),
    spread=st.sampled_from([0.1, 1, 30]),
    seed=st.integers(0, 99),
)
def test_em_step_is_that_of_the_reference(
    level: int, n: int, d: Any, k: int, full: Any, spread: Any, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    X, weights = rng.normal(size=(n, d)) * spread, rng.integers(0, 3, n).astype(float)
    factors = np.triu(rng.normal(size=(k, d, d))) if full and d > 1 else rng.random((k, d)) + 0.1
    model = X[rng.integers(0, n, k)].copy(), factors, rng.normal(size=k)
    ours = _em_step(native, level, X, weights, model, each=True)
    expected = _em_step(reference, level, X, weights, model, each=True)
    baseline = _em_step(native, 0, X, weights, model, each=False)
    assert ours[0] == pytest.approx(expected[0], rel=1e-12, abs=1e-10)
    for mine, other in zip(ours[1:], expected[1:], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-10 * max(1, spread**2))
    assert ours[0] == baseline[0]
    np.testing.assert_array_equal(ours[1], baseline[1])
    np.testing.assert_allclose(ours[2].sum(axis=1), 1, rtol=1e-12)
