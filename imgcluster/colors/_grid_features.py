"""From pixels to feature vectors: the grids of superpixels, and colors with positions."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.colors._lab import lab_tables
from imgcluster.colors._principal import principal_axes, projected
from imgcluster.colors._ranges import channel_ranges, sample_inside
from imgcluster.kernels import empty
from imgcluster.threads import run
from imgcluster.types import BoolArray, Float32Array, Float64Array, Int16Array, UInt8Array

FEATURE_UNIT = 64  # grid features are integers, this many per unit of CIELAB
MAX_FEATURES = 16  # beyond, channels are replaced by so many principal components
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
    inside: BoolArray | None = None,
    ranges: Float64Array | None = None,
    n_threads: int = 1,
) -> Int16Array:
    """Turn pixels into a grid of feature vectors of 16-bit integers, FEATURE_UNIT per unit of CIELAB.

    Three channels are sRGB (uint8, uint16, or floating point in 0..1) and become CIELAB. Any other number are raw
    channels: each is scaled by its range to 0..100, where values beyond keep their place up to one more range away, and
    all are divided by the root of their number, so that distances are as large as those of one channel. More than
    MAX_FEATURES channels are replaced by so many principal components. Vectors are padded with zeros to a multiple of
    four.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        Finite inside.
    chroma : float
        Weight of a and b relative to L, 0 to 3.
    n_blurs : int
        How often to smooth with 1-2-1 in both directions.
    edge : float
        Neighbors that differ by more than this in a feature are not mixed: CIELAB, or hundredths of a raw channel's
        range. It keeps what lies on both sides of an edge apart, to the pixel.
    raw : bool
        Whether three channels are raw, too; False makes one channel gray in sRGB only with `ranges`.
    inside : ndarray of shape (H, W), bool, optional
        What lies outside has no part in ranges, components and blurs; its features are arbitrary.
    ranges : ndarray of shape (C, 2), float64, optional
        The values of raw channels that become 0 and 100, by default `channel_ranges`; of sRGB those of black and white.
    n_threads : int

    Returns
    -------
    ndarray of shape (H, W, 4 * ceil(C / 4)), int16
        C at most MAX_FEATURES.
    """
    planes = image[..., None] if image.ndim == 2 else image
    height, width, n_channels = planes.shape
    is_color = not raw and (n_channels == 3 or (n_channels == 1 and ranges is not None))
    n_features = 3 if is_color else min(n_channels, MAX_FEATURES)
    features = empty((height, width, -(-n_features // 4) * 4), np.int16)
    convert = _lab_of(planes, chroma, ranges) if is_color else _raw_of(planes, inside, ranges)
    unit = FEATURE_UNIT if is_color else FEATURE_UNIT / math.sqrt(n_channels)
    limit = int(min(edge * unit, kernels.BLUR_EDGE_MAX))
    n_rows = max(2 * n_blurs + 1, _BAND // width)

    def band(i: int) -> None:
        top, bottom = i * n_rows, min((i + 1) * n_rows, height)
        first, last = max(top - n_blurs, 0), min(bottom + n_blurs, height)
        rows = np.empty((last - first, *features.shape[1:]), np.int16) if n_blurs else features[top:bottom]
        convert(_cleared(planes[first:last], None if inside is None else inside[first:last]), rows)
        for left in range(n_blurs - 1, -1, -1):
            low, high = max(top - left, 0), min(bottom + left, height)
            out = np.empty((high - low, *rows.shape[1:]), np.int16) if left else features[low:high]
            _blur(_widened(rows, first == low, last == high), _mask_rows(inside, low, high), limit, out)
            rows, first, last = out, low, high

    run(band, -(-height // n_rows), n_threads)
    return features


def _widened(rows: NDArray[Any], above: bool, below: bool) -> NDArray[Any]:
    """Add copies of the outermost rows, which stand for those beyond the image."""
    parts = [rows[:1] if above else rows[:0], rows, rows[-1:] if below else rows[:0]]
    return np.concatenate(parts) if above or below else rows


def _mask_rows(inside: BoolArray | None, low: int, high: int) -> BoolArray | None:
    """Return the mask of rows and of one row before and after; None if all is inside."""
    if inside is None:
        return None
    rows = inside[max(low - 1, 0) : high + 1]
    return None if rows.all() else np.ascontiguousarray(_widened(rows, low == 0, high == len(inside)))


def _blur(rows: Int16Array, inside: BoolArray | None, edge: int, out: Int16Array) -> None:
    """Blur rows with one before and one after, where what is outside has no part in it."""
    kernels.blur_rows(rows, out, edge)
    if inside is not None:
        kernels.blur_masked(rows, inside, out, edge)


def _cleared(rows: NDArray[Any], inside: BoolArray | None) -> NDArray[Any]:
    """Replace what lies outside, which may not be finite, by 0; whole numbers need not be."""
    if inside is None or rows.dtype.kind == "u" or inside.all():
        return rows
    return np.where(inside[..., None], rows, rows.dtype.type(0))


def _lab_of(
    planes: NDArray[Any], chroma: float, ranges: Float64Array | None
) -> Callable[[NDArray[Any], Int16Array], None]:
    """Convert rows of sRGB to CIELAB; all but 8 bits are taken to 16 bits on the way."""
    shallow = planes.dtype == np.uint8 and ranges is None
    tables = lab_tables(256 if shallow else 65536, FEATURE_UNIT, chroma)
    low, width = (np.zeros(1), np.ones(1)) if ranges is None else (ranges[:, 0], ranges[:, 1] - ranges[:, 0])
    is_whole = planes.dtype == np.uint16 and bool((low == 0).all() and (width == 65535).all())

    def convert(rows: NDArray[Any], out: Int16Array) -> None:
        if is_whole or (rows.dtype.kind == "u" and ranges is None):
            shades = rows
        else:
            shades = np.rint(np.clip((rows - low) / width, 0, 1) * 65535).astype(np.uint16)
        if shades.shape[2] == 1:
            shades = np.repeat(shades, 3, axis=2)
        kernels.lab_features(tables, np.ascontiguousarray(shades), out)

    return convert


def _raw_of(
    planes: NDArray[Any], inside: BoolArray | None, ranges: Float64Array | None
) -> Callable[[NDArray[Any], Int16Array], None]:
    """Scale rows of raw channels, each by its range inside; many of them become principal components."""
    low, high = (channel_ranges(planes, inside) if ranges is None else ranges).T
    n_channels = planes.shape[2]
    width = np.where(high - low > _FLAT, high - low, 1.0)
    most = _RANGE * FEATURE_UNIT / math.sqrt(n_channels)
    scale = most / width

    def scaled(rows: NDArray[Any]) -> Float64Array:
        values: Float64Array = (rows - low) * scale
        np.clip(values, -most, 2 * most, out=values)
        return np.rint(values, out=values)

    if n_channels > MAX_FEATURES:
        return _components_of(planes, inside, scaled)
    n_values = np.iinfo(planes.dtype).max + 1 if planes.dtype.kind == "u" else 0
    if 0 < n_values <= planes[..., 0].size:
        tables = np.ascontiguousarray(scaled(np.arange(n_values)[:, None]).T.astype(np.int16))
        return partial(_looked_up, tables)

    def convert(rows: NDArray[Any], out: Int16Array) -> None:
        out[..., :n_channels] = scaled(rows)
        out[..., n_channels:] = 0

    return convert


def _looked_up(tables: Int16Array, rows: NDArray[Any], out: Int16Array) -> None:
    """Convert rows of whole numbers by a table (C, values) a channel."""
    for channel, table in enumerate(tables):
        out[..., channel] = table[rows[..., channel]]
    out[..., len(tables) :] = 0


def _components_of(
    planes: NDArray[Any], inside: BoolArray | None, scaled: Callable[[NDArray[Any]], Float64Array]
) -> Callable[[NDArray[Any], Int16Array], None]:
    """Project rows on the principal axes of the scaled channels inside."""
    values = scaled(sample_inside(planes, inside).astype(np.float64)).astype(np.int64)
    middle, axes = principal_axes(values, MAX_FEATURES)

    def convert(rows: NDArray[Any], out: Int16Array) -> None:
        for at in range(0, len(rows), step := max(1, _BAND // rows.shape[1])):
            out[at : at + step] = projected(scaled(rows[at : at + step]), middle, axes)

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
