"""Clusters without points: their centers move to the points that are farthest from theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from imgcluster.types import Float64Array, FloatArray, IntpArray

if TYPE_CHECKING:
    from imgcluster.cluster._points import Assignment, Points

_ROUNDING = 16  # units in the last place


def reseed(points: Points, centers: Float64Array, step: Assignment) -> tuple[Float64Array, Assignment]:
    """Move the centers of empty clusters to points, farthest first, and assign again.

    Where no cluster is empty, or no point is away from its center, what was given is returned. What an empty cluster
    has nobody misses, and the points that its center moves to cost nothing then: the objective falls.
    """
    empty = points.n_fixed + np.flatnonzero(step.counts[points.n_fixed :] <= 0)
    places = _farthest(points, centers, len(empty)) if len(empty) else []
    if not places:
        return centers, step
    moved = centers.copy()
    moved[empty[: len(places)]] = points.X[places]
    return moved, points.assign(moved)


def empty_clusters(points: Points, n_clusters: int) -> IntpArray:
    """Find the clusters without weight, by the latest labels."""
    return np.flatnonzero(np.bincount(points.labels, points.weights, minlength=n_clusters) <= 0)


def count_distinct(points: Points) -> int:
    """Count the different points that have any weight."""
    return len(np.unique(points.X[points.weights > 0], axis=0))


def _farthest(points: Points, centers: Float64Array, size: int) -> list[int]:
    """Choose the point that is farthest from its center, then the farthest from that one and the centers, and so on.

    The farthest ones at once would be neighbors, and their clusters stay too many where they are.
    """
    X, weights, nearer = points.X, points.weights, points.nearer()
    # of a single sample, so that one of weight 3 is as three copies
    errors = points.errors(centers) / np.where(weights > 0, weights, 1.0)
    distances: FloatArray = (points.nearer_scale * np.where(weights > 0, errors, 0.0)).astype(X.dtype)
    rounding = _ROUNDING * np.finfo(X.dtype).eps * float(np.abs(X).max())
    chosen: list[int] = []
    while len(chosen) < size:
        place = int(distances.argmax())
        if distances[place] <= 0 or np.abs(X[place] - centers[points.labels[place]]).max() <= rounding:
            break
        chosen.append(place)
        distances = nearer(X[place : place + 1], distances)[0][0]
    return chosen
