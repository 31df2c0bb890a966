"""Reading: every format, mode, depth and orientation, color profiles, alpha, bad files. ICC profiles are made here."""

import io
import os
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _pictures import noise as random_pixels
from numpy.typing import NDArray
from PIL import Image, ImageCms

import imgcluster
from imgcluster.errors import ConversionWarning, ImageReadError
from imgcluster.picture import read_image

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(imgcluster.__file__).parents[1])}


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    """A 90 x 120 piece of a photograph."""
    from skimage import data

    return np.ascontiguousarray(data.astronaut()[20:110, 160:280])


@pytest.fixture
def noise() -> NDArray[np.uint8]:
    return random_pixels(40, 50)


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def read_bytes(data: bytes) -> NDArray[np.uint8]:
    return read_image(io.BytesIO(data))


def png(width: int, height: int, depth: int, color_type: int, rows: list[bytes], extra: bytes = b"") -> bytes:
    """Build a PNG of the raw `rows`, for depths that Pillow does not write."""

    def chunk(name: Any, data: Any) -> Any:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0))
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def run_python(code: str, *arguments: Path, stdin: bytes = b"") -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, env=ENVIRONMENT, check=False)
    return (done.stdout + done.stderr).decode()


def assert_one_line(error: Any, *parts: Any) -> None:
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


def s15(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + s15(*values)


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


def icc(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Put an ICC profile of version 2.4 together."""
    tags = {b"wtpt": xyz(0.9642, 1, 0.8249), **tags}
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = b"\0\0\0\0" + b"\x02\x40\0\0" + kind + space + connection + struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    header += b"acsp" + b"\0" * 28 + s15(0.9642, 1, 0.8249)
    header = header.ljust(124, b"\0") + struct.pack(">I", len(tags))
    return struct.pack(">I", 4 + len(header) + len(table) + len(body)) + header + table + body


WIDE = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def wide_profile() -> bytes:
    """Display P3's primaries with a plain gamma of 2.2."""
    columns = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), (xyz(*column) for column in WIDE.T), strict=True))
    return icc(b"mntr", b"RGB ", b"XYZ ", {**columns, b"rTRC": gamma(2.2), b"gTRC": gamma(2.2), b"bTRC": gamma(2.2)})


def srgb_encoded(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.clip(linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def wide_to_srgb(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return srgb_encoded((pixels / 255) ** 2.2 @ WIDE.T @ np.linalg.inv(SRGB).T)


def linear_gray_profile() -> bytes:
    return icc(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": gamma(1.0)})


def gray_ink_profile() -> bytes:
    """A CMYK profile whose cyan, magenta and yellow are three grays: each takes away a third of the lightness."""
    nodes = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), -1).reshape(-1, 4)
    lightness = (1 - nodes[:, 3]) * (1 - nodes[:, :3].sum(1) / 3)
    table = np.column_stack([np.rint(255 * lightness), np.full((16, 2), 128)]).astype(np.uint8)
    ramp = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + s15(1, 0, 0, 0, 1, 0, 0, 0, 1) + ramp * 4 + table.tobytes() + ramp * 3
    return icc(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut, b"A2B1": lut})


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("BMP", {}),
    ],
)
def test_lossless_formats_give_back_every_pixel(
    tmp_path: Path, photo: NDArray[np.uint8], format: str, options: dict[str, Any]
) -> None:
    path = tmp_path / "picture.dat"  # the bytes tell the format, not the name
    Image.fromarray(photo).save(path, format, **options)
    for source in (path, str(path), os.fsencode(path), io.BytesIO(path.read_bytes())):
        pixels = read_image(source)
        np.testing.assert_array_equal(pixels, photo)
        assert pixels.dtype == np.uint8
        assert pixels.flags.c_contiguous
        assert pixels.flags.writeable


