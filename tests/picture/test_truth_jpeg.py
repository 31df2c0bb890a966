"""Every line of the table of JPEGs and other formats in picture/README.md, against the formulas of the standards."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any

import numpy as np
import pytest
from _icc import wide_profile
from _truth import BT709, P3, Floats, on_white, shown, srgb_light
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ImageReadError, LossWarning
from imgcluster.picture import open_source, read_image

RNG = np.random.default_rng(3)
# flat blocks of 16 x 16: of quality 100 they come back as they were
BLOCKS = RNG.integers(0, 256, (3, 4, 3))
FLAT = np.kron(BLOCKS, np.ones((16, 16, 1), int)).astype(np.uint8)


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **({"quality": 100, "subsampling": 0} if format == "JPEG" else {}) | options)
    return stream.getvalue()


def of_cmyk(values: NDArray[Any]) -> Floats:
    ink = values / 255
    return np.asarray(255 * (1 - ink[..., :3]) * (1 - ink[..., 3:]))


def adobe(data: bytes, transform: int | None) -> bytes:
    """Change the transform of the Adobe marker, or leave the marker out."""
    at = data.index(b"\xff\xee\0\x0eAdobe")
    if transform is None:
        return data[:at] + data[at + 16 :]
    return data[: at + 15] + bytes([transform]) + data[at + 16 :]


def with_marker(data: bytes, transform: int) -> bytes:
    """Put an Adobe marker into a JPEG without one."""
    return data[:2] + b"\xff\xee\0\x0eAdobe\0d\0\0\0\0" + bytes([transform]) + data[2:]


def ycc(values: NDArray[Any]) -> Floats:
    """Return RGB as JFIF makes it of Y'CbCr."""
    y, cb, cr = np.moveaxis(values.astype(float), -1, 0)
    colors = [y + 1.402 * (cr - 128), y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128), y + 1.772 * (cb - 128)]
    return np.clip(np.stack(colors, -1), 0, 255)


CMYK = np.dstack([FLAT, FLAT[::-1, :, 0]])
AS_RGB = encoded(Image.fromarray(FLAT), keep_rgb=True)
AS_CMYK = encoded(Image.frombytes("CMYK", (64, 48), CMYK.tobytes()))
# Adobe stores what paper shows, 255 less ink, and of that again 255 less, as R, G and B for Y, Cb and Cr
YCCK = np.dstack([ycc(255 - CMYK[..., :3]), CMYK[..., 3]])

COLORS: dict[str, tuple[bytes, Floats]] = {
    "Y'CbCr": (encoded(Image.fromarray(FLAT)), FLAT.astype(float)),
    "Y'CbCr, progressive": (encoded(Image.fromarray(FLAT), progressive=True), FLAT.astype(float)),
    "gray": (encoded(Image.fromarray(FLAT[..., 0])), np.repeat(FLAT[..., :1], 3, 2).astype(float)),
    "RGB by Adobe's transform 0": (with_marker(AS_RGB, 0), FLAT.astype(float)),
    "Y'CbCr by Adobe's transform 1": (with_marker(encoded(Image.fromarray(FLAT)), 1), FLAT.astype(float)),
    "CMYK by Adobe, inverted": (AS_CMYK, of_cmyk(CMYK)),
    "YCCK by Adobe's transform 2": (adobe(AS_CMYK, 2), of_cmyk(YCCK)),
    "with an ICC profile": (
        encoded(Image.fromarray(FLAT), icc_profile=wide_profile()),
        shown(FLAT / 255, lambda values: values ** (563 / 256), P3),
    ),
}


@pytest.mark.parametrize("name", COLORS)
def test_colors_are_those_of_the_standard(name: str) -> None:
    data, expected = COLORS[name]
    pixels = read_image(io.BytesIO(data))
    assert np.abs(pixels - expected).max() <= 3.1, name
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(read_image(image), pixels)


def test_a_missing_end_marker_is_reported() -> None:
    photo = RNG.integers(0, 256, (40, 56, 3)).astype(np.uint8)
    for options in ({}, {"progressive": True}, {"quality": 30, "subsampling": 2}):
        data = encoded(Image.fromarray(photo), **options)
        whole = read_image(io.BytesIO(data))
        for shorter in (data[:-2], data[:-1]):
            with pytest.warns(LossWarning, match="no end marker"):
                np.testing.assert_array_equal(read_image(io.BytesIO(shorter)), whole)
        with pytest.warns(LossWarning, match="no end marker"), Image.open(io.BytesIO(data[:-2])) as image:
            np.testing.assert_array_equal(read_image(image), whole)


