"""What is added up over the segments of a label map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.types import Float64Array, Int32Array, Int64Array


def region_shapes(height: int, width: int, labels: Int32Array, sums: Int64Array, boxes: Int32Array) -> None:
    """Add up pixels and their coordinates, and find bounding boxes."""
    labels = labels.reshape(height, width)
    rows, columns = np.nonzero(labels >= 0)
    inside = labels[rows, columns]
    for at, values in enumerate((np.ones_like(rows), rows, columns)):
        np.add.at(sums[:, at], inside, values)
    present = sums[:, 0] > 0
    boxes[present, :2] = max(height, width)
    for at, values in enumerate((rows, columns)):
        np.minimum.at(boxes[:, at], inside, values.astype(np.int32))
        np.maximum.at(boxes[:, at + 2], inside, values.astype(np.int32) + np.int32(1))


def region_colors(
    channels: int, squared: bool, labels: Int32Array, values: NDArray[Any], centers: Float64Array, sums: Float64Array
) -> None:
    """Add up value - center, or its square, over each label, in raster order; what is not finite is left out."""
    labels, values = labels.ravel(), values.reshape(-1, channels)
    inside = labels >= 0
    labels = labels[inside]
    for channel in range(channels):
        terms = values[inside, channel].astype(np.float64)
        terms = np.where(np.isfinite(terms), terms, centers[labels, channel]) - centers[labels, channel]
        sums[:, channel] += np.bincount(labels, terms * terms if squared else terms, minlength=len(sums))


def region_ranges(
    channels: int, labels: Int32Array, values: NDArray[Any], counts: Int64Array, lows: Float64Array, highs: Float64Array
) -> None:
    """Count the finite values of each label and channel, and find the least and greatest."""
    labels, values = labels.ravel(), values.reshape(-1, channels)
    counts, lows, highs = counts.reshape(-1, channels), lows.reshape(-1, channels), highs.reshape(-1, channels)
    for channel in range(channels):
        valid = (labels >= 0) & np.isfinite(values[:, channel])
        where, found = labels[valid], values[valid, channel].astype(np.float64)
        counts[:, channel] = np.bincount(where, minlength=len(counts))
        used = counts[:, channel] > 0
        lows[used, channel], highs[used, channel] = np.inf, -np.inf
        np.minimum.at(lows[:, channel], where, found)
        np.maximum.at(highs[:, channel], where, found)


def region_values(
    channels: int, channel: int, labels: Int32Array, values: NDArray[Any], starts: Int64Array, out: NDArray[Any]
) -> None:
    """Put the finite values of a channel in the order of labels, those of one label in raster order."""
    labels, values = labels.ravel(), values.reshape(-1, channels)[:, channel]
    valid = (labels >= 0) & np.isfinite(values)
    where = labels[valid]
    starts[1:] = np.cumsum(np.bincount(where, minlength=len(starts) - 1))
    out.reshape(-1)[: len(where)] = values[valid][np.argsort(where, kind="stable")]
