"""What a mixture of Gaussians whose parameters are known tells of data: densities, responsibilities, samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from imgcluster import kernels
from imgcluster.cluster._base import BaseClusterer, check_moderate, check_weights
from imgcluster.cluster._covariance import COVARIANCES
from imgcluster.cluster._em import Mixture
from imgcluster.cluster._given_mixture import covariances_of, given_mixture
from imgcluster.kernels import Expectation
from imgcluster.parameters import check_int, check_random_state
from imgcluster.threads import check_threads
from imgcluster.types import Float64Array, FloatArray, Int32Array, RandomState


class MixtureDensity(BaseClusterer):
    """A mixture p(x) = sum_k pi_k N(x | mu_k, Sigma_k) with parameters, however they were found."""

    covariance_type: str
    random_state: RandomState
    n_threads: int | None
    weights_: FloatArray
    means_: FloatArray
    covariances_: FloatArray
    _published: Mixture

    def predict(self, X: ArrayLike) -> Int32Array:
        """Return the component of highest responsibility of each sample: (n_samples,), int32."""
        labels: Int32Array = self._expect(X).shares.argmax(axis=1).astype(np.int32)
        return labels

    def predict_proba(self, X: ArrayLike) -> Float64Array:
        """Return the responsibilities p(z | x): (n_samples, n_components); those below e^-50 of the best are 0."""
        return self._expect(X).shares

    def score_samples(self, X: ArrayLike) -> Float64Array:
        """Return ln p(x) of each sample: (n_samples,), in nats."""
        return self._expect(X).densities

    def joint_log_prob(self, X: ArrayLike) -> Float64Array:
        """Return ln p(z = k, x) = ln pi_k + ln N(x | mu_k, Sigma_k): (n_samples, n_components), in nats.

        Its logsumexp over the components is `score_samples`, and the differences to that are the logarithms of the
        responsibilities; -inf where a component has no weight.
        """
        array, model = self._of_features(X), self._mixture
        factors = model.precision.factors
        found = np.empty((len(array), len(model.means)))
        for k, constant in enumerate(model.coefficients()):
            shifts = array - model.means[k]
            whitened = shifts * factors[k] if factors.ndim == 2 else shifts @ factors[k]
            found[:, k] = constant - 0.5 * (whitened**2).sum(axis=1)
        return found

    def score(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean log-likelihood of a sample, in nats."""
        densities = self.score_samples(X)
        weights = check_weights(sample_weight, len(densities))
        return float((weights * densities).sum() / weights.sum())

    def bic(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the Bayesian information criterion, -2 ln p(X) + n_parameters ln N; the lower the better.

        References
        ----------
        G. Schwarz, "Estimating the Dimension of a Model", Annals of Statistics 6(2), 1978, doi:10.1214/aos/1176344136.
        """
        n = float(check_weights(sample_weight, len(np.asarray(X))).sum())
        return -2 * n * self.score(X, sample_weight=sample_weight) + self._n_parameters() * float(np.log(n))

    def aic(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the Akaike information criterion, -2 ln p(X) + 2 n_parameters; the lower the better.

        References
        ----------
        H. Akaike, "A new look at the statistical model identification", IEEE Transactions on Automatic Control 19(6),
        1974, doi:10.1109/TAC.1974.1100705.
        """
        n = float(check_weights(sample_weight, len(np.asarray(X))).sum())
        return -2 * n * self.score(X, sample_weight=sample_weight) + 2 * self._n_parameters()

    def sample(self, n_samples: int = 1, *, random_state: RandomState = None) -> tuple[Float64Array, Int32Array]:
        """Draw x and z from the mixture: first the component by its weight, then the sample from its Gaussian.

        Parameters
        ----------
        n_samples : int
        random_state : int, numpy Generator or None
            Seed of this draw; None takes that of the mixture.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features), float64
        z : ndarray of shape (n_samples,), int32
            The component of each sample; they come in order.
        """
        self._check_fitted()
        check_int("n_samples", n_samples, 1)
        rng = check_random_state(self.random_state if random_state is None else random_state)
        model = self._mixture
        k, d = model.means.shape
        matrices = COVARIANCES[self.covariance_type].as_matrices(model.covariances, k, d)
        components = np.repeat(np.arange(k, dtype=np.int32), rng.multinomial(n_samples, model.weights))
        noise = rng.standard_normal((n_samples, d))
        spread = np.einsum("nij,nj->ni", np.linalg.cholesky(matrices)[components], noise)
        return model.means[components] + spread, components

    @property
    def precisions_(self) -> FloatArray:
        """Inverse covariances, in the shape of `covariances_`."""
        factors = self.precisions_cholesky_
        if self.covariance_type in ("diag", "spherical"):
            return factors**2
        return factors @ factors.swapaxes(-1, -2)

    @property
    def precisions_cholesky_(self) -> FloatArray:
        """Factors C of the inverse covariances C C^T, in the shape of `covariances_`: upper triangular, or roots."""
        self._check_fitted()
        factors = self._mixture.precision.factors
        by_type = {"tied": factors[0], "spherical": factors[:, 0]}
        found = np.eye(factors.shape[1]) if self.covariance_type == "identity" else by_type.get(self.covariance_type)
        return (factors if found is None else found).astype(self.means_.dtype)

    @precisions_cholesky_.setter
    def precisions_cholesky_(self, value: ArrayLike) -> None:
        """Set covariances_ to the inverse of C C^T, unless it is that already."""
        if not hasattr(self, "means_"):
            raise AttributeError("set means_ before precisions_cholesky_, or call GaussianMixture.from_parameters")
        kept, shape = vars(self).get("covariances_"), np.shape(self.means_)
        found = covariances_of(value, self.covariance_type, shape)
        if kept is None or np.shape(kept) != found.shape or not np.allclose(kept, found, rtol=1e-5, atol=0):
            self.covariances_ = found.astype(getattr(kept, "dtype", np.float64))

    @property
    def _mixture(self) -> Mixture:
        """The mixture of the parameters as they stand: whoever changes `means_` changes what the mixture says."""
        kept, now = self._published, (self.weights_, self.means_, self.covariances_)
        if all(
            np.array_equal(mine.astype(yours.dtype), yours)
            for mine, yours in zip((kept.weights, kept.means, kept.covariances), map(np.asarray, now), strict=True)
        ):
            return kept
        return given_mixture(*now, self.covariance_type)

    def _keep_mixture(self, mixture: Mixture, dtype: np.dtype[np.floating]) -> None:
        """Publish parameters in the type of the data; all is computed with those in float64."""
        self._published = mixture
        self.weights_, self.means_ = mixture.weights.astype(dtype), mixture.means.astype(dtype)
        self.covariances_ = mixture.covariances.astype(dtype)

    def _of_features(self, X: ArrayLike) -> Float64Array:
        """Check new data."""
        array: Float64Array = check_moderate(self._check_new(X).astype(np.float64, copy=False))
        return array

    def _expect(self, X: ArrayLike) -> Expectation:
        """Make an E-step on new data."""
        array, model = self._of_features(X), self._mixture
        arrays = model.means, model.precision.factors, model.coefficients()
        return kernels.em_step(array, np.ones(len(array)), *arrays, check_threads(self.n_threads), each=True)

    def _n_parameters(self) -> int:
        """Count free parameters: means, covariances, and weights that sum to 1."""
        k, d = self.means_.shape
        return int(k * d + COVARIANCES[self.covariance_type].n_parameters(k, d) + k - 1)
