"""Ward's agglomeration: the door to ``src/ward.c``."""

from __future__ import annotations

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.types import Float64Array


def ward(centers: Float64Array, sizes: Float64Array, k: int) -> Float64Array:
    """Merge clusters with these means (n, d), pair by pair where it costs least, until k are left: their means."""
    n, d = centers.shape
    columns, sizes = np.array(centers.T, np.float64, order="C"), sizes.astype(np.float64)
    choice()[0].ward(n, d, k, columns, sizes, np.empty(n), np.empty(n), np.empty(n, np.int32))
    return np.ascontiguousarray(columns[:, np.isfinite(columns[0])].T)
