"""What the tests of scikit-image (tests/skimage/segmentation and graph, in 2026) ask of slic, join_segmentations,
boundaries and region graphs, asked of our superpixels and segmentations.

Written anew; each docstring begins with the tests whose behavior it holds. Numbers of segments are compared as sets,
since their order is no behavior.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import _pictures
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import filters, graph, segmentation

import imgcluster as ic

NO_SIGMA = "no sigma: how much is blurred belongs to the method; filter the picture first"
NOT_OURS = {
    "test_list_sigma": NO_SIGMA,
    "test_list_sigma_mask": NO_SIGMA,
    "test_enforce_connectivity (False)": "segments are always connected",
    "test_enforce_connectivity_mask (False)": "segments are always connected",
    "test_enforce_connectivity (max_size_factor)": "no limit of size; compactness sets how even segments are",
    "test_gray2d_default_channel_axis": "an array of two axes is gray without being told",
    "test_invalid_lab_conversion": "an array of two axes is gray, and is scaled by its quantiles",
    "test_spacing (of a picture)": "pixels are square; spacing is for volumes",
    "test_relabel_sequential_offset5": "segments are numbered from 0 or 1; values keeps the numbers of before",
    "test_relabel_sequential_offset5_with0": "segments are numbered from 0 or 1; values keeps the numbers of before",
    "test_relabel_sequential_signed_overflow": "segments are numbered from 0 or 1, in int32",
    "test_relabel_sequential_int_dtype_overflow": "segments are numbered from 0 or 1, in int32",
    "test_relabel_sequential_nonpositive_offset": "segments are numbered from 0 or 1",
    "test_relabel_sequential_negative_values": "negative numbers are segments; `outside` says which number is none",
    "test_mark_boundaries (outline_color)": "one color a border",
    "test_mark_boundaries_subpixel": "borders lie on pixels",
    "test_rag_merge": "the class of scikit-image's graphs; `merge` joins segments",
    "test_rag_merge_gh5360": "the class of scikit-image's graphs; `merge` joins segments",
    "test_rag_error": "of a mode of weights that we do not have",
    "test_generic_rag_2d (connectivity=2)": "neighbors share a side",
    "test_generic_rag_3d (connectivity 2 and 3)": "neighbors share a face",
}
METHODS = ["boundary", "slic", "gmm"]
Areas = list[tuple[slice, ...]]


def parts(shape: tuple[int, ...]) -> Areas:
    """The halves, quarters or eighths of an array."""
    return list(product(*[(slice(None, side // 2), slice(side // 2, None)) for side in shape]))


def filled(shape: tuple[int, ...], values: Any, noise: float) -> NDArray[np.float64]:
    """An array with one of the values in each of its parts, and a little noise."""
    array = np.zeros(shape + np.shape(values[0]))
    for part, value in zip(parts(shape), values, strict=True):
        array[part] = value
    return np.clip(array + noise * np.random.default_rng(0).standard_normal(array.shape), 0, 1)


def middle(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """1 but for two pixels at each side."""
    mask = np.zeros(shape)
    mask[(slice(2, -2),) * len(shape)] = 1
    return mask


KINDS: dict[str, tuple[NDArray[np.float64], dict[str, Any]]] = {
    "color": (filled((20, 21), [(1, 0, 0), (0, 0, 0), (0, 1, 0), (0, 0, 1)], 0.01), {}),
    "gray": (filled((20, 21), [0.33, 0, 0.67, 1], 0.0033), {}),
    "eight channels": (filled((20, 20), np.repeat(np.eye(4), 2, axis=1), 0.01), {"channels": "raw"}),
}


def hold_apart(labels: NDArray[np.int32], mask: NDArray[Any] | None, least: float) -> None:
    """Assert that each part has a segment, with at least that share of its pixels."""
    found = []
    for part in parts(labels.shape):
        inside = labels[part] if mask is None else labels[part][mask[part] > 0]
        counts = np.bincount(inside.ravel())
        found.append(int(counts.argmax()))
        assert counts.max() >= least * inside.size
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_quarters_are_found(method: str, kind: str, masked: bool) -> None:
    """As test_color_2d, test_multichannel_2d, test_gray_2d, test_slic_zero, and the four of the same name with _mask.

    "slic" compares blurred colors, as the paper's edges are: there a few pixels may go astray where four areas meet.
    """
    image, options = KINDS[kind]
    mask = middle(image.shape[:2]) if masked else None
    result = ic.superpixels(image, 4, method=method, mask=mask, start_label=1, **options)
    assert result.shape == image.shape[:2]
    assert result.n_segments == 4
    hold_apart(result.labels, mask, 0.9 if method == "slic" else 1)
    if mask is not None:
        np.testing.assert_array_equal(result.labels == 0, mask == 0)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", ["color", "gray"])
def test_eighths_of_a_volume_are_found(kind: str, masked: bool) -> None:
    """As test_color_3d, test_gray_3d, and the two of the same name with _mask; edges are blurred a little."""
    shape = (20, 21, 22)
    values = list(product((0, 1), repeat=3)) if kind == "color" else np.linspace(0, 1, 8)
    volume, mask = filled(shape, values, 0.01 if kind == "color" else 0.001), middle(shape) if masked else None
    result = ic.superpixels(volume, 8, ndim=3, mask=mask, start_label=1)
    assert result.n_segments == 8
    hold_apart(result.labels, mask, 0.98)
    if mask is not None:
        np.testing.assert_array_equal(result.labels == 0, mask == 0)


@pytest.mark.parametrize("masked", [False, True])
def test_spacing(masked: bool) -> None:
    """As test_spacing, test_spacing_mask: rows far apart are segments of their own, of whatever color."""
    image = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 0]], float)[None]
    mask = np.ones(image.shape, bool)
    if masked:
        mask[..., [0, -1]] = False
    near, far = (
        ic.superpixels(image, 2, ndim=3, spacing=(1, rows, 1), compactness=rows, mask=mask).labels for rows in (1, 100)
    )
    for labels, expected in ((near, 1 - image), (far, np.indices(image.shape)[1])):
        np.testing.assert_array_equal(labels[mask] == labels[mask][0], expected[mask] == expected[mask][0])


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_specks_join_what_is_around_them(method: str, masked: bool) -> None:
    """As test_enforce_connectivity, test_enforce_connectivity_mask."""
    image = np.array([[0, 0, 0, 1, 1, 1], [1, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 0]], float)
    mask = np.ones(image.shape, bool)
    if masked:
        mask[:, [0, -1]] = False
    labels = ic.superpixels(image, 2, method=method, compactness=0.0001, mask=mask).labels
    np.testing.assert_array_equal(labels, np.where(mask, np.arange(6) >= 3, -1))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_more_segments_than_pixels(method: str, masked: bool) -> None:
    """As test_more_segments_than_pixels, test_more_segments_than_pixels_mask; ours says so, too."""
    image = KINDS["gray"][0]
    mask = middle(image.shape) > 0 if masked else np.ones(image.shape, bool)
    with pytest.warns(ic.errors.ConversionWarning, match="each is a segment"):
        labels = ic.superpixels(image, 500, method=method, mask=mask).labels
    np.testing.assert_array_equal(labels[mask], np.arange(mask.sum()))


@pytest.mark.parametrize("method", METHODS)
def test_the_type_of_numbers_does_not_matter(method: str) -> None:
    """As test_slic_consistency_across_image_magnitude; raw channels may be moved and stretched, too."""
    image = _pictures.coffee()[::4, ::4]
    first = ic.superpixels(image, 60, method=method).labels
    for same in (image.astype(np.uint16) * 257, image / 255, (image / 255).astype(np.float32), image.astype(int)):
        np.testing.assert_array_equal(ic.superpixels(same, 60, method=method).labels, first)
    first = ic.superpixels(image / 255, 60, method=method, channels="raw").labels
    for same in (image / 255 + 1000, image * 7.0, image):
        np.testing.assert_array_equal(ic.superpixels(same, 60, method=method, channels="raw").labels, first)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "int", "bool"])
def test_types(dtype: str, method: str) -> None:
    """As test_dtype_support."""
    image = (np.random.default_rng(1).random((28, 28)) * (1 if "float" in dtype else 1.9)).astype(dtype)
    labels = ic.superpixels(image, 20, method=method, start_label=1).labels
    np.testing.assert_array_equal(np.unique(labels), np.arange(1, labels.max() + 1))


@pytest.mark.parametrize("method", METHODS)
def test_no_label_is_below_the_first(method: str) -> None:
    """As test_start_label_fix."""
    image = filters.gaussian(np.random.default_rng(9).standard_normal((8, 13)) > 0, sigma=1)
    assert ic.superpixels(image, 6, method=method, compactness=0.01, start_label=1).labels.min() == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(value: float, method: str) -> None:
    """As test_raises_ValueError_if_input_has_NaN, test_raises_ValueError_if_input_has_inf."""
    image = np.zeros((4, 5))
    image[2, 3] = value
    with pytest.raises(ValueError, match="1 of 20 values"):
        ic.superpixels(image, 3, method=method)
    labels = ic.superpixels(image, 3, method=method, mask=np.isfinite(image)).labels
    np.testing.assert_array_equal(labels < 0, ~np.isfinite(image))


def test_many_at_a_time() -> None:
    """As the run_in_parallel of test_color_2d."""
    image = KINDS["color"][0]
    first = ic.superpixels(image, 4).labels
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: ic.superpixels(image, 4), range(16)):
            np.testing.assert_array_equal(result.labels, first)


def test_join() -> None:
    """As test_join_segmentations: scikit-image's function takes ours, and rejects other shapes."""
    first = np.array([[0, 0, 1, 1], [0, 2, 1, 1], [2, 2, 2, 1]])
    second = np.array([[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 1]])
    ours = [ic.Segmentation(labels, np.zeros((3, 4), np.uint8)) for labels in (first, second)]
    joined = segmentation.join_segmentations(ours[0], ours[1])
    np.testing.assert_array_equal(joined, segmentation.join_segmentations(first, second))
    assert ic.Segmentation.from_labels(joined, ours[0].image).n_segments == 6
    with pytest.raises(ValueError, match="shape"):
        segmentation.join_segmentations(ours[0], ours[1][:2])


