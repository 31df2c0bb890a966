"""Palettes made ready for dithering: colors in linear light and in OKLab, with lists of the nearest by cell."""

from __future__ import annotations

from functools import cache

import numpy as np

from imgcluster import kernels
from imgcluster.colors._light import light_of
from imgcluster.kernels import (
    DITHER_ENTRY,
    DITHER_LAB,
    DITHER_OPAQUE,
    DITHER_ROOTS,
    DITHER_SIDE,
    DITHER_SPACING,
    DitherPalette,
)
from imgcluster.types import Float32Array, UInt8Array

_ROOT_SHIFT, _ROOT_FIRST = 14, 0x3B000000
_OFFSET, _EXTENT = np.array([0, 0.34, 0.34]), np.array([1, 0.68, 0.68])  # of the grid of cells
_GAMUT_STEPS = 48  # a channel; their distance in OKLab is at most that of two cells


def dither_palette(colors: UInt8Array) -> DitherPalette:
    """Prepare a palette for dithering.

    Parameters
    ----------
    colors : ndarray of shape (k, 3) or (k, 4), uint8
        sRGB, with straight alpha. Opaque pixels take only entries that are opaque, if there are any.

    Returns
    -------
    DitherPalette
        For `imgcluster.kernels.diffuse_rows`. Of equal entries only the first is used.
    """
    k = len(colors)
    alpha = colors[:, 3].astype(np.int32) if colors.shape[1] == 4 else np.full(k, 255)
    over_black = (colors[:, :3].astype(np.int32) * alpha[:, None] + 127) // 255
    shades = np.concatenate([over_black, over_black + 255 - alpha[:, None]], axis=1)
    entries = np.zeros((k, DITHER_ENTRY), np.float32)
    entries[:, :6] = linear_shades()[shades]
    lab = kernels.light_to_oklab(cube_roots(), entries[:, :6].reshape(-1, 3)).reshape(k, 6)
    entries[:, DITHER_LAB : DITHER_LAB + 6] = lab
    entries[:, DITHER_OPAQUE] = alpha == 255
    entries[:, DITHER_SPACING] = _spacing(lab[:, :3])
    among = alpha == 255 if (alpha == 255).any() else np.ones(k, np.bool_)
    first = np.zeros(k, np.bool_)
    first[np.unique(shades, axis=0, return_index=True)[1]] = True
    numbers = np.flatnonzero(among & first).astype(np.uint16)
    cells, candidates = kernels.dither_cells(entries, numbers, _inside())
    return DitherPalette(linear_shades(), cube_roots(), entries, cells, candidates)


@cache
def linear_shades() -> Float32Array:
    """Return the linear light of the 256 shades."""
    return light_of(np.arange(256, dtype=np.uint8)).astype(np.float32)


@cache
def cube_roots() -> Float32Array:
    """Return cube roots by the leading bits of the float t + 2^-9, in the middle of each step."""
    starts = (np.arange(DITHER_ROOTS, dtype=np.int32) << _ROOT_SHIFT) + _ROOT_FIRST + (1 << (_ROOT_SHIFT - 1))
    return np.cbrt(starts.view(np.float32).astype(np.float64) - 2.0**-9).astype(np.float32)


def _spacing(lab: Float32Array) -> Float32Array:
    """Return the squared distance of each entry to the nearest other one; 0 if there is none."""
    spacing = np.zeros(len(lab), np.float32)
    for i, color in enumerate(lab):
        d = lab - color
        d *= d
        distances = d[:, 0] + d[:, 1] + d[:, 2]
        others = distances[distances > 0]
        spacing[i] = others.min(initial=1) if len(others) else 0
    return spacing


@cache
def _inside() -> UInt8Array:
    """Mark the cells that a color of sRGB may fall in: those of a grid of colors, and their neighbors."""
    steps = (np.arange(_GAMUT_STEPS, dtype=np.float32) / np.float32(_GAMUT_STEPS - 1)) ** 2
    light = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = kernels.light_to_oklab(cube_roots(), np.ascontiguousarray(light))
    place = ((lab + _OFFSET) / _EXTENT * DITHER_SIDE).astype(np.int64).clip(0, DITHER_SIDE - 1)
    inside = np.zeros((DITHER_SIDE + 2,) * 3, np.bool_)
    inside[tuple(place.T + 1)] = True
    for axis in range(3):
        inside |= np.roll(inside, 1, axis) | np.roll(inside, -1, axis)
    return np.ascontiguousarray(inside[1:-1, 1:-1, 1:-1]).astype(np.uint8).reshape(-1)
