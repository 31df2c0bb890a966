"""Reading: every format, mode and orientation, alpha, frames and arrays."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from _encoded import encoded, read_bytes
from numpy.typing import NDArray
from PIL import Image, ImageCms

from imgcluster.errors import ConversionWarning
from imgcluster.picture import read_image


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
    with pytest.warns(ConversionWarning, match=r"not kept: EXIF data that cannot be read \(taken as upright\)$"):
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
        with pytest.warns(ConversionWarning, match=r": not kept: transparency \(put on a background\)$") as record:
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
    with pytest.warns(ConversionWarning, match=r": not kept: transparency \(put on a background\)$"):
        pixels = read_image(in_mode(image, mode))
    assert pixels[0, 0].tolist() == ([76] * 3 if "L" in mode else [255, 0, 0])
    assert pixels[0, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_transparent_palette_entry(noise: NDArray[np.uint8], format: str) -> None:
    image = Image.fromarray(noise).quantize(8)
    used = np.asarray(image)
    with pytest.warns(ConversionWarning, match=r": not kept: transparency \(put on a background\)$"):
        pixels = read_bytes(encoded(image, format, transparency=3))
    assert (pixels[used == 3] == 255).all()
    np.testing.assert_array_equal(pixels[used != 3], np.asarray(image.convert("RGB"))[used != 3])


def test_a_transparent_entry_that_no_pixel_uses_is_silent() -> None:
    image = Image.fromarray(np.zeros((4, 4), np.uint8))
    image.putpalette([10, 20, 30, 40, 50, 60])
    assert read_bytes(encoded(image, "PNG", transparency=1))[0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_first_of_several_frames(format: str) -> None:
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "lime", "blue")]
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
    with pytest.warns(ConversionWarning, match="not kept: frames after the first"):
        pixels = read_bytes(data)
    assert (pixels == [255, 0, 0]).all()


def test_a_preview_in_a_phones_jpeg_is_not_a_loss(photo: NDArray[np.uint8]) -> None:
    image = Image.fromarray(photo)
    data = encoded(image, "MPO", save_all=True, append_images=[image.resize((12, 9))])
    assert Image.open(io.BytesIO(data)).n_frames == 2  # type: ignore[attr-defined]
    assert read_bytes(data).shape == photo.shape


def test_the_frame_a_caller_chose() -> None:
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "lime")]
    image = Image.open(io.BytesIO(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])))
    image.seek(1)
    assert (read_image(image) == [0, 255, 0]).all()


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


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0), (5,), (5, 5, 5), (5, 5, 0), (2, 5, 5, 3)])
def test_array_of_a_wrong_shape(shape: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"image must .*got"):
        read_image(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, 255.0])
def test_float_array_out_of_range(value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1, got"):
        read_image(np.array([[0.5, value]]))


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.complex64, object])
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