def test_missing_pixels_are_an_error() -> None:
    data = encoded(Image.fromarray(RNG.integers(0, 256, (40, 56, 3)).astype(np.uint8)))
    for n in (4, 5, 10, 50, len(data) // 2):
        with pytest.raises(ImageReadError, match="cut short"):
            read_image(io.BytesIO(data[:-n]))


def image(mode: str, values: NDArray[Any], **info: Any) -> Image.Image:
    made = Image.frombytes(mode, values.shape[1::-1], np.ascontiguousarray(values).tobytes())
    made.info.update(info)
    return made


GRAY, ALPHA = FLAT[..., 0], FLAT[..., 1]
LA = np.dstack([GRAY, ALPHA])
SHADES = np.repeat(GRAY[..., None], 3, 2).astype(float)
INDICES = (np.arange(64 * 48) % 4).reshape(48, 64).astype(np.uint8)
PALETTE = BLOCKS[0, :4].astype(np.uint8)


def indexed(**info: Any) -> Image.Image:
    made = image("P", INDICES, **info)
    made.putpalette(PALETTE.tobytes())
    return made


MODES: dict[str, tuple[Image.Image, Floats]] = {
    "1": (image("L", np.where(GRAY > 99, 255, 0).astype(np.uint8)).convert("1"), np.where(SHADES > 99, 255.0, 0)),
    "L": (image("L", GRAY), SHADES),
    "L with a key": (image("L", GRAY, transparency=int(GRAY[0, 0])), on_white(SHADES, 1.0 - (GRAY[0, 0] == GRAY))),
    "LA": (image("LA", LA), on_white(SHADES, ALPHA / 255)),
    "La": (image("LA", LA).convert("La"), on_white(SHADES, ALPHA / 255)),
    "P": (indexed(), PALETTE[INDICES].astype(float)),
    "P with a clear index": (indexed(transparency=2), on_white(PALETTE[INDICES].astype(float), 1.0 - (INDICES == 2))),
    "P with alphas": (
        indexed(transparency=b"\0\x40\xff\x80"),
        on_white(PALETTE[INDICES].astype(float), np.array([0, 64, 255, 128])[INDICES] / 255),
    ),
    "PA": (indexed().convert("PA"), PALETTE[INDICES].astype(float)),
    "RGB with gAMA in its info": (image("RGB", FLAT, gamma=1.0), shown(FLAT / 255, lambda values: values)),
    "RGBX": (image("RGBX", np.dstack([FLAT, ALPHA])), FLAT.astype(float)),
    "RGBa": (image("RGBA", np.dstack([FLAT, ALPHA])).convert("RGBa"), on_white(FLAT.astype(float), ALPHA / 255)),
    "CMYK": (image("CMYK", CMYK), of_cmyk(CMYK)),
    "YCbCr": (image("YCbCr", FLAT), ycc(FLAT)),
    "HSV": (image("RGB", FLAT).convert("HSV"), FLAT.astype(float)),
    "I;16": (image("I;16", GRAY.astype(np.uint16) * 257), SHADES),
    "F": (image("F", (GRAY / 255).astype(np.float32)), SHADES),
    "F with gAMA in its info": (
        image("F", (GRAY / 255).astype(np.float32), gamma=1.0),
        shown(SHADES / 255, lambda values: values),
    ),
}


@pytest.mark.parametrize("name", MODES)
def test_modes_of_pillow(name: str) -> None:
    picture, expected = MODES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        pixels = read_image(picture)
    # premultiplied colors and those of HSV are rounded in Pillow
    tolerance = {"HSV": 9, "La": 3, "RGBa": 3}.get(name, 1.6)
    assert np.abs(pixels - expected).max() <= tolerance


def test_formats_that_pillow_writes_come_back() -> None:
    for format in ("PNG", "TIFF", "BMP", "PPM", "TGA", "GIF", "WEBP", "ICO", "JPEG2000"):
        flat = FLAT[:48, :48] if format == "ICO" else FLAT
        options: Any = {"lossless": True} if format == "WEBP" else {}
        data = encoded(Image.fromarray(flat), format, **options)
        np.testing.assert_array_equal(read_image(io.BytesIO(data)), flat, err_msg=format)


def test_tiff_compressions_of_libtiff() -> None:
    for compression in ("group4", "group3", "tiff_lzw", "packbits", "tiff_adobe_deflate"):
        bilevel = MODES["1"][0]
        data = encoded(bilevel, "TIFF", compression=compression)
        np.testing.assert_array_equal(read_image(io.BytesIO(data)), MODES["1"][1], err_msg=compression)
    data = encoded(Image.fromarray(FLAT), "TIFF", compression="jpeg", quality=100)
    assert np.abs(read_image(io.BytesIO(data)) - FLAT.astype(float)).max() <= 3
    with open_source(io.BytesIO(data)) as source:
        bands = np.concatenate([band.pixels for band in source.bands(100)])
    assert np.abs(bands - FLAT.astype(float)).max() <= 3


def test_netpbm_of_a_depth_of_its_own() -> None:
    values = np.array([[0, 100, 1000]], ">u2")
    data = b"P5 3 1 1000\n" + values.tobytes()
    assert read_image(io.BytesIO(data))[0, :, 0].tolist() == [0, 26, 255]


def test_bmp_of_32_bits_without_alpha() -> None:
    header = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 58, 0, 0, 54, 40, 1, 1, 1, 32, 0, 4, 0, 0, 0, 0)
    assert read_image(io.BytesIO(header + b"\x30\x20\x10\0")).tolist() == [[[16, 32, 48]]]


@pytest.mark.parametrize(
    ("points", "primaries"), [((12, 13), P3), ((12, 1), P3), ((1, 13), BT709), ((2, 2), BT709), ((1, 1), BT709)]
)
def test_code_points_of_avif(points: tuple[int, int], primaries: Any) -> None:
    data = encoded(Image.fromarray(FLAT), "AVIF", quality=100, subsampling="4:4:4")
    at = data.index(b"colrnclx") + 8
    stored = np.asarray(Image.open(io.BytesIO(data)))
    changed = data[:at] + struct.pack(">HH", *points) + data[at + 4 :]
    expected = shown(stored / 255, srgb_light, primaries)
    assert np.abs(read_image(io.BytesIO(changed)) - expected).max() <= 1.6
