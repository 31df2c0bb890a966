"""More than 8 bits a value are scaled and rounded."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _encoded import assert_one_line, encoded, png, read_bytes
from numpy.typing import NDArray
from PIL import Image

from imgcluster.errors import ConversionWarning, ImageReadError
from imgcluster.picture import open_source, read_image

ALL_16 = np.arange(65536, dtype="<u2").reshape(256, 256)

SCALED_16 = np.rint(ALL_16 / 257.0).astype(np.uint8)  # no value lies halfway

LITTLE, BIG = ALL_16.tobytes(), ALL_16.astype(">u2").tobytes()


DEEP_GRAY = (
    png(256, 256, 16, 0, [row.astype(">u2").tobytes() for row in ALL_16]),
    encoded(Image.frombytes("I;16", (256, 256), LITTLE), "TIFF"),
    encoded(Image.frombytes("I;16B", (256, 256), BIG), "TIFF"),
    Image.frombytes("I;16", (256, 256), LITTLE),
    Image.frombytes("I;16B", (256, 256), BIG),
    Image.frombytes("I;16L", (256, 256), LITTLE),
    Image.frombytes("I", (256, 256), ALL_16.astype(np.int32).tobytes()),
    ALL_16,
)


@pytest.mark.parametrize(
    "source", DEEP_GRAY, ids=["png", "tiff little", "tiff big", "I;16", "I;16B", "I;16L", "I", "array"]
)
def test_16_bit_gray_is_scaled_and_rounded(source: Any) -> None:
    pixels = read_bytes(source) if isinstance(source, bytes) else read_image(source)
    np.testing.assert_array_equal(pixels, SCALED_16[:, :, np.newaxis].repeat(3, 2))


@pytest.mark.parametrize(
    "source", DEEP_GRAY[:-1], ids=["png", "tiff little", "tiff big", "I;16", "I;16B", "I;16L", "I"]
)
def test_16_bit_gray_keeps_its_values(source: Any) -> None:
    with open_source(io.BytesIO(source) if isinstance(source, bytes) else source) as opened:
        for raw in (False, True):
            np.testing.assert_array_equal(opened.values(raw=raw).pixels, ALL_16)
            assert opened.values(raw=raw).pixels.dtype.isnative


def test_16_bit_gray_where_white_is_zero() -> None:
    entries = [(256, 256), (257, 256), (258, 16), (259, 1), (262, 0), (273, 122), (277, 1), (278, 256)]
    directory = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    directory += struct.pack("<HHII", 279, 4, 1, len(LITTLE))
    header = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries) + 1) + directory + b"\0\0\0\0"
    data = header.ljust(122, b"\0") + LITTLE
    np.testing.assert_array_equal(read_bytes(data)[:, :, 0], 255 - SCALED_16)
    np.testing.assert_array_equal(read_image(Image.open(io.BytesIO(data)))[:, :, 0], 255 - SCALED_16)
    for given in (Image.open(io.BytesIO(data)), io.BytesIO(data)):
        with open_source(given) as opened:
            np.testing.assert_array_equal(opened.values().pixels, 65535 - ALL_16)


def test_12_bit_tiff() -> None:
    # two pixels in three bytes
    strip = bytes([0x00, 0x0F, 0xFF, 0x80, 0x00, 0x01])
    entries = [(256, 4), (257, 1), (258, 12), (259, 1), (262, 1), (273, 122), (277, 1), (278, 1), (279, 6)]
    directory = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + directory + b"\0\0\0\0"
    data = data.ljust(122, b"\0") + strip + b"\0" * 20
    np.testing.assert_array_equal(read_bytes(data)[0, :, 0], [0, 255, 128, 0])
    np.testing.assert_array_equal(read_image(Image.open(io.BytesIO(data)))[0, :, 0], [0, 255, 128, 0])
    white_is_zero = data.replace(struct.pack("<HHIHH", 262, 3, 1, 1, 0), struct.pack("<HHIHH", 262, 3, 1, 0, 0))
    np.testing.assert_array_equal(read_bytes(white_is_zero)[0, :, 0], [255, 0, 127, 255])
    with open_source(io.BytesIO(white_is_zero)) as opened:  # Pillow does not open it
        np.testing.assert_array_equal(opened.values().pixels, [[4095, 0, 2047, 4094]])


def test_16_bit_rgb_and_gray_alpha_png_keep_the_high_byte() -> None:
    rgb = png(256, 256, 16, 2, [row.repeat(3).astype(">u2").tobytes() for row in ALL_16])
    opaque = np.full(256, 65535)
    gray_alpha = png(256, 256, 16, 4, [np.column_stack([row, opaque]).astype(">u2").tobytes() for row in ALL_16])
    for data in (rgb, gray_alpha):
        difference = read_bytes(data).astype(int) - SCALED_16[:, :, np.newaxis]
        assert np.abs(difference).max() <= 1
        assert abs(difference.mean()) < 0.01


def test_float_tiff(tmp_path: Path, noise: NDArray[np.uint8]) -> None:
    values = (noise[:, :, 0] / 255).astype(np.float32)
    path = tmp_path / "float.tif"
    Image.fromarray(values).save(path)
    np.testing.assert_array_equal(read_image(path)[:, :, 2], noise[:, :, 0])
    for bad in (700.0, -3.0, np.nan, np.inf):
        values[7, 7] = bad
        Image.fromarray(values).save(path)
        with pytest.raises(ImageReadError) as error:
            read_image(path)
        assert_one_line(error, path, "between 0 and 1", f"{bad:g}")


@pytest.mark.parametrize("bad", [70000, -1])
def test_32_bit_gray_beyond_16_bits_is_rejected(tmp_path: Path, bad: int) -> None:
    path = tmp_path / "deep.tif"
    Image.fromarray(np.array([[0, bad]], np.int32)).save(path)
    with pytest.raises(ImageReadError) as error:
        read_image(path)
    assert_one_line(error, path, bad, "between 0 and 65535")
    with pytest.raises(ImageReadError, match=f"32-bit gray values must be between 0 and 65535, got {bad}"):
        read_image(Image.fromarray(np.array([[0, bad]], np.int32)))


def test_transparent_color_of_rgb_and_deep_gray() -> None:
    data = encoded(Image.new("RGB", (2, 2), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    with pytest.warns(ConversionWarning, match="background"):
        assert read_bytes(data).min() == 255
    clear = b"\0\0\0\x02tRNS\x01\x00" + struct.pack(">I", zlib.crc32(b"tRNS\x01\x00"))
    with pytest.warns(ConversionWarning, match="background"):
        pixels = read_bytes(png(2, 1, 16, 0, [struct.pack(">HH", 256, 257)], clear))
    assert pixels[0, :, 0].tolist() == [255, 1]
    with open_source(io.BytesIO(png(2, 1, 16, 0, [struct.pack(">HH", 256, 257)], clear))) as source:
        assert source.values().nodata == 256
        assert source.values().pixels.tolist() == [[256, 257]]
