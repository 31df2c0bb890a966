"""Color profiles are applied. The profiles are made here."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from _encoded import encoded, read_bytes
from _icc import WIDE, gamma, icc, s15, wide_profile, xyz
from _tiffs import tiff_of
from numpy.typing import NDArray
from PIL import Image, ImageCms

from imgcluster.errors import ConversionWarning

SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


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


def on_white(rgba: NDArray[Any]) -> NDArray[np.float64]:
    alpha = rgba[:, :, 3:] / 255
    return rgba[:, :, :3] * alpha + 255 * (1 - alpha)


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
    with pytest.warns(ConversionWarning, match="background"):
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
    with pytest.warns(ConversionWarning, match="a color profile that cannot be used"):
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
    with pytest.warns(ConversionWarning, match="a color profile that cannot be used"):
        pixels = read_bytes(data)
    np.testing.assert_array_equal(pixels, noise)


def parametric(kind: int, *values: float) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + s15(*values)


@pytest.mark.parametrize(
    "curve",
    [
        gamma(1.8),
        b"curv\0\0\0\0" + struct.pack(">I", 0),
        b"curv\0\0\0\0" + struct.pack(">I5H", 5, 0, 3000, 12000, 30000, 65535),
        parametric(0, 2.2),
        parametric(1, 2.4, 1.05, -0.05),
        parametric(2, 2.4, 1.05, -0.05, 0),
        parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
        parametric(4, 2.2, 0.9, 0.05, 0.2, 0.04, 0.01, 0.0),
    ],
    ids=["gamma", "linear", "table", "para 0", "para 1", "para 2", "para 3", "para 4"],
)
@pytest.mark.parametrize("space", ["RGB", "GRAY"])
def test_deep_values_go_through_curves_as_lcms_takes_8_bits(curve: bytes, space: str) -> None:
    columns = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), (xyz(*column) for column in WIDE.T), strict=True))
    curves = {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve} if space == "RGB" else {b"kTRC": curve}
    profile = icc(b"mntr", space.ljust(4).encode(), b"XYZ ", {**columns, **curves} if space == "RGB" else curves)
    values = np.random.default_rng(4).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    shallow = Image.fromarray(values if space == "RGB" else values[..., 0])
    stored = (values if space == "RGB" else values[..., :1]).astype(np.uint16) * 257
    deep = tiff_of(stored, 2 if space == "RGB" else 1, 16, tags={34675: (7, [*profile])})
    expected = read_bytes(encoded(shallow, "PNG", icc_profile=profile))
    assert np.abs(read_bytes(deep).astype(int) - expected).max() <= 1
