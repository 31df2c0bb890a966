"""What clusterers with centers share: a sample becomes its distances to them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.cluster._base import BaseClusterer
from imgcluster.types import FloatArray


class CenterClusterer(BaseClusterer):
    """A clusterer that transforms samples to distances from its centers."""

    cluster_centers_: FloatArray

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return the distances to all centers: (n_samples, n_clusters)."""
        raise NotImplementedError

    def fit_transform(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> FloatArray:
        """Fit, then return the distances to all centers."""
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[Any]:
        """Return the names of the columns that `transform` gives: the class in small letters, and the cluster.

        Parameters
        ----------
        input_features : ignored
            Accepted for scikit-learn's sake.

        Returns
        -------
        ndarray of shape (n_clusters,), object
        """
        self._check_fitted()
        return np.array([f"{type(self).__name__.lower()}{i}" for i in range(len(self.cluster_centers_))], dtype=object)
