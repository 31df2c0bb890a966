"""A few passes of Lloyd's algorithm, in longer steps than its own."""

from __future__ import annotations

from typing import NamedTuple

from imgcluster.cluster._points import Points
from imgcluster.types import Float64Array


class Settled(NamedTuple):
    """Centers after some passes."""

    centers: Float64Array
    counts: Float64Array  # sizes of the clusters
    objective: float  # after the last refit


def settle(points: Points, centers: Float64Array, n_passes: int, step: float = 1.0) -> Settled:
    """Make passes in which centers go `step` times the way to the means, and in the last one just to the means.

    For given labels a step below 2 lowers the objective as one of 1 does, and one of nearly 2 keeps what it is; then
    points change clusters sooner. Twelve passes of 1.9 reach on colors of photos what thirty of 1 do.
    """
    for rest in range(n_passes - 1, -1, -1):
        found = points.assign(centers)
        means, objective = points.refit(centers, found)
        # in the first pass the labels may be of these centers, from an earlier call
        rests = found.changed == 0 and rest < n_passes - 1
        centers = means if rests or rest == 0 or step == 1 else centers + step * (means - centers)
        if rests:
            break
    return Settled(centers, found.counts, objective)
