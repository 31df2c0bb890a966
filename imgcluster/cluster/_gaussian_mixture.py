"""Mixtures of Gaussians by expectation maximization."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster._base import check_array, check_moderate, check_not_tiny, check_weights
from imgcluster.cluster._covariance import COVARIANCES
from imgcluster.cluster._em import EM, Mixture, Run
from imgcluster.cluster._given_mixture import check_mixing, check_scales, given_mixture, inverses
from imgcluster.cluster._half_steps import HalfSteps
from imgcluster.cluster._mixture_parameters import DEFAULT_INIT, Lines, check_parameters, start_of
from imgcluster.cluster._scikit_learn import convergence_warning
from imgcluster.cluster._trace import History, Trace
from imgcluster.parameters import check_choice, check_random_state
from imgcluster.threads import check_threads
from imgcluster.types import FloatArray, Int32Array, RandomState
from imgcluster.warning import warn

_REG_COVAR = 1e-6
_MUCH = 0.01  # of the variance of a feature: more may blur components
_FLAT = 1e-12  # of the largest value of a feature: deviations that are rounding


class GaussianMixture(HalfSteps):
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
        Where means start: drawn by squared distance and led by k-means, in the first start with swaps, in others for a
        few iterations, so that they differ; drawn by weight; or as given. Then one hard assignment to the nearest mean
        and an M-step begin the alternation.
    init_params : {"kmeans", "k-means++", "random", "random_from_data"}, optional
        `init` by scikit-learn's name and values: the first two are "k-means++", the others "random". Not beside an
        `init` that says otherwise.
    weights_init : ndarray of shape (n_components,), optional
        First mixing coefficients, non-negative with sum 1; by default those of the hard assignment.
    means_init : ndarray of shape (n_components, n_features), optional
        First means, which stay as they are until the first M-step. They come before "k-means++" and "random" by either
        name; beside an array as `init` they are rejected.
    precisions_init : ndarray, optional
        Inverses of the first covariances, in their shape; by default those of the hard assignment.
    n_init : int, default 1
        Number of starts; the one of highest log-likelihood is kept. An array as `init` is one start.
    max_iter : int, default 100
        Most pairs of E-step and M-step; 0 leaves the start as it is.
    tol : float, default 1e-3
        Stop when the mean log-likelihood of a sample changes by less. With 0 exactly max_iter pairs are made.
    reg_covar : float, default 1e-6
        Added to every variance. It is the maximum of a penalized objective (see Notes). The default is for features
        whose deviations are well above 0.01; the fit of others warns, and names a value.
    warm_start : bool, default False
        Whether a fit begins with the parameters of the last one, if those have the same shape, instead of a new start.
    keep_path : bool, default False
        Whether `history_.path` holds parameters and responsibilities after every half-step: 8 n_samples n_components
        bytes an iteration.
    progress : bool, default False
        Whether a bar counts the half-steps, in a terminal or a notebook.
    verbose : int, default 0
        1 prints a line for each start; 2 also one every `verbose_interval` iterations, as they are made.
    verbose_interval : int, default 10
        Iterations from one of these lines to the next.
    random_state : int, numpy Generator or None, default None
        Seed of all draws. None draws one from NumPy's global state, which `np.random.seed` sets.
    n_threads : int or None, default None
        Threads; None uses all processors. The result does not depend on it.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Mixing coefficients pi_k; these and the next three are float32 for X in float32, else float64.
    means_ : ndarray of shape (n_components, n_features)
    covariances_ : ndarray
        (k, d, d) for "full", (d, d) for "tied" and "identity", (k, d) for "diag", (k,) for "spherical".
    precisions_, precisions_cholesky_ : ndarray
        Inverse covariances, and their factors C with the inverse C C^T, in the same shape.
    log_likelihood_ : float
        Weighted sum of ln p(x_n) over all samples, in nats.
    lower_bound_ : float
        The same for a sample of weight 1, as scikit-learn has it.
    lower_bounds_ : list of float
        The objective after each E-step, for a sample of weight 1.
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
    _estimator_type = "DensityEstimator"

    log_likelihood_: float
    lower_bound_: float
    lower_bounds_: list[float]
    _previous: float = -np.inf
    converged_: bool
    n_iter_: int
    history_: History
    n_features_in_: int

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        init: str | ArrayLike = DEFAULT_INIT,
        init_params: str | None = None,
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        precisions_init: ArrayLike | None = None,
        n_init: int = 1,
        max_iter: int = 100,
        tol: float = 1e-3,
        reg_covar: float = _REG_COVAR,
        warm_start: bool = False,
        keep_path: bool = False,
        progress: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        random_state: RandomState = None,
        n_threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.init = init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.reg_covar = reg_covar
        self.warm_start = warm_start
        self.keep_path = keep_path
        self.progress = progress
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixture to X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers; the largest magnitude must be between 1e-150 and 1e150, or 0.
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
        array = check_array(X)
        em, rng = self._em(array, sample_weight), check_random_state(self.random_state)
        self._warn_of_scale(em)
        best: Run | None = None
        n_starts = self._n_starts()
        for i in range(n_starts):
            trace, start = self._trace(em, f"start {i + 1}"), self._start(em, rng, swaps=i == 0)
            previous = self._previous if start is getattr(self, "_mixture", None) else -np.inf  # a warm start goes on
            run = em.run(start, self.max_iter, self.tol, rng, trace, previous)
            history = trace.history()
            if self.verbose:
                end = "converged" if run.converged else "stopped"
                said = f"log-likelihood {run.log_likelihood / em.total:.8g} a sample"
                print(f"start {i + 1} of {n_starts}: {said}, {end} after {run.n_iter} iterations")
            if best is None or run.log_likelihood > best.log_likelihood:
                best, self.history_ = run, history
        assert best is not None
        self.n_iter_, self.converged_, self._previous = best.n_iter, best.converged, best.previous
        self.log_likelihood_, self.lower_bound_ = best.log_likelihood, best.log_likelihood / em.total
        expected = [step == "expect" for step in self.history_.steps]
        self.lower_bounds_ = (self.history_.objective[expected] / em.total).tolist()
        self._keep(X, array, best.mixture)
        if not self.converged_ and self.tol > 0 and self.max_iter > 0:
            warn(
                f"EM stopped at max_iter={self.max_iter} before it converged; raise max_iter or tol",
                convergence_warning(),
            )
        return self

    @classmethod
    def from_parameters(
        cls,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
        *,
        covariance_type: str = "full",
        random_state: RandomState = None,
        n_threads: int | None = None,
    ) -> Self:
        """Make a mixture of known parameters, ready to draw from and to judge data by, without a fit.

        Parameters
        ----------
        weights : array-like of shape (n_components,)
            Mixing coefficients: non-negative numbers of sum 1.
        means : array-like of shape (n_components, n_features)
        covariances : array-like
            Positive definite, of the shape of `covariances_`: (k, d, d) for "full".
        covariance_type : {"full", "tied", "diag", "spherical", "identity"}, default "full"
        random_state : int, numpy Generator or None, default None
        n_threads : int or None, default None

        Returns
        -------
        GaussianMixture

        Raises
        ------
        ValueError
            If shapes do not match, weights do not sum to 1, or a covariance is not positive definite.

        Examples
        --------
        >>> from imgcluster import GaussianMixture
        >>> model = GaussianMixture.from_parameters([0.3, 0.7], [[0.0], [5.0]], [[[1.0]], [[4.0]]], random_state=0)
        >>> X, z = model.sample(1000)
        >>> float((z == 0).mean())
        0.32
        """
        check_choice("covariance_type", covariance_type, tuple(COVARIANCES))
        mixture = given_mixture(weights, means, covariances, covariance_type)
        made = cls(len(mixture.means), covariance_type=covariance_type, random_state=random_state, n_threads=n_threads)
        made._keep(means, check_array(means, "means"), mixture)
        return made

    def _em(self, X: FloatArray, sample_weight: ArrayLike | None) -> EM:
        """Check data, which are an array already, and parameters."""
        array = check_moderate(X.astype(np.float64, copy=False))
        check_not_tiny(array)
        weights = check_weights(sample_weight, len(array))
        check_parameters(self, len(array))
        threads = check_threads(self.n_threads)
        return EM(array, weights, self.n_components, self.covariance_type, self.reg_covar, threads)

    def _start(self, em: EM, rng: np.random.Generator, *, swaps: bool) -> Mixture:
        """Return the mixture to begin with."""
        if self.warm_start and self._is_like(em):
            return self._mixture
        weights, covariances = None, None
        if self.weights_init is not None:
            weights = check_mixing(self.weights_init, em.k, "weights_init")
        if self.precisions_init is not None:
            given = check_scales(self.precisions_init, self.covariance_type, (em.k, em.d), "precisions_init")
            covariances = inverses(given, self.covariance_type)
        keep_means = self.means_init is not None
        return em.start(start_of(self), weights, covariances, rng, swaps=swaps, keep_means=keep_means)

    def _n_starts(self) -> int:
        """Count the starts: one where nothing is drawn."""
        return self.n_init if isinstance(start_of(self), str) and not self.warm_start else 1

    def _trace(self, em: EM, name: str) -> Trace:
        """Open the book of a start, which tells of iterations if that is asked for."""
        lines = Lines(name, self.verbose_interval, em.total) if self.verbose > 1 else None
        return Trace(bool(self.keep_path), bool(self.progress), lines)

    def _keep(self, X: ArrayLike, array: FloatArray, mixture: Mixture) -> None:
        """Publish parameters, float32 for data in float32; `array` are the data, X as they were given."""
        self._keep_mixture(mixture, array.dtype)
        self._kept_type = self.covariance_type
        self._keep_features(X, array)

    def _warn_of_scale(self, em: EM) -> None:
        """Warn the caller of fit() of features whose variance the default of reg_covar would hide."""
        varied = em.variances > (_FLAT * np.abs(em.X).max(axis=0)) ** 2
        if em.reg_covar != _REG_COVAR or not varied.any():
            return
        least = float(em.variances[varied].min())
        if em.reg_covar > _MUCH * least:
            feature = int(np.flatnonzero(varied & (em.variances == least))[0])
            warn(
                f"reg_covar={em.reg_covar:g} blurs components: the variance of feature {feature} is only {least:.2g}; "
                f"scale the features, or pass reg_covar={1e-6 * least:.1g}",
                convergence_warning(),
            )

    def fit_predict(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Int32Array:
        """Fit, then predict the component of each sample."""
        return self.fit(X, sample_weight=sample_weight).predict(X)
