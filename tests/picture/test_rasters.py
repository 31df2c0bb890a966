"""TIFFs of any bands are read at full depth, whole or in rows, whatever way they are stored."""

import itertools
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from skimage import data

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture import Picture, open_source
from imgcluster.picture._arrays import turned


def bands(n_bands: int, dtype: str, height: int = 50, width: int = 37) -> NDArray[Any]:
    values = np.random.default_rng(n_bands).normal(size=(height, width, n_bands)) * 90 + 50
    return np.clip(values, 0, None).astype(dtype) if dtype.startswith("u") else values.astype(dtype)


def values_of(path: Path, *, raw: bool = True, level: int = 0) -> Picture:
    """Read a file, and check that its rows, so many at a time, are the same."""
    with open_source(path, raw=True, level=level) as source:
        whole = source.values(raw=raw)
        assert source.shape == whole.shape
        for n_rows in (1, 7, 16, 1000):
            rows = [band.pixels for band in source.value_bands(n_rows, raw=raw)]
            assert all(len(part) == n_rows for part in rows[:-1])
            np.testing.assert_array_equal(np.concatenate(rows), whole.pixels)
    return whole


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("n_bands", [1, 2, 5, 17])
def test_any_type_in_any_order(dtype: str, n_bands: int, tmp_path: Path) -> None:
    expected, path = bands(n_bands, dtype), tmp_path / "scene.tif"
    orders: tuple[Literal["<", ">"], ...] = ("<", ">")
    for planar, tile, order in itertools.product(("contig", "separate"), (None, (16, 32)), orders):
        values = expected[..., 0] if n_bands == 1 else expected
        stored = np.moveaxis(values, -1, 0) if planar == "separate" and n_bands > 1 else values
        tifffile.imwrite(
            path,
            stored,
            photometric="minisblack",
            planarconfig=planar if n_bands > 1 else None,
            tile=tile,
            byteorder=order,
            bigtiff=order == ">",
            compression="zlib" if tile else None,
            rowsperstrip=None if tile else 9,
            metadata=None,
        )
        found = values_of(path).pixels
        np.testing.assert_array_equal(found, values)
        assert found.dtype == np.dtype(dtype)


def test_two_hundred_bands(tmp_path: Path) -> None:
    expected = bands(200, "u2", 20, 18)
    tifffile.imwrite(tmp_path / "cube.tif", expected, photometric="minisblack", planarconfig="contig")
    np.testing.assert_array_equal(values_of(tmp_path / "cube.tif").pixels, expected)


@pytest.mark.parametrize("compression", ["LZW", "DEFLATE", "ZSTD", "LZMA", "PACKBITS"])
@pytest.mark.parametrize("interleave", ["pixel", "band"])
@pytest.mark.parametrize(("dtype", "predictor"), [("u1", 2), ("u2", 2), ("i4", 2), ("f4", 3), ("f8", 3), ("u2", 1)])
def test_what_gdal_writes(compression: str, interleave: str, dtype: str, predictor: int, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    expected, path = bands(5, dtype), tmp_path / "scene.tif"
    for tiled in (False, True):
        options: dict[str, Any] = {"compress": compression, "interleave": interleave}
        if compression in ("LZW", "DEFLATE", "ZSTD"):
            options["predictor"] = predictor
        if tiled:
            options |= {"tiled": True, "blockxsize": 32, "blockysize": 16}
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=50,
            width=37,
            count=5,
            dtype=expected.dtype,
            crs="EPSG:32633",
            transform=rasterio.Affine(10, 0, 0, 0, -10, 0),
            nodata=7,
            **options,
        ) as raster:
            raster.write(np.moveaxis(expected, -1, 0))
        found = values_of(path)
        np.testing.assert_array_equal(found.pixels, expected)
        assert found.nodata == 7


