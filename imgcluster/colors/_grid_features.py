"""From pixels to feature vectors: the grids of superpixels, and colors with positions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.colors._lab import lab_tables
from imgcluster.threads import run
from imgcluster.types import Float32Array, Int16Array, UInt8Array

FEATURE_UNIT = 64  # grid features are integers, this many per unit of CIELAB
_RANGE = 100  # of raw channels: as wide as L of CIELAB
_BAND = 1 << 16  # pixels at a time: their features fit in the cache; results do not depend on it
_FLAT = 1e-300  # a channel whose range is not wider is flat: its scale would not be finite


def grid_features(
    image: NDArray[Any],
    *,
    chroma: float = 1.0,
    n_blurs: int = 0,
    edge: float = math.inf,
    raw: bool = False,
    n_threads: int = 1,
) -> Int16Array:
    """Turn pixels into a grid of feature vectors of 16-bit integers, FEATURE_UNIT per unit of CIELAB.

    Three channels are sRGB (uint8, uint16, or floating point in 0..1) and become CIELAB. Any other number are raw
    channels: each is scaled by its range to 0..100, and all are divided by the root of their number, so that distances
    are as large as those of one channel. Vectors are padded with zeros to a multiple of four.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        Finite.
    chroma : float
        Weight of a and b relative to L, 0 to 3.
    n_blurs : int
        How often to smooth with 1-2-1 in both directions.
    edge : float
        Neighbors that differ by more than this in a feature are not mixed: CIELAB, or hundredths of a raw channel's
        range. It keeps what lies on both sides of an edge apart, to the pixel.
    raw : bool
        Whether three channels are raw, too.
    n_threads : int

    Returns
    -------
    ndarray of shape (H, W, 4 * ceil(C / 4)), int16
    """
    planes = image[..., None] if image.ndim == 2 else image
    height, width, n_channels = planes.shape
    features = np.empty((height, width, -(-n_channels // 4) * 4), np.int16)
    convert = _raw_of(planes) if raw or n_channels != 3 else _lab_of(planes, chroma)

    limit = int(min(edge * _unit(n_channels, raw=raw), kernels.BLUR_EDGE_MAX))
    n_rows = max(2 * n_blurs + 1, _BAND // width) if n_blurs else -(-height // n_threads)

    def band(i: int) -> None:
        top, bottom = i * n_rows, min((i + 1) * n_rows, height)
        first, last = max(top - n_blurs, 0), min(bottom + n_blurs, height)
        rows = np.empty((last - first, *features.shape[1:]), np.int16) if n_blurs else features[top:bottom]
        convert(planes[first:last], rows)
        for left in range(n_blurs - 1, -1, -1):
            # rows beyond the image are copies of the outermost
            low, high = max(top - left, 0), min(bottom + left, height)
            above, below = rows[:1] if first == low else rows[:0], rows[-1:] if last == high else rows[:0]
            out = np.empty((high - low, *rows.shape[1:]), np.int16) if left else features[low:high]
            kernels.blur_rows(
                np.concatenate([above, rows, below]) if len(above) + len(below) else rows, out, int(limit)
            )
            rows, first, last = out, low, high

    run(band, -(-height // n_rows), n_threads)
    return features


def _unit(n_channels: int, *, raw: bool) -> float:
    """Return the size of a unit of CIELAB, or of a hundredth of a raw channel's range, in features."""
    return FEATURE_UNIT / math.sqrt(n_channels) if raw or n_channels != 3 else FEATURE_UNIT


def _lab_of(planes: NDArray[Any], chroma: float) -> Callable[[NDArray[Any], Int16Array], None]:
    """Convert rows of sRGB to CIELAB; floating point is taken to 16 bits on the way."""
    tables = lab_tables(256 if planes.dtype == np.uint8 else 65536, FEATURE_UNIT, chroma)

    def convert(rows: NDArray[Any], out: Int16Array) -> None:
        shades = rows if rows.dtype.kind == "u" else np.rint(np.clip(rows, 0, 1) * 65535).astype(np.uint16)
        kernels.lab_features(tables, np.ascontiguousarray(shades), out)

    return convert


def _raw_of(planes: NDArray[Any]) -> Callable[[NDArray[Any], Int16Array], None]:
    """Scale rows of raw channels, each by its range over the whole image."""
    low, high = (limit(planes, axis=(0, 1)).astype(np.float64) for limit in (np.min, np.max))
    n_channels = planes.shape[2]
    width = np.where(high - low > _FLAT, high - low, 1.0)
    scale = _RANGE * _unit(n_channels, raw=True) / width

    def convert(rows: NDArray[Any], out: Int16Array) -> None:
        out[..., :n_channels] = np.rint((rows - low) * scale)
        out[..., n_channels:] = 0

    return convert


def color_position_features(
    pixels: UInt8Array, position_weight: float, rows: slice = slice(None), columns: slice = slice(None)
) -> Float32Array:
    """Turn pixels into vectors (red, green, blue, w x, w y), so that clusters are also compact in the picture.

    x = 255 (column + 1/2) / L and y = 255 (row + 1/2) / L, where L is the longer side of the image in pixels: with
    w = 1 that side counts as much as the full range of a channel, whatever the resolution.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3), uint8
        The whole image.
    position_weight : float
        The w above, not negative.
    rows, columns : slice
        The pixels to take.

    Returns
    -------
    ndarray of shape (n, 5), float32
        In raster order.
    """
    block = pixels[rows, columns]
    scale = position_weight * 255 / max(pixels.shape[:2])
    x, y = (
        scale * (np.arange(length)[taken] + 0.5) for length, taken in ((pixels.shape[1], columns), (len(pixels), rows))
    )
    X = np.empty((*block.shape[:2], 5), np.float32)
    X[..., :3], X[..., 3], X[..., 4] = block, x, y[:, None]
    return X.reshape(-1, 5)
