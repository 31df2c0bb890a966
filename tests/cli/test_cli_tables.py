"""What superpixels and segment write beside their picture, or in place of it: tables of layers, edges, one .npz."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import chelsea, saved
from click.testing import Result

import imgcluster as ic

Invoke = Callable[..., Result]


@pytest.fixture
def cat(folder: Path) -> Path:
    """A photo of 113 x 75 pixels, and a layer of heights on it."""
    saved(folder / "cat.png", chelsea(4))
    np.save(folder / "height.npy", np.linspace(0, 9, 75 * 113).reshape(75, 113))
    return folder


def _rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_without_a_picture_there_are_only_the_other_files(invoke: Invoke, cat: Path) -> None:
    options = "--style none --labels l.npy --table t.csv --edges e.csv --npz a.npz --geojson g.json"
    result = invoke("superpixels", "cat.png", "-n", "20", *options.split())
    assert result.exit_code == 0, result.stderr
    assert not Path("outputs").exists()
    expected = ic.superpixels("cat.png", 20)
    with np.load("a.npz") as found:
        np.testing.assert_array_equal(found["labels"], expected.labels)
        np.testing.assert_array_equal(found["table"]["area"], expected.areas)
    edges = _rows("e.csv")
    assert [[int(row["source"]), int(row["target"])] for row in edges] == expected.edges.ends.tolist()
    assert result.stderr.startswith("cat.png -> l.npy, t.csv, e.csv, g.json, a.npz  113x75, 20 segments")


def test_tables_have_layers_percentiles_and_names(invoke: Invoke, cat: Path) -> None:
    options = "--style none --table t.csv --layers h=height.npy --percentiles 5,95 --band-names r,g,b --start-label 1"
    result = invoke("superpixels", "cat.png", "-n", "20", *options.split())
    assert result.exit_code == 0, result.stderr
    rows = _rows("t.csv")
    expected = ic.superpixels("cat.png", 20, start_label=1).to_table(
        layers={"h": "height.npy"}, percentiles=[5, 95], band_names=["r", "g", "b"]
    )
    assert list(rows[0]) == list(expected)
    for name, column in expected.items():
        np.testing.assert_allclose([float(row[name]) for row in rows], column, err_msg=name)
    assert rows[0]["label"] == "1"


@pytest.mark.parametrize("task", ["superpixels", "segment"])
def test_labels_from_one_on(invoke: Invoke, cat: Path, task: str) -> None:
    result = invoke(task, "cat.png", "--style", "none", "--labels", "l.npy", "--start-label", "1")
    assert result.exit_code == 0, result.stderr
    assert np.load("l.npy").min() == 1
    found = getattr(ic, task)("cat.png", *([6] if task == "segment" else []), start_label=1)
    np.testing.assert_array_equal(np.load("l.npy"), found.labels)


def test_a_layer_for_each_picture(invoke: Invoke, cat: Path) -> None:
    saved(Path("dog.png"), chelsea(4)[:, ::-1])
    for i, name in enumerate(("cat", "dog")):
        np.save(f"{name}-dem.npy", np.full((75, 113), float(i)))
    options = ("--style", "none", "--table", "{name}.csv", "--layers", "h={name}-dem.npy")
    result = invoke("superpixels", "cat.png", "dog.png", "-n", "5", *options)
    assert result.exit_code == 0, result.stderr
    for i, name in enumerate(("cat", "dog")):
        assert {float(row["mean_h"]) for row in _rows(f"{name}.csv")} == {float(i)}


def test_folders_without_pictures_are_done_once(invoke: Invoke, cat: Path) -> None:
    Path("in").mkdir()
    for name in ("a", "b"):
        saved(Path(f"in/{name}.png"), chelsea(4))
    command = ("superpixels", "in", "-n", "5", "--style", "none", "--table", ".csv", "--npz", ".npz")
    first = invoke(*command)
    assert first.exit_code == 0, first.stderr
    names = sorted(path.name for path in Path("outputs").iterdir() if not path.name.startswith("."))
    assert names == ["a-npz.npz", "a-table.csv", "b-npz.npz", "b-table.csv"]
    again = invoke(*command)
    assert "done 0, skipped 2, failed 0" in again.stderr
    Path("outputs/a-npz.npz").unlink()
    once_more = invoke(*command)
    assert "done 1, skipped 1, failed 0" in once_more.stderr
    assert Path("outputs/a-npz.npz").exists()


def test_standard_input_without_a_picture(invoke: Invoke, cat: Path) -> None:
    result = invoke("superpixels", "-", "--style", "none", "--table", "t.csv", input=Path("cat.png").read_bytes())
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert _rows("t.csv")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            "--style none",
            "draws nothing; add one of --labels, --table, --edges, --polygons, --geojson, --npz, --annotations",
        ),
        ("--style none --table t.csv -o x.png", "-o/--output is for the picture, and --style none draws none"),
        ("--style none --table t.csv --name {stem}.png", "--name is for the picture, and --style none draws none"),
        ("--percentiles 5", "--percentiles is for tables; add --table or --npz"),
        ("--layers h=height.npy --edges e.csv", "--layers is for tables; add --table or --npz"),
        ("--table t.csv --percentiles 5,x", "percentiles must be between 0 and 100, such as 5,50,95, got '5,x'"),
        ("--table t.csv --percentiles 101", "percentiles must be between 0 and 100, such as 5,50,95, got '101'"),
        ("--table t.csv --layers height.npy", "it must be a name and a file, such as height=dem.tif, got 'height.npy'"),
        ("--table t.csv --layers h=a.npy --layers h=b.npy", "--layers must have different names, got h, h"),
        ("--table t.csv --layers h=none.npy", "cat.png: cannot read none.npy: no such file"),
        (
            "--table t.csv --layers h=small.npy",
            "layer h (small.npy) must be as large as the labels, (75, 113), got",
        ),
        ("--table t.csv --band-names a,b", "band_names must be a name for each of 3 bands, got 2: a, b"),
        ("--table t.csv --start-label 2", "start_label must be between 0 and 1, got 2"),
        ("--table t.csv --layers h={other}.npy", "--layers may hold {name} and no other field, got {other}"),
        ("--edges e.png", "--edges must name a file in .csv, .json, .parquet, got 'e.png'"),
        ("--npz a.zip", "--npz must name a file in .npz, got 'a.zip'"),
    ],
)
def test_what_makes_no_sense_is_one_line(invoke: Invoke, cat: Path, options: str, text: str) -> None:
    np.save("small.npy", np.zeros((5, 6)))
    result = invoke("superpixels", "cat.png", *options.split())
    assert result.exit_code in (1, 2)
    assert text in result.stderr
    assert result.stderr.count("\n") == 1
    assert not Path("t.csv").exists()
    assert not Path("outputs/cat-superpixels.png").exists()


def test_parquet_without_pyarrow_is_told_before_any_work(
    invoke: Invoke, cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgcluster.tasks._tables.find_spec", lambda name: None)
    result = invoke("superpixels", "cat.png", "--table", "t.parquet")
    assert result.exit_code != 0
    assert "pip install 'imgcluster[parquet]', or write .csv" in result.stderr
    assert not Path("outputs").exists()


def test_a_layer_is_not_overwritten(invoke: Invoke, cat: Path) -> None:
    before = Path("height.npy").read_bytes()
    options = "--style none --labels height.npy --npz a.npz --layers h=height.npy -f"
    result = invoke("superpixels", "cat.png", *options.split())
    assert result.exit_code == 1
    assert "its output height.npy is an input of this run" in result.stderr
    assert Path("height.npy").read_bytes() == before


def test_a_mask_of_another_size_is_not_called_by_the_name_of_a_layer(cat: Path) -> None:
    parameters = {"n_segments": 5, "mask": np.ones((5, 6), bool), "layers": {"h": "height.npy"}}
    (result,) = ic.process_folder("cat.png", "superpixels", "o", parameters=parameters, extras={"table": ".csv"})
    assert result.status == "failed"
    assert "the mask has 6 x 5 pixels, cat.png 113 x 75" in result.text


def test_the_same_in_python(cat: Path) -> None:
    parameters: dict[str, Any] = {"n_segments": 5, "percentiles": (50,), "layers": {"h": "height.npy"}}
    extras = {"table": ".csv"}
    list(ic.process_folder("cat.png", "superpixels", "o", parameters=parameters, style="none", extras=extras))
    assert "percentile_50_h" in _rows("o/cat-table.csv")[0]
    for wrong, text in (
        ({"style": "none"}, "draws nothing"),
        ({"parameters": parameters}, "is for tables of"),
    ):
        with pytest.raises(ValueError, match=text):
            list(ic.process_folder("cat.png", "superpixels", "o", **wrong))  # type: ignore[arg-type]


def _raster(path: str, crs: str | None, dtype: Any = np.uint16) -> None:
    rasterio = pytest.importorskip("rasterio")
    place = rasterio.Affine(10, 0, 600000, 0, -10, 5000000)
    pixels = np.moveaxis(chelsea(4), 2, 0).astype(dtype) * (1 if dtype == np.uint8 else 200)
    pixels[:, :20, :30] = 0
    about = {
        "width": 113,
        "height": 75,
        "count": 3,
        "dtype": dtype,
        "nodata": 0,
        "photometric": "rgb",
        "crs": crs,
        "transform": place,
    }
    with rasterio.open(path, "w", driver="GTiff", **about) as raster:
        raster.write(pixels)


def test_polygons_on_the_map_in_one_command(invoke: Invoke, folder: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    _raster("scene.tif", "EPSG:32633")
    files = "--style none --labels l.npy --polygons scene.gpkg --geojson scene.json --percentiles 5"
    result = invoke("superpixels", "scene.tif", "--channels", "raw", "-n", "30", *files.split())
    assert result.exit_code == 0, result.stderr
    about = pyogrio.read_info("scene.gpkg")
    labels = np.load("l.npy")
    assert (about["crs"], about["features"]) == ("EPSG:32633", labels.max() + 1)
    np.testing.assert_allclose(about["total_bounds"], (600000, 5000000 - 750, 601130, 5000000))
    assert "percentile_5_0" in about["fields"]
    assert {kind[:3] for kind in about["dtypes"]} <= {"int", "flo"}
    longitude, latitude = json.loads(Path("scene.json").read_text())["features"][0]["geometry"]["coordinates"][0][0]
    assert (round(longitude, 1), round(latitude, 1)) == (16.3, 45.1)


def test_clusters_of_colors_lie_on_the_map_too(invoke: Invoke, folder: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    _raster("scene.tif", "EPSG:32633", np.uint8)
    result = invoke("segment", "scene.tif", "-k", "3", "--style", "none", "--polygons", "s.gpkg", "--labels", "l.tif")
    assert result.exit_code == 0, result.stderr
    about = pyogrio.read_info("s.gpkg")
    assert (about["crs"], about["features"], about["geometry_type"]) == ("EPSG:32633", 3, "MultiPolygon")
    np.testing.assert_allclose(about["total_bounds"], (600000, 5000000 - 750, 601130, 5000000))
    assert ic.Segmentation.from_labels("l.tif", chelsea(4)).georeference.crs == "EPSG:32633"


def test_a_raster_without_a_reference_system(invoke: Invoke, folder: Path) -> None:
    pytest.importorskip("pyogrio")
    _raster("scene.tif", None)
    result = invoke("superpixels", "scene.tif", "--style", "none", "--geojson", "scene.json")
    assert result.exit_code == 1
    assert "scene.tif: GeoJSON is in longitude and latitude, but the raster does not say" in result.stderr
    assert not Path("scene.json").exists()
    result = invoke("superpixels", "scene.tif", "--style", "none", "--polygons", "scene.gpkg")
    assert result.exit_code == 0
    assert "scene.gpkg has no coordinate reference system, as the picture has none; it is in map units" in result.stderr
