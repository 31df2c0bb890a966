"""Ward's agglomeration."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float64Array, Int32Array


def ward(
    n: int,
    d: int,
    k: int,
    columns: Float64Array,
    sizes: Float64Array,
    costs: Float64Array,
    least: Float64Array,
    partner: Int32Array,
) -> None:
    """Merge the pair of clusters that costs least until k are left; merged ones go to infinity."""
    for i in range(n):
        _look_for_partner(i, columns, sizes, costs, least, partner)
    for _ in range(n - k):
        i = int(least.argmin())
        gone = int(partner[i])
        size = sizes[i] + sizes[gone]
        columns[:, i] = (columns[:, i] * sizes[i] + columns[:, gone] * sizes[gone]) / size
        columns[:, gone], sizes[i], least[gone] = np.inf, size, np.inf
        _look_for_partner(i, columns, sizes, costs, least, partner)
        better = costs < least
        lost = ~better & ((partner == i) | (partner == gone)) & np.isfinite(columns[0])
        lost[i] = False
        least[better], partner[better] = costs[better], i
        for other in np.flatnonzero(lost).tolist():
            _look_for_partner(other, columns, sizes, costs, least, partner)


def _look_for_partner(
    i: int, columns: Float64Array, sizes: Float64Array, costs: Float64Array, least: Float64Array, partner: Int32Array
) -> None:
    """Find the cluster that cluster i merges with at least cost: N_i N_j / (N_i + N_j) ||mu_i - mu_j||^2."""
    costs[:] = 0.0
    for column in columns:
        costs += (column - column[i]) ** 2
    costs *= sizes * sizes[i] / (sizes + sizes[i])
    costs[i] = np.inf
    partner[i] = costs.argmin()
    least[i] = costs[partner[i]]
