"""Values of arrays and rasters as they are: types, bands, what means "no data", and rasters as pictures."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture import channels_of, equal_to, open_source, read_georeference, rgb_of

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (np.array([[True, False]]), np.uint8),
        (np.array([[3, 255]], np.uint8), np.uint8),
        (np.array([[3, 65535]], ">u2"), np.uint16),
        (np.array([[0, 65535]], np.int32), np.uint16),
        (np.array([[0, 65536]], np.int64), np.float64),
        (np.array([[-1, 9]], np.int32), np.float64),
        (np.array([[-1, 9]], np.int16), np.float32),
        (np.array([[-1, 9]], np.int8), np.float32),
        (np.array([[1, 9]], np.int8), np.uint16),
        (np.array([[1, 9]], np.uint64), np.uint16),
        (np.array([[0.5, 2]], np.float16), np.float32),
        (np.array([[0.5, 2]], ">f4"), np.float32),
        (np.array([[0.5, 2]], np.float64), np.float64),
    ],
)
def test_channels_keep_their_values_in_a_type_that_holds_them(given: NDArray[Any], kind: Any) -> None:
    found = channels_of(given)
    assert found.dtype == kind
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, given)


def test_only_what_lies_inside_decides_about_the_type() -> None:
    given = np.array([[-1, 7], [9, 70_000]], np.int32)
    assert channels_of(given, np.array([[False, True], [True, False]])).tolist() == [[0, 7], [9, 65535]]
    assert channels_of(given, np.array([[True, True], [True, False]])).dtype == np.float64
    assert channels_of(given, np.zeros((2, 2), np.bool_)).dtype == np.float64  # nothing is known to fit


@pytest.mark.parametrize("dtype", [np.uint8, ">u2", np.float32])
@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 4)])
def test_values_of_an_array_are_the_array(shape: tuple[int, ...], dtype: Any) -> None:
    array = (RNG.random(shape) * 200).astype(dtype)
    for raw in (False, True):
        with open_source(array if raw else (array / 200).astype(np.float32), raw=raw) as source:
            whole = source.values()
            assert whole.kind == "bands"
            for n_rows in (1, 3, 7, 9):
                parts = [band.pixels for band in source.value_bands(n_rows)]
                assert [len(part) for part in parts] == [min(n_rows, 7 - top) for top in range(0, 7, n_rows)]
                np.testing.assert_array_equal(np.concatenate(parts), whole.pixels)
            for ask in (lambda source=source: source.values(1), lambda source=source: list(source.value_bands(2, 1))):
                with pytest.raises(ValueError, match=r"frame must be .*0, got 1"):
                    ask()
    np.testing.assert_array_equal(open_source(array, raw=True).values().pixels, array)


@pytest.mark.parametrize(
    ("values", "nodata", "expected"),
    [
        (np.array([0, 7, 255], np.uint8), 255.0, [False, False, True]),
        (np.array([0, 7, 255], np.uint8), 7.5, [False, False, False]),
        (np.array([0, 7, 255], np.uint8), -9999.0, [False, False, False]),
        (np.array([0, 7], np.uint8), float("nan"), [False, False]),
        (np.array([0, np.nan]), float("nan"), [False, True]),
        (np.array([0.1, 0.2], np.float32), 0.1, [True, False]),
        (np.array([-3.4e38, -3.3e38, 0], np.float32), -3.4028234663852886e38, [True, False, False]),
        (np.array([-3.4028234663852886e38, 3.4028234663852886e38], np.float32), -3.4e38, [True, False]),
        (np.array([1e36, 1.0005e36], np.float64), 1e36, [True, False]),
        (np.array([0.0, np.inf], np.float16), 1e6, [False, True]),
    ],
)
def test_what_means_no_data(values: NDArray[Any], nodata: float, expected: list[bool]) -> None:
    assert equal_to(values, nodata).tolist() == expected


def raster(path: Path, values: NDArray[Any], **options: Any) -> Path:
    scale = [(33550, 12, 3, (10.0, 10.0, 0.0), True), (33922, 12, 6, (0.0, 0.0, 0.0, 5.0, 9.0, 0.0), True)]
    tifffile.imwrite(path, values, metadata=None, extratags=scale, **options)
    return path


@pytest.mark.parametrize("options", [{}, {"tile": (16, 32), "compression": "zlib"}])
def test_a_raster_of_colors_is_a_picture(options: dict[str, Any], tmp_path: Path) -> None:
    colors = RNG.integers(0, 256, (50, 37, 3)).astype(np.uint8)
    path = raster(tmp_path / "scene.tif", colors, photometric="rgb", **options)
    with open_source(path, raw=True) as source:
        np.testing.assert_array_equal(source.read().pixels, colors)
        np.testing.assert_array_equal(np.concatenate([band.pixels for band in source.bands(37 * 20)]), colors)
        (frame,) = source.frames()
        np.testing.assert_array_equal(frame.pixels, colors)
        assert source.values().georeference == read_georeference(path)
    place = read_georeference(path)
    assert place is not None
    assert place.at(1, 2) == (15.0, -11.0)


def test_a_raster_of_gray_is_a_picture_and_one_of_many_bands_is_none(tmp_path: Path) -> None:
    gray = RNG.integers(0, 65536, (50, 37)).astype(np.uint16)
    with open_source(raster(tmp_path / "gray.tif", gray, photometric="minisblack"), raw=True) as source:
        picture = source.read()
        assert picture.lost == {Loss.DEPTH}
        np.testing.assert_array_equal(picture.pixels, np.rint(gray[..., None].repeat(3, 2) / 257.0))
    many = RNG.integers(0, 256, (7, 50, 37)).astype(np.uint8)
    path = raster(tmp_path / "many.tif", many, photometric="minisblack", planarconfig="separate")
    with (
        open_source(path, raw=True) as source,
        pytest.raises(ImageReadError, match=r"many.tif: its bands are no colors: .*; choose three of them"),
    ):
        source.read()


def test_values_of_a_large_picture_in_a_raster_are_made_in_bands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colors = RNG.integers(0, 256, (50, 37, 3)).astype(np.uint8)
    path = raster(tmp_path / "scene.tif", colors, photometric="rgb", tile=(16, 32), compression="zlib")
    for most in (1 << 30, 37 * 20, 1):
        monkeypatch.setattr("imgcluster.picture.tiff._raster_source._MOST_AT_ONCE", most)
        with open_source(path, raw=True) as source:
            found = source.values()
            np.testing.assert_array_equal(found.pixels, colors)
            assert found.georeference is not None


def test_pages_of_a_picture_are_read_at_full_depth() -> None:
    pages = [Image.fromarray(np.full((3, 4), 1000 * k, np.uint16)) for k in (1, 2, 3)]
    stream = io.BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    for given in (Image.open(stream), stream):
        with open_source(given) as source:
            assert source.n_frames == 3
            for k in (2, 0, 1):
                values = source.values(k)
                assert values.pixels.tolist() == [[1000 * (k + 1)] * 4] * 3
                assert not values.lost
            for ask in (source.values, source.read):
                with pytest.raises(ValueError, match="frame must be between 0 and 2, got 3"):
                    ask(3)
            assert source.values().lost == {Loss.FRAMES}
            assert source.values().pixels[0, 0] == 1000
            parts = [band.pixels for band in source.value_bands(2, 1)]
            assert [part.shape for part in parts] == [(2, 4), (1, 4)]
            assert set(np.concatenate(parts).ravel().tolist()) == {2000}


@pytest.mark.parametrize(
    ("background", "said"),
    [
        ("nocolor", "background must be a color, such as white or #1e90ff, got 'nocolor'"),
        ("#12345678", "background must be opaque, got '#12345678'; leave out its alpha"),
        ((1, 2), r"background must be three whole numbers in 0..255, or a color's name, got \(1, 2\)"),
        ((1, 2, 256), "background must be three whole numbers in 0..255"),
    ],
)
def test_what_is_no_background(background: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rgb_of(background)


def test_backgrounds() -> None:
    assert rgb_of("white") == (255, 255, 255)
    assert rgb_of("#1e90ff") == rgb_of("dodgerblue") == rgb_of((30, 144, 255)) == (30, 144, 255)
    assert rgb_of("#1e90ffff") == (30, 144, 255)
