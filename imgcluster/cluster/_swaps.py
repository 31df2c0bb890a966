"""Random swaps: leave a local minimum by moving centers from where they are little use to where the error is large."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster._init import draw
from imgcluster.cluster._points import Points
from imgcluster.cluster._trace import Trace
from imgcluster.types import Float64Array, Int64Array

_PASSES = 3  # Lloyd passes before a trial is judged: 2 take 10 % longer to the same objective, 4 no better
_PATIENCE = 4  # trials that fail in a row before fewer centers move at once


def random_swaps(
    points: Points, centers: Float64Array, n_swaps: int, rng: np.random.Generator, trace: Trace | None = None
) -> Float64Array:
    """Try to better centers by swaps.

    A trial moves some centers, drawn among those whose removal costs least, onto points drawn by weighted squared
    error, makes three Lloyd passes, and is kept if the objective fell [1]_. It begins with a sixteenth of the centers
    at once (as in breathing k-means [2]_) and comes down to one as trials fail.

    References
    ----------
    .. [1] P. Franti, "Efficiency of random swap clustering", Journal of Big Data 5:13, 2018,
       doi:10.1186/s40537-018-0122-y.
    .. [2] B. Fritzke, "The breathing k-means algorithm", 2020, arXiv:2006.15666.
    """
    k = len(centers)
    at_once, failures = max(1, k // 16), 0
    centers, counts, objective = _settle(points, centers)
    far, costs = np.cumsum(points.errors(centers)), removal_costs(centers, counts)
    for _ in range(n_swaps if k > 1 else 0):
        moved = centers.copy()
        moved[_draw_least(costs, at_once, rng)] = points.X[draw(far, at_once, rng)]
        moved, new_counts, new_objective = _settle(points, moved)
        if new_objective < objective:
            centers, counts, objective, failures = moved, new_counts, new_objective, 0
            far, costs = np.cumsum(points.errors(centers)), removal_costs(centers, counts)
            if trace is not None:
                trace.add("swap", objective)
            continue
        failures += 1
        if failures == _PATIENCE and at_once > 1:
            at_once, failures = at_once // 2, 0
    return centers


def removal_costs(centers: Float64Array, counts: Float64Array) -> Float64Array:
    """Compute what merging each cluster with the best other would add to the objective (Ward 1963).

    Ward's cost of a pair is N_i N_j / (N_i + N_j) ||mu_i - mu_j||^2.
    """
    squared = np.zeros((len(centers), len(centers)))
    for column in centers.T:
        difference = np.subtract.outer(column, column)
        difference *= difference
        squared += difference
    with np.errstate(invalid="ignore"):
        squared *= np.multiply.outer(counts, counts) / np.add.outer(counts, counts)
    np.nan_to_num(squared, copy=False)  # two empty clusters
    np.fill_diagonal(squared, np.inf)
    costs: Float64Array = squared.min(axis=1)
    return costs


def _draw_least(costs: Float64Array, size: int, rng: np.random.Generator) -> Int64Array:
    """Draw indices, the likelier the lower the cost."""
    return np.argsort(costs * rng.exponential(size=len(costs)), kind="stable")[:size]


def _settle(points: Points, centers: Float64Array) -> tuple[Float64Array, Float64Array, float]:
    """Make a few Lloyd passes: centers, sizes of the clusters, objective after the last refit."""
    for _ in range(_PASSES):
        step = points.assign(centers)
        centers, objective = points.refit(centers, step)
        if step.changed == 0:
            break
    return centers, step.counts, objective
