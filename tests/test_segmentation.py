"""What a segmentation tells of its segments, how it merges, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.measure import regionprops_table
from skimage.segmentation import find_boundaries, slic

import imgcluster as ic
from imgcluster.errors import ImageWriteError
from imgcluster.segmentation import VolumeSegmentation, is_connected, label_components, relabel
from imgcluster.segmentation import _drawings as region_pictures

BANDS = ("red", "green", "blue")
DTYPES = (np.uint8, np.uint16, np.float32, np.float64)


@pytest.fixture(scope="module")
def chelsea() -> NDArray[np.uint8]:
    from skimage import data

    return data.chelsea()[:150, :200]


@pytest.fixture(scope="module")
def segmentation(chelsea: NDArray[np.uint8]) -> ic.Segmentation:
    return ic.Segmentation(relabel(slic(chelsea, 120, start_label=0).astype(np.int32))[0], chelsea)


@pytest.fixture(scope="module")
def masked(segmentation: ic.Segmentation, chelsea: NDArray[np.uint8]) -> ic.Segmentation:
    labels = segmentation.labels.copy()
    labels[:, 90:110] = -1
    return ic.Segmentation(label_components(labels)[0], chelsea)


@pytest.mark.parametrize("which", ["segmentation", "masked"])
def test_the_table_agrees_with_scikit_image(which: str, request: pytest.FixtureRequest) -> None:
    ours = request.getfixturevalue(which)
    shape = ("axis_major_length", "axis_minor_length", "eccentricity", "orientation")
    names = ("area", "centroid", "bbox", "intensity_mean", "intensity_std", "intensity_min", "intensity_max", *shape)
    theirs = regionprops_table(ours.labels + 1, ours.image, properties=names)
    table = ours.to_table()
    assert table["label"].tolist() == list(range(ours.n_segments))
    pairs = {"area": "area", "centroid_row": "centroid-0", "centroid_column": "centroid-1"}
    pairs |= {f"bbox_{side}": f"bbox-{i}" for i, side in enumerate(("top", "left", "bottom", "right"))}
    pairs |= {f"mean_{name}": f"intensity_mean-{i}" for i, name in enumerate(BANDS)}
    pairs |= {f"{kind}_{name}": f"intensity_{kind}-{i}" for i, name in enumerate(BANDS) for kind in ("min", "max")}
    pairs |= {name: name for name in shape}
    for mine, other in pairs.items():
        # of symmetric segments the axes are those of rounding errors
        np.testing.assert_allclose(table[mine], theirs[other], rtol=1e-6, atol=1e-6, err_msg=mine)
    for i, name in enumerate(BANDS):
        np.testing.assert_allclose(table[f"variance_{name}"], theirs[f"intensity_std-{i}"] ** 2)
    assert len(table) == 29


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 5])
def test_any_type_and_number_of_channels(dtype: Any, channels: int | None, rng: np.random.Generator) -> None:
    shape = (9, 11) if channels is None else (9, 11, channels)
    image = (rng.random(shape) * (1 if dtype().dtype.kind == "f" else 255)).astype(dtype)
    labels = np.repeat(np.arange(3), 33).reshape(9, 11)
    ours = ic.Segmentation(labels, image)  # type: ignore[arg-type]
    flat = image.reshape(9, 11, -1)
    for label in range(3):
        np.testing.assert_allclose(ours.mean_colors[label], flat[labels == label].mean(axis=0, dtype=float))
    table = ours.to_table()
    last = (channels or 1) - 1
    variance = table["variance_blue" if channels == 3 else f"variance_{last}"]
    np.testing.assert_allclose(variance[1], flat[labels == 1][:, last].var(dtype=float))
    for picture in (ours.mosaic(), ours.overlay(), ours.label_colors()):
        assert (picture.shape, picture.dtype) == ((9, 11, 3), np.uint8)  # type: ignore[comparison-overlap]
    assert ours.merge(2).n_segments == 2


def test_a_single_color_out_of_range_merges() -> None:
    image = np.full((2, 2, 3), 7.0)
    assert ic.Segmentation([[0, 1], [2, 3]], image).merge(2).n_segments == 2  # type: ignore[arg-type]


def test_variances_far_from_zero_keep_their_digits(rng: np.random.Generator) -> None:
    image = 1e8 + rng.random((20, 20))
    variance = ic.Segmentation(np.zeros((20, 20), int), image).to_table()["variance_0"]
    np.testing.assert_allclose(variance, image.var(), rtol=1e-6)


def test_neighbors_are_the_pairs_that_share_a_side(masked: ic.Segmentation) -> None:
    labels = masked.labels
    pairs = {
        (min(a, b), max(a, b))
        for one, other in ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1]))
        for a, b in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)
        if a != b and min(a, b) >= 0
    }
    assert [tuple(pair) for pair in masked.neighbors.tolist()] == sorted(pairs)


def test_boundaries_are_those_of_scikit_image(segmentation: ic.Segmentation) -> None:
    np.testing.assert_array_equal(segmentation.boundaries(), find_boundaries(segmentation.labels, mode="thick"))


def test_merges_are_nested(segmentation: ic.Segmentation) -> None:
    finer = segmentation
    for n in (80, 33, 7, 1):
        coarser = segmentation.merge(n)
        assert coarser.n_segments == n
        assert is_connected(coarser.labels)
        pairs = np.unique(np.stack([finer.labels.ravel(), coarser.labels.ravel()]), axis=1)
        assert len(pairs[0]) == finer.n_segments  # each finer segment lies in one coarser
        first = [np.flatnonzero(pairs[1] == label)[0] for label in range(n)]
        assert first == sorted(first)
        finer = coarser
    np.testing.assert_array_equal(segmentation.merge(segmentation.n_segments).labels, segmentation.labels)


def test_each_merge_adds_least_to_the_squared_distances() -> None:
    image = np.array([[0, 10, 11, 50, 52]], np.uint8)
    strips = ic.Segmentation([[0, 1, 2, 3, 4]], image)  # type: ignore[arg-type]
    assert strips.merge(4).labels.tolist() == [[0, 1, 1, 2, 3]]
    assert strips.merge(3).labels.tolist() == [[0, 1, 1, 2, 2]]
    assert strips.merge(2).labels.tolist() == [[0, 0, 0, 1, 1]]
    np.testing.assert_allclose(strips.merge(3).mean_features, strips.merge(3).mean_colors)  # type: ignore[arg-type]


def test_given_features_decide_what_merges() -> None:
    strips = ic.Segmentation([[0, 1, 2]], np.array([[0, 1, 9]], np.uint8), mean_features=np.array([[0.0], [5], [6]]))  # type: ignore[arg-type]
    assert strips.merge(2).labels.tolist() == [[0, 1, 1]]


def test_pieces_of_a_mask_stay_apart(masked: ic.Segmentation) -> None:
    assert masked.merge(1).n_segments == 2
    np.testing.assert_array_equal(masked.merge(1).labels < 0, masked.labels < 0)


@pytest.mark.parametrize("n", [0, -3, 10_000])
def test_merge_rejects_what_it_cannot_reach(segmentation: ic.Segmentation, n: int) -> None:
    with pytest.raises(ValueError, match=f"n_segments must be between 1 and {segmentation.n_segments}, got {n}"):
        segmentation.merge(n)


@given(n=st.integers(1, 300), rows=st.integers(1, 6), seed=st.integers(0, 99))
def test_neighbors_never_share_a_color(n: int, rows: Any, seed: int) -> None:
    labels = relabel(np.random.default_rng(seed).integers(0, n, (rows, 9)).astype(np.int32))[0]
    ours = ic.Segmentation(labels, np.zeros(labels.shape, np.uint8))
    colors = ours.label_colors().astype(int)
    for axis in (0, 1):
        apart = np.abs(np.diff(colors, axis=axis)).sum(axis=2)
        assert (apart[np.diff(labels, axis=axis) != 0] > 30).all()


def test_pictures_of_what_lies_outside(masked: ic.Segmentation) -> None:
    outside = masked.labels < 0
    assert masked.mosaic()[outside].max() == 0
    assert masked.label_colors()[outside].max() == 0
    dimmed = masked.overlay()[:, 95:105].astype(int)
    assert (dimmed <= masked.image[:, 95:105]).all()
    assert dimmed.max() > 0
    assert (masked.overlay((1, 2, 3)) == (1, 2, 3)).all(axis=2).any()


@pytest.mark.parametrize("thickness", [1, 2, 3, 4, 7])
def test_lines_are_as_thick_as_asked_for_and_even_on_both_sides(thickness: int) -> None:
    labels = np.zeros((40, 40), int)
    labels[20:] = 1
    for axis, turned in ((1, labels), (0, labels.T)):
        ours = ic.Segmentation(turned, np.zeros((40, 40), np.uint8))
        (places,) = np.nonzero(ours.boundaries(thickness).all(axis=axis))
        assert places.tolist() == list(range(20 - (thickness + 1) // 2, 20 + thickness // 2))
        shown = (ours.overlay((9, 8, 7), thickness) == (9, 8, 7)).all(axis=2)
        assert np.array_equal(shown, ours.boundaries(thickness))


@pytest.mark.parametrize(("side", "n", "expected"), [(300, 4, 1), (2400, 9, 3), (2400, 40_000, 2), (2400, 360_000, 1)])
def test_lines_grow_with_the_picture_and_not_beyond_the_segments(side: int, n: int, expected: int) -> None:
    assert region_pictures.line_thickness(np.broadcast_to(np.int32(0), (side, side)), n) == expected


def test_wrong_thickness(segmentation: ic.Segmentation) -> None:
    with pytest.raises(ValueError, match="thickness must be between 1 and"):
        segmentation.overlay(thickness=0)
    with pytest.raises(TypeError, match="thickness"):
        segmentation.boundaries(1.5)  # type: ignore[arg-type]


def test_the_mosaic_shows_mean_colors(segmentation: ic.Segmentation) -> None:
    labels = segmentation.labels
    np.testing.assert_array_equal(segmentation.mosaic(), np.rint(segmentation.mean_colors).astype(np.uint8)[labels])


def test_nothing_inside() -> None:
    nothing = ic.Segmentation(np.full((3, 4), -1), np.zeros((3, 4, 3), np.uint8))
    assert nothing.n_segments == 0
    assert nothing.mean_colors.shape == (0, 3)
    assert nothing.neighbors.shape == (0, 2)
    assert nothing.to_geojson()["features"] == []
    assert nothing.merge(1).n_segments == 0
    for picture in (nothing.mosaic(), nothing.overlay(), nothing.label_colors()):
        assert picture.max() == 0


@pytest.mark.parametrize(
    ("labels", "image", "error", "text"),
    [
        (np.zeros((2, 2)), np.zeros((2, 2), np.uint8), TypeError, "labels must be integers, got float64"),
        (np.zeros((2, 2), int), np.zeros((2, 2), complex), TypeError, "got complex128; pass numpy.abs"),
        (np.zeros((2, 2), int), np.zeros((2, 3), np.uint8), ValueError, r"\(2, 3\), got \(2, 2\)"),
        (np.zeros(4, int), np.zeros((2, 2), np.uint8), ValueError, r"shape \(H, W\)"),
        (np.zeros((0, 2), int), np.zeros((0, 2), np.uint8), ValueError, "at least one pixel"),
        (np.array([[0, -2]]), np.zeros((1, 2), np.uint8), ValueError, "got -2"),
        (np.array([[0, 2]]), np.zeros((1, 2), np.uint8), ValueError, "got 2"),
        (np.array([[0, 2, 2]]), np.zeros((1, 3), np.uint8), ValueError, "1 is not used"),
    ],
)
def test_what_is_not_a_segmentation(labels: NDArray[Any], image: NDArray[Any], error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        ic.Segmentation(labels, image)


def test_tables_as_files(segmentation: ic.Segmentation, tmp_path: Path) -> None:
    for ending in ("csv", "json"):
        segmentation.save_table(tmp_path / f"table.{ending}")
    table = segmentation.to_table()
    read = np.genfromtxt(tmp_path / "table.csv", delimiter=",", names=True)
    rows = json.loads((tmp_path / "table.json").read_text())
    assert read.dtype.names == tuple(table) == tuple(rows[0])
    for name, column in table.items():
        np.testing.assert_array_equal(read[name], column)
        np.testing.assert_array_equal([row[name] for row in rows], column)
    with pytest.raises(ImageWriteError, match=r"table\.txt: use the ending \.csv, \.json or \.parquet"):
        segmentation.save_table(tmp_path / "table.txt")


def test_geojson_as_a_file(masked: ic.Segmentation, tmp_path: Path) -> None:
    masked.save_geojson(tmp_path / "segments.geojson")
    found = json.loads((tmp_path / "segments.geojson").read_text())
    assert found == masked.to_geojson()
    assert [feature["properties"]["area"] for feature in found["features"]] == masked.areas.tolist()


def test_another_segmentation_stands_for_its_labels(segmentation: ic.Segmentation) -> None:
    gray = segmentation.image.mean(axis=2)
    again = ic.Segmentation(segmentation, gray)  # type: ignore[arg-type]
    assert again.labels is segmentation.labels
    assert again.mean_colors.shape == (segmentation.n_segments, 1)


def _edge_and_slope(unit: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return two halves, and an image of an index that tells them apart and of heights in some unit that do not."""
    rng = np.random.default_rng(3)
    rows, columns = np.indices((60, 64))
    halves = (columns >= 32).astype(np.int64)
    index = 0.3 + 0.5 * halves + rng.normal(0, 0.02, halves.shape)
    heights = 1000 + 4.0 * rows + rng.normal(0, 5, halves.shape)
    return halves, np.stack([index, heights * unit], axis=-1)


