"""Shapes of segments: how long their border is, how long and wide they are, and which way they lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.segmentation._regions import Regions
from imgcluster.types import Float64Array, Int32Array, Int64Array

_ROWS = 256  # at a time: whole pictures of intermediate values would take more memory than the picture


def shape_columns(regions: Regions) -> dict[str, NDArray[Any]]:
    """Return the columns of shapes of the segments of a picture."""
    sides = perimeters(regions)
    rows, columns, mixed = _moments(regions)
    spread = np.sqrt(((rows - columns) / 2) ** 2 + mixed**2)
    long, short = (rows + columns) / 2 + spread, np.maximum((rows + columns) / 2 - spread, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        eccentricity = np.where(long > 0, np.sqrt(1 - short / long), 0.0)
    return {
        "perimeter": sides,
        "circularity": 4 * math.pi * regions.areas / np.maximum(sides, 1).astype(np.float64) ** 2,
        "axis_major_length": 4 * np.sqrt(long),
        "axis_minor_length": 4 * np.sqrt(short),
        "eccentricity": eccentricity,
        "orientation": _orientations(rows, columns, mixed),
    }


def perimeters(regions: Regions) -> Int64Array:
    """Count the sides of pixels on the border of each segment, with others, the outside and the frame: (n,), int64."""
    labels, n = regions.labels, regions.n_segments
    ends, lengths, _ = regions.borders
    counts = np.zeros(n + 1, np.int64)  # the last is what lies outside
    for end in ends.T:
        counts[:n] += np.bincount(end, lengths, minlength=n).astype(np.int64)
    for frame in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        counts += np.bincount(frame[frame >= 0], minlength=n + 1)
    if labels.min() < 0:
        for top in range(0, len(labels), _ROWS):
            block = labels[top : top + _ROWS + 1]
            rows = block[:_ROWS]
            for one, other in ((rows[:, 1:], rows[:, :-1]), (block[1:], block[:-1])):
                counts += np.bincount(one[(one >= 0) & (other < 0)], minlength=n + 1)
                counts += np.bincount(other[(other >= 0) & (one < 0)], minlength=n + 1)
    return counts[:n]


def surfaces(labels: Int32Array, n: int, spacing: tuple[float, float, float]) -> Float64Array:
    """Add up the faces of voxels on the surface of each segment of a volume, by their areas: (n,)."""
    total = np.zeros(n)
    for axis in range(3):
        counts = np.zeros(n, np.int64)
        planes = np.moveaxis(labels, axis, 0)
        before = np.full(planes.shape[1:], -1, np.int32)
        for plane in (*planes, before):  # the last is beyond the frame, as the first one before it
            differ = plane != before
            for side in (plane[differ], before[differ]):
                counts += np.bincount(side[side >= 0], minlength=n)
            before = plane
        total += counts * (math.prod(spacing) / spacing[axis])
    return total


def _moments(regions: Regions) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the variance of rows, that of columns and their covariance in each segment: (n,) each."""
    labels, n = regions.labels, regions.n_segments
    sums = np.zeros((3, n))
    for top in range(0, len(labels), _ROWS):
        names, rows, first, length = _runs(labels[top : top + _ROWS])
        # from the centroid: no digits are lost where coordinates are large
        centers = regions.centroids[names]
        down, across = rows + top - centers[:, 0], first + (length - 1) / 2 - centers[:, 1]
        within = length * (length**2 - 1) / 12  # squared distances of the pixels of a run to its middle
        for total, terms in zip(
            sums, (length * down**2, length * across**2 + within, length * down * across), strict=True
        ):
            total += np.bincount(names, terms, minlength=n)
    rows, columns, mixed = sums / np.maximum(regions.areas, 1)
    return rows, columns, mixed


def _runs(labels: Int32Array) -> tuple[Int32Array, Int64Array, Int64Array, Float64Array]:
    """Return the runs of equal labels in rows, but for those outside: label, row, first column, length."""
    width = labels.shape[1]
    is_first = np.ones(labels.shape, bool)
    np.not_equal(labels[:, 1:], labels[:, :-1], out=is_first[:, 1:])
    starts = np.flatnonzero(is_first)
    lengths = np.diff(starts, append=labels.size).astype(np.float64)
    names = labels.ravel()[starts]
    inside = names >= 0
    rows, first = np.divmod(starts[inside].astype(np.int64), width)
    return names[inside], rows, first, lengths[inside]


def _orientations(rows: Float64Array, columns: Float64Array, mixed: Float64Array) -> Float64Array:
    """Return the angle from the axis of rows to the long axis, counter-clockwise, as scikit-image does."""
    difference = columns - rows
    flat = np.where(mixed > 0, math.pi / 4, -math.pi / 4)
    return np.where(difference == 0, flat, 0.5 * np.arctan2(2 * mixed, -difference))