def test_tiles_that_gdal_leaves_out_hold_no_data(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    path = tmp_path / "sparse.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=64,
        width=64,
        count=1,
        dtype="float32",
        nodata=-9999,
        tiled=True,
        blockxsize=32,
        blockysize=32,
        sparse_ok=True,
        crs="EPSG:32633",
        transform=rasterio.Affine(10, 0, 0, 0, -10, 0),
    ) as raster:
        raster.write(np.full((32, 32), 5, np.float32), 1, window=rasterio.windows.Window(32, 0, 32, 32))
    found = values_of(path).pixels
    assert (found[:32, 32:] == 5).all()
    assert (found[32:] == -9999).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations(orientation: int, tmp_path: Path) -> None:
    stored = bands(5, "u2")
    tifffile.imwrite(
        tmp_path / "turned.tif",
        stored,
        photometric="minisblack",
        planarconfig="contig",
        tile=(16, 32),
        extratags=[(274, 3, 1, orientation, True)],
    )
    np.testing.assert_array_equal(values_of(tmp_path / "turned.tif").pixels, turned(stored, orientation))


@pytest.mark.parametrize("axes", ["CYX", "CZYX", "ZCYX", "TCYX", "YXS", "CYXS"])
def test_channels_of_ome_tiffs_are_bands(axes: str, tmp_path: Path) -> None:
    sizes = {"C": 4, "Z": 2, "T": 3, "Y": 40, "X": 30, "S": 3}
    array = np.random.default_rng(0).integers(0, 4000, [sizes[axis] for axis in axes], np.uint16)
    options: dict[str, Any] = {"photometric": "rgb"} if axes == "CYXS" else {"photometric": "minisblack"}
    if axes == "YXS":
        options["planarconfig"] = "contig"
    about = {"axes": axes} | ({"Channel": {"Name": ["DAPI", "GFP", "Cy5", "DIC"]}} if "S" not in axes else {})
    tifffile.imwrite(tmp_path / "cells.ome.tif", array, metadata=about, **options)
    found = values_of(tmp_path / "cells.ome.tif")
    first = array[tuple(0 if axis in "ZT" else slice(None) for axis in axes)]
    left = [axis for axis in axes if axis not in "ZT"]
    expected = np.transpose(first, [left.index(axis) for axis in "YXCS" if axis in left]).reshape(40, 30, -1)
    np.testing.assert_array_equal(found.pixels, expected)
    assert found.band_names == (None if "S" in axes else ("DAPI", "GFP", "Cy5", "DIC"))
    assert (Loss.FRAMES in found.lost) == ("Z" in axes or "T" in axes)
    assert found.axes == axes


def test_channels_of_imagej(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 4000, (3, 40, 30), np.uint16)
    tifffile.imwrite(tmp_path / "stack.tif", array, imagej=True, metadata={"axes": "CYX"})
    np.testing.assert_array_equal(values_of(tmp_path / "stack.tif").pixels, np.moveaxis(array, 0, -1))


def test_stacks_of_imagej_with_one_description(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 4000, (3, 40, 30), np.uint16)
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, array, imagej=True, metadata={"axes": "CYX"}, truncate=True)
    with tifffile.TiffFile(path) as file:
        assert len(file.pages) == 1
    np.testing.assert_array_equal(values_of(path).pixels, np.moveaxis(array, 0, -1))


def test_channels_in_other_files(tmp_path: Path) -> None:
    path, about = tmp_path / "cells.ome.tif", '<UUID FileName="other.ome.tif">urn:uuid:1</UUID>'
    array = np.zeros((2, 40, 30), np.uint16)
    tifffile.imwrite(path, array, metadata={"axes": "CYX"}, photometric="minisblack")
    with tifffile.TiffFile(path) as file:
        text = file.ome_metadata
    assert text is not None
    plane = '<TiffData IFD="0" PlaneCount="2"/>'
    assert plane in text
    own = '<TiffData FirstC="0" IFD="0" PlaneCount="1"/>'
    other = f'<TiffData FirstC="1" IFD="0" PlaneCount="1">{about}</TiffData>'
    tifffile.imwrite(path, array[:1], description=text.replace(plane, own + other), metadata=None)
    with pytest.raises(ImageReadError, match=r"1 of its 2 channels lie in other files; export them into one file"):
        open_source(path, raw=True)


