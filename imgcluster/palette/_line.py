"""The exact optimum for pictures whose colors lie on a line, such as gray ones."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster import best_intervals, order_on_line
from imgcluster.colors import ColorSpace, SpaceColors
from imgcluster.palette._fit import dark_to_light, encoded, rounded
from imgcluster.types import Float64Array, FloatArray, UInt8Array

_MOST = 256  # a line has no more colors of 8 bits


def palette_on_line(colors: SpaceColors, n_colors: int) -> UInt8Array | None:
    """Return the palette of 8 bits with the least error, dark to light; None if the colors lie on no line."""
    if len(colors.histogram) > _MOST:
        return None
    X, weights, _, _ = colors.points(8)
    order = order_on_line(X)
    if order is None:
        return None
    costs, means = _intervals(X[order].astype(np.float64), weights[order], colors.space)
    starts = best_intervals(costs, n_colors)
    palette = rounded(means[starts, np.append(starts[1:], len(X)) - 1], colors.space)
    return palette[dark_to_light(palette)]


def _intervals(X: FloatArray, weights: Float64Array, space: ColorSpace) -> tuple[Float64Array, Float64Array]:
    """Return the cost of every interval of sorted points when its mean is rounded to 8 bits, and the mean.

    Costs lack the sums of squared coordinates, which are the same whatever the intervals.
    """
    n = len(X)
    totals = _between(np.cumsum(weights))
    sums = np.stack([_between(np.cumsum(weights * column)) for column in X.T], axis=-1)
    means = sums / np.maximum(totals, 1)[..., None]
    centers = encoded(rounded(means.reshape(-1, 3), space), space).reshape(n, n, 3)
    costs: Float64Array = (centers * (totals[..., None] * centers - 2 * sums)).sum(axis=-1)
    return costs, means


def _between(cumulative: Float64Array) -> Float64Array:
    """Return sums from i to j, both included, of what a cumulative sum adds up; below the diagonal 0."""
    before = np.concatenate([[0.0], cumulative[:-1]])
    return np.triu(cumulative - before[:, None])
