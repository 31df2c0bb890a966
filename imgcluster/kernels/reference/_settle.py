"""Lloyd's algorithm and exchanges of single points, on few points."""

from __future__ import annotations

from itertools import count

import numpy as np

from imgcluster.kernels.reference._assign import assign_pass
from imgcluster.types import Float64Array, FloatArray, Int32Array

_HOPE = 1.5  # how many times the gain that is in sight a trial may lack
_ROUNDING = 1e-9  # share of a cost or weight that is but rounding


def _divided(a: float, b: float) -> float:
    """Divide as C does: by 0, which rounding makes of two rises in a row, to infinity."""
    with np.errstate(divide="ignore"):
        return float(np.divide(a, b))


def settle(
    isa: int,
    n: int,
    d: int,
    k: int,
    most_passes: int,
    most_exchanges: int,
    target: float,
    X: FloatArray,
    weights: Float64Array,
    centers: Float64Array,
    labels: Int32Array,
    distances: FloatArray,
    sums: Float64Array,
    counts: Float64Array,
    columns: Float64Array,
    costs: Float64Array,
    narrow: FloatArray,
    scratch: FloatArray,
) -> tuple[float, int]:
    """Settle: alternate and exchange; return the objective J and how many passes were made."""
    objective, before, gain, passes = np.inf, np.inf, 0.0, 0
    for exchange in range(-1, most_exchanges):
        if exchange >= 0 and not _exchange(X, weights, centers, labels, counts):
            break
        for step in count():
            narrow.reshape(k, d)[...] = centers
            sums[...] = counts[...] = 0
            passes += 1
            _, changed = assign_pass(X, weights, narrow.reshape(k, d), labels, distances, sums, counts)
            objective = _total(weights * distances)
            if changed == 0 or step >= most_passes:
                break
            objective -= _refit(sums, counts, centers)
            last, gain, before = gain, before - objective, objective
            if exchange < 0 and step >= 2:
                in_sight = gain * (_divided(gain, last - gain) if gain < 0.9 * last else 9.0)
                if objective - _HOPE * in_sight > target:
                    return objective, passes
    return objective, passes


def _total(terms: Float64Array) -> float:
    """Add one after the other, as the C kernel does."""
    return float(np.add.accumulate(terms.ravel())[-1]) if terms.size else 0.0


def _refit(sums: Float64Array, counts: Float64Array, centers: Float64Array) -> float:
    """Move centers to the means of their clusters; return by how much the objective falls."""
    filled = counts > 0
    means = sums[filled] / counts[filled, None]
    way = centers[filled] - means
    centers[filled] = means
    return _total(counts[filled, None] * (way * way))


def _exchange(
    X: FloatArray, weights: Float64Array, centers: Float64Array, labels: Int32Array, counts: Float64Array
) -> int:
    """Give each point to the cluster where the objective gains most, means following at once; return how many moved."""
    moves = 0
    for i, weight in enumerate(weights.tolist()):
        own, x = int(labels[i]), X[i].astype(np.float64)
        if not weight > 0 or counts[own] - weight <= _ROUNDING * counts[own]:
            continue
        costs = np.zeros(len(centers))
        for column, value in zip(centers.T, x, strict=True):
            difference = value - column
            costs += difference * difference
        here = costs[own] * (counts[own] / (counts[own] - weight)) * (1.0 - _ROUNDING)
        costs *= counts / (counts + weight)
        costs[own] = here
        best = int(costs.argmin())
        if costs[best] == here:
            continue
        centers[own] += (centers[own] - x) * (weight / (counts[own] - weight))
        centers[best] += (x - centers[best]) * (weight / (counts[best] + weight))
        counts[own] -= weight
        counts[best] += weight
        labels[i] = best
        moves += 1
    return moves
