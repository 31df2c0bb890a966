"""Points on a line: the best intervals, exactly, by dynamic programming."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float64Array, FloatArray, IntpArray


def order_on_line(X: FloatArray) -> IntpArray | None:
    """Return the order of points along the line on which all of them lie exactly; None if there is no such line."""
    differences = X.astype(np.float64) - X[0]
    axis = differences[int((differences**2).sum(axis=1).argmax())]
    main = int(np.abs(axis).argmax())
    if (differences * axis[main] != differences[:, main : main + 1] * axis).any():
        return None
    return np.argsort(differences[:, main], kind="stable")


def best_intervals(costs: Float64Array, k: int) -> IntpArray:
    """Split points on a line into k intervals of least cost.

    The optimal clusters of points on a line are intervals, also where each is represented by the best of a few values,
    such as shades of 8 bits: the points nearest to one of them lie between two bounds. So the optimum is found by
    dynamic programming [1]_; the colors on a line are at most 256, so that a step over all pairs is cheap enough.

    Parameters
    ----------
    costs : ndarray of shape (n, n), float64
        The cost of the interval from point i to point j, both included; what is below the diagonal is not read.
    k : int
        1 to n.

    Returns
    -------
    ndarray of shape (k,)
        The first point of each interval, ascending.

    References
    ----------
    .. [1] H. Wang, M. Song, "Ckmeans.1d.dp: Optimal k-means Clustering in One Dimension by Dynamic Programming", The R
       Journal 3(2), 2011, doi:10.32614/RJ-2011-015.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.cluster import best_intervals
    >>> x = np.array([0.0, 1.0, 9.0, 11.0])
    >>> costs = np.array([[((x[i : j + 1] - x[i : j + 1].mean()) ** 2).sum() if i <= j else 0 for j in range(4)]
    ...                   for i in range(4)])
    >>> best_intervals(costs, 2).tolist()
    [0, 2]
    """
    n = len(costs)
    upper = np.where(np.tri(n, k=-1, dtype=bool), np.inf, costs)
    best, choices = upper[0], []
    for _ in range(k - 1):
        # [i, j]: the last interval is i..j, and those before it end at i - 1
        trials = np.concatenate([[np.inf], best[:-1]])[:, None] + upper
        choices.append(trials.argmin(axis=0))
        best = trials.min(axis=0)
    starts, end = [], n - 1
    for choice in reversed(choices):
        start = int(choice[end])
        starts.append(start)
        end = start - 1
    return np.array([0, *reversed(starts)], np.intp)
