"""The last part of a search with alpha: all colors, then 8 bits, then every entry in use."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.cluster import lloyd
from imgcluster.colors import CIELAB, OKLAB, words_of
from imgcluster.palette._pinned_points import PinnedPoints
from imgcluster.types import Float64Array, Int32Array, UInt8Array

_MOST_FILLS = 12
_MOST_ROUNDS = 3
_MEDIAN_ITER = 8
_NEAR = 1.0  # squared distance, of shades, below which a color pulls no harder for being nearer


class Found(NamedTuple):
    """A palette of 8-bit colors, without the clear one."""

    palette: UInt8Array  # (k, 4)
    labels: Int32Array  # (n,), of the points; those from k on are fixed entries
    objective: float  # what was to be kept small: squared distances, or distances in a space of perception


class Finish(NamedTuple):
    """What comes after the search."""

    fine: PinnedPoints  # all colors, or bins so fine that their means serve
    points: PinnedPoints  # all colors
    colors: UInt8Array  # (n, 4), of the points
    fixed: UInt8Array  # (m, 4), entries that stay

    def fit(self, centers: Float64Array, max_iter: int) -> Found:
        """Fit from centers that were found on bins, with so many Lloyd iterations, and find the 8-bit palette."""
        centers = lloyd(self.fine, centers, max_iter).centers
        if _is_perceptual(self.fine):
            centers = _medians(self.fine, centers)
        return _filled(self.points, _round(self.fine, centers), self.colors, self.fixed)


def _is_perceptual(points: PinnedPoints) -> bool:
    """Return whether distances themselves are what is seen, and not their squares."""
    return points.space.space in (OKLAB, CIELAB)


def _medians(points: PinnedPoints, centers: Float64Array) -> Float64Array:
    """Move centers to the geometric medians of their clusters, which keep the mean distance small.

    References
    ----------
    E. Weiszfeld, "Sur le point pour lequel la somme des distances de n points donnes est minimum", Tohoku Mathematical
    Journal 43, 1937, 355-386.
    """
    for _ in range(_MEDIAN_ITER):
        points.assign(centers)
        centers = _pulled(points, centers)
    return centers


def _pulled(points: PinnedPoints, centers: Float64Array) -> Float64Array:
    """Return the means of clusters, weighted by the inverse of distance."""
    pull = points.weights / np.sqrt(points.errors(centers) / points.weights + _NEAR)
    k, n = len(centers), int(points.labels.max()) + 1
    counts: Float64Array = np.bincount(points.labels, pull, max(k, n))[:k].astype(np.float64)
    columns = [np.bincount(points.labels, pull * column, max(k, n))[:k] for column in points.X.T]
    return points.moved(centers, np.stack(columns, axis=1).astype(np.float64), counts)[0]


def _round(points: PinnedPoints, centers: Float64Array) -> UInt8Array:
    """Round centers to 8 bits and refit them while that helps."""
    palette = _rounded(points, centers)
    ends = points.space.encode(palette).astype(np.float64)
    step = points.assign(ends)
    error = _error(points, ends)
    for _ in range(_MOST_ROUNDS):
        moved = _rounded(points, _pulled(points, ends) if _is_perceptual(points) else points.refit(ends, step)[0])
        ends = points.space.encode(moved).astype(np.float64)
        step = points.assign(ends)
        moved_error = _error(points, ends)
        if moved_error >= error:
            break
        palette, error = moved, moved_error
    return palette


def _error(points: PinnedPoints, centers: Float64Array) -> float:
    """Return what is to be kept small, for the latest labels."""
    errors = points.errors(centers)
    if not _is_perceptual(points):
        return float(errors.sum())
    return float((points.weights * np.sqrt(errors / points.weights)).sum())


def _filled(points: PinnedPoints, palette: UInt8Array, colors: UInt8Array, fixed: UInt8Array) -> Found:
    """Give entries that no color takes to the colors of largest error."""
    palette = palette.copy()
    for _ in range(_MOST_FILLS):
        centers = points.space.encode(palette).astype(np.float64)
        points.assign(centers)
        labels, error = points.labels.copy(), _error(points, centers)
        own = _own_labels(colors, palette, fixed)
        labels[own >= 0] = own[own >= 0]
        empty = np.flatnonzero(np.bincount(labels, minlength=len(palette))[: len(palette)] == 0)
        if not len(empty):
            break
        errors = np.where(own < 0, points.errors(centers), -1.0)
        palette[empty] = colors[np.argsort(-errors, kind="stable")[: len(empty)]]
    return Found(palette, labels, error)


def _own_labels(colors: UInt8Array, palette: UInt8Array, fixed: UInt8Array) -> Int32Array:
    """Return the label of the entry that is exactly each color, a fixed one first; -1 if there is none."""
    among_fixed, own = places_of(colors, fixed), places_of(colors, palette)
    return np.where(among_fixed >= 0, among_fixed + len(palette), own).astype(np.int32)


def places_of(colors: UInt8Array, palette: UInt8Array) -> Int32Array:
    """Return the place of each color in the palette, the first one; -1 if it is not there."""
    if not len(palette):
        return np.full(len(colors), -1, np.int32)
    entries, first = np.unique(words_of(palette), return_index=True)
    words = words_of(colors)
    found = np.minimum(np.searchsorted(entries, words), len(entries) - 1)
    return np.where(entries[found] == words, first[found], -1).astype(np.int32)


def _rounded(points: PinnedPoints, centers: Float64Array) -> UInt8Array:
    """Return the nearest 8-bit RGBA colors of centers."""
    colors = points.space.decode(centers)
    opaque = points.is_opaque(centers)
    colors[opaque, :3] = points.space.space.decode(points.space.project(centers[opaque]))
    colors[opaque, 3] = 255
    return np.rint(colors).astype(np.uint8)
