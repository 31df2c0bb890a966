"""The regions of a label map: where they lie, how large they are, what they touch, and their colors in an image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.parameters import from_zero, plain_array
from imgcluster.picture import channels_of, check_array
from imgcluster.segmentation._layers import LayerStatistics
from imgcluster.types import Float64Array, Int32Array, Int64Array


@dataclass(frozen=True, eq=False)
class Regions:
    """What a label map makes of an image, measured when first asked for: by one pass over the pixels, and kept.

    Attributes
    ----------
    labels : ndarray of shape (H, W), int32
        The segment of each pixel: 0..n_segments-1, each of them used; -1 outside.
    image : ndarray of shape (H, W) or (H, W, C), uint8, uint16, float32 or float64
    """

    labels: Int32Array
    image: NDArray[Any]

    @classmethod
    def checked(cls, labels: object, image: object) -> Regions:
        """Check labels and image, and convert labels to int32."""
        regions = cls(_checked_labels(labels), check_pixels(image))
        if regions.image.shape[:2] != regions.labels.shape:
            expected = regions.image.shape[:2]
            raise ValueError(f"labels must be as high and wide as the image, {expected}, got {regions.labels.shape}")
        unused = np.flatnonzero(regions.areas == 0)
        if len(unused):
            raise ValueError(
                f"labels must be 0 to n - 1 without holes, but {unused[0]} is not used; "
                f"{way_to_renumber(int(regions.labels.min()))}"
            )
        return regions

    @property
    def n_segments(self) -> int:
        """Count the segments."""
        return len(self.areas)

    @cached_property
    def shapes(self) -> kernels.RegionShapes:
        """Area, bounding box and sums of coordinates of each segment."""
        return kernels.region_shapes(self.labels, int(self.labels.max()) + 1)

    @property
    def areas(self) -> Int64Array:
        """Count the pixels of each segment: (n_segments,), int64."""
        return self.shapes.areas

    @cached_property
    def centroids(self) -> Float64Array:
        """Mean row and column of each segment: (n_segments, 2), float64, in pixels, 0 the center of the first."""
        means: Float64Array = self.shapes.coordinate_sums / self.areas[:, None]
        return means

    @cached_property
    def bands(self) -> LayerStatistics:
        """What the values of each band are like in each segment."""
        n_bands = 1 if self.image.ndim == self.labels.ndim else self.image.shape[-1]
        return LayerStatistics(self.labels, self.image.reshape(*self.labels.shape, n_bands), self.areas)

    @property
    def mean_colors(self) -> Float64Array:
        """Mean of each channel over each segment: (n_segments, C), float64, in the units of the image; NaN: none."""
        return self.bands.mean

    @property
    def counts(self) -> Int64Array:
        """Count the finite values of each channel in each segment: (n_segments, C), int64."""
        return self.bands.count

    @cached_property
    def neighbors(self) -> Int32Array:
        """Pairs of segments with a common pixel side: (m, 2), int32, a < b, in ascending order."""
        ends = self.borders.ends
        return ends[np.lexsort((ends[:, 1], ends[:, 0]))]

    @cached_property
    def borders(self) -> kernels.Borders:
        """Pairs of segments with a common pixel side, and how many such sides."""
        return kernels.region_edges(self.labels, self.n_segments)


def way_to_renumber(low: int) -> str:
    """Return the advice that makes 0 to n - 1 of any integers from `low` on, where those below 0 stay outside."""
    labels = "numpy.maximum(labels, -1)" if low < -1 else "labels"
    numbers = f"numpy.unique({labels}, return_inverse=True)[1].reshape(labels.shape)"
    return f"renumber them with {numbers}{' - 1' if low < 0 else ''}"


def _checked_labels(labels: object) -> Int32Array:
    """Return labels, those of a segmentation too, as int32, C-contiguous, not below -1 and few enough for tables."""
    array = plain_array("labels", from_zero(labels))
    if array.dtype.kind not in "iu":
        raise TypeError(f"labels must be integers, got {array.dtype}")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"labels must be of shape (H, W) with at least one pixel, got {array.shape}")
    low, high = int(array.min()), int(array.max())
    if low < -1 or high >= array.size:
        got = low if low < -1 else high
        raise ValueError(
            f"labels must be -1 (outside) or 0 to n - 1, at most {array.size - 1} here, got {got}; "
            f"{way_to_renumber(low)}"
        )
    return np.ascontiguousarray(array, np.int32)


def check_pixels(image: object) -> NDArray[Any]:
    """Return (H, W) or (H, W, C) pixels in a type that the kernels take."""
    array = plain_array("image", image)
    check_array(array, raw=True)
    return channels_of(array)
