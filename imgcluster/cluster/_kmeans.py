"""k-means, by the alternation of assignment and refitting (Lloyd's algorithm)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster._base import check_array, check_moderate, check_not_tiny, check_start
from imgcluster.cluster._empty import count_distinct, empty_clusters
from imgcluster.cluster._init import centers_by, initial_centers
from imgcluster.cluster._kmeans_parameters import check_parameters
from imgcluster.cluster._kmeans_search import Search
from imgcluster.cluster._kmeans_steps import KMeansSteps
from imgcluster.cluster._lloyd import Lloyd, mean_variance
from imgcluster.cluster._mahalanobis import MahalanobisPoints
from imgcluster.cluster._metrics import Metric, check_metric, unit_vectors
from imgcluster.cluster._points import Points
from imgcluster.cluster._scikit_learn import convergence_warning
from imgcluster.cluster._trace import History, Trace
from imgcluster.parameters import check_random_state
from imgcluster.types import Float64Array, RandomState
from imgcluster.warning import warn


class KMeans(KMeansSteps):
    """k-means clustering of weighted points, by Lloyd's algorithm.

    The objective is the distortion J = sum_n w_n sum_k r_nk ||x_n - mu_k||^2 with r_nk = 1 for the nearest center and 0
    for the others [1]_ (9.1). Each iteration assigns, r_nk = 1 for k = argmin_j ||x_n - mu_j||^2 (9.2), and refits,
    mu_k = sum_n w_n r_nk x_n / sum_n w_n r_nk (9.4); neither half-step can raise J. Another `metric` puts its own
    dissimilarity in the place of ||x_n - mu_k||^2, and its own minimizer in that of the mean.

    Parameters
    ----------
    n_clusters : int, default 8
        Number of clusters k, at most the number of samples. Where an assignment leaves clusters empty, their centers
        move to the samples farthest from theirs, the farthest first, and it is repeated before the refit; of more
        clusters than distinct samples some stay empty.
    init : {"k-means++", "random", "maximin"}, ndarray (n_clusters, n_features) or callable, default "k-means++"
        Where centers start: drawn by squared distance, drawn uniformly by weight, farthest-first, as given, or as a
        function of (X, n_clusters, random_state) returns them.
    n_init : int or "auto", default 1
        Number of starts; the one of least inertia is kept. An array as `init` is one start, and so is "auto": swaps do
        more than starts.
    n_swaps : int or "auto", default "auto"
        Number of random-swap trials after the first convergence [2]_: a center moves from where it is little use to
        where the error is large, the clusters around both places settle, and the trial is kept if J fell. Of up to 200
        samples a cluster, single samples change clusters, too, wherever J falls [5]_. 0 is plain Lloyd from the given
        start. "auto" is 6 n_clusters trials, 20 at least, after a run that converged from drawn centers; fewer where
        n_clusters / 2 in a row, 8 at least, come nowhere near a gain; and 0 where `init` is an array, where max_iter
        ended the run, and for another metric than "sqeuclidean". From 40,000 samples and 400 a cluster on, "auto" makes
        start, first convergence and trials on a sample of 20,000, 200 a cluster or a twentieth, whatever is most: a
        lightweight coreset, where the few far from all others are, too [7]_; then the alternation goes on with all
        until an iteration lowers J by less than tol / 4 of it.
    metric : {"sqeuclidean", "manhattan", "cosine", "mahalanobis"} or callable, default "sqeuclidean"
        The dissimilarity: ||x - mu||^2, refitted by the mean; sum_j abs(x_j - mu_j), refitted by the weighted median of
        each coordinate (k-medians [3]_); 1 - cos(x, mu), refitted by the mean of the unit vectors x / ||x||, scaled to
        length 1 (spherical k-means [4]_); (x - mu)^T S^-1 (x - mu) with the covariance S of X, refitted by the mean,
        which knows no units: directions without variance do not count. A function d(x, mu) of your own takes arrays
        whose last axis is that of the features, and takes it away; its refit has no closed form, so that a center is
        the sample from which its cluster is nearest, the medoid [6]_.
    max_iter : int, default 300
        Most iterations of one run of the alternation.
    tol : float, default 1e-4
        Stop when the squared movement of all centers in one refit is at most tol times the mean variance of the
        features. With 0 it stops only when no assignment changes.
    keep_path : bool, default False
        Whether `history_.path` holds centers and labels after every half-step: 4 n_samples bytes an iteration.
    progress : bool, default False
        Whether a bar counts the half-steps of each start, in a terminal or a notebook.
    verbose : int, default 0
        Whether to print a line for each start.
    random_state : int, numpy Generator or None, default None
        Seed of all draws; the same seed gives the same bits. None draws one from NumPy's global state, which
        `np.random.seed` sets.
    copy_x : bool, default True
        Accepted for scikit-learn's sake: X is never changed.
    algorithm : {"lloyd", "elkan"}, default "lloyd"
        Accepted for scikit-learn's sake: both give the same clusters.
    n_threads : int or None, default None
        Threads; None uses all processors. The result does not depend on it.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features), dtype of X
        Centers in the order of the start, unit vectors for metric="cosine".
    labels_ : ndarray of shape (n_samples,), int32
        The nearest center of each sample, ties to the lowest index.
    inertia_ : float
        The objective J: weighted sum of the dissimilarities to the nearest center.
    n_iter_ : int
        Iterations of the run that was kept.
    converged_ : bool
        Whether it stopped by itself before max_iter.
    history_ : History
        J after every assignment ("assign"), re-seed of empty clusters ("reseed"), refit ("refit"), kept swap ("swap"),
        and after the last exchanges of single samples ("exchange"). What was done on a sample is not listed.
    responsibilities_ : ndarray of shape (n_samples, n_clusters), float64
        r_nk, one-hot: 1 for the cluster of the sample, and 0 for the others.
    covariance_ : ndarray of shape (n_features_in_, n_features_in_), float64
        S, the weighted covariance of X, for metric="mahalanobis" alone.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X was a data frame whose column names are all strings.

    Notes
    -----
    float32 input is computed in float32 with sums in float64, anything else in float64. Time of an iteration grows with
    n_samples * n_clusters * n_features; "manhattan" runs on NumPy and takes many times as long. That of
    a medoid grows with the square of the samples of its cluster.

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 9.1.
    .. [2] P. Franti, "Efficiency of random swap clustering", Journal of Big Data 5:13, 2018,
       doi:10.1186/s40537-018-0122-y.
    .. [3] P. S. Bradley, O. L. Mangasarian, W. N. Street, "Clustering via Concave Minimization", NIPS 9, 1996, 368-374.
    .. [4] I. S. Dhillon, D. S. Modha, "Concept Decompositions for Large Sparse Text Data Using Clustering", Machine
       Learning 42, 2001, doi:10.1023/A:1007612920971.
    .. [5] M. Telgarsky, A. Vattani, "Hartigan's Method: k-means Clustering without Voronoi", AISTATS 2010, PMLR 9,
       820-827.
    .. [6] H.-S. Park, C.-H. Jun, "A simple and fast algorithm for K-medoids clustering", Expert Systems with
       Applications 36, 2009, doi:10.1016/j.eswa.2008.01.039.
    .. [7] O. Bachem, M. Lucic, A. Krause, "Scalable k-Means Clustering via Lightweight Coresets", KDD 2018,
       doi:10.1145/3219819.3219973.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import KMeans
    >>> X = np.array([[1.0, 2.0], [1.0, 4.0], [10.0, 2.0], [10.0, 4.0]])
    >>> model = KMeans(2, random_state=0).fit(X)
    >>> sorted(model.cluster_centers_.tolist())
    [[1.0, 3.0], [10.0, 3.0]]
    >>> model.inertia_
    4.0
    >>> same = model.predict([[0.0, 3.0], [2.0, 3.0], [9.0, 0.0]]) == model.labels_[0]
    >>> same.tolist()
    [True, True, False]
    """

    _PRESERVED = ("float64", "float32")

    n_iter_: int
    converged_: bool
    history_: History
    n_features_in_: int
    covariance_: Float64Array

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: str | ArrayLike | Callable[..., ArrayLike] = "k-means++",
        n_init: int | Literal["auto"] = 1,
        n_swaps: int | Literal["auto"] = "auto",
        metric: Metric = "sqeuclidean",
        max_iter: int = 300,
        tol: float = 1e-4,
        keep_path: bool = False,
        progress: bool = False,
        verbose: int = 0,
        random_state: RandomState = None,
        copy_x: bool = True,
        algorithm: str = "lloyd",
        n_threads: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.n_swaps = n_swaps
        self.metric = metric
        self.max_iter = max_iter
        self.tol = tol
        self.keep_path = keep_path
        self.progress = progress
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm
        self.n_threads = n_threads

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the clusters of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Finite numbers; float32 stays float32, anything else becomes float64. The largest magnitude must be between
            1e-150 and 1e150 (float32: 1e-17 and 1e17) or 0, so that squares stay in range; for metric="cosine" any
            magnitude will do, but no sample may be all zeros.
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
            If X is not 2-D, is empty, not finite or out of range, has fewer samples than clusters, or weights are
            negative or all 0.
        TypeError
            If X is sparse, or a parameter is of the wrong kind.

        Warns
        -----
        ConvergenceWarning
            If max_iter ended the run, or clusters are empty, such as when there are more of them than distinct samples.
        """
        check_metric(self.metric)
        array = check_array(X)
        if self.metric != "cosine":  # angles do not depend on scale
            check_not_tiny(check_moderate(array))
        self.__dict__.pop("covariance_", None)  # of an earlier fit
        points = self._points(array, sample_weight)
        self.fit_points(points)
        if isinstance(points, MahalanobisPoints):
            self.covariance_ = points.covariance
        self._keep_features(X, array)
        if not self.converged_ and self.tol > 0:
            warn(
                f"k-means stopped at max_iter={self.max_iter} before it converged; raise max_iter or tol",
                convergence_warning(),
            )
        self._warn_of_empty(points)
        return self

    def _warn_of_empty(self, points: Points) -> None:
        """Warn the caller of fit() of clusters without samples."""
        points.labels[:] = self.labels_
        empty = empty_clusters(points, self.n_clusters)
        if not len(empty):
            return
        n = count_distinct(points)
        few = f", as X has only {n} distinct sample{'' if n == 1 else 's'}; lower n_clusters"
        text = few if n < self.n_clusters else '; raise max_iter, or start with init="k-means++"'
        said = f"{len(empty)} of {self.n_clusters} clusters are empty{text}"
        warn(said, convergence_warning())

    def fit_points(self, points: Points) -> Self:
        """Find the clusters of points prepared beforehand (such as colors in an octree); warns of nothing."""
        check_parameters(self, points.shape[0])
        rng, search = check_random_state(self.random_state), self._search(points)
        best: Lloyd | None = None
        n_starts = 1 if self.n_init == "auto" or not self._is_drawn() else int(self.n_init)
        for i in range(n_starts):
            trace = Trace(bool(self.keep_path), bool(self.progress))
            run = search.run(points, self.n_clusters, rng, trace)
            if self.verbose:
                end = "converged" if run.converged else "stopped"
                print(f"start {i + 1} of {n_starts}: J = {run.objective:.8g}, {end} after {run.n_iter} iterations")
            history = trace.history()
            if best is None or run.objective < best.objective:
                best, labels, self.history_ = run, points.labels.copy(), history
        assert best is not None
        self.cluster_centers_ = best.centers.astype(points.dtype)
        self.labels_, self.inertia_ = labels, best.objective
        self.n_iter_, self.converged_ = best.n_iter, best.converged
        self.n_features_in_ = points.shape[1]
        return self

    def _search(self, points: Points) -> Search:
        """Say how to search from each start."""
        tolerance = self.tol * mean_variance(points) if self.tol else 0.0
        n_swaps = None if self._is_auto() else 0 if isinstance(self.n_swaps, str) else self.n_swaps
        return Search(self._start, n_swaps, self.max_iter, tolerance, self.tol)

    def _is_auto(self) -> bool:
        """Return whether swaps and samples are chosen here."""
        return self.n_swaps == "auto" and self._is_drawn() and self.metric == "sqeuclidean"

    def _is_drawn(self) -> bool:
        """Return whether another start may begin elsewhere."""
        return isinstance(self.init, str) or callable(self.init)

    def _start(self, points: Points, rng: np.random.Generator) -> Float64Array:
        if isinstance(self.init, str):
            return initial_centers(points, self.n_clusters, self.init, rng)
        given: Any = self.init
        if callable(given):
            given = centers_by(given, points.X, self.n_clusters, rng)
        centers = check_start(given, "n_clusters", (self.n_clusters, points.shape[1]))
        if self.metric == "cosine":
            return unit_vectors(centers, "init")
        return check_moderate(centers, "init", points.dtype)
