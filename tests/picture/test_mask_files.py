"""Masks from picture files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic
from imgcluster.errors import ImageReadError
from imgcluster.superpixel import read_mask

INSIDE = np.hypot(*(np.indices((60, 80)) - 30)) < 20


@pytest.mark.parametrize("white", [1, 255])
def test_what_is_not_black(tmp_path: Path, white: int) -> None:
    Image.fromarray(INSIDE.astype(np.uint8) * white).save(tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), INSIDE)


def test_a_jpeg_is_cut_at_half(tmp_path: Path) -> None:
    Image.fromarray(INSIDE.astype(np.uint8) * 255).save(tmp_path / "mask.jpg", quality=60)
    assert np.mean(read_mask(tmp_path / "mask.jpg") != INSIDE) < 0.01


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255)])
def test_what_is_not_transparent(tmp_path: Path, color: tuple[int, int, int]) -> None:
    rgba = np.concatenate([np.full((60, 80, 3), color), INSIDE[..., None] * 255], axis=2).astype(np.uint8)
    Image.fromarray(rgba).save(tmp_path / "cut-out.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "cut-out.png"), INSIDE)


def test_what_is_not_a_picture(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"no picture")
    with pytest.raises(ImageReadError, match=r"cannot read .*mask.png"):
        read_mask(tmp_path / "mask.png")


def write_raster(path: Path, values: NDArray[Any], nodata: str | None = None) -> None:
    tags: list[Any] = [] if nodata is None else [(42113, 2, 0, nodata, True)]
    tifffile.imwrite(
        path,
        values,
        photometric="minisblack",
        planarconfig="contig" if values.ndim == 3 else None,
        metadata=None,
        extratags=tags,
    )


@pytest.mark.parametrize(
    ("dtype", "nodata"), [("f4", "-9999"), ("f8", "nan"), ("u1", "255"), ("u2", "0"), ("i2", "-9999"), ("i4", "-1")]
)
def test_what_a_raster_says_is_no_data_is_outside(dtype: str, nodata: str, tmp_path: Path) -> None:
    values = np.where(INSIDE, 7, float(nodata)).astype(dtype)
    write_raster(tmp_path / "mask.tif", values, nodata)
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.tif"), INSIDE)


def test_0_is_outside_beside_no_data_below_it_and_inside_as_a_label(tmp_path: Path) -> None:
    values = np.where(INSIDE, 0, -9999).astype(np.int16)
    values[30] = 5
    write_raster(tmp_path / "mask.tif", values, "-9999")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.tif"), values == 5)
    write_raster(tmp_path / "labels.tif", np.where(values < 0, -1, values), "-1")
    np.testing.assert_array_equal(read_mask(tmp_path / "labels.tif"), values >= 0)


def test_nan_is_outside(tmp_path: Path) -> None:
    write_raster(tmp_path / "mask.tif", np.where(INSIDE, 2, np.nan).astype(np.float32))
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.tif"), INSIDE)


@pytest.mark.parametrize("n_bands", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_of_several_bands_any_counts_and_none_is_alpha(dtype: str, n_bands: int, tmp_path: Path) -> None:
    for band in range(n_bands):
        values = np.zeros((*INSIDE.shape, n_bands), dtype)
        values[INSIDE, band] = 3
        write_raster(tmp_path / "mask.tif", values)
        np.testing.assert_array_equal(read_mask(tmp_path / "mask.tif"), INSIDE)
        write_raster(tmp_path / "mask.tif", np.where(values == 0, 9, values).astype(dtype), "9")
        np.testing.assert_array_equal(read_mask(tmp_path / "mask.tif"), INSIDE)


def test_a_path_is_taken_for_a_mask_in_python_too(tmp_path: Path) -> None:
    Image.fromarray(INSIDE).save(tmp_path / "ring.png")
    image = np.random.default_rng(0).integers(0, 255, (*INSIDE.shape, 3), np.uint8)
    found = ic.superpixels(image, 9, mask=tmp_path / "ring.png")
    np.testing.assert_array_equal(found.labels, ic.superpixels(image, 9, mask=INSIDE).labels)
    np.save(tmp_path / "ball.npy", np.stack([INSIDE, ~INSIDE]))
    volume = ic.superpixels(np.stack([image[..., 0]] * 2), 9, ndim=3, mask=str(tmp_path / "ball.npy"))
    np.testing.assert_array_equal(volume.labels >= 0, np.stack([INSIDE, ~INSIDE]))


@pytest.mark.parametrize(("name", "way_out"), [("labels", "from_labels"), ("seeds", r"numpy\.load")])
def test_files_of_labels_and_seeds_are_to_be_read_first(name: str, way_out: str) -> None:
    options: dict[str, Any] = {name: "given.tif"}
    with pytest.raises(TypeError, match=rf"{name} must be an array, got the file given.tif; read it with .*{way_out}"):
        ic.superpixels(np.zeros((9, 9), np.uint8), **options)
