"""Mixtures of Gaussians by expectation maximization."""

from __future__ import annotations

import warnings
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from imgcluster import kernels
from imgcluster.cluster._base import BaseClusterer, check_array, check_count, check_moderate, check_weights
from imgcluster.cluster._covariance import COVARIANCES
from imgcluster.cluster._em import EM, Mixture
from imgcluster.cluster._trace import History, Trace
from imgcluster.errors import ConvergenceWarning
from imgcluster.kernels import Expectation
from imgcluster.parameters import check_choice, check_int, check_number, check_random_state
from imgcluster.threads import check_threads
from imgcluster.types import Float64Array, Int32Array, RandomState

_INITS = ("k-means++", "random")
_REG_COVAR = 1e-6
_MUCH = 0.01  # of the variance of a feature: more may blur components
_FLAT = 1e-12  # of the largest value of a feature: deviations that are rounding


class GaussianMixture(BaseClusterer):
    """Mixture of Gaussians p(x) = sum_k pi_k N(x | mu_k, Sigma_k), fitted by EM.

    The E-step finds the responsibilities gamma(z_nk) = pi_k N(x_n | mu_k, Sigma_k) / sum_j pi_j N(x_n | mu_j, Sigma_j)
    [1]_ (9.23), in the log domain. The M-step refits, with N_k = sum_n gamma(z_nk) (9.27),
    mu_k = sum_n gamma(z_nk) x_n / N_k (9.24),
    Sigma_k = sum_n gamma(z_nk) (x_n - mu_k)(x_n - mu_k)^T / N_k + reg_covar I (9.25) and pi_k = N_k / N (9.26). Neither
    lowers the log-likelihood ln p(X) = sum_n ln sum_k pi_k N(x_n | mu_k, Sigma_k) (9.28).

    Parameters
    ----------
    n_components : int, default 1
        Number of components k.
    covariance_type : {"full", "tied", "diag", "spherical", "identity"}, default "full"
        A matrix for each component, one matrix for all, variances for each, one variance for each, or Sigma = I: only
        means and weights are learned.
    init : {"k-means++", "random"} or ndarray of shape (n_components, n_features), default "k-means++"
        Where means start: drawn by squared distance and led by a few k-means iterations, drawn by weight, or as given.
        Then one hard assignment to the nearest mean and an M-step begin the alternation.
    weights_init : ndarray of shape (n_components,), optional
        First mixing coefficients, non-negative with sum 1; by default those of the hard assignment.
    n_init : int, default 1
        Number of starts; the one of highest log-likelihood is kept. An array as `init` is one start.
    max_iter : int, default 100
        Most pairs of E-step and M-step.
    tol : float, default 1e-3
        Stop when the mean log-likelihood of a sample changes by less. With 0 exactly max_iter pairs are made.
    reg_covar : float, default 1e-6
        Added to every variance. It is the maximum of a penalized objective (see Notes). The default is for features
        whose deviations are well above 0.01; the fit of others warns, and names a value.
    random_state : int, numpy Generator or None, default None
        Seed of all draws.
    n_threads : int or None, default None
        Threads; None uses all processors. The result does not depend on it.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,), float64
        Mixing coefficients pi_k.
    means_ : ndarray of shape (n_components, n_features), float64
    covariances_ : ndarray, float64
        (k, d, d) for "full", (d, d) for "tied" and "identity", (k, d) for "diag", (k,) for "spherical".
    log_likelihood_ : float
        Weighted sum of ln p(x_n) over all samples, in nats.
    converged_ : bool
    n_iter_ : int
        Pairs of E-step and M-step of the start that was kept.
    history_ : History
        The objective after every E-step ("expect"), M-step ("maximize") and re-seeded component ("reseed").
    n_features_in_ : int

    Notes
    -----
    The objective in `history_` is the lower bound L(q, theta) [1]_ (9.71), equal to the log-likelihood after an E-step.
    With reg_covar = c > 0 it is penalized by c / 2 sum_nk w_n gamma(z_nk) tr(Sigma_k^-1), which is what adding c to the
    variances maximizes. The E-step is that of (9.23) as long as it does not lower the penalized objective, which with
    a c that is small against all variances it never does; otherwise the E-step takes the penalty into account, too.
    A component that dies, or whose covariance becomes singular, is put on a point drawn among those of low density,
    with the covariance of the data. All is computed in float64.

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, sections 9.2 to 9.4.
    .. [2] A. P. Dempster, N. M. Laird, D. B. Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm",
       Journal of the Royal Statistical Society B 39, 1977, doi:10.1111/j.2517-6161.1977.tb01600.x.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import GaussianMixture
    >>> X = np.array([[-2.0], [-1.0], [0.0], [9.0], [10.0], [11.0]])
    >>> model = GaussianMixture(2, random_state=0).fit(X)
    >>> sorted(model.means_.round(3).tolist())
    [[-1.0], [10.0]]
    """

    _KIND = "density_estimator"

    weights_: Float64Array
    means_: Float64Array
    covariances_: Float64Array
    log_likelihood_: float
    converged_: bool
    n_iter_: int
    history_: History
    n_features_in_: int

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        init: str | ArrayLike = "k-means++",
        weights_init: ArrayLike | None = None,
        n_init: int = 1,
        max_iter: int = 100,
        tol: float = 1e-3,
        reg_covar: float = _REG_COVAR,
        random_state: RandomState = None,
        n_threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.init = init
        self.weights_init = weights_init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.reg_covar = reg_covar
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixture to X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers of magnitude below 1e150.
        y : ignored
            Accepted for scikit-learn's sake.
        sample_weight : array-like of shape (n_samples,), optional
            Non-negative; a sample of weight 3 counts as three copies.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not 2-D, empty, not finite or too large, has fewer samples than components, weights are negative or
            all 0, or covariances stay singular.

        Warns
        -----
        ConvergenceWarning
            If max_iter ended the fit, or the default of reg_covar is not small against the variance of a feature.
        """
        given, X = X, check_moderate(check_array(X).astype(np.float64, copy=False))
        weights = check_weights(sample_weight, len(X))
        self._check_parameters(len(X))
        em = EM(X, weights, self.n_components, self.covariance_type, self.reg_covar, check_threads(self.n_threads))
        self._warn_of_scale(em, X)
        rng = check_random_state(self.random_state)
        best: tuple[float, Mixture] | None = None
        for _ in range(self.n_init if isinstance(self.init, str) else 1):
            trace = Trace()
            start = em.start(self.init, self.weights_init, rng)
            mixture, log_likelihood, n_iter, converged = em.run(start, self.max_iter, self.tol, rng, trace)
            if best is None or log_likelihood > best[0]:
                best = log_likelihood, mixture
                self.n_iter_, self.converged_, self.history_ = n_iter, converged, trace.history()
        assert best is not None
        self.log_likelihood_, self._mixture = best
        self.weights_, self.means_ = self._mixture.weights, self._mixture.means
        self.covariances_ = self._mixture.covariances
        self._keep_features(given, X)
        if not self.converged_ and self.tol > 0:
            warnings.warn(
                f"EM stopped at max_iter={self.max_iter} before it converged; raise max_iter or tol",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _warn_of_scale(self, em: EM, X: Float64Array) -> None:
        """Warn the caller of fit() of features whose variance the default of reg_covar would hide."""
        varied = em.variances > (_FLAT * np.abs(X).max(axis=0)) ** 2
        if em.reg_covar != _REG_COVAR or not varied.any():
            return
        least = float(em.variances[varied].min())
        if em.reg_covar > _MUCH * least:
            feature = int(np.flatnonzero(varied & (em.variances == least))[0])
            warnings.warn(
                f"reg_covar={em.reg_covar:g} blurs components: the variance of feature {feature} is only {least:.2g}; "
                f"scale the features, or pass reg_covar={1e-6 * least:.1g}",
                ConvergenceWarning,
                stacklevel=3,
            )

    def predict(self, X: ArrayLike) -> Int32Array:
        """Return the component of highest responsibility of each sample: (n_samples,), int32."""
        labels: Int32Array = self._expect(X).shares.argmax(axis=1).astype(np.int32)
        return labels

    def fit_predict(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Int32Array:
        """Fit, then predict the component of each sample."""
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def predict_proba(self, X: ArrayLike) -> Float64Array:
        """Return the responsibilities gamma(z_nk): (n_samples, n_components); those below e^-50 of the best are 0."""
        return self._expect(X).shares

    def score_samples(self, X: ArrayLike) -> Float64Array:
        """Return ln p(x) of each sample: (n_samples,), in nats."""
        return self._expect(X).densities

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

    def sample(self, n_samples: int = 1) -> tuple[Float64Array, Int32Array]:
        """Draw from the mixture: samples (n_samples, n_features), float64, and their components (n_samples,), int32."""
        self._check_fitted()
        check_int("n_samples", n_samples, 1)
        rng = check_random_state(self.random_state)
        k, d = self.means_.shape
        matrices = COVARIANCES[self.covariance_type].as_matrices(self.covariances_, k, d)
        components = np.repeat(np.arange(k, dtype=np.int32), rng.multinomial(n_samples, self.weights_))
        noise = rng.standard_normal((n_samples, d))
        spread = np.einsum("nij,nj->ni", np.linalg.cholesky(matrices)[components], noise)
        return self.means_[components] + spread, components

    def _expect(self, X: ArrayLike) -> Expectation:
        """Make an E-step on new data."""
        X = check_moderate(self._check_new(X).astype(np.float64, copy=False))
        model = self._mixture
        arrays = model.means, model.precision.factors, model.coefficients()
        return kernels.em_step(X, np.ones(len(X)), *arrays, check_threads(self.n_threads), each=True)

    def _n_parameters(self) -> int:
        """Count free parameters: means, covariances, and weights that sum to 1."""
        k, d = self.means_.shape
        return int(k * d + COVARIANCES[self.covariance_type].n_parameters(k, d) + k - 1)

    def _check_parameters(self, n_samples: int) -> None:
        check_count("n_components", self.n_components, n_samples)
        check_choice("covariance_type", self.covariance_type, tuple(COVARIANCES))
        if isinstance(self.init, str):
            check_choice("init", self.init, _INITS)
        check_int("n_init", self.n_init, 1)
        check_int("max_iter", self.max_iter, 1)
        check_number("tol", self.tol, 0.0)
        check_number("reg_covar", self.reg_covar, 0.0)
