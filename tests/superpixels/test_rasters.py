"""Superpixels of rasters: bands by name, and label maps that lie where the raster does."""

import json
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from numpy.typing import NDArray

import imgcluster as ic
from imgcluster.cli import app
from imgcluster.errors import ConversionWarning, ImageWriteError
from imgcluster.tasks import make_task

KEYS = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633)
NAMES = ("blue", "green", "red", "nir")


def scene(
    path: Path, *, orientation: int = 1, nodata: int | None = 0, height: int = 90, width: int = 70
) -> NDArray[Any]:
    """Write 4 bands of 16 bits with a hole in their middle, a place and names."""
    rows, columns = np.mgrid[:height, :width]
    values = np.stack(
        [rows * 30 + 100, columns * 20 + 300, (rows // 30) * 900 + 50, (columns // 35) * 700 + 10], axis=2
    )
    values = values.astype(np.uint16)
    values[40:50, 20:30] = 0
    text = "".join(f'<Item name="DESCRIPTION" sample="{i}" role="description">{n}</Item>' for i, n in enumerate(NAMES))
    tags: list[Any] = [
        (33550, 12, 3, (10.0, 10.0, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, 600000.0, 5000000.0, 0.0), True),
        (34735, 3, len(KEYS), KEYS, True),
        (42112, 2, 0, f"<GDALMetadata>{text}</GDALMetadata>", True),
        (42113, 2, 0, "0", True),
    ]
    if orientation > 1:
        tags.append((274, 3, 1, orientation, True))
    tifffile.imwrite(
        path,
        values,
        photometric="minisblack",
        planarconfig="contig",
        tile=(32, 32),
        compression="zlib",
        extratags=tags,
        metadata=None,
    )
    return values


def cut(source: Any, n_segments: int = 12, **options: Any) -> ic.Segmentation:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConversionWarning)
        return ic.superpixels(source, n_segments, **options)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["superpixels", *map(str, arguments)])


def test_bands_are_compared_as_raw_and_that_is_said(tmp_path: Path) -> None:
    values = scene(tmp_path / "scene.tif")
    with pytest.warns(ConversionWarning, match=r"scene\.tif: its 4 channels \(axes YXS\) are bands, not colors"):
        found = ic.superpixels(tmp_path / "scene.tif", 12)
    same = cut(values, channels="raw", nodata=0)
    np.testing.assert_array_equal(found.labels, same.labels)
    assert found.channels == "raw"
    assert (found.labels[40:50, 20:30] == -1).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ic.superpixels(tmp_path / "scene.tif", 12, channels="raw")


def test_bands_have_names(tmp_path: Path) -> None:
    scene(tmp_path / "scene.tif")
    table = cut(tmp_path / "scene.tif").to_table()
    assert {"mean_blue", "mean_nir", "count_red"} <= set(table)
    assert "mean_0" not in table


