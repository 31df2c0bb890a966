"""Every line of the table of PNGs in picture/README.md, against the formulas of the standards."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _icc import wide_profile
from _truth import (
    BT709,
    BT2020,
    P3,
    SRGB,
    Floats,
    bt709_light,
    chrm,
    chunk,
    cicp,
    gama,
    on_white,
    png_of,
    pq_light,
    shown,
    srgb_light,
)
from numpy.typing import NDArray
from PIL import Image

import imgcluster as ic
from imgcluster.errors import ImageReadError, LossWarning
from imgcluster.facts import Loss
from imgcluster.picture import open_source, read_image

RNG = np.random.default_rng(5)
RGB = RNG.integers(0, 256, (24, 40, 3))
RGB[0, :16] = np.arange(16)[:, None]
RGB16 = RNG.integers(0, 65536, (24, 40, 3))
RGB16[0, :40] = 37 * np.arange(40)[:, None]
GRAY = np.arange(256).reshape(8, 32)
GRAY16 = np.concatenate([np.arange(0, 2048, 4), np.arange(0, 65536, 128)]).reshape(32, 32)
GAMMA_18 = 1 / 1.8


def gray(values: Any, light: Any = srgb_light) -> Floats:
    return shown(np.repeat(np.asarray(values, float)[..., None], 3, 2), light)


def linear(values: Floats) -> Floats:
    return values


def power(exponent: float) -> Any:
    return lambda values: values**exponent


def narrow(values: NDArray[Any], bits: int) -> Floats:
    scale = 2 ** (bits - 8)
    return np.clip((values - 16 * scale) / (219 * scale), 0, 1)


def keyed(values: NDArray[Any], key: Any, top: int) -> Floats:
    colors = np.broadcast_to((values.reshape(*values.shape[:2], -1) * 255 / top), (*values.shape[:2], 3))
    is_key = (values.reshape(*values.shape[:2], -1) == key).all(-1)
    return on_white(colors, 1.0 - is_key)


def trns(*values: int) -> bytes:
    return chunk(b"tRNS", struct.pack(f">{len(values)}H", *values))


ICC = chunk(b"iCCP", b"wide\0\0" + zlib.compress(wide_profile()))
IN_P3 = shown(RGB / 255, srgb_light, P3)
GRAY_ALPHA16 = np.stack([GRAY16, GRAY16[::-1]], -1)
SHALLOW = {depth: (np.arange(64) % 2**depth).reshape(4, 16) for depth in (1, 2, 4)}
PLTE = chunk(b"PLTE", RGB[0, :4].astype(np.uint8).tobytes())
INDICES = (np.arange(16) % 4).reshape(4, 4)

# name of the line: file, and what it shows on white
COLORS: dict[str, tuple[bytes, Floats]] = {
    "no tag": (png_of(RGB, 8, 2), RGB.astype(float)),
    "sRGB": (png_of(RGB, 8, 2, SRGB), RGB.astype(float)),
    "gAMA 45455": (png_of(RGB, 8, 2, gama(0.45455)), RGB.astype(float)),
    "gAMA 45455 and cHRM of sRGB": (png_of(RGB, 8, 2, gama(0.45455), chrm(BT709)), RGB.astype(float)),
    "gAMA 100000": (png_of(RGB, 8, 2, gama(1)), shown(RGB / 255, linear)),
    "gAMA 55556": (png_of(GRAY, 8, 0, gama(0.55556)), gray(GRAY / 255, power(1.8))),
    "gAMA and cHRM": (png_of(RGB, 8, 2, gama(0.55556), chrm(P3)), shown(RGB / 255, power(1.8), P3)),
    "cHRM with another white": (
        png_of(RGB, 8, 2, gama(0.45455), chrm(BT709, (0.3457, 0.3585))),
        shown(RGB / 255, srgb_light, BT709, (0.3457, 0.3585)),
    ),
    "cHRM": (png_of(RGB, 8, 2, chrm(P3)), IN_P3),
    "cHRM of no sense": (png_of(RGB, 8, 2, chrm(((0, 0), (0, 0), (0, 0)), (0, 0))), RGB.astype(float)),
    "gAMA 0": (png_of(RGB, 8, 2, gama(0)), RGB.astype(float)),
    "sRGB before gAMA": (png_of(RGB, 8, 2, SRGB, gama(1)), RGB.astype(float)),
    "iCCP": (png_of(RGB, 8, 2, ICC), shown(RGB / 255, power(563 / 256), P3)),
    "iCCP before sRGB, gAMA and cHRM": (
        png_of(RGB, 8, 2, SRGB, gama(1), chrm(BT2020), ICC),
        shown(RGB / 255, power(563 / 256), P3),
    ),
    "cICP before all": (png_of(RGB, 8, 2, gama(1), SRGB, ICC, cicp(12, 13)), IN_P3),
    "cICP of sRGB before iCCP": (png_of(RGB, 8, 2, ICC, cicp(1, 13)), RGB.astype(float)),
    "cICP of unknown points before gAMA": (png_of(RGB, 8, 2, cicp(2, 2), gama(1)), shown(RGB / 255, linear)),
    "cICP with a matrix before gAMA": (png_of(RGB, 8, 2, cicp(12, 13, 1), gama(1)), shown(RGB / 255, linear)),
    "cICP 9 14": (png_of(RGB, 8, 2, cicp(9, 14)), shown(RGB / 255, bt709_light, BT2020)),
    "cICP 1 8": (png_of(RGB, 8, 2, cicp(1, 8)), shown(RGB / 255, linear)),
    "cICP 11 17": (
        png_of(RGB, 8, 2, cicp(11, 17)),
        shown(RGB / 255, lambda v: np.minimum(v**2.6 * 52.37 / 48, 1), P3, (0.314, 0.351)),
    ),
    "cICP, narrow range": (png_of(RGB, 8, 2, cicp(1, 13, 0, 0)), 255 * narrow(RGB, 8)),
    "cICP, narrow range, 16 bits": (png_of(RGB16, 16, 2, cicp(1, 13, 0, 0)), 255 * narrow(RGB16, 16)),
    "cICP of gray": (png_of(GRAY, 8, 0, cicp(1, 8)), gray(GRAY / 255, linear)),
    "palette with cICP": (
        png_of(INDICES, 2, 3, cicp(12, 13), PLTE),
        shown(RGB[0][INDICES] / 255, srgb_light, P3),
    ),
    "16-bit gray": (png_of(GRAY16, 16, 0), gray(GRAY16 / 65535)),
    "16-bit gray, gAMA 100000": (png_of(GRAY16, 16, 0, gama(1)), gray(GRAY16 / 65535, linear)),
    "16-bit RGB": (png_of(RGB16, 16, 2), RGB16 / 257),
    "16-bit RGB, gAMA 100000": (png_of(RGB16, 16, 2, gama(1)), shown(RGB16 / 65535, linear)),
    "16-bit RGB, cICP": (png_of(RGB16, 16, 2, cicp(9, 14)), shown(RGB16 / 65535, bt709_light, BT2020)),
    "16-bit gray and alpha": (
        png_of(GRAY_ALPHA16, 16, 4),
        on_white(gray(GRAY16 / 65535), GRAY_ALPHA16[..., 1] / 65535),
    ),
    "16-bit gray and alpha, gAMA 100000": (
        png_of(GRAY_ALPHA16, 16, 4, gama(1)),
        on_white(gray(GRAY16 / 65535, linear), GRAY_ALPHA16[..., 1] / 65535),
    ),
    "16-bit RGBA": (
        png_of(np.dstack([RGB16, RGB16[..., 0]]), 16, 6),
        on_white(RGB16 / 257, RGB16[..., 0] / 65535),
    ),
    "gray and alpha": (
        png_of(np.stack([GRAY, GRAY[::-1]], -1), 8, 4),
        on_white(gray(GRAY / 255), GRAY[::-1] / 255),
    ),
    **{
        f"tRNS of {depth}-bit gray": (
            png_of(values, depth, 0, trns(2**depth // 2)),
            keyed(values, 2**depth // 2, 2**depth - 1),
        )
        for depth, values in SHALLOW.items()
    },
    "tRNS of 8-bit gray": (png_of(GRAY, 8, 0, trns(9)), keyed(GRAY, 9, 255)),
    "tRNS of 4-bit gray, more bits than it may have": (
        png_of(SHALLOW[4], 4, 0, trns(0x1208)),
        keyed(SHALLOW[4], 8, 15),
    ),
    "tRNS of 16-bit gray": (png_of(GRAY16, 16, 0, trns(256)), keyed(GRAY16, 256, 65535)),
    "tRNS of 8-bit RGB": (png_of(RGB, 8, 2, trns(7, 7, 7)), keyed(RGB, 7, 255)),
    "tRNS of 16-bit RGB": (png_of(RGB16, 16, 2, trns(74, 74, 74)), keyed(RGB16, 74, 65535)),
    "tRNS of 16-bit RGB, gAMA 100000": (
        png_of(RGB16, 16, 2, trns(740, 740, 740), gama(1)),
        on_white(shown(RGB16 / 65535, linear), 1.0 - (RGB16 == 740).all(-1)),
    ),
    "tRNS of a palette": (
        png_of(INDICES, 2, 3, PLTE, chunk(b"tRNS", b"\x80\xff\0")),
        on_white(RGB[0][INDICES].astype(float), np.array([128, 255, 0, 255])[INDICES] / 255),
    ),
}


def read_quietly(source: Any) -> NDArray[np.uint8]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        return read_image(source)


@pytest.mark.parametrize("name", COLORS)
def test_colors_are_those_of_the_standard(name: str) -> None:
    data, expected = COLORS[name]
    pixels = read_quietly(io.BytesIO(data))
    assert np.abs(pixels - expected).max() <= (1.1 if name.startswith("16-bit RGB,") else 1.6)


@pytest.mark.parametrize("name", COLORS)
def test_every_door_shows_the_same(name: str, tmp_path: Path) -> None:
    data, _ = COLORS[name]
    path = tmp_path / "a.png"
    path.write_bytes(data)
    expected = read_quietly(path)
    with Image.open(path) as undecoded:
        np.testing.assert_array_equal(read_quietly(undecoded), expected)
        undecoded.load()  # it is not disturbed
    with open_source(path) as source:
        values = source.values()
        bands = [band.pixels for band in source.bands(100, background="white")]
    np.testing.assert_array_equal(np.concatenate(bands), expected)
    if values.pixels.dtype == np.uint8:
        np.testing.assert_array_equal(values.pixels, expected)


@pytest.mark.parametrize("tags", [gama(1), cicp(12, 13), ICC, chrm(P3)], ids=["gAMA", "cICP", "iCCP", "cHRM"])
def test_frames_of_an_apng_have_the_colors_of_its_tags(tags: bytes) -> None:
    frame = struct.pack(">IIIIHHBB", 40, 24, 0, 0, 1, 10, 0, 0)
    whole = png_of(RGB, 8, 2)
    pixels = whole[whole.index(b"IDAT") + 4 : -16]
    before = (tags, chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", struct.pack(">I", 0) + frame))
    behind = (chunk(b"fcTL", struct.pack(">I", 1) + frame), chunk(b"fdAT", struct.pack(">I", 2) + pixels))
    still = read_image(io.BytesIO(png_of(RGB, 8, 2, tags)))
    with open_source(io.BytesIO(png_of(RGB, 8, 2, *before, behind=behind))) as source:
        assert source.n_frames == 2
        for shown_frame in source.frames():
            np.testing.assert_array_equal(shown_frame.pixels, still)


def test_results_have_the_colors_of_the_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_of(RGB, 8, 2, cicp(12, 13)))
    expected = read_image(path)
    np.testing.assert_array_equal(ic.quantize(path, 8).indices, ic.quantize(expected, 8).indices)
    np.testing.assert_array_equal(ic.superpixels(path, 20).indices, ic.superpixels(expected, 20).indices)
    assert ic.compare(path, expected).psnr == np.inf


HDR = {"cICP 9 16": png_of(RGB16, 16, 2, cicp(9, 16)), "cICP 9 18": png_of(GRAY, 8, 0, cicp(9, 18))}


def test_hdr_is_mapped_and_reported() -> None:
    with open_source(io.BytesIO(HDR["cICP 9 16"])) as source:
        picture = source.read()
    assert picture.lost >= {Loss.HDR}
    # channel by channel before the matrix: light above white is cut off there
    expected = shown(RGB16 / 65535, lambda v: np.minimum(pq_light(v), 1), BT2020)
    assert np.abs(picture.pixels - expected).mean() < 1
    with pytest.warns(LossWarning, match="brightness above white"):
        hlg = read_image(io.BytesIO(HDR["cICP 9 18"]))
    # BT.2408: 75 % is the reference white
    assert hlg.ravel()[3 * 191] >= 253
    assert hlg.ravel()[3 * 100] < 200


BIG_PLAIN = chunk(b"tEXt", b"Comment\0" + b"a" * (1 << 25))
BIG_TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_100_000)))
BIG_ITXT = chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(b"a" * 1_100_000))
BAD_TEXT = chunk(b"tEXt", b"Comment\0a", crc=1)


@pytest.mark.parametrize("extra", [BIG_TEXT, BIG_ITXT, BIG_TEXT * 3, BIG_PLAIN], ids=["zTXt", "iTXt", "three", "plain"])
def test_much_text_is_no_damage(extra: bytes) -> None:
    for data in (png_of(RGB, 8, 2, extra), png_of(RGB, 8, 2, behind=(extra,))):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(read_image(io.BytesIO(data)), RGB)
    with open_source(io.BytesIO(png_of(RGB, 8, 2, extra))) as source:
        assert Loss.TEXT in source.read().lost


def test_a_profile_that_inflates_beyond_all_sense_is_left_out() -> None:
    profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1 << 26)))
    with pytest.warns(UserWarning, match="color profile that cannot be used"):
        pixels = read_image(io.BytesIO(png_of(RGB, 8, 2, profile)))
    np.testing.assert_array_equal(pixels, RGB)


def test_a_large_profile_is_applied() -> None:
    noise = np.random.default_rng(1).bytes(1_200_000)
    profile = wide_profile()
    profile = struct.pack(">I", len(profile) + len(noise)) + profile[4:] + noise
    data = png_of(RGB, 8, 2, chunk(b"iCCP", b"wide\0\0" + zlib.compress(profile)))
    np.testing.assert_array_equal(read_image(io.BytesIO(data)), read_image(io.BytesIO(png_of(RGB, 8, 2, ICC))))


SOUND = png_of(RGB, 8, 2)
AT_DATA = SOUND.index(b"IDAT")
WRONG_DATA_CRC = SOUND[:-16] + b"abcd" + SOUND[-12:]
HARMLESS = {
    "ancillary checksum before": png_of(RGB, 8, 2, BAD_TEXT),
    "ancillary checksum behind": png_of(RGB, 8, 2, behind=(BAD_TEXT,)),
    "no end": SOUND[:-12],
    "half an end": SOUND[:-5],
    "checksum of pixels that are whole": WRONG_DATA_CRC,
    "a short gAMA": png_of(RGB, 8, 2, chunk(b"gAMA", b"\0")),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_damage_is_read_with_a_warning(name: str) -> None:
    with pytest.warns(LossWarning, match="damaged parts of the file"):
        pixels = read_image(io.BytesIO(HARMLESS[name]))
    np.testing.assert_array_equal(pixels, RGB)


def test_damaged_pixels_are_never_silent() -> None:
    for at in range(AT_DATA + 4, len(SOUND) - 16, 97):
        damaged = bytearray(SOUND)
        damaged[at] ^= 0x10
        with pytest.raises(ImageReadError, match="damaged"):
            read_image(io.BytesIO(bytes(damaged)))


@pytest.mark.parametrize("n_bytes", [13, 16, 40, 500])
def test_missing_pixels_are_an_error(n_bytes: int) -> None:
    with pytest.raises(ImageReadError):
        read_image(io.BytesIO(SOUND[: -12 - n_bytes]))


def test_a_wrong_checksum_of_the_palette_is_an_error() -> None:
    bad = chunk(b"PLTE", RGB[0, :4].astype(np.uint8).tobytes(), crc=5)
    with pytest.raises(ImageReadError, match="a checksum in it is wrong"):
        read_image(io.BytesIO(png_of(INDICES, 2, 3, bad)))