@pytest.mark.parametrize("unit", [1e-4, 1e-3, 1.0, 1e5])
def test_the_units_of_channels_do_not_decide_what_merges(unit: float) -> None:
    halves, image = _edge_and_slope(unit)
    cut = ic.superpixels(image, 60, channels="raw")
    two = cut.merge(2).labels
    right = sum(np.bincount(halves[two == k]).max() for k in range(2))
    assert right / halves.size > 0.99
    np.testing.assert_array_equal(two, ic.superpixels(_edge_and_slope(1.0)[1], 60, channels="raw").merge(2).labels)


def test_a_given_range_of_values_weighs_channels_of_a_merge() -> None:
    image = np.array([[[0, 0], [0, 9], [8, 9]]], np.float64)
    for high, labels in (((10, 100), [[0, 0, 1]]), ((100, 10), [[0, 1, 1]])):
        ranges = np.array([[0, high[0]], [0, high[1]]])
        strips = ic.Segmentation([[0, 1, 2]], image, channels="raw", value_range=ranges)
        assert strips.merge(2).labels.tolist() == labels


def test_voxels_of_several_bands_merge_by_their_ranges() -> None:
    volume = np.zeros((2, 6, 12, 2))
    volume[:, :, 6:, 0] = 0.01
    volume[..., 1] = np.linspace(0, 30, 6)[:, None]
    labels = np.broadcast_to(np.arange(12) // 3, (2, 6, 12)).copy()
    merged = VolumeSegmentation(labels, volume, channels="raw").merge(2)
    assert merged.labels[0, 0].tolist() == [0] * 6 + [1] * 6
