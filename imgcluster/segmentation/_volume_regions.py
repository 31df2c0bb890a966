"""The regions of a label map of a volume: where they lie, how large they are, what they touch, and their colors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster import kernels
from imgcluster.parameters import from_zero, given_text, plain_array
from imgcluster.segmentation._regions import Regions, way_to_renumber
from imgcluster.types import Float64Array, Int32Array, Int64Array

# kinds of numbers that kernels do not take, and what takes their place
_WIDER: dict[str, Any] = {
    "bool": np.uint8,
    "int8": np.float32,
    "int16": np.float32,
    "float16": np.float32,
    "int32": np.float64,
    "uint32": np.float64,
    "int64": np.float64,
    "uint64": np.float64,
}
_TAKEN = ("uint8", "uint16", "float32", "float64")


class VolumeRegions(Regions):
    """What a label map (D, H, W) makes of a volume, measured when first asked for, and kept."""

    @classmethod
    def checked(cls, labels: object, image: object) -> VolumeRegions:
        """Check labels and volume, and convert labels to int32."""
        regions = cls(_checked_labels(labels), check_volume(image))
        if regions.image.shape[:3] != regions.labels.shape:
            expected = regions.image.shape[:3]
            raise ValueError(f"labels must be of the shape of the volume, {expected}, got {regions.labels.shape}")
        unused = np.flatnonzero(regions.areas == 0)
        if len(unused):
            raise ValueError(
                f"labels must be 0 to n - 1 without holes, but {unused[0]} is not used; "
                f"{way_to_renumber(int(regions.labels.min()))}"
            )
        return regions

    @cached_property
    def volume_shapes(self) -> kernels.VolumeShapes:
        """Voxels, bounding box and sums of coordinates of each segment."""
        return kernels.volume_shapes(self.labels, int(self.labels.max()) + 1)

    @property
    def areas(self) -> Int64Array:
        """Count the voxels of each segment: (n_segments,), int64."""
        return self.volume_shapes.areas

    @cached_property
    def centroids(self) -> Float64Array:
        """Mean slice, row and column of each segment: (n_segments, 3), float64, 0 the center of the first."""
        means: Float64Array = self.volume_shapes.coordinate_sums / self.areas[:, None]
        return means

    @cached_property
    def borders(self) -> kernels.Borders:
        """Pairs of segments with a common face of voxels, and how many such faces."""
        return kernels.volume_edges(self.labels, self.n_segments)


def _checked_labels(labels: object) -> Int32Array:
    """Return labels, those of a segmentation too, as int32, C-contiguous, and few enough for tables."""
    array = plain_array("labels", from_zero(labels))
    if array.dtype.kind not in "iu":
        raise TypeError(f"labels must be integers, got {array.dtype}")
    if array.ndim != 3 or array.size == 0:
        raise ValueError(f"labels must be of shape (D, H, W) with at least one voxel, got {array.shape}")
    low, high = int(array.min()), int(array.max())
    if low < -1 or high >= array.size:
        got = low if low < -1 else high
        raise ValueError(
            f"labels must be -1 (outside) or 0 to n - 1, at most {array.size - 1} here, got {got}; "
            f"{way_to_renumber(low)}"
        )
    return np.ascontiguousarray(array, np.int32)


def check_volume(image: object) -> NDArray[Any]:
    """Return (D, H, W) or (D, H, W, C) voxels of a type that the kernels take, in the byte order of this machine."""
    array = plain_array("image", image)
    if array.ndim not in (3, 4) or array.size == 0:
        raise ValueError(
            "a volume must be of shape (D, H, W) or (D, H, W, C) with at least one voxel, "
            f"got {array.shape}; leave ndim=3 out for a picture"
        )
    if array.size > np.iinfo(np.int32).max:
        raise ValueError(f"a volume must have less than 2^31 values, got {array.shape}; cut it into parts")
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    name = native.dtype.name
    if name not in (*_TAKEN, *_WIDER):
        raise TypeError(f"a volume must be of {', '.join((*_TAKEN, *_WIDER))}, got {name}; convert it with astype")
    return np.ascontiguousarray(native.astype(_WIDER.get(name, native.dtype), copy=False))


def check_spacing(spacing: Sequence[float]) -> tuple[float, float, float]:
    """Return the distances of slices, rows and columns."""
    values = np.asarray(spacing)
    if values.shape != (3,) or values.dtype.kind not in "iuf":
        raise ValueError(
            f"spacing must be three numbers, of slices, rows and columns (z, y, x), got {given_text(spacing)}"
        )
    z, y, x = (float(value) for value in values)
    if not all(math.isfinite(value) and value > 0 for value in (z, y, x)):
        raise ValueError(f"spacing must be above 0 along z, y and x, got {(z, y, x)}; (1, 1, 1) is that of cubes")
    if max(z, y, x) > 1000 * min(z, y, x):
        raise ValueError(f"spacing must differ by less than a factor of 1000, got {(z, y, x)}; check its order z, y, x")
    return z, y, x
