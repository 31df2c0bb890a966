"""Formats that are read only: the pixels that were stored, or that Pillow makes of the file by itself."""

import io
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _hostile import HEIGHT, WIDTH, sound
from _pictures import noise
from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture import FORMATS, HEAD, format_of_head, open_source, read_image
from imgcluster.picture.formats import left_out_by_head
from imgcluster.picture.formats._others import OTHERS

FILES = sound()
NAMES = {
    "a.dds": "DDS",
    "blocks.dds": "DDS",
    "a.sgi": "SGI",
    "a.qoi": "QOI",
    "a.cur": "CUR",
    "a.icns": "ICNS",
    "a.dib": "DIB",
    "a.pcx": "PCX",
    "a.ras": "SUN",
    "a.xbm": "XBM",
    "a.xpm": "XPM",
    "a.msp": "MSP",
    "a.blp": "BLP",
    "a.im": "IM",
}
PIXELS = noise(HEIGHT, WIDTH)


def fits(bits: int, values: bytes, side: int = 4) -> bytes:
    cards = [
        "SIMPLE  =                    T",
        f"BITPIX  = {bits:20d}",
        "NAXIS   =                    2",
        f"NAXIS1  = {side:20d}",
        f"NAXIS2  = {side:20d}",
        "END",
    ]
    return "".join(f"{card:80s}" for card in cards).ljust(2880).encode() + values.ljust(2880, b"\0")


def gimp_brush() -> bytes:
    name = b"soft\0"
    head = struct.pack(">6I4sI", 28 + len(name), 2, WIDTH, HEIGHT, 1, 0x47494D50, b"\0\0\0\1", 0)[:28]
    return head + name + PIXELS[..., 0].tobytes()


def flic() -> bytes:
    """Return a FLI of one frame: its colors, and pixels as they are."""
    colors = b"\1\0" + b"\0\0" + bytes(value >> 2 for value in range(256) for _ in range(3))
    pixels = PIXELS[..., 0].tobytes()
    chunks = struct.pack("<IH", 6 + len(colors), 11) + colors + struct.pack("<IH", 6 + len(pixels), 16) + pixels
    frame = struct.pack("<IHH8x", 16 + len(chunks), 0xF1FA, 2) + chunks
    return struct.pack("<IHHHHHHI", 128 + len(frame), 0xAF11, 1, WIDTH, HEIGHT, 8, 0, 5).ljust(128, b"\0") + frame


