"""One door: the same picture comes out whichever way it comes in, with its alpha, and with what was lost as values."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture import Picture, check_array, open_source, read_header, read_image

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))
SEEDS = st.integers(0, 1 << 16)


def noise(shape: tuple[int, ...], seed: int, dtype: Any = np.uint8) -> NDArray[Any]:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def one_bit(shape: tuple[int, int], seed: int) -> Image.Image:
    return Image.fromarray(noise(shape, seed) > 127)


def gray(shape: tuple[int, int], seed: int) -> Image.Image:
    return Image.fromarray(noise(shape, seed))


def gray_and_alpha(shape: tuple[int, int], seed: int) -> Image.Image:
    return Image.fromarray(noise((*shape, 2), seed))


def palette(shape: tuple[int, int], seed: int) -> Image.Image:
    image = Image.fromarray(noise(shape, seed) % 16)
    image.putpalette(noise((48,), seed + 1).tobytes())
    return image


def palette_and_alpha(shape: tuple[int, int], seed: int) -> Image.Image:
    return palette(shape, seed).convert("PA")


def rgb(shape: tuple[int, int], seed: int) -> Image.Image:
    return Image.fromarray(noise((*shape, 3), seed))


def rgba(shape: tuple[int, int], seed: int) -> Image.Image:
    return Image.fromarray(noise((*shape, 4), seed))


def cmyk(shape: tuple[int, int], seed: int) -> Image.Image:
    return Image.frombytes("CMYK", shape[::-1], noise((*shape, 4), seed).tobytes())


def deep_gray(shape: tuple[int, int], seed: int) -> Image.Image:
    return Image.fromarray(noise(shape, seed, np.uint16))


def floating(shape: tuple[int, int], seed: int) -> Image.Image:
    return Image.fromarray((noise(shape, seed) / 255).astype(np.float32))


# of each mode: how it is made, a format that holds it, and whether an array can say the same
MODES: dict[str, tuple[Callable[[tuple[int, int], int], Image.Image], str, bool]] = {
    "1": (one_bit, "PNG", True),
    "L": (gray, "PNG", True),
    "LA": (gray_and_alpha, "PNG", True),
    "P": (palette, "PNG", False),
    "PA": (palette_and_alpha, "", False),
    "RGB": (rgb, "BMP", True),
    "RGBA": (rgba, "TIFF", True),
    "CMYK": (cmyk, "TIFF", False),
    "I;16": (deep_gray, "PNG", True),
    "F": (floating, "TIFF", True),
}


def assert_same(found: Picture, expected: Picture) -> None:
    np.testing.assert_array_equal(found.pixels, expected.pixels)
    assert (found.alpha is None) == (expected.alpha is None)
    if found.alpha is not None:
        np.testing.assert_array_equal(found.alpha, expected.alpha)
    assert (found.kind, found.lost) == (expected.kind, expected.lost)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=20, deadline=None)
@given(shape=SHAPES, seed=SEEDS)
def test_the_same_picture_whichever_way_it_comes(mode: str, shape: tuple[int, int], seed: int) -> None:
    make, format, has_array = MODES[mode]
    image = make(shape, seed)
    assert image.mode == mode
    expected = open_source(image).read()
    assert expected.pixels.shape == (*shape, 3)
    assert expected.pixels.dtype == np.uint8
    assert open_source(image).shape == shape
    if format:
        stream = io.BytesIO()
        image.save(stream, format)
        assert_same(open_source(stream).read(), expected)
        assert open_source(stream).shape == shape
    if has_array:
        assert_same(open_source(np.array(image)).read(), expected)


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=10, deadline=None)
@given(shape=SHAPES, seed=SEEDS, n_pixels=st.integers(1, 99))
def test_bands_and_one_pass_are_the_picture(mode: str, shape: tuple[int, int], seed: int, n_pixels: int) -> None:
    image = MODES[mode][0](shape, seed)
    for source in (open_source(image), open_source(np.array(image)) if MODES[mode][2] else open_source(image)):
        whole = source.read().on("white")
        np.testing.assert_array_equal(read_image_silently(image), whole.pixels)
        at_once = source.read(background="white")
        assert_same(at_once, whole)
        bands = list(source.bands(n_pixels, background="white"))
        np.testing.assert_array_equal(np.concatenate([band.pixels for band in bands]), whole.pixels)
        bands = [band.on("white") for band in source.bands(n_pixels)]
        np.testing.assert_array_equal(np.concatenate([band.pixels for band in bands]), whole.pixels)
        assert frozenset().union(*(band.lost for band in bands)) == whole.lost


def read_image_silently(image: Image.Image) -> NDArray[np.uint8]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("imgcluster.picture._source.warn_lost", lambda *_, **__: None)
        return read_image(image)


def test_a_path_is_the_stream_and_is_closed(tmp_path: Path) -> None:
    image = rgba((5, 7), 0)
    image.save(tmp_path / "a.png")
    with open_source(tmp_path / "a.png") as source:
        assert_same(source.read(), open_source(image).read())
        assert_same(source.read(), open_source(image).read())
        assert (source.name, source.shape, source.n_frames) == (str(tmp_path / "a.png"), (5, 7), 1)
        assert source.format is not None
        assert source.format.name == "PNG"
    # a file that stays open is a ResourceWarning, and that an error here
    for bad in (b"", b"no picture", b"\x89PNG\r\n\x1a\nx", b"II*\0", b"\x93NUMPY\1\0v\0"):
        (tmp_path / "bad").write_bytes(bad)
        with pytest.raises(ImageReadError):
            open_source(tmp_path / "bad")


@pytest.mark.parametrize("color", ["white", (255, 255, 255), "#00f", (10, 200, 0)])
def test_any_background(color: Any) -> None:
    image = rgba((300, 500), 3)
    found = open_source(image).read().on(color)
    ground = Image.new("RGBA", image.size, color if isinstance(color, str) else (*color, 255))
    expected = np.asarray(Image.alpha_composite(ground, image).convert("RGB"))
    assert np.abs(found.pixels.astype(int) - expected).max() <= 1
    assert found.alpha is None
    assert found.lost == {Loss.ALPHA}
    assert_same(open_source(image).read(background=color), found)
    assert_same(open_source(np.array(image)).read(background=color), found)


def test_opaque_alpha_is_none_and_nothing_is_lost() -> None:
    opaque = np.dstack([noise((9, 9, 3), 0), np.full((9, 9), 255, np.uint8)])
    for source in (opaque, Image.fromarray(opaque)):
        picture = open_source(source).read()
        assert picture.alpha is None
        assert picture.lost == frozenset()
        assert picture.on("white") is picture


def test_an_array_of_rgb_is_not_copied() -> None:
    pixels = noise((4, 5, 3), 0)
    assert open_source(pixels).read().pixels is pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64, ">u2", ">f4"])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 7)])
def test_raw_channels_come_as_they_are(dtype: Any, shape: tuple[int, ...], tmp_path: Path) -> None:
    array = noise(shape, 1).astype(dtype)
    np.save(tmp_path / "raw.npy", array)
    for given_as in (array, tmp_path / "raw.npy"):
        source = open_source(given_as, raw=True)
        picture = source.read()
        np.testing.assert_array_equal(picture.pixels, array.reshape(4, 5, -1))
        assert picture.kind == "bands"
        assert picture.pixels.dtype == np.dtype(dtype).newbyteorder("=")
        assert picture.lost == frozenset()
        bands = list(source.bands(5))
        np.testing.assert_array_equal(np.concatenate([band.pixels for band in bands]), picture.pixels)
        assert len(bands) == 4


def test_shapes_and_types_of_arrays() -> None:
    for shape in ((4, 5), (4, 5, 1), (4, 5, 2), (4, 5, 3), (4, 5, 4)):
        check_array(np.zeros(shape, np.uint8))
    for bad in ((4,), (4, 5, 5), (0, 5), (1, 4, 5, 3)):
        with pytest.raises(ValueError, match="image must"):
            check_array(np.zeros(bad, np.uint8))
    check_array(np.zeros((4, 5, 60), np.float32), raw=True)
    with pytest.raises(ValueError, match="image must be of shape"):
        check_array(np.zeros(4, np.float32), raw=True)
    check_array(np.zeros((4, 5), np.float16), raw=True)
    with pytest.raises(ValueError, match="at least one band, got shape"):
        check_array(np.zeros((4, 5, 0)), raw=True)
    with pytest.raises(TypeError, match=r"got complex128; pass numpy.abs\(image\)"):
        check_array(np.zeros((4, 5), complex), raw=True)
    with pytest.raises(TypeError, match="image must be bool, integers or floating point, got object"):
        check_array(np.zeros((4, 5), object), raw=True)


def test_what_numpy_makes_an_array_of() -> None:
    class Tensor:
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
            return pixels

    pixels = noise((4, 5, 3), 0)
    np.testing.assert_array_equal(read_image(Tensor()), pixels)  # type: ignore[arg-type]


def test_a_big_endian_array_and_one_of_bool() -> None:
    deep = noise((4, 5), 0, np.uint16)
    np.testing.assert_array_equal(read_image(deep.astype(">u2")), read_image(deep))
    bits = deep > 30000
    np.testing.assert_array_equal(read_image(bits)[:, :, 1], np.where(bits, 255, 0))


def test_a_npy_file_is_the_array(tmp_path: Path) -> None:
    pixels = noise((4, 5, 3), 0)
    np.save(tmp_path / "a.npy", pixels)
    np.testing.assert_array_equal(read_image(tmp_path / "a.npy"), pixels)
    np.testing.assert_array_equal(read_image(io.BytesIO((tmp_path / "a.npy").read_bytes())), pixels)
    np.save(tmp_path / "b.npy", pixels[0, 0])
    with pytest.raises(ImageReadError, match=r"cannot read .*b.npy: image must be of shape"):
        open_source(tmp_path / "b.npy")


def test_every_frame_can_be_read() -> None:
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "lime", "blue")]
    for format in ("GIF", "PNG", "TIFF"):
        stream = io.BytesIO()
        frames[0].save(stream, format, save_all=True, append_images=frames[1:])
        source = open_source(stream)
        assert source.n_frames == 3
        for i in (0, 2, 1, 0):
            picture = source.read(i)
            assert (picture.pixels == np.asarray(frames[i])[0, 0]).all()
            assert picture.lost == set()
            (band,) = source.bands(1 << 20, i)
            np.testing.assert_array_equal(band.pixels, picture.pixels)
        assert source.read().lost == {Loss.FRAMES}
        with pytest.raises(ValueError, match="frame must be between 0 and 2, got 3"):
            source.read(3)


def test_depth_is_known_and_no_reason_to_warn() -> None:
    deep = noise((4, 5), 0, np.uint16)
    for source in (deep, Image.fromarray(deep), deep / 65535):
        assert open_source(source).read().lost == {Loss.DEPTH}
        read_image(source)
    assert Picture(deep[:, :, np.newaxis]).to_8_bit().lost == {Loss.DEPTH}


def test_a_header_names_what_the_picture_holds() -> None:
    exif = Image.Exif()
    exif[271] = "maker"
    stream = io.BytesIO()
    rgb((4, 5), 0).save(stream, "JPEG", exif=exif, comment="hello", dpi=(300, 300))
    header = read_header(stream)
    assert header is not None
    assert (header.width, header.height) == (5, 4)
    assert header.holds == {Loss.EXIF, Loss.TEXT, Loss.DPI}
