"""Lloyd's algorithm: the alternation of assignment and refitting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgcluster.cluster._empty import reseed
from imgcluster.cluster._points import Points
from imgcluster.cluster._trace import Trace
from imgcluster.types import Float64Array


@dataclass(frozen=True)
class Lloyd:
    """Where the alternation ended; labels of the points agree with the centers."""

    centers: Float64Array
    objective: float
    n_iter: int
    converged: bool


def lloyd(
    points: Points,
    centers: Float64Array,
    max_iter: int,
    tolerance: float = 0.0,
    trace: Trace | None = None,
    least_gain: float = 0.0,
) -> Lloyd:
    """Alternate assignment and refitting until no assignment changes, the centers rest, or max_iter.

    Where an assignment leaves clusters empty, it is repeated with their centers at the points farthest from theirs.
    `tolerance` bounds the summed squared movement of the centers in one refit; an iteration that lowers the objective
    by less than `least_gain` of it is the last.
    """
    trace = trace or Trace()
    rests, before = False, np.inf
    for n_iter in range(1, max_iter + 1):
        step = points.assign(centers)
        trace.add("assign", step.objective, centers=centers, labels=points.labels)
        rests = rests or (least_gain > 0 and before - step.objective < least_gain * step.objective)
        before = step.objective
        filled, seeded = reseed(points, centers, step)
        if seeded is not step:
            trace.add("reseed", seeded.objective, centers=filled, labels=points.labels)
        elif step.changed == 0 or rests:
            return Lloyd(centers, step.objective, n_iter - rests, converged=True)
        moved, objective = points.refit(filled, seeded)
        trace.add("refit", objective, centers=moved, labels=points.labels)
        shift = float(((moved - centers) ** 2).sum())
        rests = seeded is step and 0 < tolerance >= shift
        centers = moved
    step = points.assign(centers)  # so that labels agree with centers
    trace.add("assign", step.objective, centers=centers, labels=points.labels)
    return Lloyd(centers, step.objective, n_iter, converged=step.changed == 0 or rests)


def mean_variance(points: Points) -> float:
    """Compute the mean over the features of their weighted variance, the unit of tolerances."""
    weights = points.weights / points.weights.sum()
    mean = (weights[:, None] * points.X).sum(axis=0)
    return float((weights[:, None] * (points.X - mean) ** 2).sum(axis=0).mean())
