"""The table of formats, and one that was added to it with a module and a line."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imgcluster.picture.formats
from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.picture import (
    FORMATS,
    HEAD,
    READABLE_ENDINGS,
    WRITABLE_ENDINGS,
    check_output,
    format_of_ending,
    format_of_head,
    formats_text,
    is_readable,
    open_source,
    read_image,
    write_image,
    write_indexed,
)
from imgcluster.picture.formats._others import OTHERS

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


def test_each_module_is_a_line_of_the_table() -> None:
    folder = Path(imgcluster.picture.formats.__file__).parent
    modules = {"PPM": "PNM"}
    named = {path.stem.strip("_").upper() for path in folder.glob("_*.py") if "FORMAT = Format(" in path.read_text()}
    assert named == {modules.get(name, name) for name in FORMATS} - {format.name for format in OTHERS}


@pytest.mark.parametrize("name", FORMATS)
def test_endings_and_first_bytes_name_the_format(name: str) -> None:
    format = FORMATS[name]
    for ending in format.endings:
        assert format_of_ending(ending) is format
        assert format_of_ending(ending[1:].upper()) is format
        assert (ending in READABLE_ENDINGS) == (not format.extra)
        assert is_readable(ending) == format.is_installed
        assert (ending in WRITABLE_ENDINGS) == (format.write is not None)
    for signature in format.signatures:
        head = bytearray(HEAD)
        for at, part in signature.items():
            head[at : at + len(part)] = part
        assert format_of_head(bytes(head)) is format
    assert (format.write is None) == bool(format.read_only_because)


def test_what_is_of_no_format() -> None:
    assert format_of_ending("xyz") is None
    assert format_of_ending("") is None
    for head in (b"", b"P", b"P7\n", b"PK\3\4", b"RIFF1234WAVE"):
        assert format_of_head(head) is None


@pytest.mark.parametrize("name", [name for name, format in FORMATS.items() if format.write])
def test_what_is_written_is_of_the_format(name: str) -> None:
    stream, palette = io.BytesIO(), PIXELS[0, :4]
    write_indexed(PIXELS[:, :, 0] % 4, palette, stream, format=FORMATS[name].endings[0])
    assert format_of_head(stream.getvalue()[:16]) is FORMATS[name]
    np.testing.assert_array_equal(read_image(stream), palette[PIXELS[:, :, 0] % 4])


def test_the_format_is_checked_before_any_work() -> None:
    assert check_output("a.tif", in_bands=True, n_colors=1000) is FORMATS["TIFF"]
    assert check_output("a.dat", "png") is FORMATS["PNG"]
    with pytest.raises(ValueError, match="between 1 and 256 for an indexed GIF, got 257; write lossless WebP"):
        check_output("a.gif", n_colors=257)
    with pytest.raises(ImageWriteError, match=r"becomes a PNG or TIFF, not PPM; write \.png or \.tif"):
        check_output("a.ppm", in_bands=True)


def test_formats_as_people_write_them() -> None:
    assert formats_text(("PNG", "WEBP", "PPM")) == "PNG, WebP or PNM"
    assert formats_text(("GIF",)) == "GIF"


@pytest.mark.parametrize("ending", [".ppm", ".pgm", ".pnm"])
def test_pnm_round_trip(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    write_image(PIXELS, path)
    np.testing.assert_array_equal(read_image(path), PIXELS)
    assert path.read_bytes() == b"P6\n8 6\n255\n" + PIXELS.tobytes()
    write_image(PIXELS[:, :, 1], path)
    np.testing.assert_array_equal(read_image(path), PIXELS[:, :, 1:2].repeat(3, 2))
    assert path.read_bytes() == b"P5\n8 6\n255\n" + PIXELS[:, :, 1].tobytes()


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b"P1\n# plain\n3 1\n0 1 0\n", [255, 0, 255]),
        (b"P2\n3 1 255\n0 9 255\n", [0, 9, 255]),
        (b"P4\n3 1\n\x40", [255, 0, 255]),
        (b"P5 3 1 65535\n\0\0\x80\0\xff\xff", [0, 128, 255]),
        (b"P5\t3 1 15\n\0\7\x0f", [0, 119, 255]),
    ],
)
def test_kinds_of_pnm(data: bytes, row: list[int]) -> None:
    assert read_image(io.BytesIO(data))[0, :, 0].tolist() == row


@pytest.mark.parametrize("data", [b"P6\n", b"P6\n8 6\n255\n123", b"P6\n0 6\n255\n", b"P2\n2 1\n255\n9 x\n"])
def test_bad_pnm(data: bytes) -> None:
    with pytest.raises(ImageReadError, match="cannot read <file object>: "):
        read_image(io.BytesIO(data))


def test_a_text_may_begin_as_some_formats_do() -> None:
    unsure = {name for name, format in FORMATS.items() if not format.sure}
    assert unsure == {"BMP", "PPM", "TGA", "CUR", "DIB", "PCX", "XBM", "FLI", "IMT", "GBR", "SPIDER"}


def test_a_picture_of_a_pillow_plugin_is_opened_by_it_alone() -> None:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, "PPM")
    source = open_source(stream)
    assert source.format is FORMATS["PPM"]