@pytest.mark.parametrize("dtype", [*"bhilqBHILQ"])
@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([1, 1, 5, 5, 8, 99, 42, 0], [1, 1, 2, 2, 3, 5, 4, 0]), ([1, 3, 0, 2, 5, 4], [1, 3, 0, 2, 5, 4])],
)
def test_numbers_without_holes(numbers: list[int], expected: list[int], dtype: str) -> None:
    """As test_relabel_sequential_offset1, test_relabel_sequential_dtype, test_relabel_sequential_int_dtype_stability,
    test_relabel_sequential_already_sequential: there and back, in the type of the given numbers."""
    given = np.array([numbers], dtype)
    result = ic.Segmentation.from_labels(given, np.zeros(given.shape, np.uint8), outside=0, start_label=1)
    np.testing.assert_array_equal(result.labels, [expected])
    assert result.values is not None
    assert result.values.dtype == given.dtype
    np.testing.assert_array_equal(result.relabel(result.values, outside=0), given)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_very_large_numbers(dtype: type[np.integer[Any]]) -> None:
    """As test_very_large_labels."""
    given = np.array([[0, 1, np.iinfo(dtype).max, 42, 42]], dtype)
    result = ic.Segmentation.from_labels(given, np.zeros(given.shape, np.uint8), outside=0)
    np.testing.assert_array_equal(result.labels, [[-1, 0, 2, 1, 1]])
    assert result.values.tolist() == [1, 42, np.iinfo(dtype).max]


