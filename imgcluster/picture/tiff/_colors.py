"""The values of a TIFF -> 8-bit sRGB and alpha."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.facts import Loss
from imgcluster.picture._arrays import SCALE, DepthError, to_8_bit
from imgcluster.picture._deep import rgb_of_deep
from imgcluster.picture._matrix_profiles import XYZ_TO_SRGB, encoded_srgb
from imgcluster.picture._picture import Picture
from imgcluster.picture._profiles import conversion_of
from imgcluster.picture.tiff._layout import CIELAB, ICCLAB, Layout
from imgcluster.types import UInt8Array

_WHITE_IS_ZERO, _PALETTE = 0, 3
_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
_D50 = np.array([0.9642, 1.0, 0.8249], np.float32)


def picture_of_samples(
    values: NDArray[Any], layout: Layout, profile: bytes | None, palette: NDArray[np.uint16] | None
) -> Picture:
    """Turn values (h, w, samples) into a picture; a palette is (n, 3)."""
    values, top = _scaled(values, layout)
    colors = values[..., : layout.n_colors]
    alpha = None if layout.alpha is None else values[..., layout.alpha]
    if alpha is not None and layout.is_associated:
        colors = _straight(colors, alpha, top)
    lost = {Loss.DEPTH} if layout.bits > 8 and palette is None else set[Loss]()
    if layout.photometric in (CIELAB, ICCLAB):
        pixels = _of_lab(colors, layout)
    else:
        if palette is not None:
            colors, top = palette[np.minimum(colors[..., 0], len(palette) - 1)], 65535
        if layout.photometric == _WHITE_IS_ZERO:
            colors = 1 - colors if layout.is_float else top - colors
        to_rgb = conversion_of(profile, _MODES[colors.shape[2]])
        pixels = np.asarray(rgb_of_deep(colors, to_rgb, top, profile))
        lost |= {Loss.PROFILE} if to_rgb is None else set()
    opacity = None if alpha is None else to_8_bit(alpha, top if palette is None else (1 << layout.bits) - 1)
    if opacity is not None and opacity.min() == 255:
        opacity = None
    return Picture(pixels, opacity, lost=frozenset(lost))


def _scaled(values: NDArray[Any], layout: Layout) -> tuple[NDArray[Any], int]:
    """Return values in types that conversions take, and the value of white."""
    if layout.is_float:
        return values, 1
    if layout.is_gray and (layout.bits > 16 or values.dtype.kind == "i"):
        low, high = int(values.min()), int(values.max())
        if low < 0 or high > 65535:
            got, words = low if low < 0 else high, f"{layout.bits}-bit gray values must be between 0 and 65535"
            sign = " (it is signed)" if values.dtype.kind == "i" else ""
            raise DepthError(f"{words}, got {got}{sign}", SCALE)
        return values.astype(np.uint8 if layout.bits == 8 else np.uint16), 255 if layout.bits == 8 else 65535
    if layout.bits > 16:
        return (values >> np.uint32(layout.bits - 16)).astype(np.uint16), 65535
    if layout.photometric == _PALETTE:
        return values, (1 << layout.bits) - 1
    return values.astype(np.uint8 if layout.bits == 8 else np.uint16, copy=False), (1 << layout.bits) - 1


def _straight(colors: NDArray[Any], alpha: NDArray[Any], top: int) -> NDArray[Any]:
    """Divide colors by the alpha that they were multiplied by."""
    cover = np.maximum(alpha[..., np.newaxis].astype(np.float64), 1e-9)
    straight: NDArray[Any] = np.minimum(colors / cover, 1)
    return straight if colors.dtype.kind == "f" else np.rint(straight * top).astype(colors.dtype)


def _of_lab(values: NDArray[Any], layout: Layout) -> UInt8Array:
    """Convert L*a*b* under D50 as CIE (signed a and b) or the ICC encodes it (8 and 16 bits; ICC.1:2010, 6.3.4.2)."""
    scale = 1 << (layout.bits - 8)
    if layout.photometric == CIELAB:
        lightness = values[..., 0] * np.float32(100 / ((1 << layout.bits) - 1))
        ab = values[..., 1:].view(np.int8 if layout.bits == 8 else np.int16).astype(np.float32) / scale
    else:
        lightness = values[..., 0] * np.float32(100 / (255 * scale))
        ab = values[..., 1:].astype(np.float32) / scale - 128
    y = (lightness + 16) / 116
    f = np.stack([y + ab[..., 0] / 500, y, y - ab[..., 1] / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * _D50
    linear = np.clip(xyz @ XYZ_TO_SRGB.T, 0, 1)
    pixels: UInt8Array = encoded_srgb()[np.rint(linear * 65535).astype(np.uint16)]
    return pixels
