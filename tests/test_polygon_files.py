"""Polygons for programs of maps: opened by others, they lie where the raster lies and fill in to the labels."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

import imgcluster as ic
from imgcluster.errors import ConversionWarning, ImageWriteError

shapely = pytest.importorskip("shapely")
rasterio = pytest.importorskip("rasterio")
pyogrio = pytest.importorskip("pyogrio")
pytest.importorskip("pyarrow")

NORTH_UP = (10.0, 0.0, 600000.0, 0.0, -10.0, 5000000.0)
ROTATED = (8.0, 6.0, 600000.0, 6.0, -8.0, 5000000.0)
SOUTH_UP = (10.0, 0.0, 600000.0, 0.0, 10.0, 5000000.0)


@pytest.fixture(scope="module")
def cut() -> ic.Segmentation:
    mask = np.ones((96, 128), bool)
    mask[:20, :30] = False
    return ic.superpixels(data.astronaut()[:96, :128], 40, mask=mask)


def _read(path: Path) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Read a file by GDAL, or pyarrow: what is known of it, its shapes and its columns."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path)
        about = json.loads(table.schema.metadata[b"geo"])
        columns = {name: table[name].to_numpy() for name in table.column_names}
        return about, shapely.from_wkb(columns.pop("geometry")), columns
    meta, _, shapes, values = pyogrio.raw.read(path)
    return meta, shapely.from_wkb(shapes), dict(zip(meta["fields"], values, strict=True))


def _filled(shapes: Any, shape: tuple[int, int], transform: Any) -> Any:
    from rasterio.features import rasterize

    place = rasterio.Affine(*transform)
    return rasterize(((s, i) for i, s in enumerate(shapes)), shape, fill=-1, transform=place, dtype="int32")


@pytest.mark.parametrize("transform", [NORTH_UP, ROTATED, SOUTH_UP])
@pytest.mark.parametrize("ending", [".gpkg", ".parquet", ".geojson"])
def test_they_lie_on_the_map(cut: ic.Segmentation, transform: Any, ending: str, tmp_path: Path) -> None:
    placed = cut.placed(ic.Georeference("EPSG:32633", transform))
    path = tmp_path / f"segments{ending}"
    placed.save_polygons(path, percentiles=[5])
    about, shapes, columns = _read(path)
    assert shapely.is_valid(shapes).all()
    assert all(shape.exterior.is_ccw for shape in shapes)
    assert not any(hole.is_ccw for shape in shapes for hole in shape.interiors)
    table = placed.to_table(percentiles=[5])
    assert list(columns) == list(table)
    for name, column in table.items():
        np.testing.assert_allclose(columns[name], column)
    if ending == ".geojson":
        x, y = rasterio.warp.transform("EPSG:4326", "EPSG:32633", *shapely.get_coordinates(shapes).T)
        shapes = shapely.set_coordinates(shapes, np.round(np.stack([x, y], axis=1), 2))
    else:
        np.testing.assert_allclose(
            shapely.area(shapes), cut.areas * abs(np.linalg.det([transform[:2], transform[3:5]]))
        )
    np.testing.assert_array_equal(_filled(shapes, cut.labels.shape, transform), cut.labels)
    if ending == ".gpkg":
        assert (about["crs"], about["geometry_type"]) == ("EPSG:32633", "Polygon")
        assert [name for name, _ in pyogrio.list_layers(path)] == ["segments"]
    if ending == ".parquet":
        column = about["columns"][about["primary_column"]]
        assert (about["version"], column["encoding"], column["crs"]["id"]["code"]) == ("1.1.0", "WKB", 32633)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", [".gpkg", ".parquet"])
def test_segments_in_pieces_are_multi_polygons(ending: str, tmp_path: Path) -> None:
    labels = np.array([[0, 1, 0, 2], [0, 0, 0, 2], [1, 1, 1, 2]])
    cut = ic.Segmentation(labels, np.zeros((3, 4), np.float32)).placed(ic.Georeference("EPSG:3857", NORTH_UP))
    path = tmp_path / f"pieces{ending}"
    cut.save_polygons(path)
    about, shapes, columns = _read(path)
    assert shapely.is_valid(shapes).all()
    assert [len(shapely.get_parts(shape)) for shape in shapes] == [1, 2, 1]
    np.testing.assert_array_equal(_filled(shapes, (3, 4), NORTH_UP), labels)
    if ending == ".gpkg":
        assert about["geometry_type"] == "MultiPolygon"
    assert np.isfinite(columns["mean_0"]).all()


@pytest.mark.parametrize("georeference", [None, ic.Georeference(None, NORTH_UP)])
@pytest.mark.parametrize("ending", [".gpkg", ".parquet"])
def test_without_a_reference_system_it_is_undefined(georeference: Any, ending: str, tmp_path: Path) -> None:
    cut = ic.Segmentation([[0, 1]], np.array([[np.nan, 2]], np.float32)).placed(georeference)
    with pytest.warns(ConversionWarning, match=r"has no coordinate reference system.*(pixels, y down|map units)$"):
        cut.save_polygons(tmp_path / f"plain{ending}")
    about, shapes, columns = _read(tmp_path / f"plain{ending}")
    assert (about["crs"] if ending == ".gpkg" else about["columns"]["geometry"]["crs"]) is None
    expected = (0, 0, 1, 1) if georeference is None else (600000, 4999990, 600010, 5000000)
    assert shapely.bounds(shapes[0]).tolist() == list(expected)
    assert np.isnan(columns["mean_0"][0])


def test_longitude_and_latitude_need_a_reference_system(cut: ic.Segmentation, tmp_path: Path) -> None:
    path = tmp_path / "old.geojson"
    path.write_text("old")
    with pytest.raises(ValueError, match=r"does not say its coordinate reference system; give it one.*or write .gpkg$"):
        cut.placed(ic.Georeference(None, NORTH_UP)).save_polygons(path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["old.geojson"]
    tied = cut.placed(ic.Georeference("EPSG:32633", None))
    with pytest.warns(ConversionWarning, match="tie points and no affine transform; rectify it first"):
        tied.save_polygons(path)
    assert json.loads(path.read_text())["coordinate_system"].startswith("pixels")


def test_longitude_and_latitude_are_kept(tmp_path: Path) -> None:
    step = (0.25, 0.0, 8.5, 0.0, -0.25, 47.0)
    cut = ic.Segmentation([[0, 0, 1]], np.zeros((1, 3), np.uint8)).placed(ic.Georeference("EPSG:4326", step))
    (ring,) = cut.to_geojson()["features"][1]["geometry"]["coordinates"]
    assert sorted(map(tuple, ring[1:])) == [(9.0, 46.75), (9.0, 47.0), (9.25, 46.75), (9.25, 47.0)]


def test_segments_across_the_180th_meridian_do_not_go_around_the_world() -> None:
    place = ic.Georeference("EPSG:3832", (1000.0, 0.0, 3338500.0, 0.0, -1000.0, 0.0))  # centered on 150 degrees east
    cut = ic.Segmentation([[0, 0, 1]], np.zeros((1, 3), np.uint8)).placed(place)
    for feature in cut.to_geojson()["features"]:
        longitudes = [x for x, _ in feature["geometry"]["coordinates"][0]]
        assert max(longitudes) - min(longitudes) < 0.1


def test_a_file_that_cannot_be_written_leaves_nothing(cut: ic.Segmentation, tmp_path: Path) -> None:
    with pytest.raises(ImageWriteError, match=r"use the ending .geojson, .json, .gpkg or .parquet$"):
        cut.save_polygons(tmp_path / "segments.shp")
    for ending in (".gpkg", ".parquet"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConversionWarning)
            with pytest.raises(ImageWriteError, match="the folder does not exist"):
                cut.save_polygons(tmp_path / "none" / f"segments{ending}")
    (tmp_path / "folder.gpkg").mkdir()
    with pytest.raises(ImageWriteError, match="it is a folder"), pytest.warns(ConversionWarning):
        cut.save_polygons(tmp_path / "folder.gpkg")
    assert [file.name for file in tmp_path.iterdir()] == ["folder.gpkg"]


def test_names_of_columns_that_a_database_takes_for_the_same(tmp_path: Path) -> None:
    cut = ic.Segmentation([[0]], np.zeros((1, 1, 2), np.uint8), band_names=["b", "B"])
    cut = cut.placed(ic.Georeference("EPSG:32633", NORTH_UP))
    cut.save_polygons(tmp_path / "segments.gpkg")
    _, _, columns = _read(tmp_path / "segments.gpkg")
    assert len(columns) == len(cut.to_table())


def test_a_database_that_fails_leaves_the_old_file(cut: ic.Segmentation, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "segments.gpkg"
    path.write_bytes(b"old")
    write = pyogrio.raw.write

    def fail(target: Path, *args: Any, **about: Any) -> None:
        write(target, *args, **about)
        raise pyogrio.errors.DataSourceError("Failed to commit transaction")

    monkeypatch.setattr(pyogrio.raw, "write", fail)
    with pytest.raises(ImageWriteError, match=r"segments.gpkg: Failed to commit transaction; check the space"):
        cut.placed(ic.Georeference("EPSG:32633", NORTH_UP)).save_polygons(path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["segments.gpkg"]


@pytest.mark.parametrize("seed", range(20))
def test_what_touches_itself_in_corners_is_valid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 1 + seed % 3, (17, 23))
    if not (labels >= 0).any():
        return
    labels = np.where(labels < 0, -1, np.unique(labels[labels >= 0]).searchsorted(labels))
    features = ic.Segmentation(labels, np.zeros(labels.shape, np.uint8)).to_geojson()["features"]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapes).tolist() == np.bincount(labels[labels >= 0]).tolist()
    rows, columns = np.indices(labels.shape) + 0.5
    for label, shape in enumerate(shapes):
        np.testing.assert_array_equal(shapely.contains_xy(shape, columns, rows), labels == label)