def pyramid(path: Path, n_bands: int, kind: str) -> NDArray[Any]:
    """Write a raster with its half and its quarter."""
    whole = bands(n_bands, "u1" if n_bands == 3 else "u2", 128, 96)
    options: dict[str, Any] = {"photometric": "rgb" if n_bands == 3 else "minisblack", "planarconfig": "contig"}
    smaller = [np.ascontiguousarray(whole[:: 2**i, :: 2**i]) for i in (1, 2)]
    with tifffile.TiffWriter(path) as writer:
        if kind == "nested":
            writer.write(whole, tile=(32, 32), subifds=2, **options)
            for level in smaller:
                writer.write(level, tile=(32, 32), subfiletype=1, **options)
        elif kind == "overviews":
            for level in [whole, *smaller]:
                kinds: dict[str, Any] = {"subfiletype": 0 if level is whole else 1}
                writer.write(level, tile=(32, 32), metadata=None, **kinds, **options)
        else:
            writer.write(whole, tile=(32, 32), metadata=None, description="Aperio Image Library v1\n96x128", **options)
            thumbnail = np.ascontiguousarray(whole[::8, ::8])
            writer.write(thumbnail, metadata=None, description="Aperio Image Library v1 thumbnail", **options)
            for level in smaller:
                writer.write(level, tile=(32, 32), metadata=None, description="Aperio Image Library v1", **options)
    return whole


