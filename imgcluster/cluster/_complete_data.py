"""The complete data of a mixture, x and z together: its likelihood, what is expected of it, and the lower bound."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.cluster._base import check_weights
from imgcluster.cluster._density import MixtureDensity
from imgcluster.types import Float64Array

_ROUNDING = 1e-6


class CompleteData(MixtureDensity):
    """What is said of a mixture where the component z of each sample is known, or known by its probabilities."""

    def complete_log_likelihood(self, X: ArrayLike, z: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return ln p(X, Z) = sum_n w_n (ln pi_z + ln N(x_n | mu_z, Sigma_z)) [1]_ (9.35, 9.36), in nats.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        z : array-like of shape (n_samples,), int
            The component of each sample, 0 to n_components - 1.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float

        References
        ----------
        .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006.
        """
        joint = self.joint_log_prob(X)
        weights = check_weights(sample_weight, len(joint))
        chosen = joint[np.arange(len(joint)), check_components(z, *joint.shape)]
        return float((weights * chosen)[weights > 0].sum())

    def expected_complete_log_likelihood(
        self, X: ArrayLike, responsibilities: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Return Q = sum_nk w_n gamma(z_nk) ln p(z_n = k, x_n) [1]_ (9.40), in nats.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        responsibilities : array-like of shape (n_samples, n_components), optional
            A distribution over the components for each sample; by default that of this mixture, from an E-step.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float

        References
        ----------
        .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006.
        """
        joint = self.joint_log_prob(X)
        weights = check_weights(sample_weight, len(joint))
        shares = (
            self.predict_proba(X) if responsibilities is None else check_responsibilities(responsibilities, joint.shape)
        )
        with np.errstate(invalid="ignore"):  # 0 times minus infinity is nothing
            terms = np.where(shares > 0, shares * joint, 0.0).sum(axis=1)
        return float((weights * terms)[weights > 0].sum())

    def lower_bound(
        self, X: ArrayLike, responsibilities: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Return L(q, theta) = Q + H, the lower bound on ln p(X) [1]_ (9.71, 9.74), in nats.

        With the responsibilities of this mixture, the default, it is the log-likelihood; the gap of any others is their
        Kullback-Leibler divergence from those.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        responsibilities : array-like of shape (n_samples, n_components), optional
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float

        References
        ----------
        .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006.
        """
        shares = self.predict_proba(X) if responsibilities is None else responsibilities
        expected = self.expected_complete_log_likelihood(X, shares, sample_weight)
        return expected + self.responsibility_entropy(shares, sample_weight)

    @staticmethod
    def responsibility_entropy(responsibilities: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the entropy H = -sum_nk w_n gamma(z_nk) ln gamma(z_nk) of responsibilities, in nats.

        Parameters
        ----------
        responsibilities : array-like of shape (n_samples, n_components)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float
        """
        shares = np.asarray(responsibilities, np.float64)
        weights = check_weights(sample_weight, len(shares))
        logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
        return float(-(weights[:, None] * shares * logs).sum())


def check_components(
    z: ArrayLike, n_samples: int, n_components: int, name: str = "z", part: str = "component"
) -> NDArray[np.intp]:
    """Return the component (or cluster: `part`) of each sample, (n_samples,)."""
    found = np.asarray(z)
    if found.dtype.kind not in "iu" or found.shape != (n_samples,):
        said = f"{n_samples} integers, one {part} a sample"
        raise ValueError(f"{name} must be {said}, got {found.dtype} {found.shape}")
    if found.min() < 0 or found.max() >= n_components:
        wrong = found.min() if found.min() < 0 else found.max()
        raise ValueError(f"{name} must be {part}s from 0 to {n_components - 1}, got {wrong}")
    return found.astype(np.intp)


def check_responsibilities(values: ArrayLike, shape: tuple[int, ...], columns: str = "n_components") -> Float64Array:
    """Return responsibilities of a shape (n_samples, n_components): non-negative rows of sum 1."""
    found = np.asarray(values, np.float64)
    if found.shape != shape:
        raise ValueError(f"responsibilities must have shape {shape} (n_samples, {columns}), got {found.shape}")
    if not (found >= 0).all() or np.abs(found.sum(axis=1) - 1).max() > _ROUNDING:
        raise ValueError("responsibilities must not be negative, and must sum to 1 for each sample; divide by the sums")
    return found
