"""Formats that are only read, and those that are not: what each gives, and what is said of it."""

import base64
import io
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import noise
from PIL import Image, features

import imgcluster as ic
from imgcluster.errors import ImageReadError, ImageWriteError
from imgcluster.facts import Loss
from imgcluster.picture import HEAD, LEFT_OUT, check_output, format_of_head, open_source, read_image

PIXELS = noise(24, 32)


def encoded(format: str, mode: str = "RGB", **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(stream, format, **options)
    return stream.getvalue()


def psd_of(
    channels: Any,
    mode: int = 3,
    *,
    bits: int = 8,
    n_layers: int | None = None,
    packed: bool = False,
    palette: bytes = b"",
    resource: bytes = b"",
) -> bytes:
    """Return a PSD file with a flat picture: rows of bytes of each channel; layers without extent if there are any."""
    n_channels, height, row_bytes = channels.shape
    layers = b""
    if n_layers is not None:
        layer = struct.pack(">4iH4s4s4BI", 0, 0, 0, 0, 0, b"8BIM", b"norm", 255, 0, 0, 0, 12) + bytes(12)
        records = struct.pack(">h", n_layers) + layer * abs(n_layers)
        layers = struct.pack(">I", len(records)) + records
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, n_channels, height, row_bytes * 8 // bits, bits, mode)
    head += b"".join(struct.pack(">I", len(part)) + part for part in (palette, resource, layers))
    if not packed:
        return head + struct.pack(">H", 0) + channels.tobytes()
    rows = [bytes([row_bytes - 1]) + row.tobytes() for row in channels.reshape(-1, row_bytes)]
    return head + struct.pack(f">{len(rows) + 1}H", 1, *map(len, rows)) + b"".join(rows)


def flat_psd() -> bytes:
    """Return a PSD file of the pixels: no layers, one flat picture, not packed."""
    return psd_of(PIXELS.transpose(2, 0, 1))


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


def read_psd(*args: Any, **options: Any) -> Any:
    with open_source(io.BytesIO(psd_of(*args, **options))) as source:
        return source.read()


@pytest.mark.parametrize("packed", [False, True])
def test_channels_behind_the_colors_of_a_psd(packed: bool) -> None:
    colors, more = PIXELS.transpose(2, 0, 1), noise(24, 32).transpose(2, 0, 1) | 1
    for n_layers, alpha in ((None, more[0]), (-1, more[0]), (1, None)):
        picture = read_psd(np.concatenate([colors, more[:1]]), n_layers=n_layers, packed=packed)
        np.testing.assert_array_equal(picture.pixels, PIXELS)
        np.testing.assert_array_equal(picture.alpha, alpha)
    picture = read_psd(np.concatenate([colors, more]), n_layers=-1, packed=packed)
    np.testing.assert_array_equal(picture.pixels, PIXELS)
    np.testing.assert_array_equal(picture.alpha, more[0])
    picture = read_psd(np.concatenate([colors, more]), packed=packed)
    np.testing.assert_array_equal(picture.pixels, PIXELS)
    assert picture.alpha is None
    assert picture.lost == frozenset()
    gray = read_psd(np.concatenate([colors[:1], more]), 1, n_layers=-1, packed=packed)
    np.testing.assert_array_equal(gray.pixels, PIXELS[..., [0, 0, 0]])
    np.testing.assert_array_equal(gray.alpha, more[0])
    for n_layers, alpha in ((None, None), (-1, more[0])):
        inks = np.concatenate([colors, np.full_like(colors[:1], 255), more])
        picture = read_psd(inks, 4, n_layers=n_layers, packed=packed)
        np.testing.assert_array_equal(picture.pixels, PIXELS)
        np.testing.assert_array_equal(picture.alpha, alpha)
        assert picture.lost == frozenset()


def test_a_layer_of_a_psd_has_not_the_transparency_of_the_whole() -> None:
    data = psd_of(PIXELS.transpose(2, 0, 1), 1, n_layers=-3, packed=True)
    with open_source(io.BytesIO(data)) as source:
        for frame in (None, 0, 1):
            picture = source.read(frame)
            np.testing.assert_array_equal(picture.pixels, PIXELS[..., [0, 0, 0]])
            np.testing.assert_array_equal(picture.alpha, PIXELS[..., 1])
        with pytest.raises(ImageReadError):  # a layer without pixels
            source.read(2)


def test_lab_and_bits_of_ink_of_a_psd() -> None:
    lab = np.stack([np.full((4, 8), value, np.uint8) for value in (128, 128, 128, 7)])
    gray = read_psd(lab, 9, packed=True).pixels
    assert np.abs(gray.astype(int) - 119).max() <= 1  # L* of 50
    bits = np.array([[[0b10110000], [0b00000001]]], np.uint8)
    expected = 255 - np.unpackbits(bits[0], axis=1) * 255
    for packed in (False, True):
        np.testing.assert_array_equal(read_psd(bits, 0, bits=1, packed=packed).pixels[..., 0], expected)


def test_the_clear_color_of_a_psd_with_a_palette() -> None:
    indices = np.arange(24, dtype=np.uint8).reshape(1, 4, 6)
    palette = np.arange(768, dtype=np.uint16).astype(np.uint8)
    resource = b"8BIM" + struct.pack(">HHIH", 1047, 0, 2, 7)
    picture = read_psd(indices, 2, palette=palette.tobytes(), resource=resource)
    np.testing.assert_array_equal(picture.pixels, palette.reshape(3, 256).T[indices[0]])
    np.testing.assert_array_equal(picture.alpha, np.where(indices[0] == 7, 0, 255))
    none = b"8BIM" + struct.pack(">HHIH", 1047, 0, 2, 300)
    assert read_psd(indices, 2, palette=palette.tobytes(), resource=none).alpha is None


def test_bits_of_an_x_bitmap_are_ink() -> None:
    data = b"#define a_width 8\n#define a_height 2\nstatic char a_bits[] = {\n0x01, 0xfe };\n"
    expected = np.full((2, 8), 255)
    expected[0, 0] = expected[1, 1:] = 0
    np.testing.assert_array_equal(read_image(io.BytesIO(data))[..., 0], expected)


@pytest.mark.parametrize("space", [0, 1])
def test_qoi_may_be_linear(space: int) -> None:
    rgb = np.array([[[10, 100, 200], [0, 255, 55]]], np.uint8)
    data = b"qoif" + struct.pack(">IIBB", 2, 1, 3, space) + b"".join(b"\xfe" + bytes(pixel) for pixel in rgb[0])
    linear = rgb / 255
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255
    assert np.abs(read_image(io.BytesIO(data + bytes(7) + b"\1")) - (encoded if space else rgb)).max() <= 1


def test_inks_of_any_color_are_not_read() -> None:
    with pytest.raises(ImageReadError, match=r"it has 2 channels of inks of its own .*; save it as RGB first"):
        read_psd(PIXELS.transpose(2, 0, 1)[:2], 7)


# losslessly, by OpenJPEG; the values of DEEP, and of DARK half of them and 5000
DEEP_FILES = {
    "RGB": (
        "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAAgAAAAQAAw8HAAAAAAAPY29scgEAAAAA"
        "ABAAAAC2anAyY/9P/1EALwAAAAAABAAAAAIAAAAAAAAAAAAAAAQAAAACAAAAAAAAAAAAAw8BAQ8BAQ8BAf9SAAwAAAABAQAEBAAB"
        "/1wABECA/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS40/5AACgAAAAAAPgAB/5Pf+JCIEAyda7daFHC7n93C"
        "cD3cOe/f+JBAC0t0cNhEgH/f+JBYB5x5TVIecVQ6ER//2Q=="
    ),
    "RGBA": (
        "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAAgAAAAQABA8HAAAAAAAPY29scgEAAAAA"
        "ABAAAADbanAyY/9P/1EAMgAAAAAABAAAAAIAAAAAAAAAAAAAAAQAAAACAAAAAAAAAAAABA8BAQ8BAQ8BAQ8BAf9SAAwAAAABAAAE"
        "BAAB/1wABECA/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS40/5AACgAAAAAAYAAB/5Pf+JCgByulmW57S0pO"
        "fA+yknOc5znOc5zf+JCIEA5Mgr6E3rmMge7hz58+fErf+JCAEAuQWM5hmAy4iUGoJbijz9/4kGgMKEuKyH7umQqlJSlL/9k="
    ),
    "LA": (
        "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAAgAAAAQAAg8HAAAAAAAPY29scgEAAAAA"
        "ABEAAACsanAyY/9P/1EALAAAAAAABAAAAAIAAAAAAAAAAAAAAAQAAAACAAAAAAAAAAAAAg8BAQ8BAf9SAAwAAAABAAAEBAAB/1wA"
        "BECA/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS40/5AACgAAAAAANwAB/5Pf+JCgByulmW57S0pOfA+yknOc"
        "5znOc5zf+JBoDChLish+7pkKpSUpS//Z"
    ),
}
DARK = (
    "AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAAAgAAAAQAAw8HAAAAAAAPY29scgEAAAAA"
    "ABAAAAC1anAyY/9P/1EALwAAAAAABAAAAAIAAAAAAAAAAAAAAAQAAAACAAAAAAAAAAAAAw8BAQ8BAQ8BAf9SAAwAAAABAQAEBAAB"
    "/1wABECA/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS40/5AACgAAAAAAPQAB/5PP/DBEDAnI6WWDD7FUVRPW"
    "0DYpwfbP/DAgC0t0cNhEgH/P/DAoB5x5TVIecVQ6Ff/Z"
)
_ROW = [[0, 65535, 32768, 65535], [65535] * 4, [0, 0, 0, 65535], [257, 514, 65407, 65535]]
DEEP = np.array([_ROW, _ROW[::-1]], np.uint16)
DEEP[1, :, 3] = [0, 65535, 32768, 65535]


@pytest.mark.parametrize("mode", DEEP_FILES)
def test_white_of_16_bits_is_not_black(mode: str) -> None:
    file = base64.b64decode(DEEP_FILES[mode])
    if find_spec("imagecodecs") is None:
        with pytest.raises(
            ImageReadError, match="have 16 bits, of which Pillow takes white for black; pip install ima"
        ):
            read_image(io.BytesIO(file))
        with Image.open(io.BytesIO(file)) as image, pytest.raises(ImageReadError, match="white for black"):
            read_image(image)
        return
    with open_source(io.BytesIO(file)) as source:
        picture = source.read()
    expected = np.rint(DEEP / 257).astype(np.uint8)
    np.testing.assert_array_equal(picture.pixels, expected[..., [0, 0, 0] if mode == "LA" else [0, 1, 2]])
    if mode == "RGB":
        assert picture.alpha is None
    else:
        np.testing.assert_array_equal(picture.alpha, expected[..., 3])
    assert Loss.DEPTH in picture.lost


def test_colors_of_16_bits_without_white_or_black_are_read() -> None:
    with open_source(io.BytesIO(base64.b64decode(DARK))) as source:
        picture = source.read()
    # Pillow divides by 256
    assert np.abs(picture.pixels - (DEEP[..., :3] // 2 + 5000.0) / 256).max() <= 0.5
    assert Loss.DEPTH in picture.lost


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
