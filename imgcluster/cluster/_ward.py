"""Ward's agglomeration: a start for k-means where points are few."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float64Array, FloatArray


def ward_centers(X: FloatArray, weights: Float64Array, k: int) -> Float64Array:
    """Merge the pair of clusters that costs least until k are left [1]_.

    Where points are few for the number of clusters, this start is better than draws: nearly all clusters are single
    points, and the question is which few to merge. Time and memory grow with the square of the number of points.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    weights : ndarray of shape (n,), float64
        Positive.
    k : int
        1 to n.

    Returns
    -------
    ndarray of shape (k, d), float64
        The means of the clusters.

    References
    ----------
    .. [1] J. H. Ward, "Hierarchical Grouping to Optimize an Objective Function", Journal of the American Statistical
       Association 58, 1963, doi:10.1080/01621459.1963.10500845.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.cluster import ward_centers
    >>> ward_centers(np.array([[0.0], [1.0], [9.0]]), np.ones(3), 2).tolist()
    [[0.5], [9.0]]
    """
    merging = _Merging(X.astype(np.float64), weights.astype(np.float64))
    for _ in range(len(X) - k):
        merging.merge()
    return merging.centers[merging.alive]


class _Merging:
    """Clusters, and for each of them the partner with which merging costs least among those after it."""

    def __init__(self, centers: Float64Array, sizes: Float64Array) -> None:
        self.centers, self.sizes = centers, sizes
        self.alive = np.ones(len(centers), bool)
        self._costs = np.stack([self._costs_of(i) for i in range(len(centers))])
        self._partner = self._costs.argmin(axis=1)
        self._least = self._costs.min(axis=1)

    def merge(self) -> None:
        """Merge the cheapest pair."""
        i = int(self._least.argmin())
        j = int(self._partner[i])
        size = self.sizes[i] + self.sizes[j]
        self.centers[i] = (self.centers[i] * self.sizes[i] + self.centers[j] * self.sizes[j]) / size
        self.sizes[i], self.alive[j] = size, False
        self._costs[j], self._costs[:, j], self._least[j] = np.inf, np.inf, np.inf
        row = self._costs_of(i)
        self._costs[i], self._costs[:, i] = row, row
        better = row < self._least
        self._least[better], self._partner[better] = row[better], i
        lost = np.flatnonzero(((self._partner == i) & ~better | (self._partner == j)) & self.alive)
        for other in {i, *lost.tolist()}:
            self._partner[other] = self._costs[other].argmin()
            self._least[other] = self._costs[other, self._partner[other]]

    def _costs_of(self, i: int) -> Float64Array:
        """Return Ward's cost of merging cluster i with every other: N_i N_j / (N_i + N_j) ||mu_i - mu_j||^2."""
        squared = np.zeros(len(self.centers))
        for column in self.centers.T:
            squared += (column - column[i]) ** 2
        costs: Float64Array = squared * (self.sizes * self.sizes[i] / (self.sizes + self.sizes[i]))
        costs[~self.alive], costs[i] = np.inf, np.inf
        return costs