def test_label_maps_lie_where_the_raster_does(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    scene(tmp_path / "scene.tif")
    for start_label, dtype in ((0, "int32"), (1, "uint16")):
        found = cut(tmp_path / "scene.tif", start_label=start_label)
        found.save_labels(tmp_path / "labels.tif")
        with rasterio.open(tmp_path / "scene.tif") as expected, rasterio.open(tmp_path / "labels.tif") as labels:
            assert labels.crs == expected.crs
            assert labels.transform == expected.transform
            assert labels.nodata == start_label - 1
            assert labels.dtypes == (dtype,)
            assert labels.profile["tiled"]
            assert labels.profile["compress"] == "deflate"
            np.testing.assert_array_equal(labels.read(1), found.labels)
            np.testing.assert_array_equal(labels.read_masks(1) > 0, found.indices >= 0)


@pytest.mark.parametrize("orientation", [3, 6])
def test_turned_rasters_keep_their_pixels_in_place(orientation: int, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    values = scene(tmp_path / "scene.tif", orientation=orientation)
    found = cut(tmp_path / "scene.tif")
    found.save_labels(tmp_path / "labels.tif")
    with rasterio.open(tmp_path / "labels.tif") as labels:
        row, column = np.argwhere(found.labels == -1).mean(axis=0)
        place = labels.transform @ (column + 0.5, row + 0.5)
    hole = np.argwhere((values == 0).all(axis=2)).mean(axis=0) + 0.5
    assert place == pytest.approx((600000 + 10 * hole[1], 5000000 - 10 * hole[0]))


def test_a_crs_that_came_without_tags(tmp_path: Path) -> None:
    place = ic.Georeference("EPSG:4326", (0.1, 0.0, 12.0, 0.0, -0.1, 48.0))
    found = ic.superpixels(np.tile(np.arange(60, dtype=np.uint8) * 4, (40, 1)), 6).placed(place)
    rasterio = pytest.importorskip("rasterio")
    found.save_labels(tmp_path / "labels.tif")
    with rasterio.open(tmp_path / "labels.tif") as labels:
        assert labels.crs == rasterio.CRS.from_epsg(4326)
        assert tuple(labels.transform)[:6] == place.transform
        assert labels.shape == (40, 60)


def test_without_rasterio_tags_are_kept_and_the_rest_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rasterio", None)
    monkeypatch.setitem(__import__("sys").modules, "rasterio.io", None)
    scene(tmp_path / "scene.tif")
    found = cut(tmp_path / "scene.tif")
    found.save_labels(tmp_path / "labels.tif")
    with tifffile.TiffFile(tmp_path / "labels.tif") as file:
        assert file.pages.first.tags[34735].value == KEYS
        assert file.pages.first.tags[33922].value == (0, 0, 0, 600000, 5000000, 0)
    place = ic.Georeference("EPSG:4326", (0.1, 0.0, 12.0, 0.0, -0.1, 48.0))
    with pytest.raises(ImageWriteError, match=r"EPSG:4326 take rasterio .*pip install 'imgcluster\[geo\]'"):
        found.placed(place).save_labels(tmp_path / "other.tif")
    assert not (tmp_path / "other.tif").exists()


def test_rotated_rasters(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    transform = rasterio.Affine(6, 2, 100, 2, -6, 50)
    options = {"crs": "EPSG:3857", "transform": transform, "height": 40, "width": 60, "count": 1, "dtype": "uint16"}
    with rasterio.open(tmp_path / "turned.tif", "w", driver="GTiff", **options) as raster:
        raster.write(np.tile(np.arange(60, dtype=np.uint16) * 900, (40, 1)), 1)
    ic.superpixels(tmp_path / "turned.tif", 6).save_labels(tmp_path / "labels.tif")
    with rasterio.open(tmp_path / "labels.tif") as labels:
        assert labels.transform == transform


def test_nodata_everywhere(tmp_path: Path) -> None:
    values = np.full((30, 40), 7, np.uint16)
    tifffile.imwrite(tmp_path / "empty.tif", values, extratags=[(42113, 2, 0, "7", True)], metadata=None)
    with pytest.raises(ValueError, match=r"image has no data: all of its 1200 pixels are nodata \(7\)"):
        ic.superpixels(tmp_path / "empty.tif", 5)
    done = run(tmp_path / "empty.tif", "-n", 5, "-d", tmp_path / "out", "--labels", ".tif")
    assert done.exit_code == 1
    assert "no data" in done.stderr
    assert not list((tmp_path / "out").glob("*")) or not (tmp_path / "out").exists()


def test_command_line(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    scene(tmp_path / "scene.tif")
    labels, table = tmp_path / "labels.tif", tmp_path / "table.json"
    done = run(tmp_path / "scene.tif", "-n", 12, "--style", "none", "--labels", labels, "--table", table)
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("are bands, not colors") == 1
    assert "mean_nir" in json.loads(table.read_text())[0]
    with rasterio.open(labels) as raster:
        assert raster.crs.to_epsg() == 32633


def test_levels_and_masks_of_levels(tmp_path: Path) -> None:
    picture, mask = tmp_path / "slide.tif", tmp_path / "tissue.tif"
    rng = np.random.default_rng(0)
    colors = np.kron(rng.integers(0, 255, (8, 6, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    inside = np.zeros((128, 96), np.uint8)
    inside[20:100, 10:80] = 255
    for path, values in ((picture, colors), (mask, inside)):
        with tifffile.TiffWriter(path) as writer:
            writer.write(values, tile=(32, 32), metadata=None)
            writer.write(np.ascontiguousarray(values[::2, ::2]), tile=(32, 32), subfiletype=1, metadata=None)
    options = ["-n", 12, "--style", "none", "--labels", tmp_path / "l.npy", "-f", "--mask", mask]
    assert run(picture, "--level", 1, "--mask-level", 1, *options).exit_code == 0
    labels = np.load(tmp_path / "l.npy")
    np.testing.assert_array_equal(labels, ic.superpixels(colors[::2, ::2], 12, mask=inside[::2, ::2]).labels)
    np.testing.assert_array_equal(labels, ic.superpixels(picture, 12, mask=inside[::2, ::2], level=1).labels)
    done = run(picture, "--level", 1, *options)
    assert done.exit_code == 1
    assert "96 x 128 pixels" in done.stderr
    assert "48 x 64; choose a level of theirs by --level or --mask-level" in done.stderr
    done = run(picture, "--level", 2, *options[:-2])
    assert done.exit_code == 1
    assert "level must be between 0 and 1" in done.stderr


def test_levels_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="level must be 0 for what is in memory"):
        ic.superpixels(np.zeros((9, 9), np.uint8), 2, level=1)
    with pytest.raises(ValueError, match="level is for pictures"):
        ic.superpixels(np.zeros((9, 9, 9), np.uint8), 2, level=1, ndim=3)
    with pytest.raises(ValueError, match="mask_level is for a mask in a file"):
        make_task("superpixels", {"mask_level": 1})
    with pytest.raises(ValueError, match="level is for superpixels"):
        make_task("segment", {"n_clusters": 3, "level": 1})


class Labeled:
    """What xarray and rioxarray make of a raster: bands first, and where it lies."""

    dims = ("band", "y", "x")

    def __init__(self, values: NDArray[Any]) -> None:
        self.values, self.rio = values, self
        self.attrs = {"long_name": ("red", "nir")}
        self.nodata, self.y_dim, self.x_dim = 0, "y", "x"
        self.crs = SimpleNamespace(to_string=lambda: "EPSG:32633")

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return self.values

    def transform(self) -> tuple[float, ...]:
        return 10.0, 0.0, 5.0, 0.0, -10.0, 7.0, 0.0, 0.0, 1.0


def test_arrays_that_know_their_place() -> None:
    values = np.stack([np.tile(np.arange(1, 61), (40, 1)), np.tile(np.arange(1, 41)[:, None], (1, 60))]).astype(
        np.uint16
    )
    values[:, 5:9, 5:9] = 0
    found = cut(Labeled(values), 6, channels="raw")
    place = found.georeference
    assert place is not None
    assert (place.crs, place.transform) == ("EPSG:32633", (10.0, 0.0, 5.0, 0.0, -10.0, 7.0))
    assert found.band_names == ("red", "nir")
    assert found.labels.shape == (40, 60)
    assert (found.labels[5:9, 5:9] == -1).all()


def test_labels_from_a_file_keep_their_place(tmp_path: Path) -> None:
    values = scene(tmp_path / "scene.tif")
    found = cut(tmp_path / "scene.tif")
    found.save_labels(tmp_path / "labels.tif")
    again = ic.Segmentation.from_labels(tmp_path / "labels.tif", values, channels="raw")
    assert again.georeference == found.georeference
    np.testing.assert_array_equal(again.labels, found.labels)


def test_layers_leave_out_what_is_written_with_fewer_digits(tmp_path: Path) -> None:
    heights = np.array([[1.0, 3.0, -3.4028234663852886e38]], np.float32)
    tags = [(42113, 2, 0, "-3.40282e+38", True)]
    tifffile.imwrite(tmp_path / "dem.tif", heights, extratags=tags, metadata=None)
    two = ic.Segmentation([[0, 0, 1]], np.zeros((1, 3), np.uint8))
    table = two.to_table(layers={"height": tmp_path / "dem.tif"})
    assert table["count_height"].tolist() == [2, 0]
    assert table["max_height"][0] == 3