def test_labels_and_tables_that_do_not_fit() -> None:
    """As test_incorrect_input_dtype, test_incorrect_map_array_output_shape."""
    image = np.zeros((1, 3), np.uint8)
    with pytest.raises(TypeError, match="must be integers, got float64"):
        ic.Segmentation.from_labels(np.array([[0.0, 2, 1]]), image)
    with pytest.raises(ValueError, match="as high and wide"):
        ic.Segmentation.from_labels(np.array([[0, 2]]), image)
    with pytest.raises(ValueError, match="a value for each of 3"):
        ic.Segmentation([[0, 1, 2]], image).relabel([1.5, 2])  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_])
@pytest.mark.parametrize("end", [7, 10])
def test_boundaries_of_a_square(end: int, dtype: Any) -> None:
    """As test_find_boundaries, test_find_boundaries_bool, test_mark_boundaries, test_mark_boundaries_bool."""
    labels = np.zeros((10, 10), dtype)
    labels[2:end, 2:end] = 1
    result = ic.Segmentation.from_labels(labels, np.zeros((10, 10), np.uint8))
    square = np.argwhere(labels)
    away = np.abs(np.indices((10, 10))[..., None] - square.T[:, None, None]).sum(axis=0).min(axis=-1)
    rim = labels.astype(bool) & ~_eroded(labels)
    np.testing.assert_array_equal(result.boundaries(2), (away == 1) | rim)
    np.testing.assert_array_equal(segmentation.find_boundaries(result), result.boundaries(2))
    drawn = result.overlay(color=(255, 255, 255), thickness=2)
    np.testing.assert_array_equal(drawn, np.repeat(255 * result.boundaries(2)[..., None], 3, axis=2))


