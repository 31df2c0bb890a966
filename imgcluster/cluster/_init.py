"""Where the centers start."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from imgcluster.cluster._points import Points
from imgcluster.parameters import given_text
from imgcluster.types import Float64Array, FloatArray

INITS = ("k-means++", "random", "maximin")


def initial_centers(
    points: Points, n_clusters: int, init: str, rng: np.random.Generator, fixed: Float64Array | None = None
) -> Float64Array:
    """Choose points as first centers.

    "k-means++" draws each next one with probability proportional to w times the dissimilarity to the nearest so far
    (the squared distance, unless the points say otherwise), the best of 2 + ln k draws [1]_; "random" draws points by
    weight, none twice; "maximin" draws the first and then takes the farthest point each time [2]_. For "k-means++",
    `fixed` centers come first, and the others are drawn in addition.

    References
    ----------
    .. [1] D. Arthur, S. Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007, 1027-1035.
    .. [2] T. F. Gonzalez, "Clustering to Minimize the Maximum Intercluster Distance", Theoretical Computer Science 38,
       1985, doi:10.1016/0304-3975(85)90224-5.
    """
    if init == "random":
        chosen = _draw_distinct(points.weights, n_clusters, rng)
    elif init == "maximin":
        chosen = _maximin(points, n_clusters, rng)
    elif fixed is not None and len(fixed):
        chosen = _kmeans_plus_plus(points, n_clusters - len(fixed), rng, fixed)
        return np.concatenate([fixed, points.X[chosen].astype(np.float64)])
    else:
        chosen = _kmeans_plus_plus(points, n_clusters, rng)
    return points.X[chosen].astype(np.float64)


def centers_by(function: Callable[..., Any], X: FloatArray, n_clusters: int, rng: np.random.Generator) -> Any:
    """Let a function choose first centers, called as scikit-learn calls it; what it returns is not checked here."""
    seed = np.random.RandomState(rng.integers(1 << 31))
    try:
        signature(function).bind(X, n_clusters, random_state=seed)
    except (TypeError, ValueError):  # it takes others, or does not say which
        wanted = "a function of (X, n_clusters, random_state)"
        raise TypeError(f"init must be a name, an array or {wanted}, got {given_text(function)}") from None
    return function(X, n_clusters, random_state=seed)


def draw(cumulative: Float64Array, size: int, rng: np.random.Generator) -> list[int]:
    """Draw indices with probabilities proportional to masses, given their cumulative sum; uniformly if all are zero."""
    if not cumulative[-1] > 0:
        cumulative = np.arange(1.0, len(cumulative) + 1)
    found = np.searchsorted(cumulative, rng.random(size) * cumulative[-1], side="right")
    indices: list[int] = np.minimum(found, len(cumulative) - 1).tolist()
    return indices


def _draw_distinct(weights: Float64Array, size: int, rng: np.random.Generator) -> list[int]:
    """Draw different points with probabilities proportional to their weights, those of weight zero last."""
    # the size smallest of Exp(w): a weighted draw without putting back (Efraimidis, Spirakis 2006)
    with np.errstate(divide="ignore"):
        waits = rng.exponential(size=len(weights)) / weights
    chosen: list[int] = np.argsort(waits, kind="stable")[:size].tolist()
    return chosen


def _kmeans_plus_plus(
    points: Points, n_clusters: int, rng: np.random.Generator, fixed: Float64Array | None = None
) -> list[int]:
    """Greedy k-means++, beside fixed centers or from a first one drawn by weight."""
    X, weights, nearer = points.X, points.weights, points.nearer()
    n_draws = 2 + int(np.log(max(n_clusters, 1)))
    chosen = draw(np.cumsum(weights), 1, rng) if fixed is None else []
    distances: FloatArray = np.full(len(X), np.inf, X.dtype)
    for center in X[chosen] if fixed is None else fixed.astype(X.dtype):
        distances = nearer(center[None], distances)[0][0]
    while len(chosen) < n_clusters:
        candidates = draw(np.cumsum(weights * distances), n_draws, rng)
        trials, potentials = nearer(X[candidates], distances)
        best = int(potentials.argmin())
        chosen.append(candidates[best])
        distances = trials[best]
    return chosen


def _maximin(points: Points, n_clusters: int, rng: np.random.Generator) -> list[int]:
    """Farthest-first traversal from a drawn point."""
    X, weights, nearer = points.X, points.weights, points.nearer()
    chosen = draw(np.cumsum(weights), 1, rng)
    distances: FloatArray = np.full(len(X), np.inf, X.dtype)
    while len(chosen) < n_clusters:
        distances = nearer(X[chosen[-1:]], distances)[0][0]
        chosen.append(int(np.where(weights > 0, distances, -1).argmax()))
    return chosen
