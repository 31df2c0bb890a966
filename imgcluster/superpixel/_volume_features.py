"""From voxels to vectors of 16-bit integers, as `colors.grid_features` makes them of pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT, grid_features
from imgcluster.superpixel._boundary import CHROMA, EDGE
from imgcluster.threads import run
from imgcluster.types import BoolArray, Float64Array, Int16Array

_RANGE = 100.0  # of raw channels: as wide as L of CIELAB
_TAILS = 0.001, 0.999  # quantiles that make up the range: a few hot voxels do not flatten the rest
_BEYOND = -1.0, 2.0  # in ranges: what lies beyond is cut off, so that it fits in 16 bits
_SAMPLE = 1 << 18  # voxels that tell quantiles well enough
_CUBE = 1.5  # axes whose spacing is below so many times the least are treated alike


def volume_features(
    volume: NDArray[Any],
    *,
    raw: bool,
    inside: BoolArray | None,
    spacing: tuple[float, float, float],
    n_blurs: int,
    ranges: Float64Array | None = None,
    n_threads: int = 1,
) -> Int16Array:
    """Turn voxels (D, H, W[, C]) into vectors (D, H, W, 4 * ceil(C / 4)) of int16, FEATURE_UNIT per unit of CIELAB.

    What lies outside changes nothing inside: neither the scale of raw channels nor the blur.
    """
    planes = volume[..., None] if volume.ndim == 3 else volume
    depth, height, width, n_channels = planes.shape
    if raw:
        features = _scaled(planes, inside, ranges, n_threads)
    else:
        flat = planes.reshape(depth * height, width, n_channels)
        features = grid_features(flat, chroma=CHROMA, n_threads=n_threads).reshape(depth, height, width, -1)
    unit = FEATURE_UNIT / math.sqrt(n_channels) if raw else FEATURE_UNIT
    for _ in range(n_blurs):
        features = _blurred(features, inside, spacing, int(EDGE * unit), n_threads)
    return features


def _scaled(planes: NDArray[Any], inside: BoolArray | None, ranges: Float64Array | None, n_threads: int) -> Int16Array:
    """Scale raw channels to 0..100 over the root of their number, by given ranges or by quantiles inside."""
    n_channels = planes.shape[3]
    features = np.zeros((*planes.shape[:3], -(-n_channels // 4) * 4), np.int16)
    for channel in range(n_channels):
        plane = planes[..., channel]
        low, high = _range(plane if inside is None else plane[inside]) if ranges is None else ranges[channel].tolist()
        unit = _RANGE * FEATURE_UNIT / math.sqrt(n_channels)

        def convert(values: NDArray[Any], low: float = low, high: float = high, unit: float = unit) -> Int16Array:
            with np.errstate(invalid="ignore", over="ignore"):  # of what lies outside
                share = np.clip((values.astype(np.float64) - low) / (high - low), *_BEYOND)
            scaled: Int16Array = np.rint(np.nan_to_num(share) * unit).astype(np.int16)
            return scaled

        size = np.iinfo(plane.dtype).max + 1 if plane.dtype.kind == "u" else 0
        table = convert(np.arange(size)) if 0 < size <= 1 << 16 else None

        def band(z: int, plane: NDArray[Any] = plane, table: Int16Array | None = table, channel: int = channel) -> None:
            features[z, :, :, channel] = convert(plane[z]) if table is None else table[plane[z]]

        run(band, len(planes), n_threads)
    return features


def _range(values: NDArray[Any]) -> tuple[float, float]:
    """Return the values of which some hundred units of features are made."""
    sample = values.reshape(-1)[:: max(1, values.size // _SAMPLE)]
    low, high = (float(limit) for limit in np.quantile(sample.astype(np.float64), _TAILS))
    if high <= low:  # almost all of it is alike
        low, high = float(values.min()), float(values.max())
    return low, high if high > low else low + 1.0


def _blurred(
    features: Int16Array,
    inside: BoolArray | None,
    spacing: tuple[float, float, float],
    edge: int,
    n_threads: int,
) -> Int16Array:
    """Blur 1-2-1 along y and x, and along z where slices are as near as rows; not what lies beside the outside."""
    blurred = np.empty_like(features)

    def in_plane(z: int) -> None:
        rows = features[z]
        kernels.blur_rows(np.concatenate([rows[:1], rows, rows[-1:]]), blurred[z], edge)

    run(in_plane, len(features), n_threads)
    if spacing[0] < _CUBE * min(spacing) and len(features) > 1:
        blurred = _blurred_across(blurred, edge, n_threads)
    if inside is not None:
        beside = _beside(~inside)
        blurred[beside] = features[beside]
    return blurred


def _blurred_across(features: Int16Array, edge: int, n_threads: int) -> Int16Array:
    """Blur 1-2-1 along z: slices are rows of a single pixel with many features, which has itself for neighbors."""
    depth = len(features)
    rows, out = features.reshape(depth, 1, -1), np.empty_like(features)
    flat = out.reshape(depth, 1, -1)

    def one(z: int) -> None:
        ends = rows[[max(z - 1, 0), z, min(z + 1, depth - 1)]] if z in (0, depth - 1) else rows[z - 1 : z + 2]
        kernels.blur_rows(ends, flat[z : z + 1], edge)

    run(one, depth, n_threads)
    return out


def _beside(outside: BoolArray) -> BoolArray:
    """Mark what is outside and all that touches it by a face, an edge or a corner."""
    marked = outside.copy()
    for axis in range(3):
        along, wide = np.moveaxis(marked, axis, 0), marked.copy()
        out = np.moveaxis(wide, axis, 0)
        out[1:] |= along[:-1]
        out[:-1] |= along[1:]
        marked = wide
    return marked
