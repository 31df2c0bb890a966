"""The two half-steps of EM as calls, to go through the alternation by hand."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster._base import check_array
from imgcluster.cluster._complete_data import CompleteData, check_components, check_responsibilities
from imgcluster.cluster._covariance import COVARIANCES
from imgcluster.cluster._em import EM, Mixture
from imgcluster.cluster._given_mixture import given_mixture
from imgcluster.parameters import check_choice, check_int
from imgcluster.types import Float64Array, FloatArray


class HalfSteps(CompleteData):
    """The E-step and the M-step that a fit alternates."""

    n_components: int
    _kept_type: str

    def expect(self, X: ArrayLike) -> Float64Array:
        """Make an E-step: return the responsibilities of the present parameters, as `predict_proba` does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components), float64
            gamma(z_nk) = pi_k N(x_n | mu_k, Sigma_k) / sum_j pi_j N(x_n | mu_j, Sigma_j), (9.23).

        Examples
        --------
        EM by hand, from where `fit` starts; the lower bound is what `fit` writes to `history_`:

        >>> import numpy as np
        >>> from imgcluster import GaussianMixture
        >>> X = np.array([[-2.0], [-1.0], [0.0], [9.0], [10.0], [11.0]])
        >>> model = GaussianMixture(2, init=[[-1.0], [1.0]], max_iter=0).fit(X)
        >>> for _ in range(20):
        ...     model = model.maximize(X, model.expect(X))
        >>> model.means_.round(3).tolist()
        [[-1.0], [10.0]]
        """
        return self.predict_proba(X)

    def maximize(self, X: ArrayLike, responsibilities: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Make an M-step: refit weights, means and covariances to responsibilities, (9.24) to (9.27).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        responsibilities : array-like of shape (n_samples, n_components)
            Non-negative rows of sum 1. A component without any keeps its mean and covariance, with weight 0.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self
            With these parameters; it need not have been fitted before.

        Raises
        ------
        ValueError
            If the shapes do not match, rows do not sum to 1, or covariances are singular.
        """
        return self._refit(X, check_array(X), responsibilities, sample_weight)

    def fit_complete(self, X: ArrayLike, z: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to complete data, where the component of each sample is known: the maximum of ln p(X, Z), without EM.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        z : array-like of shape (n_samples,), int
            The component of each sample, 0 to n_components - 1: weights become their proportions, means and covariances
            those of each class.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If z is not a component for each sample, or covariances are singular.
        """
        check_int("n_components", self.n_components, 1)
        array = check_array(X)
        components = check_components(z, len(array), self.n_components)
        return self._refit(X, array, np.eye(self.n_components)[components], sample_weight)

    def _refit(
        self, X: ArrayLike, array: FloatArray, responsibilities: ArrayLike, sample_weight: ArrayLike | None
    ) -> Self:
        """Make an M-step from responsibilities; `array` are the data, X as they were given."""
        em = self._em(array, sample_weight)
        shares = check_responsibilities(responsibilities, (len(array), em.k))
        self._keep(X, array, em.maximize(shares, self._mixture if self._is_like(em) else None))
        return self

    def _em(self, X: FloatArray, sample_weight: ArrayLike | None) -> EM:
        """Check data, which are an array already, and parameters."""
        raise NotImplementedError

    def _keep(self, X: ArrayLike, array: FloatArray, mixture: Mixture) -> None:
        """Publish parameters."""
        raise NotImplementedError

    def _takes_given(self) -> bool:
        """Take parameters that were set by hand, as scikit-learn does."""
        if not {"weights_", "means_", "covariances_"} <= vars(self).keys():
            return False
        check_choice("covariance_type", self.covariance_type, tuple(COVARIANCES))
        mixture = given_mixture(self.weights_, self.means_, self.covariances_, self.covariance_type)
        self._keep(self.means_, check_array(self.means_, "means"), mixture)
        return True

    def _is_like(self, em: EM) -> bool:
        """Check whether the present parameters are of the same shape and type as those that are asked for."""
        kept = getattr(self, "_mixture", None)
        return kept is not None and self._kept_type == self.covariance_type and kept.means.shape == (em.k, em.d)