@pytest.mark.parametrize(
    ("n_bands", "kind"), [(4, "nested"), (4, "overviews"), (3, "nested"), (3, "overviews"), (3, "slide")]
)
def test_levels_of_pyramids(n_bands: int, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "slide.tif"
    whole = pyramid(path, n_bands, kind)
    for level in range(3):
        for raw in (False, True):
            found = values_of(path, raw=raw, level=level)
            np.testing.assert_array_equal(found.pixels, whole[:: 2**level, :: 2**level])
            assert Loss.FRAMES not in found.lost
    with pytest.raises(ValueError, match=r"between 0 and 2 for .*, which has 96 x 128, 48 x 64, 24 x 32 pixels, got 3"):
        open_source(path, raw=True, level=3)


def test_levels_of_what_has_none(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "plain.tif", bands(1, "u2")[..., 0])
    np.save(tmp_path / "plain.npy", np.zeros((3, 3), np.uint8))
    for source in (tmp_path / "plain.tif", tmp_path / "plain.npy", np.zeros((3, 3), np.uint8)):
        with pytest.raises(ValueError, match=r"level must be 0 for .*, got 1"):
            open_source(source, raw=True, level=1)


def test_a_level_lies_where_the_whole_does(tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    values = bands(4, "u2", 128, 96)
    tags = [(33550, 12, 3, (10.0, 10.0, 0.0), True), (33922, 12, 6, (0.0, 0.0, 0.0, 500.0, 900.0, 0.0), True)]
    with tifffile.TiffWriter(path) as writer:
        options: dict[str, Any] = {"photometric": "minisblack", "planarconfig": "contig", "metadata": None}
        writer.write(values, tile=(32, 32), extratags=tags, **options)
        writer.write(np.ascontiguousarray(values[::4, ::4]), tile=(32, 32), subfiletype=1, **options)
    place = values_of(path, level=1).georeference
    assert place is not None
    assert place.transform == (40.0, 0.0, 500.0, 0.0, -40.0, 900.0)


def test_pictures_stay_pictures(tmp_path: Path) -> None:
    path = tmp_path / "photo.tif"
    for photometric, n, extra in (("rgb", 3, None), ("minisblack", 1, None), ("rgb", 4, ["unassalpha"])):
        values = bands(n, "u1")
        tifffile.imwrite(path, values[..., 0] if n == 1 else values, photometric=photometric, extrasamples=extra)
        assert values_of(path, raw=False).axes is None
    tifffile.imwrite(path, bands(3, "u1"), photometric="minisblack", planarconfig="contig")
    assert values_of(path, raw=False).axes == "YXS"


def test_white_at_0(tmp_path: Path) -> None:
    values = bands(1, "u2")[..., 0]
    tags = [(42113, 2, 0, "50", True)]
    tifffile.imwrite(tmp_path / "scan.tif", values, photometric="miniswhite", extratags=tags, metadata=None)
    found = values_of(tmp_path / "scan.tif")
    np.testing.assert_array_equal(found.pixels, 65535 - values)
    assert found.nodata == 65485


def test_bad_rasters(tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    whole = bands(4, "u2", 128, 96)
    tifffile.imwrite(path, whole[..., 0] + 1j)
    with pytest.raises(ImageReadError, match=r"scene\.tif: it holds complex numbers .*numpy\.abs"):
        open_source(path, raw=True)
    options: dict[str, Any] = {"photometric": "minisblack", "planarconfig": "contig", "tile": (32, 32)}
    tifffile.imwrite(path, whole, compression="zlib", **options)
    data = path.read_bytes()
    with tifffile.TiffFile(path) as file:
        start, size = file.pages.first.dataoffsets[5], file.pages.first.databytecounts[5]
    path.write_bytes(data[:start] + b"\x55" * size + data[start + size :])
    with pytest.raises(ImageReadError, match="tile 6 of 12 is damaged; get a fresh copy"):
        values_of(path)
    path.write_bytes(data[: start + size - 100])
    with pytest.raises(ImageReadError, match=r"scene\.tif: "):
        values_of(path)


def test_no_bands(tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    tifffile.imwrite(path, bands(4, "u2"), photometric="minisblack", planarconfig="contig")
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        place = file.pages.first.tags[277].valueoffset
    data[place : place + 2] = b"\0\0"
    path.write_bytes(data)
    with pytest.raises(ImageReadError, match=r"scene\.tif: it has 0 bands; get a fresh copy"):
        open_source(path, raw=True)


def test_compression_that_takes_another_package(tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    tifffile.imwrite(path, bands(4, "u2", 64, 64), photometric="minisblack", planarconfig="contig", tile=(32, 32))
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        place = file.pages.first.tags[259].valueoffset
    data[place : place + 2] = (34887).to_bytes(2, "little")
    path.write_bytes(data)
    if find_spec("imagecodecs") is None:
        with pytest.raises(ImageReadError, match=r"compressed by LERC, .* pip install imagecodecs"):
            values_of(path)


@pytest.mark.parametrize("n_bits", [10, 12, 14])
@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_bands_that_are_packed(n_bits: int, interleave: str, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    expected = bands(5, "u2") % (1 << n_bits)
    options = {"height": 50, "width": 37, "count": 5, "dtype": "uint16", "crs": "EPSG:32633"}
    place = rasterio.Affine(10, 0, 0, 0, -10, 0)
    with rasterio.open(
        tmp_path / "packed.tif", "w", driver="GTiff", transform=place, NBITS=n_bits, interleave=interleave, **options
    ) as raster:
        raster.write(np.moveaxis(expected, -1, 0))
    np.testing.assert_array_equal(values_of(tmp_path / "packed.tif").pixels, expected)


@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_jpegs_with_common_tables(interleave: str, tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    path, colors = tmp_path / "ortho.tif", np.ascontiguousarray(data.astronaut()[:160, :200])
    options: dict[str, Any] = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 0, 0, -10, 0)}
    options |= {"compress": "JPEG", "tiled": True, "blockxsize": 64, "blockysize": 64, "interleave": interleave}
    if interleave == "pixel":
        options["photometric"] = "YCBCR"
    with rasterio.open(path, "w", driver="GTiff", height=160, width=200, count=3, dtype="uint8", **options) as raster:
        raster.write(np.moveaxis(colors, -1, 0))
    with rasterio.open(path, "r+") as raster:
        raster.build_overviews([2])
    for level in (0, 1):
        found = values_of(path, raw=False, level=level)
        with rasterio.open(path, **({"overview_level": 0} if level else {})) as raster:
            expected = np.moveaxis(raster.read(), 0, -1)
        assert np.abs(found.pixels.astype(int) - expected).mean() < 1.5
        assert found.georeference is not None
        assert found.georeference.transform == (10 * (level + 1), 0, 0, 0, -10 * (level + 1), 0)
        assert Loss.FRAMES not in found.lost
