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
    """Add up value - center, or its square, over each label, in raster order."""
    labels, values = labels.ravel(), values.reshape(-1, channels)
    inside = labels >= 0
    labels = labels[inside]
    for channel in range(channels):
        terms = values[inside, channel].astype(np.float64) - centers[labels, channel]
        sums[:, channel] += np.bincount(labels, terms * terms if squared else terms, minlength=len(sums))
