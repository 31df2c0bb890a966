"""How well two labelings of the same samples agree, whatever the numbers of their clusters are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def adjusted_rand_index(one: NDArray[np.integer], other: NDArray[np.integer]) -> float:
    """Return the adjusted Rand index: 1 for equal partitions, 0 on average by chance [1]_.

    (sum_ij C(n_ij, 2) - e) / ((sum_i C(a_i, 2) + sum_j C(b_j, 2)) / 2 - e), where n_ij are the samples of cluster i in
    the one and j in the other, a_i and b_j their sums, and e = sum_i C(a_i, 2) sum_j C(b_j, 2) / C(n, 2).

    References
    ----------
    .. [1] L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2, 1985, doi:10.1007/BF01908075.

    Examples
    --------
    >>> import numpy as np
    >>> adjusted_rand_index(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    _, rows = np.unique(one, return_inverse=True)
    _, columns = np.unique(other, return_inverse=True)
    n_columns = int(columns.max()) + 1
    both = np.bincount(rows * n_columns + columns, minlength=(int(rows.max()) + 1) * n_columns).reshape(-1, n_columns)
    together = _pairs(both)
    first, second, every = _pairs(both.sum(axis=1)), _pairs(both.sum(axis=0)), _pairs(np.array([len(one)]))
    expected = first * second / every if every else 0.0
    most = (first + second) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def _pairs(counts: NDArray[np.integer]) -> float:
    """Count the pairs of samples within groups."""
    sizes = counts.astype(np.float64)
    return float((sizes * (sizes - 1)).sum()) / 2
