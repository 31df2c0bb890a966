"""The best k of given centers (k-medians over candidates): greedy choice, then swaps."""

from __future__ import annotations

import heapq

import numpy as np

from imgcluster.types import Float64Array, IntpArray

_MOST_SWEEPS = 50  # over all candidates; 2 to 5 are usual


def best_candidates(costs: Float64Array, k: int) -> IntpArray:
    """Choose the k candidates with the least total cost, each point served by the cheapest chosen one.

    The candidate that saves most is taken first, then the next; each is then exchanged for another as long as that
    lowers the total, which is known exactly for every pair [1]_.

    Parameters
    ----------
    costs : ndarray of shape (m, n), float64
        What candidate i costs for point j, not negative.
    k : int
        1 to m.

    Returns
    -------
    ndarray of shape (k,)
        Indices of candidates, ascending.

    References
    ----------
    .. [1] E. Schubert, P. J. Rousseeuw, "Fast and eager k-medoids clustering: O(k) runtime improvement of the PAM,
       CLARA, and CLARANS algorithms", Information Systems 101, 2021, doi:10.1016/j.is.2021.101804.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.cluster import best_candidates
    >>> points, candidates = np.array([0.0, 1.0, 9.0]), np.array([5.0, 0.0, 10.0])
    >>> best_candidates((candidates[:, None] - points) ** 2, 2).tolist()
    [1, 2]
    """
    chosen = _greedy(costs, k)
    if k < len(costs):
        chosen = _exchanged(costs, chosen)
    return np.sort(np.array(chosen, np.intp))


def _greedy(costs: Float64Array, k: int) -> list[int]:
    """Take the candidate that saves most, k times; a gain can only shrink, so few are computed anew."""
    chosen = [int(costs.sum(axis=1).argmin())]
    near = costs[chosen[0]].copy()
    gains = [(-float(np.maximum(near - row, 0).sum()), i) for i, row in enumerate(costs) if i != chosen[0]]
    heapq.heapify(gains)
    while len(chosen) < k:
        while True:
            _, i = heapq.heappop(gains)
            gain = -float(np.maximum(near - costs[i], 0).sum())
            if not gains or (gain, i) <= gains[0]:
                break
            heapq.heappush(gains, (gain, i))
        chosen.append(i)
        np.minimum(near, costs[i], out=near)
    return chosen


def _exchanged(costs: Float64Array, chosen: list[int]) -> list[int]:
    """Exchange chosen candidates for others as long as the total falls."""
    served = _Served(costs, chosen)
    since = 0  # candidates tried since the last exchange
    for _ in range(_MOST_SWEEPS):
        for i in range(len(costs)):
            if i in served.chosen:
                continue
            if served.exchange(i):
                since = 0
            since += 1
            if since > len(costs):
                return served.chosen
    return served.chosen


class _Served:
    """The chosen candidates, and for each point the two cheapest of them and what these cost."""

    def __init__(self, costs: Float64Array, chosen: list[int]) -> None:
        self._costs, self.chosen = costs, chosen
        n = costs.shape[1]
        self._own, self._next = np.zeros(n, np.intp), np.zeros(n, np.intp)  # places in chosen
        self._least, self._second = np.empty(n), np.empty(n)
        self._look_up(np.arange(n))

    def exchange(self, new: int) -> bool:
        """Put a candidate in the place of the chosen one for which it saves most, if it saves anything."""
        row = self._costs[new]
        gain = np.minimum(row - self._least, 0)
        # without its own candidate a point goes to the new one or to its second
        alone = np.minimum(row, self._second) - self._least - gain
        change = np.bincount(self._own, alone, len(self.chosen)) + gain.sum()
        place = int(change.argmin())
        if not change[place] < 0:
            return False
        self.chosen[place] = new
        # only points that the old one served, or for which the new one is among the two cheapest, look again
        self._look_up(np.flatnonzero((self._own == place) | (self._next == place) | (row < self._second)))
        return True

    def _look_up(self, points: IntpArray) -> None:
        """Find the two cheapest for some points."""
        rows, every = self._costs[np.array(self.chosen)[:, None], points], np.arange(len(points))
        own = rows.argmin(axis=0)
        self._own[points], self._least[points] = own, rows[own, every]
        rows[own, every] = np.inf
        second = rows.argmin(axis=0)
        self._next[points], self._second[points] = second, rows[second, every]
