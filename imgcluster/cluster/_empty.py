"""Clusters without points: their centers move to the points that are farthest from theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from imgcluster.cluster._lloyd import Lloyd
from imgcluster.cluster._points import Points
from imgcluster.cluster._trace import Trace
from imgcluster.types import Float64Array, IntpArray

_MOST_ROUNDS = 50  # one or two are usual
_ROUNDING = 16  # units in the last place


def fill_empty(
    points: Points, run: Lloyd, max_iter: int, trace: Trace, again: Callable[[Float64Array, int], Lloyd]
) -> Lloyd:
    """Go on from where a run ended until no cluster is empty, or no point is away from its center.

    `again` alternates from given centers for at most so many iterations. Each round lowers the objective: what an
    empty cluster has nobody misses, and the points that its center moves to cost nothing then.
    """
    for _ in range(_MOST_ROUNDS):
        moved = _moved(points, run.centers) if run.n_iter < max_iter else None
        if moved is None:
            break
        trace.add("refit", run.objective)  # to which centers of empty clusters add nothing
        before, run = run, again(moved, max_iter - run.n_iter)
        run = replace(run, n_iter=before.n_iter + run.n_iter)
        if run.objective >= before.objective:  # but for rounding
            break
    return run


def empty_clusters(points: Points, n_clusters: int) -> IntpArray:
    """Find the clusters without weight, by the latest labels."""
    return np.flatnonzero(np.bincount(points.labels, points.weights, minlength=n_clusters) <= 0)


def count_distinct(points: Points) -> int:
    """Count the different points that have any weight."""
    return len(np.unique(points.X[points.weights > 0], axis=0))


def _moved(points: Points, centers: Float64Array) -> Float64Array | None:
    """Put the centers of empty clusters on the points farthest from theirs; None if there is nothing to move."""
    empty = empty_clusters(points, len(centers))
    if not len(empty):
        return None
    X, weights = points.X, points.weights
    away = np.abs(X - centers[points.labels]).max(axis=1) > _ROUNDING * np.finfo(X.dtype).eps * np.abs(X).max()
    away &= weights > 0
    # of a single sample, so that one of weight 3 is as three copies
    errors = np.where(away, points.errors(centers) / np.where(away, weights, 1.0), 0.0)
    order = np.argsort(-errors, kind="stable")[: np.count_nonzero(errors > 0)]
    first = np.sort(np.unique(points.X[order], axis=0, return_index=True)[1])[: len(empty)]
    if not len(first):
        return None
    moved = centers.copy()
    moved[empty[: len(first)]] = points.X[order[first]]
    return moved
