"""What is added up over the segments of a label map: the doors to ``src/region_sums.c``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgcluster.kernels._backend import choice
from imgcluster.types import Float64Array, Int32Array, Int64Array


class RegionShapes(NamedTuple):
    """Where the segments are."""

    areas: Int64Array  # (n,), pixels
    coordinate_sums: Int64Array  # (n, 2): rows, columns
    boxes: Int32Array  # (n, 4): top, left, bottom, right, half-open


def region_shapes(labels: Int32Array, n_labels: int) -> RegionShapes:
    """Add up pixels and their coordinates over each label of (H, W), -1 outside."""
    sums, boxes = np.zeros((n_labels, 3), np.int64), np.zeros((n_labels, 4), np.int32)
    choice()[0].region_shapes(*labels.shape, np.ascontiguousarray(labels), sums, boxes)
    return RegionShapes(sums[:, 0].copy(), sums[:, 1:].copy(), boxes)


def region_colors(
    labels: Int32Array, image: NDArray[Any], centers: Float64Array, *, squared: bool = False
) -> Float64Array:
    """Add up value - center, or its square, over each label: (n, C), of an (H, W) or (H, W, C) image.

    The image is uint8, uint16, float32 or float64; centers is (n, C).
    """
    sums = np.zeros_like(centers)
    values = np.ascontiguousarray(image)
    choice()[0].region_colors(centers.shape[1], squared, np.ascontiguousarray(labels), values, centers, sums)
    return sums