def _eroded(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a pixel and its four neighbors, those beyond the edge not counted, are all 1."""
    around = np.pad(labels.astype(bool), 1, constant_values=True)
    return around[1:-1, 1:-1] & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]


@pytest.fixture(scope="module")
def shades() -> ic.Segmentation:
    """Two light and two dark quarters."""
    labels, image = np.zeros((100, 100), np.uint8), np.zeros((100, 100, 3), np.uint8)
    for number, (part, shade) in enumerate(zip(parts((100, 100)), (255, 254, 2, 1), strict=True)):
        labels[part], image[part] = number, shade
    return ic.Segmentation(labels, image)


def test_like_quarters_are_joined(shades: ic.Segmentation) -> None:
    """As test_threshold_cut, test_cut_normalized: by our graph, by scikit-image's of ours, and by `merge`."""
    of_scikit_image = graph.rag_mean_color(shades.image, shades)
    alike = graph.rag_mean_color(shades.image, shades, mode="similarity")
    for joined in (
        graph.cut_threshold(shades, shades.to_networkx(), 10),
        graph.cut_threshold(shades, of_scikit_image, 10, in_place=False),
        graph.cut_normalized(shades, alike),
        shades.merge(2).labels,
    ):
        two = segmentation.relabel_sequential(np.asarray(joined))[0]
        np.testing.assert_array_equal(two == two[0, 0], shades.labels < 2)


def test_the_most_alike_join_first() -> None:
    """As test_rag_hierarchical."""
    labels, image = np.zeros((8, 8), int), np.full((8, 8, 3), 31, np.uint8)
    for number, (rows, shade) in enumerate(((slice(4), 10), (slice(4, None), 20)), start=1):
        labels[rows, :4], image[rows, :4] = number, shade
    three = ic.Segmentation(labels, image)
    two = three.merge(2).labels
    np.testing.assert_array_equal(two == two[0, 0], labels > 0)
    assert three.merge(1).n_segments == 1


def test_segments_of_one_color_join() -> None:
    """As test_ncut_stable_subgraph."""
    labels = np.zeros((100, 100), int)
    labels[:50, :50], labels[:50, 50:] = 1, 2
    assert not ic.Segmentation(labels, np.zeros((100, 100, 3), np.uint8)).merge(1).labels.any()


def test_the_same_graph_each_time() -> None:
    """As test_reproducibility."""
    image = _pictures.coffee()[::4, ::4]
    first, *others = [ic.superpixels(image, 100, n_threads=n) for n in (1, 2, 3)]
    for other in others:
        np.testing.assert_array_equal(other.merge(20).labels, first.merge(20).labels)
        np.testing.assert_array_equal(other.edges.contrasts, first.edges.contrasts)


def test_neighbors() -> None:
    """As test_generic_rag_2d, test_generic_rag_3d."""
    flat = ic.Segmentation([[0, 1], [2, 3]], np.zeros((2, 2), np.uint8))  # type: ignore[arg-type]
    cube = ic.superpixels(np.arange(8.0).reshape(2, 2, 2), 8, ndim=3)
    for ours in (flat, cube):
        assert {tuple(pair) for pair in ours.neighbors.tolist()} == {tuple(sorted(e)) for e in graph.RAG(ours).edges()}


def test_lengths_of_borders() -> None:
    """As test_rag_boundary: sides of pixels; scikit-image counts from both sides, perhaps not one at a crossing."""
    labels = np.zeros((16, 16), int)
    for number, part in enumerate(parts((16, 16))):
        labels[part] = number
    edges = ic.Segmentation(labels, np.zeros((16, 16), np.uint8)).edges
    theirs = graph.rag_boundary(labels, np.zeros((16, 16)), connectivity=1)
    assert {tuple(pair) for pair in edges.ends.tolist()} == {tuple(sorted(pair)) for pair in theirs.edges()}
    for (one, other), length in zip(edges.ends, edges.lengths, strict=True):
        assert theirs[one][other]["count"] in (2 * length - 1, 2 * length)
