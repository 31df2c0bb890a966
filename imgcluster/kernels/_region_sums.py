"""What is added up over the segments of a label map: the doors to ``src/region_sums.c``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgcluster.kernels._arrays import empty
from imgcluster.kernels._backend import choice
from imgcluster.types import Float64Array, Int32Array, Int64Array


class RegionShapes(NamedTuple):
    """Where the segments are."""

    areas: Int64Array  # (n,), pixels
    coordinate_sums: Int64Array  # (n, 2): rows, columns
    boxes: Int32Array  # (n, 4): top, left, bottom, right, half-open


class RegionRanges(NamedTuple):
    """What finite values the segments have, a column a channel."""

    counts: Int64Array  # (n, C)
    lows: Float64Array  # (n, C), NaN where there are none
    highs: Float64Array  # (n, C), NaN where there are none


def region_shapes(labels: Int32Array, n_labels: int) -> RegionShapes:
    """Add up pixels and their coordinates over each label of (H, W), -1 outside."""
    sums, boxes = np.zeros((n_labels, 3), np.int64), np.zeros((n_labels, 4), np.int32)
    choice()[0].region_shapes(*labels.shape, np.ascontiguousarray(labels), sums, boxes)
    return RegionShapes(sums[:, 0].copy(), sums[:, 1:].copy(), boxes)


def region_colors(
    labels: Int32Array, image: NDArray[Any], centers: Float64Array, *, squared: bool = False
) -> Float64Array:
    """Add up value - center, or its square, over each label: (n, C), of an (H, W) or (H, W, C) image.

    The image is uint8, uint16, float32 or float64, and what is not finite in it is left out; centers is (n, C).
    """
    sums = np.zeros_like(centers)
    values = np.ascontiguousarray(image)
    choice()[0].region_colors(centers.shape[1], squared, np.ascontiguousarray(labels), values, centers, sums)
    return sums


def region_ranges(labels: Int32Array, image: NDArray[Any], n_labels: int, channels: int) -> RegionRanges:
    """Count the finite values of each label and channel of an (H, W) or (H, W, C) image, and find their limits."""
    counts = np.zeros((n_labels, channels), np.int64)
    lows, highs = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    choice()[0].region_ranges(channels, np.ascontiguousarray(labels), np.ascontiguousarray(image), counts, lows, highs)
    return RegionRanges(counts, lows, highs)


def region_values(
    labels: Int32Array, image: NDArray[Any], n_labels: int, channel: int
) -> tuple[NDArray[Any], Int64Array]:
    """Return the finite values of a channel by label, and where those of each begin: (m,), (n_labels + 1,)."""
    values = np.ascontiguousarray(image)
    starts, out = np.zeros(n_labels + 1, np.int64), empty(labels.size, values.dtype)
    choice()[0].region_values(values.size // labels.size, channel, np.ascontiguousarray(labels), values, starts, out)
    return out[: starts[-1]], starts
