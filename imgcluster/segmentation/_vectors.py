"""The feature vectors of a picture: what a clustering fits, and the way back to pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from imgcluster.cluster import DensePoints, OctreePoints, Points
from imgcluster.colors import (
    RGB,
    Histogram,
    WeightedPoints,
    bits_for,
    color_position_features,
    map_colors,
    weighted_points,
)
from imgcluster.types import FloatArray, UInt8Array

Scalar = TypeVar("Scalar", bound=np.generic)

_START_POINTS = 1 << 14  # the start needs no more: what it misses, swaps find
_FIT_PIXELS = 1 << 20  # with positions no two pixels are alike; more of them would tell a few clusters nothing new
_BLOCK = 1 << 22  # responsibilities at a time: 32 MB


class Vectors(Protocol):
    """The feature vectors of a picture: what to fit, and the way back to pixels."""

    n_distinct: int
    noun: str  # what they are, for messages

    def coarse(self) -> Points:
        """Return a few weighted points, on which to find a start."""
        ...

    def points(self) -> Points:
        """Return the weighted points of the fit."""
        ...

    def picture(
        self, function: Callable[[FloatArray], NDArray[Any]], dtype: type[Scalar], n_clusters: int
    ) -> NDArray[Scalar]:
        """Evaluate a function of feature vectors at each pixel: (H, W).

        It looks at n_clusters at a time, which bounds how many vectors it gets at once.
        """
        ...


class Colors:
    """Distinct colors with their counts: all pixels, exactly, at the cost of one pixel for each color."""

    noun = "distinct color"

    def __init__(self, pixels: UInt8Array, n_threads: int) -> None:
        self._pixels, self._n_threads = pixels, n_threads
        self._histogram = Histogram.from_pixels(pixels, n_threads)
        self.n_distinct = len(self._histogram)

    def coarse(self) -> Points:
        return self._octree(weighted_points(self._histogram, RGB, bits_for(self._histogram, _START_POINTS)))

    def points(self) -> Points:
        return self._octree(weighted_points(self._histogram, RGB, 8))

    def picture(
        self, function: Callable[[FloatArray], NDArray[Any]], dtype: type[Scalar], n_clusters: int
    ) -> NDArray[Scalar]:
        X, size = self._histogram.colors.astype(np.float32), max(1, _BLOCK // n_clusters)
        values = np.concatenate([function(X[i : i + size]) for i in range(0, len(X), size)]).astype(dtype)
        return map_colors(self._pixels, self._histogram, values, self._n_threads)

    def _octree(self, features: WeightedPoints) -> OctreePoints:
        return OctreePoints(features.X, features.weights, features.keys, features.bits, self._n_threads)


class ColorsAndPositions:
    """A vector for each pixel; on large images the fit uses every second, third ... pixel of as many rows."""

    noun = "pixel"

    def __init__(self, pixels: UInt8Array, position_weight: float, n_threads: int) -> None:
        self._pixels, self._position_weight, self._n_threads = pixels, position_weight, n_threads
        self.n_distinct = pixels.shape[0] * pixels.shape[1]

    def coarse(self) -> Points:
        return self._every(_START_POINTS)

    def points(self) -> Points:
        return self._every(_FIT_PIXELS)

    def picture(
        self, function: Callable[[FloatArray], NDArray[Any]], dtype: type[Scalar], n_clusters: int
    ) -> NDArray[Scalar]:
        height, width = self._pixels.shape[:2]
        values: NDArray[Scalar] = np.empty((height, width), dtype)
        n_rows = max(1, _BLOCK // (width * n_clusters))
        for top in range(0, height, n_rows):
            rows = slice(top, top + n_rows)
            X = color_position_features(self._pixels, self._position_weight, rows)
            values[rows] = function(X).reshape(-1, width)
        return values

    def _every(self, most: int) -> Points:
        """Take every s-th pixel of every s-th row, with the smallest s that leaves about `most`."""
        step = slice(None, None, math.ceil(math.sqrt(self.n_distinct / most)))
        X = color_position_features(self._pixels, self._position_weight, step, step)
        return DensePoints(X, np.ones(len(X)), self._n_threads)