@pytest.mark.parametrize("options", [{"quality": 90}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_as_pillow_decodes_it(photo: NDArray[np.uint8], options: dict[str, Any]) -> None:
    data = encoded(Image.fromarray(photo), "JPEG", **options)
    np.testing.assert_array_equal(read_bytes(data), np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("format", ["GIF", "PNG", "BMP", "TIFF"])
def test_palette_files(noise: NDArray[np.uint8], format: str) -> None:
    image = Image.fromarray(noise).quantize(37)
    np.testing.assert_array_equal(read_bytes(encoded(image, format)), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (3, 140_000), (3600, 120)])
def test_strips_of_every_shape_come_together(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    np.testing.assert_array_equal(read_bytes(encoded(Image.fromarray(pixels), "BMP")), pixels)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(photo: NDArray[np.uint8], format: str, orientation: int) -> None:
    upright = np.tile(photo[:, :100], (20, 1, 1))  # several strips
    # what the camera stored, so that the tag brings it back
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright[::-1], 1),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = (
        {"quality": 98, "subsampling": 0} if format == "JPEG" else {"lossless": True} if format == "WEBP" else {}
    )
    pixels = read_bytes(encoded(Image.fromarray(np.ascontiguousarray(stored)), format, exif=exif, **options))
    assert pixels.shape == upright.shape
    assert pixels.flags.c_contiguous
    difference = np.abs(pixels.astype(int) - upright).mean()
    assert difference < (3 if format == "JPEG" else 1e-9)


def test_broken_exif_does_not_lose_the_picture(noise: NDArray[np.uint8]) -> None:
    data = encoded(Image.fromarray(noise), "PNG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\0")
    np.testing.assert_array_equal(read_bytes(data), noise)
    with pytest.warns(ConversionWarning, match="EXIF data is broken; taken as upright"):
        np.testing.assert_array_equal(read_bytes(encoded(Image.fromarray(noise), "PNG", exif=b"nonsense")), noise)


def test_orientation_out_of_range_means_upright(noise: NDArray[np.uint8]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 9
    np.testing.assert_array_equal(read_bytes(encoded(Image.fromarray(noise), "PNG", exif=exif)), noise)


def test_gray_and_one_bit(noise: NDArray[np.uint8]) -> None:
    gray = Image.fromarray(noise[:, :, 0])
    np.testing.assert_array_equal(read_bytes(encoded(gray, "PNG")), noise[:, :, :1].repeat(3, 2))
    bits = gray.point(lambda value: 255 * (value > 100), "1")
    for format in ("PNG", "TIFF", "BMP"):
        pixels = read_bytes(encoded(bits, format))
        np.testing.assert_array_equal(pixels[:, :, 1], 255 * (noise[:, :, 0] > 100))


ALL_16 = np.arange(65536, dtype="<u2").reshape(256, 256)
SCALED_16 = np.rint(ALL_16 / 257.0).astype(np.uint8)  # no value lies halfway
LITTLE, BIG = ALL_16.tobytes(), ALL_16.astype(">u2").tobytes()


@pytest.mark.parametrize(
    "source",
    [
        png(256, 256, 16, 0, [row.astype(">u2").tobytes() for row in ALL_16]),
        encoded(Image.frombytes("I;16", (256, 256), LITTLE), "TIFF"),
        encoded(Image.frombytes("I;16B", (256, 256), BIG), "TIFF"),
        Image.frombytes("I;16", (256, 256), LITTLE),
        Image.frombytes("I;16B", (256, 256), BIG),
        Image.frombytes("I;16L", (256, 256), LITTLE),
        Image.frombytes("I", (256, 256), ALL_16.astype(np.int32).tobytes()),
        ALL_16,
    ],
    ids=["png", "tiff little", "tiff big", "I;16", "I;16B", "I;16L", "I", "array"],
)
def test_16_bit_gray_is_scaled_and_rounded(source: Any) -> None:
    pixels = read_bytes(source) if isinstance(source, bytes) else read_image(source)
    np.testing.assert_array_equal(pixels, SCALED_16[:, :, np.newaxis].repeat(3, 2))


def test_16_bit_gray_where_white_is_zero() -> None:
    entries = [(256, 256), (257, 256), (258, 16), (259, 1), (262, 0), (273, 122), (277, 1), (278, 256)]
    directory = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    directory += struct.pack("<HHII", 279, 4, 1, len(LITTLE))
    header = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries) + 1) + directory + b"\0\0\0\0"
    pixels = read_bytes(header.ljust(122, b"\0") + LITTLE)
    np.testing.assert_array_equal(pixels[:, :, 0], 255 - SCALED_16)


def test_12_bit_tiff() -> None:
    # two pixels in three bytes
    strip = bytes([0x00, 0x0F, 0xFF, 0x80, 0x00, 0x01])
    entries = [(256, 4), (257, 1), (258, 12), (259, 1), (262, 1), (273, 122), (277, 1), (278, 1), (279, 6)]
    directory = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + directory + b"\0\0\0\0"
    pixels = read_bytes(data.ljust(122, b"\0") + strip + b"\0" * 20)
    np.testing.assert_array_equal(pixels[0, :, 0], [0, 255, 128, 0])


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
def test_32_bit_gray_beyond_16_bits_is_refused(tmp_path: Path, bad: int) -> None:
    path = tmp_path / "deep.tif"
    Image.fromarray(np.array([[0, bad]], np.int32)).save(path)
    with pytest.raises(ImageReadError) as error:
        read_image(path)
    assert_one_line(error, path, bad, "between 0 and 65535")


def test_cmyk(photo: NDArray[np.uint8]) -> None:
    image = Image.fromarray(photo).convert("CMYK")
    data = encoded(image, "JPEG", quality=95, subsampling=0)
    assert b"Adobe" in data  # and so its values are stored inverted
    assert np.abs(read_bytes(data).astype(int) - photo).mean() < 4
    np.testing.assert_array_equal(read_bytes(encoded(image, "TIFF")), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("mode", ["YCbCr", "LAB", "HSV", "RGBX"])
def test_other_color_modes(photo: NDArray[np.uint8], mode: str) -> None:
    image = Image.fromarray(photo)
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(image, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")  # type: ignore[assignment]
    else:
        image = image.convert(mode)
    assert np.abs(read_image(image).astype(int) - photo).mean() < 3
    if mode in ("YCbCr", "LAB"):
        assert np.abs(read_bytes(encoded(image, "TIFF")).astype(int) - photo).mean() < 3


def on_white(rgba: NDArray[Any]) -> NDArray[np.float64]:
    alpha = rgba[:, :, 3:] / 255
    return rgba[:, :, :3] * alpha + 255 * (1 - alpha)


def test_alpha_is_composited_on_white_and_said() -> None:
    rgba = np.random.default_rng(2).integers(0, 256, (300, 500, 4), np.uint8)
    for source in (Image.fromarray(rgba), io.BytesIO(encoded(Image.fromarray(rgba), "PNG")), rgba):
        with pytest.warns(ConversionWarning, match="white background") as record:
            pixels = read_image(source)
        assert len(record) == 1
        assert record[0].filename == __file__
        assert np.abs(pixels - on_white(rgba)).max() <= 0.51


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert to modes that Pillow only reaches through another, too."""
    through = {"La": "LA", "RGBa": "RGBA"}.get(mode)
    return (image.convert(through) if through else image).convert(mode)


@pytest.mark.parametrize("mode", ["LA", "La", "PA", "RGBA", "RGBa"])
def test_opaque_alpha_is_silent(noise: NDArray[np.uint8], mode: str) -> None:
    image = Image.fromarray(noise)
    image = in_mode(image.quantize(256) if mode == "PA" else image, mode)
    expected = np.asarray(in_mode(image, "LA").convert("RGB") if mode == "La" else image.convert("RGB"))
    np.testing.assert_array_equal(read_image(image), expected)


@pytest.mark.parametrize("mode", ["LA", "La", "PA", "RGBA", "RGBa"])
def test_every_alpha_mode_is_composited(mode: str) -> None:
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    image.putpixel((1, 0), (255, 0, 0, 0))
    with pytest.warns(ConversionWarning, match="white background"):
        pixels = read_image(in_mode(image, mode))
    assert pixels[0, 0].tolist() == ([76] * 3 if "L" in mode else [255, 0, 0])
    assert pixels[0, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_transparent_palette_entry(noise: NDArray[np.uint8], format: str) -> None:
    image = Image.fromarray(noise).quantize(8)
    used = np.asarray(image)
    with pytest.warns(ConversionWarning, match="white background"):
        pixels = read_bytes(encoded(image, format, transparency=3))
    assert (pixels[used == 3] == 255).all()
    np.testing.assert_array_equal(pixels[used != 3], np.asarray(image.convert("RGB"))[used != 3])


def test_a_transparent_entry_that_no_pixel_uses_is_silent() -> None:
    image = Image.fromarray(np.zeros((4, 4), np.uint8))
    image.putpalette([10, 20, 30, 40, 50, 60])
    assert read_bytes(encoded(image, "PNG", transparency=1))[0, 0].tolist() == [10, 20, 30]


def test_transparent_color_of_rgb_and_deep_gray() -> None:
    data = encoded(Image.new("RGB", (2, 2), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    with pytest.warns(ConversionWarning, match="white"):
        assert read_bytes(data).min() == 255
    clear = b"\0\0\0\x02tRNS\x01\x00" + struct.pack(">I", zlib.crc32(b"tRNS\x01\x00"))
    with pytest.warns(ConversionWarning, match="white"):
        pixels = read_bytes(png(2, 1, 16, 0, [struct.pack(">HH", 256, 257)], clear))
    assert pixels[0, :, 0].tolist() == [255, 1]


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_first_of_several_frames(format: str) -> None:
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "lime", "blue")]
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
    with pytest.warns(ConversionWarning, match="first of its 3 frames"):
        pixels = read_bytes(data)
    assert (pixels == [255, 0, 0]).all()


def test_a_preview_in_a_phones_jpeg_is_no_loss(photo: NDArray[np.uint8]) -> None:
    image = Image.fromarray(photo)
    data = encoded(image, "MPO", save_all=True, append_images=[image.resize((12, 9))])
    assert Image.open(io.BytesIO(data)).n_frames == 2  # type: ignore[attr-defined]
    assert read_bytes(data).shape == photo.shape


def test_the_frame_a_caller_chose() -> None:
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "lime")]
    image = Image.open(io.BytesIO(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])))
    image.seek(1)
    assert (read_image(image) == [0, 255, 0]).all()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_profile_is_converted_to_srgb(photo: NDArray[np.uint8], format: str) -> None:
    options: dict[str, Any] = (
        {"lossless": True} if format == "WEBP" else {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    )
    image = Image.fromarray(photo)
    stored = np.asarray(Image.open(io.BytesIO(encoded(image, format, **options))).convert("RGB"))
    pixels = read_bytes(encoded(image, format, icc_profile=wide_profile(), **options))
    expected = wide_to_srgb(stored)
    assert np.abs(expected - stored).max() > 20
    assert np.abs(pixels - expected).max() < 3
    assert np.abs(pixels - expected).mean() < 0.5


def test_srgb_profile_changes_nothing(noise: NDArray[np.uint8]) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    np.testing.assert_array_equal(read_bytes(encoded(Image.fromarray(noise), "PNG", icc_profile=profile)), noise)


def test_palette_alpha_and_gray_pictures_with_an_rgb_profile(noise: NDArray[np.uint8]) -> None:
    profile = wide_profile()
    image = Image.fromarray(noise).quantize(16)
    pixels = read_bytes(encoded(image, "PNG", icc_profile=profile))
    assert np.abs(pixels - wide_to_srgb(np.asarray(image.convert("RGB")))).max() < 3

    rgba = np.dstack([noise, np.full(noise.shape[:2], 128, np.uint8)])
    with pytest.warns(ConversionWarning, match="white"):
        pixels = read_bytes(encoded(Image.fromarray(rgba), "PNG", icc_profile=profile))
    assert np.abs(pixels - on_white(np.dstack([wide_to_srgb(noise), rgba[:, :, 3]]))).max() < 3

    pixels = read_bytes(encoded(Image.fromarray(noise[:, :, 0]), "PNG", icc_profile=profile))
    assert np.abs(pixels - wide_to_srgb(noise[:, :, :1].repeat(3, 2))).max() < 3


def test_gray_profile(noise: NDArray[np.uint8]) -> None:
    gray = noise[:, :, 0]
    expected = srgb_encoded(gray / 255)[:, :, np.newaxis].repeat(3, 2)
    deep = Image.frombytes("I;16", gray.shape[::-1], (gray * np.uint16(257)).tobytes())
    for image in (Image.fromarray(gray), deep):
        pixels = read_bytes(encoded(image, "TIFF", icc_profile=linear_gray_profile()))
        assert np.abs(pixels - expected).max() < 1.1
    with pytest.warns(ConversionWarning, match="for GRAY, the picture is RGB"):
        pixels = read_bytes(encoded(Image.fromarray(noise), "PNG", icc_profile=linear_gray_profile()))
    np.testing.assert_array_equal(pixels, noise)


@pytest.mark.parametrize("format", ["TIFF", "JPEG"])
def test_cmyk_profile(format: str) -> None:
    paper, black, cyan = (0, 0, 0, 0), (0, 0, 0, 255), (255, 0, 0, 0)  # cyan in name, gray by the profile
    image = Image.new("CMYK", (48, 16), paper)
    image.paste(black, (16, 0, 32, 16))
    image.paste(cyan, (32, 0, 48, 16))
    pixels = read_bytes(encoded(image, format, icc_profile=gray_ink_profile()))[8, 8::16].astype(int)
    assert pixels[0].min() >= 253
    assert pixels[1].max() <= 2
    assert np.abs(pixels[2] - 162).max() <= 4  # L* = 66.7


@pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200, wide_profile()[:200]])
def test_broken_profile_is_said_and_left_out(noise: NDArray[np.uint8], profile: bytes) -> None:
    data = encoded(Image.fromarray(noise), "PNG", icc_profile=profile)
    with pytest.warns(ConversionWarning, match="profile cannot be used"):
        pixels = read_bytes(data)
    np.testing.assert_array_equal(pixels, noise)


def test_arrays(noise: NDArray[np.uint8]) -> None:
    assert read_image(noise) is noise
    np.testing.assert_array_equal(read_image(noise[:, ::-1]), noise[:, ::-1])
    assert read_image(noise[:, ::-1]).flags.c_contiguous
    np.testing.assert_array_equal(read_image(noise[:, :, 0]), noise[:, :, :1].repeat(3, 2))
    np.testing.assert_array_equal(read_image(noise * np.uint16(257)), noise)
    for kind in (np.float32, np.float64):
        np.testing.assert_array_equal(read_image((noise / 255).astype(kind)), noise)
    opaque = np.dstack([noise, np.full(noise.shape[:2], 255, np.uint8)])
    np.testing.assert_array_equal(read_image(opaque), noise)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0), (5,), (5, 5, 2), (5, 5, 1), (2, 5, 5, 3)])
def test_array_of_a_wrong_shape(shape: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"image must .*got"):
        read_image(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, 255.0])
def test_float_array_out_of_range(value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1, got"):
        read_image(np.array([[0.5, value]]))


@pytest.mark.parametrize("kind", [np.int64, bool, np.complex64, object])
def test_array_of_a_wrong_type(kind: Any) -> None:
    with pytest.raises(TypeError, match="image must be uint8, uint16 or floating"):
        read_image(np.zeros((2, 2), kind))


@pytest.mark.parametrize("source", [None, 3, [[1, 2]]])
def test_wrong_kind_of_source(source: Any) -> None:
    with pytest.raises(TypeError, match="image must be a path"):
        read_image(source)


def test_pil_image_is_left_as_it_was(noise: NDArray[np.uint8]) -> None:
    image = Image.fromarray(noise)
    image.getexif()[0x0112] = 6
    np.testing.assert_array_equal(read_image(image), np.rot90(noise, -1))
    assert image.size == (50, 40)
    assert image.getexif()[0x0112] == 6


def test_file_objects(noise: NDArray[np.uint8]) -> None:
    stream = io.BytesIO(encoded(Image.fromarray(noise), "PNG"))
    stream.read()
    np.testing.assert_array_equal(read_image(stream), noise)
    assert not stream.closed
    with pytest.raises(TypeError, match="binary mode"):
        read_image(io.StringIO("text"))  # type: ignore[arg-type]


def test_stdin_that_cannot_seek(noise: NDArray[np.uint8]) -> None:
    code = "import sys, imgcluster as ic; print(ic.read_image(sys.stdin.buffer).sum())"
    assert run_python(code, stdin=encoded(Image.fromarray(noise), "TIFF")) == f"{noise.sum()}\n"
    assert "cannot read <stdin>: it is not a PNG" in run_python(code, stdin=b"text")
    assert "cannot read <stdin>: it is empty" in run_python(code)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty (0 bytes)"),
        (b"Dear diary,\n", "not a PNG, JPEG, WebP, GIF, TIFF or BMP picture"),
        (b"BM", "damaged"),
        (b"BM" + b"\0" * 60, "damaged"),
        (b"GIF89a", "damaged"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "damaged"),
        (b"II*\0" + b"\0" * 60, "damaged"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "damaged"),
        (png(0, 5, 8, 0, []), "damaged"),
        (png(40000, 40000, 8, 0, []), "40000 x 40000 pixels are more than the limit of 1073741824"),
    ],
)
def test_bad_file(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(ImageReadError) as error:
        read_image(path)
    assert_one_line(error, "cannot read", path, said, "; ")


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
    ],
)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.98])
def test_cut_off_file_gives_no_partial_picture(
    tmp_path: Path, photo: NDArray[np.uint8], format: str, options: dict[str, Any], part: float
) -> None:
    data = encoded(Image.fromarray(photo), format, **options)
    path = tmp_path / "cut.png"
    path.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(ImageReadError) as error:
        read_image(path)
    assert_one_line(error, path, "damaged")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_scrambled_file_raises_nothing_else(photo: NDArray[np.uint8], format: str) -> None:
    rng = np.random.default_rng(3)
    data = encoded(Image.fromarray(photo[:20, :30]), format)
    for _ in range(150):
        bad = bytearray(data)
        for place in rng.integers(0, min(len(bad), 300), 4):
            bad[place] = rng.integers(256)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConversionWarning)  # and no other
            # a scrambled pixel is no error; every other exception fails this test
            with suppress(ImageReadError):
                assert read_bytes(bytes(bad)).shape[2] == 3


def test_missing_file_folder_and_odd_names(tmp_path: Path) -> None:
    with pytest.raises(ImageReadError, match=r"cannot read .*none.png: no such file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(ImageReadError, match="it is a folder"):
        read_image(tmp_path)
    with pytest.raises(ImageReadError, match="cannot read"):
        read_image("a\0b.png")
    (tmp_path / "file").touch()
    with pytest.raises(ImageReadError, match="Not a directory"):
        read_image(tmp_path / "file" / "x.png")
    with pytest.raises(ImageReadError) as error:
        read_image(tmp_path / "two\nlines\udcff.png")
    assert_one_line(error, r"two\nlines\udcff.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_no_permission_to_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.touch(0)
    with pytest.raises(ImageReadError, match="no permission"):
        read_image(path)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "GIF", "JPEG", "BMP"])
def test_picture_beyond_pillows_limit(monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    data = encoded(Image.new("RGB", (700, 900)), format)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200_000)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))
    assert read_bytes(data).shape == (900, 700, 3)
    assert Image.MAX_IMAGE_PIXELS == 200_000


def test_threads_restore_pillows_limit(photo: NDArray[np.uint8]) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    data = encoded(Image.fromarray(photo), "JPEG")
    start = threading.Barrier(8)

    def read(_: Any) -> Any:
        start.wait()
        return read_bytes(data).sum()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(8)))) == 1
    assert limit == Image.MAX_IMAGE_PIXELS


def test_import_is_cheap() -> None:
    code = "import sys, imgcluster.picture; print([name for name in sys.modules if name.startswith('PIL.')])"
    output = run_python(code)
    assert "'PIL.Image'" in output
    for module in ("ImageCms", "ImageOps", "Plugin"):
        assert module not in output


def test_only_the_plugin_needed_is_imported(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    path = tmp_path / "a.webp"
    Image.fromarray(photo).save(path)
    code = "import sys, imgcluster as ic; ic.read_image(sys.argv[1]); print([m for m in sys.modules if 'Plugin' in m])"
    assert run_python(code, path) == "['PIL.WebPImagePlugin']\n"


def test_memory_of_12_megapixels(tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    path = tmp_path / "big.jpg"
    Image.fromarray(np.tile(photo, (34, 34, 1))[:3000, :4000]).save(path)
    code = """
import resource, sys, imgcluster as ic
from imgcluster.picture import read_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert read_image(sys.argv[1]).shape == (3000, 4000, 3)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) // (1 << 20 if sys.platform == "darwin" else 1 << 10))
"""
    assert int(run_python(code, path)) < 110  # 46 MB of Pillow's, 34 MB of pixels; a second copy would show