GRAY = {
    "FITS": fits(8, bytes(range(16))),
    "GBR": gimp_brush(),
    "XVTHUMB": b"P7 332\n#END_OF_COMMENTS\n2 1 255\n\0\xff",
    "IMT": b"*a comment\nwidth 2\nheight 1\npixel n8\n\x0c" + bytes([7, 200]),
    "DCX": struct.pack("<II", 0x3ADE68B1, 12) + bytes(4) + FILES["a.pcx"],
    "FLI": flic(),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_pixels_are_those_of_pillow(name: str) -> None:
    data = FILES[name]
    found = format_of_head(data[:HEAD])
    assert found is not None
    assert found.name == NAMES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        image = Image.open(io.BytesIO(data))
        rgba = np.array(image.convert("RGBA"))
    if name == "a.xbm":
        rgba[..., :3] ^= 255  # bits are ink
    with open_source(io.BytesIO(data)) as source:
        picture = source.read()
    shown = rgba[..., 3] > 0
    np.testing.assert_array_equal(picture.pixels[shown], rgba[..., :3][shown])
    alpha = np.full(rgba.shape[:2], 255) if picture.alpha is None else picture.alpha
    np.testing.assert_array_equal(alpha, rgba[..., 3])


@pytest.mark.parametrize("name", ["a.sgi", "a.pcx", "a.qoi", "a.ras", "a.dib", "a.dds"])
def test_lossless_formats_hold_the_pixels(name: str) -> None:
    np.testing.assert_array_equal(read_image(io.BytesIO(FILES[name])), read_image(io.BytesIO(FILES["rgb.bmp"])))


@pytest.mark.parametrize("name", GRAY)
def test_files_of_the_rarest_formats(name: str) -> None:
    data = GRAY[name]
    found = format_of_head(data[:HEAD])
    assert found is not None
    assert found.name == name
    pixels = read_image(io.BytesIO(data))
    np.testing.assert_array_equal(pixels, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_gray_pfm_is_read_from_0_to_1_and_what_takes_more_is_named() -> None:
    values = np.linspace(0, 1, 12, dtype="<f4").reshape(3, 4)
    data = b"Pf\n4 3\n-1.0\n" + values[::-1].tobytes()
    np.testing.assert_array_equal(read_image(io.BytesIO(data))[..., 0], np.floor(values * 255 + 0.5))
    with pytest.raises(ImageReadError, match="between 0 and 1, got 2; scale them first; superpixels takes any values"):
        read_image(io.BytesIO(b"Pf\n4 3\n-1.0\n" + (2 * values).tobytes()))


def test_signed_tiff_is_called_what_it_is(tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", np.arange(-8, 8, dtype=np.int16).reshape(4, 4))
    with pytest.raises(ImageReadError, match=r"between 0 and 65535, got -8 \(it is signed\); scale them first"):
        read_image(tmp_path / "a.tif")


def test_fits_of_more_than_8_bits_is_not_read() -> None:
    for bits in (16, 32, -32, -64):
        with pytest.raises(
            ImageReadError, match=r"FITS of more than 8 bits, which is not read; save its values as \.npy"
        ):
            read_image(io.BytesIO(fits(bits, bytes(200))))


@pytest.mark.parametrize("ending", [".png", ".tga", ""])
def test_the_content_counts_and_not_the_name(ending: str, tmp_path: Path) -> None:
    for name in ("a.sgi", "rgb.png", "base.jpg", "packed.tga"):
        path = tmp_path / f"{name}{ending}"
        path.write_bytes(FILES[name])
        np.testing.assert_array_equal(read_image(path), read_image(io.BytesIO(FILES[name])))


def test_avif_of_a_general_brand() -> None:
    head = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"mif1", 0, b"mif1", b"avif")
    assert format_of_head(head) is FORMATS["AVIF"]
    assert format_of_head(head.replace(b"avif", b"heic")) is FORMATS["HEIF"]


def camera_raw(tmp_path: Path) -> bytes:
    """Return a TIFF of a preview, with a mosaic of a sensor in a directory below it."""
    import tifffile

    with tifffile.TiffWriter(tmp_path / "a.dng") as file:
        file.write(PIXELS, photometric="rgb", subifds=1, subfiletype=1)
        file.write(np.zeros((40, 60), np.uint16), photometric="cfa", extratags=[(33421, 3, 2, (2, 2), True)])
    return (tmp_path / "a.dng").read_bytes()


def test_camera_raw_is_not_read_as_its_preview(tmp_path: Path) -> None:
    data = camera_raw(tmp_path)
    for raw in (False, True):
        with pytest.raises(ImageReadError, match="it is camera RAW, which is not read; develop it first"):
            open_source(io.BytesIO(data), raw=raw)


def test_what_starts_a_program_is_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    monkeypatch.setattr(subprocess, "check_call", None)
    monkeypatch.setattr(subprocess, "Popen", None)
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "EPS")
    with pytest.raises(ImageReadError, match="PostScript"):
        read_image(stream)


def test_every_format_that_pillow_opens_is_read_or_named() -> None:
    Image.init()
    # the last of these have no sign of their own: records of news agencies, and nothing else
    named = {"EPS", "WMF", "HDF5", "GRIB", "BUFR", "MPEG", "IPTC"}
    assert set(Image.OPEN) - set(FORMATS) <= named
    heads = (b"%!PS", b"\xd7\xcd\xc6\x9a", b"\x89HDF\r\n\x1a\n", b"GRIB", b"BUFR", b"\0\0\1\xb3")
    assert all(left_out_by_head(head.ljust(64, b"\0")) for head in heads)
    assert {format.name for format in OTHERS} <= set(Image.OPEN)


@pytest.fixture
def ramp() -> np.ndarray[Any, np.dtype[np.uint8]]:
    rows, columns = np.mgrid[:48, :64]
    return np.dstack([columns * 4, rows * 5, np.full_like(rows, 90)]).astype(np.uint8)


Save = Callable[..., io.BytesIO]


@pytest.fixture
def heif() -> Save:
    pillow_heif = pytest.importorskip("pillow_heif")

    def save(pixels: Any, mode: str = "RGB", **options: Any) -> io.BytesIO:
        stream = io.BytesIO()
        made = pillow_heif.from_bytes(mode, pixels.shape[1::-1], pixels.tobytes())
        made.save(stream, quality=-1, chroma=444, matrix_coefficients=0, **options)
        return stream

    return save


def test_heic(heif: Save, ramp: Any) -> None:
    with open_source(heif(ramp)) as source:
        assert source.format is FORMATS["HEIF"]
        np.testing.assert_array_equal(source.read().pixels, ramp)
    alpha = np.dstack([ramp, ramp[..., 0]])
    with open_source(heif(alpha, "RGBA")) as source:
        np.testing.assert_array_equal(source.read().alpha, ramp[..., 0])


def test_heic_is_upright_once_and_its_depth_is_named(heif: Save, ramp: Any) -> None:
    exif = Image.Exif()
    exif[274] = 6
    with open_source(heif(ramp, exif=exif.tobytes())) as source:
        assert source.shape == (64, 48)
        np.testing.assert_array_equal(source.read().pixels, np.rot90(ramp, -1))
    with open_source(heif(ramp.astype(np.uint16) * 257, "RGB;16")) as source:
        picture = source.read()
    assert picture.lost == {Loss.DEPTH}
    assert np.abs(picture.pixels.astype(int) - ramp).max() <= 1


def jxl(image: Image.Image, **options: Any) -> io.BytesIO:
    pytest.importorskip("pillow_jxl")
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image.save(stream, "JXL", **options)
    return stream


def test_jpeg_xl(ramp: Any) -> None:
    for pixels in (ramp, ramp[..., 0], np.dstack([ramp, ramp[..., 0]])):
        with open_source(jxl(Image.fromarray(pixels), lossless=True)) as source:
            picture = source.read()
        rgb = pixels[..., :3] if pixels.ndim == 3 else pixels[..., None].repeat(3, 2)
        np.testing.assert_array_equal(picture.pixels, rgb)
        if pixels.shape[2:] == (4,):
            np.testing.assert_array_equal(picture.alpha, pixels[..., 3])


def test_jpeg_xl_is_upright_by_its_decoder_and_a_jpeg_in_it_by_exif(ramp: Any, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    stream = jxl(Image.fromarray(ramp), lossless=True, use_container=True, exif=exif.tobytes())
    np.testing.assert_array_equal(read_image(stream), ramp)
    Image.fromarray(ramp).save(tmp_path / "a.jpg", exif=exif.tobytes())
    with Image.open(tmp_path / "a.jpg") as image:
        stream = jxl(image)
    np.testing.assert_array_equal(read_image(stream), read_image(tmp_path / "a.jpg"))


@pytest.mark.parametrize("size", [(3, 5), (300, 200), (1600, 900), (256, 256), (8, 16), (4000, 10)])
@pytest.mark.parametrize("boxes", [False, True])
def test_the_size_of_jpeg_xl_is_known_before_it_is_decoded(size: tuple[int, int], boxes: bool) -> None:
    stream = jxl(Image.new("RGB", size), use_container=boxes)
    size_of = FORMATS["JXL"].size_of
    assert size_of is not None
    assert size_of(stream) == size[::-1]
    assert size_of(io.BytesIO(stream.getvalue()[:13])) is None or not boxes
