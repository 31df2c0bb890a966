"""A whole job: a raster is cut, its table classified elsewhere, and the classes come back on the map."""

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result
from skimage import data

import imgcluster as ic
from imgcluster.cli import app
from imgcluster.errors import ImageWriteError

rasterio = pytest.importorskip("rasterio")
pyogrio = pytest.importorskip("pyogrio")
shapely = pytest.importorskip("shapely")

TRANSFORM = (10.0, 0.0, 600000.0, 0.0, -10.0, 5000000.0)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray[Any, Any]:
    """Four bands of 16 bits with nodata at an edge, as a GeoTIFF in the current folder."""
    monkeypatch.chdir(tmp_path)
    photo = data.astronaut()[100:220, 150:300].astype(np.uint16) * 40 + 1
    pixels = np.concatenate([photo, photo[..., :1] // 2 + 7], axis=2)
    pixels[:15, :40] = 0
    about = {"driver": "GTiff", "height": 120, "width": 150, "count": 4, "dtype": "uint16", "nodata": 0}
    about |= {"crs": "EPSG:32633", "transform": rasterio.Affine(*TRANSFORM), "tiled": True}
    with rasterio.open("scene.tif", "w", **about, blockxsize=64, blockysize=64) as raster:
        raster.write(np.moveaxis(pixels, 2, 0))
    return pixels


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def _classify(table: str, classes: str) -> None:
    """Do what a user does in another program: a column more, by a rule on another column."""
    with Path(table).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    with Path(classes).open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["label", "mean_0", "class"])
        for row in rows:
            writer.writerow([row["label"], row["mean_0"], 30 if float(row["mean_0"]) > 5000 else 20])


def test_from_a_raster_to_classes_on_the_map(scene: np.ndarray[Any, Any]) -> None:
    files = "--style none --labels labels.tif --table table.csv --polygons segments.gpkg"
    result = run("superpixels", "scene.tif", "--channels", "raw", "-n", "50", *files.split())
    assert result.exit_code == 0, result.stderr
    _classify("table.csv", "classes.csv")

    cut = ic.Segmentation.from_labels("labels.tif", scene, channels="raw")
    by_name = ic.Segmentation.from_labels("labels.tif", "scene.tif", channels="raw")
    np.testing.assert_array_equal(by_name.mean_colors, cut.mean_colors)
    np.save("labels.npy", cut.labels)
    assert ic.Segmentation.from_labels("labels.npy", "scene.tif", channels="raw").georeference.transform == TRANSFORM
    assert cut.georeference.crs == "EPSG:32633"
    assert cut.georeference.transform == TRANSFORM
    cut.save_labels("classes.tif", table="classes.csv")
    cut.merge(table="classes.csv").save_polygons("classes.gpkg")

    with rasterio.open("classes.tif") as raster:
        found = raster.read(1)
        assert (str(raster.crs), tuple(raster.transform)[:6], raster.nodata) == ("EPSG:32633", TRANSFORM, -1)
    expected = cut.relabel("classes.csv")
    np.testing.assert_array_equal(found, expected)
    assert np.unique(found).tolist() == [-1, 20, 30]
    assert (found[:15, :40] == -1).all()

    about, _, shapes, values = pyogrio.raw.read("classes.gpkg")
    columns = dict(zip(about["fields"], values, strict=True))
    assert sorted(columns["value"]) == [20, 30]
    from rasterio.features import rasterize

    pairs = zip(shapely.from_wkb(shapes), columns["value"].tolist(), strict=True)
    place = rasterio.Affine(*TRANSFORM)
    np.testing.assert_array_equal(rasterize(pairs, found.shape, fill=-1, transform=place, dtype="int32"), expected)


def test_numbers_of_classes_in_label_files(tmp_path: Path) -> None:
    cut = ic.Segmentation([[0, 1, 2, -1]], np.zeros((1, 4), np.uint8))
    read: dict[str, Callable[[Path], Any]] = {
        "a.npy": np.load,
        "a.tif": tifffile.imread,
    }
    for name, reader in read.items():
        cut.save_labels(tmp_path / name, table={0: 7, 1: 0, 2: 7})
        assert reader(tmp_path / name).tolist() == [[7, 0, 7, -1]]
        cut.numbered_from(1).save_labels(tmp_path / name, table=[7, 1, 7])
        assert reader(tmp_path / name).tolist() == [[7, 1, 7, 0]]
    for table, text in (([1, 2], "each of 3 segments, got 2"), ([1, -1, 2], "numbers from 0 to 2147483646, got -1")):
        with pytest.raises(ValueError, match=text):
            cut.save_labels(tmp_path / "b.npy", table=table)
    with pytest.raises(TypeError, match="table must hold a whole number for each segment"):
        cut.save_labels(tmp_path / "b.npy", table=[0.5, 1, 2])
    assert not (tmp_path / "b.npy").exists()


def test_nodata_of_a_label_file_is_outside(tmp_path: Path) -> None:
    labels = np.array([[900, 900, 65535], [4, 4, 65535]], np.uint16)
    about = {"driver": "GTiff", "height": 2, "width": 3, "count": 1, "dtype": "uint16", "nodata": 65535}
    place = rasterio.Affine(*TRANSFORM)
    with rasterio.open(tmp_path / "l.tif", "w", **about, crs="EPSG:32633", transform=place) as raster:
        raster.write(labels, 1)
    cut = ic.Segmentation.from_labels(tmp_path / "l.tif", np.zeros((2, 3), np.uint8))
    assert cut.labels.tolist() == [[1, 1, -1], [0, 0, -1]]
    assert cut.values.tolist() == [4, 900]
    assert cut.georeference.transform == TRANSFORM
    whole = ic.Segmentation.from_labels(tmp_path / "l.tif", np.zeros((2, 3), np.uint8), outside=None)
    assert whole.values.tolist() == [4, 900, 65535]


@pytest.mark.parametrize("option", ["--polygons", "--geojson"])
def test_polygons_without_a_place_are_rejected_before_the_cut(option: str, scene: np.ndarray[Any, Any]) -> None:
    with rasterio.open("scene.tif") as raster:
        about, pixels = dict(raster.profile, crs=None), raster.read()
    with rasterio.open("lost.tif", "w", **about) as raster:
        raster.write(pixels)
    result = run(
        "superpixels", "lost.tif", "--style", "none", "--labels", "l.tif", "--table", "t.csv", option, "p.geojson"
    )
    assert result.exit_code == 1
    assert "does not say its coordinate reference system; give it one" in result.stderr
    assert {path.name for path in Path().iterdir() if path.is_file()} == {"scene.tif", "lost.tif"}
    assert scene.shape == (120, 150, 4)


def test_without_the_extra_each_message_leads_out(scene: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    cut = ic.Segmentation([[0, 1]], scene[:1, :2], channels="raw").placed(ic.Georeference("EPSG:32633", TRANSFORM))
    for module in ("rasterio.warp", "rasterio.crs", "pyogrio"):
        monkeypatch.setitem(sys.modules, module, None)
    for name in ("p.geojson", "p.gpkg"):
        with pytest.raises((ValueError, ImageWriteError), match=r"install it with: pip install 'imgcluster\[geo\]'$"):
            cut.save_polygons(name)
        assert not Path(name).exists()
    result = run(
        "superpixels", "scene.tif", "--channels", "raw", "--style", "none", "--labels", "l.tif", "--geojson", "p.json"
    )
    assert result.exit_code == 1
    assert "pip install 'imgcluster[geo]'" in result.stderr
    assert not Path("l.tif").exists()
