"""Soft k-means: every point belongs to every cluster a little."""

from __future__ import annotations

from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster._base import (
    check_array,
    check_count,
    check_moderate,
    check_not_tiny,
    check_start,
    check_weights,
)
from imgcluster.cluster._init import INITS, initial_centers
from imgcluster.cluster._lloyd import lloyd
from imgcluster.cluster._points import DensePoints
from imgcluster.cluster._scikit_learn import convergence_warning
from imgcluster.cluster._soft_steps import SoftSteps, check_beta, expectation, refitted
from imgcluster.cluster._trace import History, Trace
from imgcluster.parameters import (
    check_choice,
    check_flag,
    check_int,
    check_number,
    check_random_state,
    check_real,
    given_text,
)
from imgcluster.threads import check_threads
from imgcluster.types import Float64Array, RandomState
from imgcluster.warning import warn

_LEAST_SPREAD = 1e-6  # of the variance of the data
_START_ITER = 20  # Lloyd iterations from which beta="auto" takes the spread within clusters


class _Run(NamedTuple):
    centers: Float64Array
    beta: float
    objective: float
    n_iter: int
    converged: bool
    history: History


class SoftKMeans(SoftSteps):
    """Soft k-means clustering of weighted points.

    Responsibilities are r_nk = exp(-beta ||x_n - m_k||^2) / sum_j exp(-beta ||x_n - m_j||^2) [1]_, the E-step of a
    mixture of equal weights and covariances 1 / (2 beta) I ([2]_ 9.42, eps = 1 / (2 beta)); means are refitted as
    m_k = sum_n w_n r_nk x_n / sum_n w_n r_nk. Neither raises the objective
    F = sum_nk w_n r_nk ||x_n - m_k||^2 + (1 / beta) sum_nk w_n r_nk ln r_nk. As beta grows this becomes k-means.

    Parameters
    ----------
    n_clusters : int, default 8
        Number of clusters k, at most the number of samples.
    beta : "auto" or float, default "auto"
        Stiffness, in units of 1 / (squared distance). "auto" is 1 / (2 sigma^2) with sigma^2 the mean variance of a
        feature within the clusters of a k-means start, or 1e-6 of the variance of the data where that is more.
    annealing : float or None, default None
        A factor above 1: begin at the stiffness at which one cluster first splits, 1 / (2 lambda) with lambda the
        largest variance of the data in any direction, and multiply by this factor after each convergence until beta is
        reached (deterministic annealing [3]_). None starts at beta.
    init : {"k-means++", "random", "maximin"} or ndarray of shape (n_clusters, n_features), default "k-means++"
        Where centers start.
    n_init : int or "auto", default 1
        Number of starts; the one of least objective is kept. An array as `init` is one start, and so is "auto".
    max_iter : int, default 300
        Most iterations at one stiffness.
    tol : float, default 1e-6
        Stop when the objective changes by less than tol times the summed variance of the data. With 0 exactly max_iter
        iterations are made.
    keep_path : bool, default False
        Whether `history_.path` holds centers and responsibilities after every half-step: 8 n_samples n_clusters bytes
        an iteration.
    progress : bool, default False
        Whether a bar counts the half-steps, in a terminal or a notebook.
    verbose : int, default 0
        Whether to print a line for each start.
    random_state : int, numpy Generator or None, default None
        Seed of all draws. None draws one from NumPy's global state, which `np.random.seed` sets.
    n_threads : int or None, default None
        Threads; None uses all processors. The result does not depend on it.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), float64
        Centers in the order of the start.
    responsibilities_ : ndarray of shape (n_samples, n_clusters), float64
        r_nk; those below e^-50 of a sample's largest are 0.
    labels_ : ndarray of shape (n_samples,), int32
        The cluster of highest responsibility, which is that of the nearest center.
    beta_ : float
        The stiffness used.
    objective_ : float
        The objective F at the end.
    n_iter_ : int
        Iterations of the start that was kept, over all stiffnesses.
    converged_ : bool
    history_ : History
        F after every E-step ("assign") and M-step ("refit"); "anneal" marks the first value at a new beta.
    n_features_in_ : int

    Notes
    -----
    All is computed in float64. A cluster that no sample reaches keeps its center.

    References
    ----------
    .. [1] D. J. C. MacKay, "Information Theory, Inference, and Learning Algorithms", Cambridge 2003, section 20.2.
    .. [2] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 9.3.2.
    .. [3] K. Rose, "Deterministic annealing for clustering, compression, classification, regression, and related
       optimization problems", Proceedings of the IEEE 86(11), 1998, doi:10.1109/5.726788.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import SoftKMeans
    >>> X = np.array([[0.0], [1.0], [4.0], [9.0], [10.0]])
    >>> model = SoftKMeans(2, beta=0.1, random_state=0).fit(X)
    >>> sorted(model.responsibilities_[2].round(2).tolist())
    [0.1, 0.9]
    """

    n_iter_: int
    converged_: bool
    history_: History
    n_features_in_: int

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        beta: str | float = "auto",
        annealing: float | None = None,
        init: str | ArrayLike = "k-means++",
        n_init: int | Literal["auto"] = 1,
        max_iter: int = 300,
        tol: float = 1e-6,
        keep_path: bool = False,
        progress: bool = False,
        verbose: int = 0,
        random_state: RandomState = None,
        n_threads: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.beta = beta
        self.annealing = annealing
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.keep_path = keep_path
        self.progress = progress
        self.verbose = verbose
        self.random_state = random_state
        self.n_threads = n_threads

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the clusters of X.

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
            If X is not 2-D, empty, not finite or too large, has fewer samples than clusters, or weights are negative or
            all 0.

        Warns
        -----
        ConvergenceWarning
            If max_iter ended the fit, or clusters have no share in any sample.
        """
        given, X = X, check_moderate(check_array(X).astype(np.float64, copy=False))
        check_not_tiny(X)
        weights = check_weights(sample_weight, len(X))
        self._check_parameters(len(X))
        rng = check_random_state(self.random_state)
        n_starts = 1 if self.n_init == "auto" or not isinstance(self.init, str) else self.n_init
        runs = (self._run(X, weights, rng, f"start {i + 1} of {n_starts}") for i in range(n_starts))
        best = min(runs, key=lambda run: run.objective)
        self.cluster_centers_, self.beta_, self.objective_ = best.centers, best.beta, best.objective
        self.n_iter_, self.converged_, self.history_ = best.n_iter, best.converged, best.history
        self._keep_features(given, X)
        points = DensePoints(X, weights, check_threads(self.n_threads))
        points.assign(best.centers)
        self.labels_, self._X = points.labels, X.copy()  # the caller may change theirs
        if not self.converged_ and self.tol > 0:
            warn(
                f"soft k-means stopped at max_iter={self.max_iter} before it converged; raise max_iter or tol",
                convergence_warning(),
            )
        self._warn_of_empty(points)
        return self

    def _warn_of_empty(self, points: DensePoints) -> None:
        """Warn the caller of fit() of clusters to which no sample belongs in any part."""
        step = expectation(points.X, points.weights, self.cluster_centers_, self.beta_, check_threads(self.n_threads))
        n_empty = int(np.count_nonzero(step.sums[:, 0] <= 0))
        if n_empty:
            warn(
                f"{n_empty} of {self.n_clusters} clusters are empty: no sample has any share in them; start with "
                'init="k-means++", or lower beta',
                convergence_warning(),
            )

    def _run(self, X: Float64Array, weights: Float64Array, rng: np.random.Generator, name: str) -> _Run:
        """One start, led through all stiffnesses."""
        n_threads = check_threads(self.n_threads)
        points = DensePoints(X, weights, n_threads)
        centers = self._start(points, rng)
        spread = _scatter(X, weights)
        beta = self._stiffness(points, centers, spread) if isinstance(self.beta, str) else float(self.beta)
        trace, n_iter, converged = Trace(bool(self.keep_path), bool(self.progress)), 0, False
        tolerance = self.tol * float(np.trace(spread))
        for i, stiffness in enumerate(self._stiffnesses(beta, spread, float(weights.sum()))):
            if i:
                centers = centers + rng.normal(
                    scale=1e-4 / np.sqrt(stiffness), size=centers.shape
                )  # free those that met
                step = expectation(X, weights, centers, stiffness, n_threads, each=trace.keeps)
                objective = -step.log_likelihood / stiffness
                trace.add("anneal", objective, centers=centers, responsibilities=step.shares)
            centers, objective, taken, converged = self._settle(X, weights, centers, stiffness, tolerance, trace)
            n_iter += taken
        if self.verbose:
            end = "converged" if converged else "stopped"
            print(f"{name}: F = {objective:.8g}, {end} after {n_iter} iterations")
        return _Run(centers, beta, objective, n_iter, converged, trace.history())

    def _settle(
        self, X: Float64Array, weights: Float64Array, centers: Float64Array, beta: float, tolerance: float, trace: Trace
    ) -> tuple[Float64Array, float, int, bool]:
        """Alternate at one stiffness: centers, objective, iterations, whether it converged."""
        n_threads, previous, converged = check_threads(self.n_threads), np.inf, False
        for n_iter in range(1, self.max_iter + 1):  # noqa: B007
            step = expectation(X, weights, centers, beta, n_threads, each=trace.keeps)
            objective = -step.log_likelihood / beta
            trace.add("assign", objective, centers=centers, responsibilities=step.shares)
            centers, lower = refitted(centers, step.sums, objective)
            trace.add("refit", lower, centers=centers, responsibilities=step.shares)
            converged = self.tol > 0 and previous - objective <= tolerance
            previous = objective
            if converged:
                break
        step = expectation(X, weights, centers, beta, n_threads, each=trace.keeps)
        objective = -step.log_likelihood / beta
        trace.add("assign", objective, centers=centers, responsibilities=step.shares)
        return centers, objective, n_iter, converged

    def _stiffnesses(self, beta: float, spread: Float64Array, total: float) -> list[float]:
        """List the stiffnesses in turn, ending with beta."""
        if self.annealing is None:
            return [beta]
        largest = float(np.linalg.eigvalsh(spread)[-1]) / total
        betas = [1 / (2 * largest)] if largest > 0 else [beta]
        while betas[-1] < beta:
            betas.append(betas[-1] * self.annealing)
        return [*betas[:-1], beta]

    def _stiffness(self, points: DensePoints, centers: Float64Array, spread: Float64Array) -> float:
        """Take 1 / (2 sigma^2) from the variance within the clusters of a k-means start."""
        run = lloyd(points, centers, _START_ITER)
        # clusters of equal points have none: a thousandth of the deviation of the data is as good as hard
        total = max(run.objective, _LEAST_SPREAD * float(np.trace(spread)))
        variance = total / (points.weights.sum() * points.X.shape[1])
        return float(1 / (2 * variance)) if variance > np.finfo(float).tiny else 1.0

    def _start(self, points: DensePoints, rng: np.random.Generator) -> Float64Array:
        if isinstance(self.init, str):
            return initial_centers(points, self.n_clusters, self.init, rng)
        centers = check_start(self.init, "n_clusters", (self.n_clusters, points.X.shape[1]))
        return check_moderate(centers, "init")

    def _check_parameters(self, n_samples: int) -> None:
        check_count("n_clusters", self.n_clusters, n_samples)
        if isinstance(self.init, str):
            check_choice("init", self.init, INITS)
        if isinstance(self.beta, str) and self.beta != "auto":
            raise ValueError(f'beta must be "auto" or a positive number, got {given_text(self.beta)}')
        if not isinstance(self.beta, str):
            check_beta(self.beta)
        if self.annealing is not None and not 1 < check_real("annealing", self.annealing) < np.inf:
            raise ValueError(f"annealing must be above 1, got {self.annealing}; 1.5 is common, None is no annealing")
        check_int("n_init", 1 if isinstance(self.n_init, str) and self.n_init == "auto" else self.n_init, 1)
        check_int("verbose", int(self.verbose) if isinstance(self.verbose, bool | np.bool_) else self.verbose, 0)
        check_int("max_iter", self.max_iter, 1)
        check_number("tol", self.tol, 0.0)
        check_flag("keep_path", self.keep_path)
        check_flag("progress", self.progress)


def _scatter(X: Float64Array, weights: Float64Array) -> Float64Array:
    """Weighted scatter matrix of the data about their mean."""
    differences = X - (weights[:, None] * X).sum(axis=0) / weights.sum()
    scatter: Float64Array = np.einsum("n,ni,nj->ij", weights, differences, differences)
    return scatter
