"""Ward's agglomeration: a start for k-means where points are few."""

from __future__ import annotations

import numpy as np

from imgcluster import kernels
from imgcluster.types import Float64Array, FloatArray


def ward_centers(X: FloatArray, weights: Float64Array, k: int) -> Float64Array:
    """Merge the pair of clusters that costs least until k are left [1]_.

    Where points are few for the number of clusters, this start is better than draws: nearly all clusters are single
    points, and the question is which few to merge. Time grows with the square of the number of points.

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
    return kernels.ward(X.astype(np.float64), weights, k)
