"""Label maps: checked, numbered without gaps, and looked at from pixel to neighbor."""

from __future__ import annotations

from typing import Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.parameters import from_zero, plain_array
from imgcluster.types import Int64Array, IntpArray

BoolArray = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


class Labeled(Protocol):
    """What has a label map, as a segmentation does."""

    @property
    def labels(self) -> NDArray[np.int32]:
        """The label of each pixel: (H, W)."""


Labels: TypeAlias = ArrayLike | Labeled


def same_pixels(labels: Labels, truth: Labels) -> tuple[Int64Array, Int64Array]:
    """Return both maps, -1 wherever one of them leaves a pixel out."""
    found, true = label_map("labels", labels), label_map("truth", truth)
    if found.shape != true.shape:
        raise ValueError(f"labels and truth must have the same shape, got {found.shape} and {true.shape}")
    outside = (found < 0) | (true < 0)
    if outside.all():
        raise ValueError("labels and truth have no pixel in common; negative labels are left out")
    return np.where(outside, -1, found), np.where(outside, -1, true)


def label_map(name: str, labels: Labels) -> Int64Array:
    """Return the (H, W) array of whole numbers that is given, or that a segmentation has."""
    regions = plain_array(name, from_zero(labels))
    if regions.dtype.kind not in "biu":
        raise TypeError(f"{name} must hold whole numbers, got {regions.dtype}; convert with .astype(int)")
    if regions.ndim != 2 or regions.size == 0:
        raise ValueError(f"{name} must be a (height, width) array with a pixel in it, got shape {regions.shape}")
    return regions.astype(np.int64, copy=False)


def inside_of(regions: Int64Array) -> BoolArray:
    """Return the pixels that are not left out."""
    inside: BoolArray = regions >= 0
    if not inside.any():
        raise ValueError("labels leaves every pixel out; number the superpixels from 0")
    return inside


def distinct_labels(values: NDArray[np.signedinteger]) -> tuple[IntpArray, IntpArray, IntpArray]:
    """Return the distinct values of an array without negative ones, where each stands among them, their counts."""
    if values.max() > 4 * values.size:  # a table of counts would be far larger than the picture
        return np.unique(values, return_inverse=True, return_counts=True)
    counts = np.bincount(values)
    distinct = np.flatnonzero(counts)
    places = np.zeros(len(counts), np.intp)
    places[distinct] = np.arange(len(distinct))
    return distinct, places[values], counts[distinct]


def neighbors(
    picture: NDArray[Scalar],
) -> tuple[tuple[NDArray[Scalar], NDArray[Scalar]], tuple[NDArray[Scalar], NDArray[Scalar]]]:
    """Return views of the pixels that have a neighbor below and of those neighbors; to the right likewise."""
    return (picture[:-1], picture[1:]), (picture[:, :-1], picture[:, 1:])
