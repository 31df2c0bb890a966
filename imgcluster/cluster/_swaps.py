"""Random swaps: leave a local minimum by moving centers from where they are little use to where the error is large."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster._init import draw
from imgcluster.cluster._points import Points
from imgcluster.cluster._settling import settle
from imgcluster.cluster._trace import Trace
from imgcluster.types import Float64Array, Int64Array, IntpArray

_PASSES = 3  # Lloyd passes before a trial is judged: 2 take 10 % longer to the same objective, 4 no better
_MOST_PAIRED = 1024  # clusters, of which all pairs are looked at
_BLOCK = 256  # rows of pairs at a time
_NEIGHBORS = 12  # partners on either side in each order: 9 in 10 of the true ones are among them
_PATIENCE = 4  # trials that fail in a row before fewer centers move at once


def random_swaps(
    points: Points,
    centers: Float64Array,
    n_swaps: int,
    rng: np.random.Generator,
    trace: Trace | None = None,
    n_fixed: int = 0,
    step: float = 1.0,
) -> Float64Array:
    """Try to better centers by swaps.

    A trial moves some centers, drawn among those whose removal costs least, onto points drawn by weighted squared
    error, makes three Lloyd passes, and is kept if the objective fell [1]_. It begins with a sixteenth of the centers
    at once (as in breathing k-means [2]_) and comes down to one as trials fail. The first n_fixed centers stay. Passes
    go `step` times the way to the means where these are what serves a cluster best.

    References
    ----------
    .. [1] P. Franti, "Efficiency of random swap clustering", Journal of Big Data 5:13, 2018,
       doi:10.1186/s40537-018-0122-y.
    .. [2] B. Fritzke, "The breathing k-means algorithm", 2020, arXiv:2006.15666.
    """
    k = len(centers) - n_fixed
    at_once, failures = max(1, k // 16), 0
    centers, counts, objective = settle(points, centers, _PASSES, step)
    far, costs = np.cumsum(points.errors(centers)), removal_costs(centers, counts)[n_fixed:]
    for _ in range(n_swaps if k > 1 else 0):
        moved = centers.copy()
        moved[n_fixed + _draw_least(costs, at_once, rng)] = points.X[draw(far, at_once, rng)]
        moved, new_counts, new_objective = settle(points, moved, _PASSES, step)
        if new_objective < objective:
            centers, counts, objective, failures = moved, new_counts, new_objective, 0
            far, costs = np.cumsum(points.errors(centers)), removal_costs(centers, counts)[n_fixed:]
            if trace is not None:
                trace.add("swap", objective, centers=centers, labels=points.labels)
            continue
        failures += 1
        if failures == _PATIENCE and at_once > 1:
            at_once, failures = at_once // 2, 0
    return centers


def removal_costs(centers: Float64Array, counts: Float64Array) -> Float64Array:
    """Compute what merging each cluster with the best other would add to the objective (Ward 1963).

    Ward's cost of a pair is N_i N_j / (N_i + N_j) ||mu_i - mu_j||^2. Of more than 1024 clusters only those that are
    near in a few orders along lines are tried: the costs guide draws, and all pairs would take gigabytes.
    """
    if len(centers) > _MOST_PAIRED:
        return _costs_among_neighbors(centers, counts)
    return ward_costs(centers, counts, np.arange(len(centers)))


def ward_costs(centers: Float64Array, counts: Float64Array, which: IntpArray) -> Float64Array:
    """Compute the removal costs of some clusters, each with all the others tried."""
    costs: Float64Array = np.full(len(which), np.inf)
    for start in range(0, len(which), _BLOCK):
        block = which[start : start + _BLOCK]
        pairs = _ward_costs(centers[block][:, None], counts[block][:, None], centers, counts)
        pairs[np.arange(len(block)), block] = np.inf
        costs[start : start + _BLOCK] = pairs.min(axis=1)
    return costs


def _costs_among_neighbors(centers: Float64Array, counts: Float64Array) -> Float64Array:
    """Compute removal costs from those partners that lie near in the order of some projections."""
    costs: Float64Array = np.full(len(centers), np.inf)
    cells = (centers - centers.min(axis=0)) / max(float(np.ptp(centers)), 1e-300)
    for shift in (0.0, 0.37, 0.73):
        order = _along_curve(cells + shift)
        for step in range(1, _NEIGHBORS + 1):
            one, other = order[step:], order[:-step]
            pairs = _ward_costs(centers[one], counts[one], centers[other], counts[other])
            costs[one] = np.minimum(costs[one], pairs)
            costs[other] = np.minimum(costs[other], pairs)
    return costs


def _along_curve(cells: Float64Array) -> IntpArray:
    """Return the order of vectors along a Morton curve: their bits interleaved, the highest first."""
    steps = (cells * 512).astype(np.int64)  # 0 to below 1024
    keys = np.zeros(len(cells), np.int64)
    for bit in range(9, -1, -1):
        for column in steps.T[:6]:
            keys = keys << 1 | (column >> bit & 1)
    return np.argsort(keys, kind="stable")


def _ward_costs(
    centers: Float64Array, counts: Float64Array, others: Float64Array, other_counts: Float64Array
) -> Float64Array:
    """Compute Ward's costs of pairs, by the rules of broadcasting; two empty clusters merge for nothing."""
    squared = np.zeros(np.broadcast_shapes(counts.shape, other_counts.shape))
    for axis in range(centers.shape[-1]):
        difference = centers[..., axis] - others[..., axis]
        difference *= difference
        squared += difference
    with np.errstate(invalid="ignore"):
        squared *= counts * other_counts / (counts + other_counts)
    np.nan_to_num(squared, copy=False)
    return squared


def _draw_least(costs: Float64Array, size: int, rng: np.random.Generator) -> Int64Array:
    """Draw indices, the likelier the lower the cost."""
    return np.argsort(costs * rng.exponential(size=len(costs)), kind="stable")[:size]
