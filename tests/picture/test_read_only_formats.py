"""Formats that are only read, and those that are not: what each gives, and what is said of it."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import noise
from PIL import Image, features

import imgcluster as ic
from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.picture import HEAD, LEFT_OUT, check_output, format_of_head, open_source, read_image

PIXELS = noise(24, 32)


def encoded(format: str, mode: str = "RGB", **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(stream, format, **options)
    return stream.getvalue()


def flat_psd() -> bytes:
    """Return a PSD file of the pixels: no layers, one flat picture, not packed."""
    height, width, _ = PIXELS.shape
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, height, width, 8, 3)
    return head + bytes(12) + struct.pack(">H", 0) + PIXELS.transpose(2, 0, 1).tobytes()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("TGA", encoded("TGA")),
        ("TGA", encoded("TGA", compression="tga_rle")),
        ("TGA", encoded("TGA", orientation=1)),
        ("JPEG2000", encoded("JPEG2000")),
        ("JPEG2000", encoded("JPEG2000", no_jp2=True)),
        ("PSD", flat_psd()),
    ],
)
def test_pixels_come_as_they_are(name: str, data: bytes) -> None:
    found = format_of_head(data[:HEAD])
    assert found is not None
    assert found.name == name
    np.testing.assert_array_equal(read_image(io.BytesIO(data)), PIXELS)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA"])
def test_tga_of_other_kinds(mode: str) -> None:
    expected = np.asarray(Image.fromarray(PIXELS).convert(mode).convert("RGB"))
    np.testing.assert_array_equal(read_image(io.BytesIO(encoded("TGA", mode))), expected)


@pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")
def test_avif_is_near_to_its_source() -> None:
    ramp = np.dstack([np.tile(np.arange(0, 256, 8, dtype=np.uint8), (24, 1))] * 3)
    stream = io.BytesIO()
    Image.fromarray(ramp).save(stream, "AVIF", quality=95)
    assert np.abs(read_image(stream).astype(int) - ramp).max() < 12


def test_the_largest_picture_of_an_icon_is_read() -> None:
    stream = io.BytesIO()
    Image.fromarray(noise(64, 64)).convert("RGBA").save(stream, "ICO", sizes=[(16, 16), (64, 64), (32, 32)])
    with open_source(stream) as source:
        assert source.shape == (64, 64)
        picture = source.read()
    np.testing.assert_array_equal(picture.pixels, noise(64, 64))


@pytest.mark.parametrize("ending", ["avif", "tga", "ico", "jp2", "psd"])
def test_what_is_only_read_names_what_to_write(ending: str) -> None:
    with pytest.raises(ImageWriteError, match=r"write a? ?\.png"):
        check_output(f"a.{ending}")


@pytest.mark.parametrize(
    "format", [format for format in LEFT_OUT if format.signatures], ids=lambda format: format.title
)
def test_what_is_not_read_is_named_with_the_way_out(format: Any, tmp_path: Path) -> None:
    for signature in format.signatures:
        data = bytearray(512)
        for at, part in signature.items():
            data[at : at + len(part)] = part
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(ImageReadError) as caught:
            read_image(tmp_path / "x")
        assert str(caught.value).endswith(f"it is {format.title}, which is not read; {format.way_out}")


@pytest.mark.parametrize("name", ["TGA", "JPEG2000", "PSD"])
def test_a_damaged_file_is_one_line(name: str) -> None:
    data = flat_psd() if name == "PSD" else encoded(name)
    for end in (17, len(data) // 2):
        with pytest.raises(ImageReadError):
            read_image(io.BytesIO(data[:end]))


def _with_spare_byte(format: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.dstack([PIXELS, np.zeros(PIXELS.shape[:2], np.uint8)])).save(stream, format)
    return stream.getvalue()


@pytest.mark.parametrize("format", ["TGA", "BMP"])
def test_an_alpha_of_zeros_is_a_spare_byte(format: str) -> None:
    picture = ic.quantize(io.BytesIO(_with_spare_byte(format)), 256)
    assert picture.palette.shape[1] == 3
    np.testing.assert_array_equal(read_image(io.BytesIO(_with_spare_byte(format))), PIXELS)
