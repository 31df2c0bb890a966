"""The graph of neighboring segments, and the tree that merges them one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgcluster import kernels
from imgcluster.types import Float64Array, Int32Array, Int64Array


@dataclass(frozen=True, eq=False)
class MergeTree:
    """Segments merged greedily by Ward's criterion: always the neighbors whose union adds least to the variance.

    Merging a and b costs n_a n_b / (n_a + n_b) ||mean_a - mean_b||^2, the rise of the sum of squared distances to the
    means.

    Attributes
    ----------
    merges : ndarray of shape (t, 2), int32
        In order; the second segment of each becomes part of the first, whose number is lower. Where there are several
        pieces without a common border, t is less than n_segments - 1.
    n_segments : int
        At the start.

    References
    ----------
    J. H. Ward, "Hierarchical Grouping to Optimize an Objective Function", Journal of the American Statistical
    Association 58 (1963), doi:10.1080/01621459.1963.10500845.
    """

    merges: Int32Array
    n_segments: int

    @classmethod
    def grow(cls, areas: Int64Array, mean_features: Float64Array, borders: kernels.Borders) -> MergeTree:
        """Merge until no segments with a common border are left."""
        if len(areas) == 0:
            return cls(np.empty((0, 2), np.int32), 0)
        return cls(kernels.merge_regions(areas.astype(np.float64), mean_features, borders, 1).pairs, len(areas))

    def cut(self, n_segments: int) -> Int32Array:
        """Return the new number of every segment when n_segments are left, or as few as there can be: (n,).

        New numbers are in the order of the lowest old ones.
        """
        return kernels.merged_labels(self.n_segments, self.merges[: self.n_segments - n_segments])
