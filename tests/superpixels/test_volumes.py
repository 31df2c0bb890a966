"""Superpixels of volumes: exactly n connected segments that follow surfaces, and what volumes take."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from skimage.measure import label as scikit_label

import imgcluster as ic
from imgcluster.errors import ConversionWarning, ImageReadError
from imgcluster.segmentation import VolumeSegmentation, connect_volume, divide_volume
from imgcluster.superpixel._volume_pyramid import grid_volume, plan_levels


def _balls(shape: tuple[int, int, int] = (24, 40, 36), noise: float = 0.05, seed: int = 0) -> NDArray[Any]:
    """Three balls of different brightness, and noise: float32 around 0..1."""
    rng = np.random.default_rng(seed)
    at = np.moveaxis(np.indices(shape), 0, -1) / np.array(shape)
    volume = np.full(shape, 0.2)
    for center, radius, value in (((0.4, 0.3, 0.3), 0.2, 0.9), ((0.6, 0.7, 0.6), 0.25, 0.6), ((0.3, 0.7, 0.2), 0.1, 1)):
        volume[((at - center) ** 2).sum(axis=-1) < radius**2] = value
    return (volume + noise * rng.normal(size=shape)).astype(np.float32)


def _cut(volume: Any, n: int | None = None, **options: Any) -> VolumeSegmentation:
    result = ic.superpixels(volume, n, **options)
    assert isinstance(result, VolumeSegmentation)
    return result


def _check(result: VolumeSegmentation, n: int, mask: NDArray[Any] | None = None) -> None:
    """Check that there are n connected segments, all inside and all of it."""
    labels = result.labels
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels >= 0, True if mask is None else mask)
    assert result.n_segments == n == len(np.unique(labels[labels >= 0]))
    assert scikit_label(labels + 1, connectivity=1, return_num=True)[1] == n
    assert result.areas.sum() == (labels >= 0).sum()


@pytest.mark.parametrize("n", [1, 2, 17, 200, 1000])
@pytest.mark.parametrize("effort", ["fast", "default", "best"])
def test_there_are_exactly_as_many_connected_segments_as_asked_for(n: int, effort: str) -> None:
    _check(_cut(_balls(), n, ndim=3, effort=effort), n)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 9, 7), (5, 1, 6), (4, 3, 1), (2, 2, 2), (3, 17, 2), (13, 2, 29)])
def test_any_shape_and_number(shape: Any) -> None:
    volume = np.random.default_rng(1).random(shape).astype(np.float32)
    for n in sorted({1, 2, 3, volume.size // 2, volume.size - 1, volume.size}):
        if 1 <= n <= volume.size:
            _check(_cut(volume, n, ndim=3), n)


@pytest.mark.parametrize("spacing", [(1, 1, 1), (3, 1, 1), (10, 1, 1), (0.2, 1, 1), (1, 2, 5)])
def test_spacing_makes_segments_of_equal_sides_in_its_units(spacing: Any) -> None:
    volume = np.zeros((24, 48, 48), np.uint8)
    result = _cut(volume, 60, ndim=3, spacing=spacing)
    _check(result, 60)
    assert result.spacing == spacing
    table = result.to_table()
    extents = [
        (table[f"bbox_{high}"] - table[f"bbox_{low}"]).mean() * step
        for low, high, step in zip(
            ("first_slice", "top", "left"), ("last_slice", "bottom", "right"), spacing, strict=True
        )
    ]
    limits = np.array(volume.shape) * spacing  # a segment cannot be larger than the volume
    free = [extent for extent, limit in zip(extents, limits, strict=True) if extent < 0.6 * limit]
    assert max(free, default=1) < 2.2 * min(free, default=1)


def test_only_the_ratio_of_the_spacing_counts() -> None:
    one, other = (_cut(_balls(), 50, ndim=3, spacing=s).labels for s in ((2, 1, 1), (8, 4, 4)))
    np.testing.assert_array_equal(one, other)


def test_segments_follow_surfaces() -> None:
    truth = _balls(noise=0)
    result = _cut(_balls(), 150, ndim=3)
    kinds = np.unique(truth, return_inverse=True)[1].reshape(truth.shape)
    votes = np.zeros((result.n_segments, kinds.max() + 1))
    np.add.at(votes, (result.labels.ravel(), kinds.ravel()), 1)
    assert votes.max(axis=1).sum() / truth.size > 0.985


@pytest.mark.parametrize("effort", ["fast", "default"])
def test_threads_and_instruction_sets_do_not_change_a_label(effort: str) -> None:
    volume = np.repeat(np.repeat(_balls((40, 30, 32)), 2, axis=1), 2, axis=2)
    expected = _cut(volume, 300, ndim=3, effort=effort, n_threads=1).labels
    for n_threads in (2, 7):
        np.testing.assert_array_equal(_cut(volume, 300, ndim=3, effort=effort, n_threads=n_threads).labels, expected)


def test_depths_and_byte_orders_of_the_same_volume_give_the_same_labels() -> None:
    volume = (_balls() * 1000).clip(0, 2000).astype(np.int16)
    expected = _cut(volume, 40, ndim=3).labels
    for dtype in (np.uint16, ">i2", np.int32, np.float32, np.float64):
        np.testing.assert_array_equal(_cut(volume.astype(dtype), 40, ndim=3).labels, expected)
    np.testing.assert_array_equal(_cut(volume[..., None], 40, ndim=3, channels="raw").labels, expected)
    np.testing.assert_array_equal(_cut(volume * 3, 40, ndim=3).labels, expected)


def test_colors_and_raw_channels() -> None:
    rng = np.random.default_rng(0)
    colors = np.repeat(np.repeat(rng.integers(0, 256, (3, 4, 4, 3)).astype(np.uint8), 6, axis=1), 6, axis=2)
    colors = colors.repeat(5, axis=0)
    for channels in ("srgb", "raw"):
        result = _cut(colors, 120, ndim=3, channels=channels)
        _check(result, 120)
        assert result.mean_colors.shape == (120, 3)
        assert (result.mosaic() == colors).all(axis=-1).mean() > 0.9
    many = rng.random((6, 7, 8, 5)).astype(np.float32)
    _check(_cut(many, 9, ndim=3, channels="raw"), 9)


def test_a_mask_holds_all_segments_and_the_outside_changes_nothing() -> None:
    volume = _balls()
    mask = np.ones(volume.shape, bool)
    mask[:, :9] = mask[20:] = mask[:, :, 30:] = False
    expected = _cut(volume, 70, ndim=3, mask=mask)
    _check(expected, 70, mask)
    for value in (np.nan, -9999, 3e38, -np.inf):
        other = np.where(mask, volume, np.float32(value))
        np.testing.assert_array_equal(_cut(other, 70, ndim=3, mask=mask).labels, expected.labels)
    np.testing.assert_array_equal(_cut(volume, 70, ndim=3, mask=mask.astype(np.uint16) * 7).labels, expected.labels)


@pytest.mark.parametrize("seed", range(4))
def test_odd_masks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.random((6, 8, 8)) < 0.5
    mask = coarse.repeat(3, 0).repeat(3, 1).repeat(3, 2) & (rng.random((18, 24, 24)) < 0.97)
    n_pieces = scikit_label(mask, connectivity=1, return_num=True)[1]
    n = n_pieces + 60
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)
        result = _cut(rng.random(mask.shape), n, ndim=3, mask=mask)
    pieces = scikit_label(mask, connectivity=1)
    n_specks = (np.bincount(pieces[mask]) * 4 * n < mask.sum())[1:].sum()
    _check(result, n + n_specks, mask)


def test_specks_of_a_mask_come_on_top() -> None:
    mask = np.zeros((24, 40, 36), bool)
    mask[2:20, 5:35, 3:20] = True
    mask[::4, ::4, 24::4] = True
    n_specks = mask[..., 24:].sum()
    with pytest.warns(ConversionWarning, match=f"{n_specks} pieces of less than a quarter"):
        result = _cut(_balls(), 50, ndim=3, mask=mask)
    _check(result, 50 + n_specks, mask)
    assert len(np.unique(result.labels[2:20, 5:35, 3:20])) == 50


def test_more_pieces_than_segments() -> None:
    mask = np.zeros((8, 8, 8), bool)
    mask[::4, ::4, ::4] = True
    with pytest.warns(ConversionWarning, match="mask has 8 pieces large enough"):
        result = _cut(np.zeros((8, 8, 8)), 3, ndim=3, mask=mask)
    _check(result, 8, mask)


def test_nothing_inside() -> None:
    with pytest.warns(ConversionWarning, match="nothing is inside"):
        result = _cut(np.zeros((2, 3, 4)), 3, ndim=3, mask=np.zeros((2, 3, 4)))
    assert result.n_segments == 0


def test_more_segments_than_voxels() -> None:
    with pytest.warns(ConversionWarning, match="the voxels are 24: each is a segment"):
        _check(_cut(np.zeros((2, 3, 4)), 30, ndim=3), 24)


def test_a_hot_voxel_does_not_flatten_the_rest() -> None:
    volume = _balls()
    expected = _cut(volume, 60, ndim=3).labels
    volume[0, 0, 0] = 1e6
    assert (_cut(volume, 60, ndim=3).labels == expected).mean() > 0.95


def test_flat_volumes_and_tiny_ranges() -> None:
    for value in (0, 7e30, -1e-30):
        _check(_cut(np.full((6, 7, 8), value), 5, ndim=3), 5)


def test_paths(tmp_path: Path) -> None:
    volume = (_balls() * 200).clip(0, 255).astype(np.uint8)
    expected = _cut(volume, 30, ndim=3)
    np.save(tmp_path / "v.npy", volume)
    tifffile.imwrite(tmp_path / "v.tif", volume, photometric="minisblack")
    for name in ("v.npy", "v.tif"):
        np.testing.assert_array_equal(_cut(tmp_path / name, 30, ndim=3).labels, expected.labels)
    expected.save_labels(tmp_path / "l.npy")
    expected.save_labels(tmp_path / "l.tif")
    np.testing.assert_array_equal(np.load(tmp_path / "l.npy"), expected.labels)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "l.tif"), expected.labels)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v.png", b"", "it is not a volume; use .npy, or .tif with a page a slice"),
        ("v.npy", b"abc", "it is broken"),
        ("v.tif", b"abc", "it is broken"),
        ("none.npy", None, "No such file"),
    ],
)
def test_files_that_are_no_volumes(name: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ImageReadError, match=message):
        _cut(tmp_path / name, 30, ndim=3)


def test_a_picture_in_a_file_is_no_volume(tmp_path: Path) -> None:
    np.save(tmp_path / "p.npy", np.zeros((4, 5)))
    with pytest.raises(ImageReadError, match=r"shape \(4, 5\), and no volume; leave --ndim 3 out"):
        _cut(tmp_path / "p.npy", ndim=3)


VOLUME = np.zeros((4, 5, 6), np.float32)


@pytest.mark.parametrize(
    ("image", "options", "error", "message"),
    [
        (VOLUME, {"ndim": 4}, ValueError, "ndim must be 2 for a picture or 3 for a volume, got 4"),
        (VOLUME, {"ndim": True}, ValueError, "ndim must be 2 for a picture or 3 for a volume, got True"),
        (VOLUME[..., 0], {"spacing": (1, 1, 1)}, ValueError, "spacing is for volumes, got (1, 1, 1) for a picture"),
        (VOLUME[None], {}, ValueError, "image must be a picture, got an array of shape (1, 4, 5, 6); pass ndim=3"),
        (VOLUME[0], {"ndim": 3}, ValueError, "(D, H, W, C) with at least one voxel, got (5, 6); leave ndim=3 out"),
        (VOLUME[:0], {"ndim": 3}, ValueError, "with at least one voxel, got (0, 5, 6)"),
        (VOLUME, {"ndim": 3, "spacing": (0, 1, 1)}, ValueError, "spacing must be above 0 along z, y and x, got (0.0,"),
        (VOLUME, {"ndim": 3, "spacing": (1, -2, 1)}, ValueError, "spacing must be above 0"),
        (VOLUME, {"ndim": 3, "spacing": (1, np.nan, 1)}, ValueError, "spacing must be above 0"),
        (VOLUME, {"ndim": 3, "spacing": (1, 1)}, ValueError, "spacing must be three numbers, of slices, rows and"),
        (VOLUME, {"ndim": 3, "spacing": 2}, ValueError, "spacing must be three numbers"),
        (VOLUME, {"ndim": 3, "spacing": "abc"}, ValueError, "spacing must be three numbers"),
        (VOLUME, {"ndim": 3, "spacing": (1, 1, 5000)}, ValueError, "spacing must differ by less than a factor of 1000"),
        (VOLUME, {"ndim": 3, "method": "slic"}, ValueError, 'method must be "boundary" for volumes, got "slic"'),
        (VOLUME, {"ndim": 3, "seeds": [[1, 1, 1]]}, ValueError, "seeds is for pictures; leave it out for a volume"),
        (VOLUME, {"ndim": 3, "labels": VOLUME}, ValueError, "labels is for pictures; leave it out for a volume"),
        (VOLUME, {"ndim": 3, "mask": VOLUME[0]}, ValueError, "mask must be of the shape of the volume, (4, 5, 6), got"),
        (VOLUME, {"ndim": 3, "mask": VOLUME.astype("U1")}, TypeError, "mask must be of bool or numbers, got <U1"),
        (
            VOLUME + np.nan,
            {"ndim": 3},
            ValueError,
            "120 of 120 values are NaN or infinite; leave them out by nodata=nan",
        ),
        (VOLUME + 1j, {"ndim": 3}, TypeError, "got complex64; convert it with astype"),
        (VOLUME[None], {"ndim": 3}, ValueError, '(D, H, W, 3), got (1, 4, 5, 6); pass channels="raw"'),
        (np.zeros((2, 2, 2, 3)) + 2, {"ndim": 3}, ValueError, "colors must be in 0..1 where they are floating point"),
    ],
)
def test_bad_input_is_one_line(image: Any, options: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)) as caught:
        _cut(image, 3, **options)
    assert "\n" not in str(caught.value)


def test_many_bands_of_a_volume_are_told_apart(rng: np.random.Generator) -> None:
    z, y, x = np.indices((12, 40, 40))
    tissue = (x >= 20) + 2 * ((y >= 20) & (z >= 6))
    volume = rng.normal(size=(4, 30))[tissue] + rng.normal(scale=0.1, size=(12, 40, 40, 30))
    result = _cut(volume, 40, ndim=3, channels="raw")
    _check(result, 40)
    counts = np.zeros((40, 4), int)
    np.add.at(counts, (result.labels, tissue), 1)
    assert counts.max(axis=1).sum() == tissue.size


def test_a_segmented_volume_measures_merges_and_draws_slices() -> None:
    volume = (_balls() * 200).clip(0, 255).astype(np.uint8)
    result = _cut(volume, 40, ndim=3, spacing=(2, 1, 1))
    assert isinstance(result, ic.Segmentation)
    assert repr(result) == "<VolumeSegmentation 36x40x24, 40 segments>"
    assert repr(result.merge(1)) == "<VolumeSegmentation 36x40x24, 1 segment>"
    at = np.argwhere(result.labels == 5)
    np.testing.assert_allclose(result.centroids[5], at.mean(axis=0))
    np.testing.assert_allclose(result.mean_colors[5], volume[result.labels == 5].mean())
    table = result.to_table()
    assert [table[f"bbox_{side}"][5] for side in ("first_slice", "top", "left")] == at.min(axis=0).tolist()
    assert [table[f"bbox_{side}"][5] for side in ("last_slice", "bottom", "right")] == (at.max(axis=0) + 1).tolist()
    np.testing.assert_allclose(table["variance_0"][5], volume[result.labels == 5].var())
    merged = result.merge(10)
    _check(merged, 10)
    assert merged.spacing == (2, 1, 1)
    plane = result[7]
    assert plane.n_segments == len(np.unique(result.labels[7]))
    assert plane.overlay().shape == (40, 36, 3)
    pairs = np.unique(np.stack([plane.labels.ravel(), result.labels[7].ravel()]), axis=1)
    assert (np.diff(pairs) >= 0).all()
    assert result.mosaic().shape == result.label_colors().shape == (24, 40, 36, 3)


def test_a_slice_with_an_outside_keeps_it() -> None:
    labels = np.array([[[-1, 4, 4], [2, 2, -1]], [[0, 1, 3], [0, 1, 3]]], np.int32)
    volume = VolumeSegmentation(labels, np.zeros(labels.shape))
    assert volume[0].labels.tolist() == [[-1, 1, 1], [0, 0, -1]]
    assert volume[1].labels.tolist() == [[0, 1, 2], [0, 1, 2]]
    with pytest.raises(ValueError, match="slice must be between 0 and 1, got 2"):
        volume[2]


@pytest.mark.parametrize("name", ["overlay", "boundaries", "to_geojson"])
def test_what_is_for_pictures_says_so(name: str) -> None:
    volume = _cut(VOLUME, 3, ndim=3)
    with pytest.raises(TypeError, match=rf"^{name} is for pictures, not for volumes; take a slice, as in"):
        getattr(volume, name)()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((4, 5), int), r"\(D, H, W\) with at least one voxel"),
        (np.zeros((4, 5, 7), int), r"shape of the volume, \(4, 5, 6\)"),
        (np.full((4, 5, 6), 3), "0 is not used"),
        (np.full((4, 5, 6), -2), "got -2"),
    ],
)
def test_labels_must_fit_the_volume(labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VolumeSegmentation(labels, VOLUME)
    with pytest.raises(TypeError, match="labels must be integers"):
        VolumeSegmentation(labels * 1.5, VOLUME)


def test_stray_pieces_join_the_longest_border() -> None:
    labels = np.zeros((3, 4, 5), np.int32)
    labels[0, 0, :2], labels[2, 3, 3:], labels[1, 1, 1] = 1, 1, 2
    connected, n = connect_volume(labels)
    assert n == 3
    assert connected[2, 3, 3:].tolist() == [0, 0]
    assert connected[0, 0, :2].tolist() == [1, 1]


def test_large_segments_are_divided() -> None:
    labels = np.zeros((4, 6, 6), np.int32)
    labels[0, 0, 0] = 1
    for n in (3, 10, 144):
        divided, found = divide_volume(labels, 2, n)
        assert found >= n
        assert divided[0, 0, 0] == 0
        assert scikit_label(divided + 1, connectivity=1, return_num=True)[1] == found


@pytest.mark.parametrize("n", [1, 5, 36, 143, 144])
def test_a_grid_has_exactly_n_cells(n: int) -> None:
    cells = grid_volume((4, 6, 6), (1.0, 1.0, 1.0), n)
    assert np.unique(cells).tolist() == list(range(n))


def test_levels_grow_along_short_sides_first() -> None:
    assert plan_levels((4.0, 1.0, 1.0), 20.0, 1.0) == [(1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2)]
    assert plan_levels((1.0, 1.0, 1.0), 1.0, 1.0) == []


def test_voxels_without_data_are_outside() -> None:
    volume = _balls()
    inside = np.ones(volume.shape, bool)
    inside[:, :9] = inside[20:] = False
    expected = _cut(volume, 70, ndim=3, mask=inside)
    for value in (np.nan, -9999.0, -3.4e38):
        holed = np.where(inside, volume, np.float32(value))
        np.testing.assert_array_equal(_cut(holed, 70, ndim=3, nodata=value).labels, expected.labels)
    masked = np.ma.masked_array(volume, ~inside)
    np.testing.assert_array_equal(_cut(masked, 70, ndim=3).labels, expected.labels)
    np.testing.assert_array_equal(_cut(volume, 70, ndim=3, mask=expected.labels).labels, expected.labels)
    with pytest.raises(ValueError, match="all of its 8 voxels are nodata"):
        _cut(np.zeros((2, 2, 2), np.uint8), 2, ndim=3, nodata=0)


def test_a_given_range_takes_the_place_of_quantiles() -> None:
    volume = (_balls() * 1000).clip(0, 2000).astype(np.uint16)
    result = _cut(volume, 40, ndim=3, value_range=(0, 4000))
    _check(result, 40)
    np.testing.assert_array_equal(_cut(volume * 2, 40, ndim=3, value_range=(0, 8000)).labels, result.labels)
    assert result[3].value_range is not None
    np.testing.assert_array_equal(result[3].value_range, [[0, 4000]])
    assert result.merge(9)[3].mosaic().max() < 128
    colors = np.zeros((2, 5, 5, 3), np.uint8)
    with pytest.raises(ValueError, match="value_range is for volumes of gray or raw channels"):
        _cut(colors, 2, ndim=3, value_range=(0, 100))
