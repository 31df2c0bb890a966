"""Swaps of single centers that are tried on the clusters around them, whatever the number of the others."""

from __future__ import annotations

import numpy as np

from imgcluster import kernels
from imgcluster.cluster._init import draw
from imgcluster.cluster._lloyd import lloyd
from imgcluster.cluster._points import DensePoints
from imgcluster.cluster._swaps import removal_costs, ward_costs
from imgcluster.cluster._trace import Trace
from imgcluster.types import Float64Array, IntpArray

_NEIGHBORS = 8  # clusters that follow on either side of a swap: 6 leave 0.1 % to gain on many sets, 10 none
_PASSES = 10  # most Lloyd passes of a trial
_EXCHANGES = 3  # most rounds of exchanges in a trial: 1 leaves 0.1 % to gain
_LAST_EXCHANGES = 10  # and of all points at the end
_FEW = 200  # points a cluster, up to which exchanges of single points are worth their time
_LEAST_GAIN = 1e-9  # share of the objective: below, it may be rounding
# trials without hope in a row, for each cluster and at least, that end a search: a tenth of the trials on clusters that
# lie apart, 29 % of the time on the 42 sets of bench_best_known.py, for 0.0004 % of the objective
_PATIENCE, _LEAST_PATIENCE = 0.5, 8


def local_swaps(
    points: DensePoints,
    centers: Float64Array,
    n_swaps: int,
    rng: np.random.Generator,
    trace: Trace | None = None,
    *,
    may_stop: bool = False,
) -> Float64Array:
    """Better centers by swaps of one center each.

    A trial moves a center, likely one whose removal costs little, onto a point that is drawn by weighted squared error
    [1]_. The two clusters and the eight nearest of each settle by Lloyd passes on their points alone, and, where
    clusters have few points, by exchanges of single ones, which leave local minima of Lloyd's algorithm [2]_. The trial
    is kept if the objective of these points falls: that of all can only be lower still. With `may_stop` the search ends
    where one trial after the other adds more error than there is in the whole cluster that it splits: clusters lie
    apart then, with a center each.

    References
    ----------
    .. [1] P. Franti, "Efficiency of random swap clustering", Journal of Big Data 5:13, 2018,
       doi:10.1186/s40537-018-0122-y.
    .. [2] M. Telgarsky, A. Vattani, "Hartigan's Method: k-means Clustering without Voronoi", AISTATS 2010, PMLR 9,
       820-827.
    """
    k = len(centers)
    if k < 2:
        return centers
    search, n_hopeless = _Search(points, centers, trace or Trace()), 0
    patience = max(_LEAST_PATIENCE, _PATIENCE * k) if may_stop else np.inf
    for trial in range(1, n_swaps + 1):
        if not search.objective > 0 or n_hopeless >= patience:
            break
        n_hopeless = 0 if search.try_swap(rng) else n_hopeless + 1
        if trial % k == 0 and search.is_local and search.is_new:
            search.settle()  # those around what has changed
    return search.exchanged()


class _Search:
    """The best clusters so far, and what guides the next trial."""

    def __init__(self, points: DensePoints, centers: Float64Array, trace: Trace) -> None:
        self.points, self.centers, self.trace = points, centers.copy(), trace
        k = len(centers)
        self.objective, self._far, self.is_new = 0.0, np.empty(0), False
        self.is_local = k > 2 * (_NEIGHBORS + 1)
        self.n_exchanges = _EXCHANGES if len(points.X) <= _FEW * k else 0
        self._read()

    def settle(self) -> None:
        """Make two passes over all points."""
        self.centers = lloyd(self.points, self.centers, 2, trace=self.trace).centers
        self._read()

    def try_swap(self, rng: np.random.Generator) -> bool:
        """Try a swap, and keep it if the objective falls; return whether such a swap has hope."""
        if not len(self._far):
            self._far = np.cumsum(self._weighted)
        place = draw(self._far, 1, rng)[0]
        split = int(self.labels[place])
        # the third power: chances of the k-th cheapest center then hardly depend on how many dearer ones there are
        costs = self._costs / max(float(self._costs.max()), 1e-300)
        waits = costs * costs * costs * rng.exponential(size=len(costs))
        waits[split] = np.inf
        moved = int(waits.argmin())
        among = self._around(split, moved)
        rows = slice(None) if len(among) == len(costs) else np.flatnonzero(np.isin(self.labels, among))
        trial = self.centers[among]
        trial[np.searchsorted(among, moved)] = self.points.X[place]
        before, most = float(self._errors[among].sum()), float(self._errors[split])
        X, weights = self.points.X[rows], self.points.weights[rows]
        found = kernels.settle(X, weights, trial, _PASSES, self.n_exchanges, before)
        if found.objective < before - _LEAST_GAIN * self.objective:
            self._keep(among, rows, found)
        return found.objective <= before + most

    def exchanged(self) -> Float64Array:
        """Return the centers after exchanges of single points among all clusters."""
        if not self.n_exchanges:
            return self.centers
        found = kernels.settle(self.points.X, self.points.weights, self.centers, _PASSES, _LAST_EXCHANGES)
        if found.objective >= self.objective * (1 - _LEAST_GAIN):
            return self.centers
        self.trace.add("exchange", found.objective, centers=found.centers, labels=found.labels)
        return found.centers

    def _read(self) -> None:
        """Take what the points know of the latest assignment."""
        k, points = len(self.centers), self.points
        self.labels = points.labels.copy()
        self._weighted = points.errors(self.centers)
        self._counts: Float64Array = np.bincount(self.labels, points.weights, k).astype(np.float64)
        self._errors: Float64Array = np.bincount(self.labels, self._weighted, k).astype(np.float64)
        self._costs = removal_costs(self.centers, self._counts)
        self._far = np.empty(0)
        self.objective, self.is_new = float(self._errors.sum()), False

    def _around(self, split: int, moved: int) -> IntpArray:
        """Return the clusters that take part, ascending."""
        if not self.is_local:
            return np.arange(len(self.centers))
        near = np.zeros(len(self.centers), bool)
        near[[split, moved]] = True
        for c in (split, moved):
            squared = ((self.centers - self.centers[c]) ** 2).sum(axis=1)
            near |= squared <= np.partition(squared, _NEIGHBORS)[_NEIGHBORS]
        return np.flatnonzero(near)

    def _keep(self, among: IntpArray, rows: slice | IntpArray, found: kernels.Settled) -> None:
        """Make a trial the best so far."""
        weighted = self.points.weights[rows] * found.distances
        self.centers[among], self.labels[rows] = found.centers, among[found.labels]
        self._weighted[rows], self._counts[among] = weighted, found.counts
        self._errors[among] = np.bincount(found.labels, weighted, len(among))
        self._costs[among] = ward_costs(self.centers, self._counts, among)
        self._far, self.is_new, self.objective = np.empty(0), True, float(self._errors.sum())
        self.trace.add("swap", self.objective, centers=self.centers, labels=self.labels)
