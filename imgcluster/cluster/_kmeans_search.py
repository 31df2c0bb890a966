"""One start of k-means, run to its end: on a sample first if there are many points, and then by swaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from imgcluster.cluster._lloyd import Lloyd, lloyd
from imgcluster.cluster._local_swaps import local_swaps
from imgcluster.cluster._points import DensePoints, Points
from imgcluster.cluster._sample import draw_sample
from imgcluster.cluster._swaps import random_swaps
from imgcluster.cluster._trace import Trace
from imgcluster.types import Float64Array

_SWAPS = 6  # trials for each cluster: 4 end at 0.23 % above the best known on 42 sets, 6 at 0.18 %, 8 at 0.15 %
_LEAST_SWAPS = 20  # but at least
# of tol: the least gain of a pass over all points after a search on a sample. Without groups in the data, 1 ends 0.3 to
# 0.5 % above Lloyd's algorithm on all points, 1/4 at most 0.2 %, in a quarter of its time
_LEAST_GAIN = 0.25


class Search(NamedTuple):
    """How to search from a start.

    Attributes
    ----------
    start : callable
        First centers for points, drawn by a generator.
    n_swaps : int or None
        Trials after the first convergence; None chooses them, and a sample of many points.
    max_iter, tolerance, tol
        Of `lloyd`.
    """

    start: Callable[[Points, np.random.Generator], Float64Array]
    n_swaps: int | None
    max_iter: int
    tolerance: float
    tol: float

    def run(self, points: Points, n_clusters: int, rng: np.random.Generator, trace: Trace) -> Lloyd:
        """One start, run to its end."""
        if isinstance(points, DensePoints) and self.n_swaps is None:
            sample = draw_sample(points, n_clusters, rng)
            if sample is not None:
                centers = self._on(sample, rng, Trace()).centers
                return lloyd(points, centers, self.max_iter, self.tolerance, trace, _LEAST_GAIN * self.tol)
        return self._on(points, rng, trace)

    def _on(self, points: Points, rng: np.random.Generator, trace: Trace) -> Lloyd:
        """One start on all of these points, and swaps."""
        run = lloyd(points, self.start(points, rng), self.max_iter, self.tolerance, trace)
        n_swaps, n_clusters = self.n_swaps, len(run.centers)
        if n_swaps is None:
            n_swaps = max(_LEAST_SWAPS, _SWAPS * n_clusters) if run.converged else 0
        if not n_swaps or n_clusters == 1:
            return run
        # an octree makes a pass over all points in the time that the rows around a swap take to gather
        if isinstance(points, DensePoints):
            centers = local_swaps(points, run.centers, n_swaps, rng, trace, may_stop=self.n_swaps is None)
        else:
            centers = random_swaps(points, run.centers, n_swaps, rng, trace)
        return lloyd(points, centers, self.max_iter, self.tolerance, trace)
