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

    What lies outside changes nothing inside: neither the scale of raw channels nor the blur. More than 16 channels are
    replaced by their first principal components, C is 16 then.
    """
    depth, height, width = volume.shape[:3]
    n_channels = 1 if volume.ndim == 3 else volume.shape[3]
    features = grid_features(
        volume.reshape(depth * height, width, n_channels),
        chroma=1.0 if raw else CHROMA,
        raw=raw,
        inside=None if inside is None else inside.reshape(depth * height, width),
        ranges=ranges,
        n_threads=n_threads,
    ).reshape(depth, height, width, -1)
    unit = FEATURE_UNIT / math.sqrt(n_channels) if raw else FEATURE_UNIT
    for _ in range(n_blurs):
        features = _blurred(features, inside, spacing, int(EDGE * unit), n_threads)
    return features


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
