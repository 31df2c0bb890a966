"""Rasters know where they lie on the map, whichever way they are stored, and segments of them know it, too."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import imgcluster as ic
from imgcluster.picture import check_same_place, open_source
from imgcluster.picture._arrays import turned

UTM = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633)
POINTS = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 2, 3072, 0, 1, 32633)
CORNER = (600000.0, 5000000.0)


def geo_tags(keys: tuple[int, ...] = UTM, step: float = 10.0) -> list[tuple[Any, ...]]:
    return [
        (33550, 12, 3, (step, step, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, *CORNER, 0.0), True),
        (34735, 3, len(keys), keys, True),
    ]


def write(path: Path, values: Any, extra: list[tuple[Any, ...]] | None = None, **options: Any) -> Path:
    tifffile.imwrite(path, values, extratags=geo_tags() if extra is None else extra, metadata=None, **options)
    return path


def place_of(path: Path) -> ic.Georeference:
    with open_source(path, raw=True) as source:
        place = source.values(raw=True).georeference
    assert place is not None
    return place


def test_place_of_a_geotiff(tmp_path: Path) -> None:
    place = place_of(write(tmp_path / "scene.tif", np.zeros((4, 6), np.uint16)))
    assert place.crs == "EPSG:32633"
    assert place.transform == (10.0, 0.0, CORNER[0], 0.0, -10.0, CORNER[1])
    assert place.at(6, 4) == (600060.0, 4999960.0)


def test_tie_points_may_be_centers_of_pixels(tmp_path: Path) -> None:
    place = place_of(write(tmp_path / "dem.tif", np.zeros((4, 6), np.uint16), geo_tags(POINTS)))
    assert place.at(0.5, 0.5) == CORNER
    assert place.shifted(0, 0) == place


def test_rotated_transform(tmp_path: Path) -> None:
    matrix = (6.0, 2.0, 0.0, 100.0, 2.0, -6.0, 0.0, 50.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    path = write(tmp_path / "turned.tif", np.zeros((4, 6), np.uint8), [(34264, 12, 16, matrix, True), geo_tags()[2]])
    assert place_of(path).transform == (6.0, 2.0, 100.0, 2.0, -6.0, 50.0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("keys", [UTM, POINTS])
def test_upright_pixels_stay_where_they_are(orientation: int, keys: tuple[int, ...], tmp_path: Path) -> None:
    stored = np.arange(24, dtype=np.uint8).reshape(4, 6)
    extra = [*geo_tags(keys), (274, 3, 1, orientation, True)]
    lying = place_of(write(tmp_path / "lying.tif", stored, geo_tags(keys)))
    place = place_of(write(tmp_path / "scene.tif", stored, extra))
    upright = turned(stored, orientation)
    for value in (0, 5, 13, 23):
        (row,), (column,) = np.nonzero(stored == value)
        (now_row,), (now_column,) = np.nonzero(upright == value)
        assert place.at(now_column + 0.5, now_row + 0.5) == lying.at(column + 0.5, row + 0.5)


def test_ordinary_pictures_have_none(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "plain.tif", np.zeros((4, 6), np.uint16))
    with open_source(tmp_path / "plain.tif", raw=True) as source:
        assert source.values(raw=True).georeference is None
    assert ic.superpixels(np.zeros((4, 6), np.uint8), 2).georeference is None


def test_segments_keep_the_place(tmp_path: Path) -> None:
    values = np.arange(32 * 32, dtype=np.uint16).reshape(32, 32) * 60
    path = write(tmp_path / "scene.tif", values)
    found = ic.superpixels(path, 8)
    assert found.georeference == place_of(path)
    assert found.merge(2).georeference == found.numbered_from(1).georeference == place_of(path)


def test_tie_points_without_a_transform(tmp_path: Path) -> None:
    ties = (0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 5.0, 0.0, 0.0, 9.0, 3.0, 0.0)
    path = write(tmp_path / "raw.tif", np.zeros((4, 6), np.uint8), [(33922, 12, 12, ties, True), geo_tags()[2]])
    place = place_of(path)
    assert place.transform is None
    with pytest.raises(ValueError, match="gdalwarp"):
        place.at(0, 0)


def test_rasterio_agrees(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    places = {
        "EPSG:32633": rasterio.Affine(10, 0, *CORNER[:1], 0, -10, CORNER[1]),
        "EPSG:4326": rasterio.Affine(0.1, 0, 12, 0, -0.1, 48),
        "EPSG:3857": rasterio.Affine(6, 2, 100, 2, -6, 50),
        "+proj=laea +lat_0=45 +lon_0=-100 +R=6370997 +units=m": rasterio.Affine(1000, 0, 5, 0, -1000, 6),
    }
    for crs, transform in places.items():
        path = tmp_path / "scene.tif"
        with rasterio.open(
            path, "w", driver="GTiff", height=4, width=6, count=1, dtype="uint16", crs=crs, transform=transform
        ) as raster:
            raster.write(np.ones((1, 4, 6), np.uint16))
            raster.set_band_description(1, "elevation")
        place = place_of(path)
        assert place.transform == pytest.approx(tuple(transform)[:6])
        with rasterio.open(path) as raster:
            assert rasterio.CRS.from_string(place.crs) == raster.crs
        with open_source(path, raw=True) as source:
            assert source.values(raw=True).band_names == ("elevation",)


@pytest.mark.parametrize("size", [1e-5, 0.3, 1.0, 30.0, 5000.0])
def test_the_same_place_is_so_to_a_tenth_of_a_pixel(size: float) -> None:
    place = ic.Georeference("EPSG:32633", (2 * size, 0.0, CORNER[0], 0.0, -size, CORNER[1]))
    for shift in ((0, 0), (0.045, 0), (0, 0.09), (-0.03, 0.06)):
        check_same_place("dem", place.shifted(*shift), "a.tif", place, (9, 8))
    for shift in ((0.055, 0), (0, -0.11), (7, 9)):
        with pytest.raises(ValueError, match=r"^dem lies elsewhere on the map than a.tif: .*; warp it onto the same"):
            check_same_place("dem", place.shifted(*shift), "a.tif", place, (9, 8))
    wider = place.shifted(0, 0, 1.01, 1)
    check_same_place("dem", wider, "a.tif", place, (9, 4))
    with pytest.raises(ValueError, match="lies elsewhere"):
        check_same_place("dem", wider, "a.tif", place, (9, 6))


def test_places_in_two_systems_are_not_the_same() -> None:
    place = ic.Georeference("EPSG:32633", (1.0, 0.0, 5.0, 0.0, -1.0, 7.0))
    with pytest.raises(ValueError, match="EPSG:4326 where that has EPSG:32633"):
        check_same_place("dem", ic.Georeference("EPSG:4326", place.transform), "a.tif", place, (9, 8))
    for nowhere in (None, ic.Georeference(), ic.Georeference("EPSG:32633")):
        check_same_place("dem", nowhere, "a.tif", place, (9, 8))
        check_same_place("dem", place, "a.tif", nowhere, (9, 8))
