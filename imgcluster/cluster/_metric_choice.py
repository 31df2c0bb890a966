"""Which distance? A criterion that is fair to all metrics, over several of them, and the choice with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.cards import card, table
from imgcluster.cluster._agreement import adjusted_rand_index
from imgcluster.cluster._base import check_array, check_moderate, check_not_tiny
from imgcluster.cluster._kmeans import KMeans
from imgcluster.cluster._metrics import METRICS, Metric, check_metric
from imgcluster.cluster._silhouette import silhouettes
from imgcluster.errors import ConvergenceWarning
from imgcluster.parameters import check_choice, check_int, check_random_state, given_text, items_of, plain_array
from imgcluster.threads import check_threads
from imgcluster.types import Float64Array, FloatArray, Int32Array, RandomState
from imgcluster.warning import unheard

METRIC_CRITERIA: tuple[str, ...] = ("stability", "silhouette", "agreement")

_N_STARTS = 5  # of each fit: from one alone, what varies between halves is the local minimum
_SAMPLE = 4096  # the silhouette is quadratic in the samples, and stability takes 40 fits a metric
_SHAKY = 0.5  # agreement of halves below which no metric finds the same clusters twice
_TOUCHING = 0.25  # silhouette below which there is hardly any structure (Kaufman and Rousseeuw 1990)


@dataclass(frozen=True, eq=False)
class MetricChoice:
    """A metric, and what speaks for it.

    Attributes
    ----------
    metrics : tuple of str or callable
        The metrics that were compared, in the order given.
    values : ndarray of shape (len(metrics),), float64
        The criterion for each of them, larger is better; at most 1.
    criterion : str
        "stability", "silhouette" or "agreement".
    recommended : str or callable
        The metric chosen, as `KMeans` takes it.
    reason : str
        Why, in a sentence or two, with the numbers that decided.
    errors : ndarray of shape (len(metrics),), float64, or None
        Standard errors of the stability; None for the other criteria.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import MetricChoice
    >>> values = np.array([0.7, 0.9])
    >>> choice = MetricChoice(("cosine", "manhattan"), values, "agreement", "manhattan", "It agrees best.")
    >>> choice.table()
    [{'metric': 'cosine', 'value': 0.7, 'chosen': False}, {'metric': 'manhattan', 'value': 0.9, 'chosen': True}]
    """

    metrics: tuple[Metric, ...]
    values: Float64Array
    criterion: str
    recommended: Metric
    reason: str
    errors: Float64Array | None = None

    def _repr_html_(self) -> str:
        """Show the criterion for each metric in a notebook."""
        rows = [[row["metric"], row["value"], *([row["error"]] if "error" in row else [])] for row in self.table()]
        head = ("metric", self.criterion, *(() if self.errors is None else ("error",)))
        drawn = table(rows, head, chosen=self.metrics.index(self.recommended))
        return card(f"Choice of {metric_name(self.recommended)}", [("by", self.criterion)], escape(self.reason), drawn)

    def table(self) -> list[dict[str, Any]]:
        """Return a row for each metric, ready for JSON: its name, value, error of a stability, chosen."""
        rows: list[dict[str, Any]] = []
        for i, (metric, value) in enumerate(zip(self.metrics, self.values.tolist(), strict=True)):
            error = {} if self.errors is None else {"error": float(self.errors[i])}
            chosen = metric == self.recommended
            rows.append({"metric": metric_name(metric), "value": value, **error, "chosen": chosen})
        return rows


def choose_metric(
    X: ArrayLike,
    n_clusters: int,
    metrics: Iterable[Metric] | None = None,
    *,
    criterion: str | None = None,
    labels: ArrayLike | None = None,
    n_splits: int = 20,
    random_state: RandomState = 0,
    n_threads: int | None = None,
) -> MetricChoice:
    """Choose the distance for k-means by a criterion that has the same meaning for every metric.

    Objectives of different metrics are sums of different things, and cannot be compared. These can:

    "stability" asks whether the clusters come back [1]_ [2]_. The samples are cut at random into two halves; k-means
    finds centers on each, and both sets of centers label all samples. The value is the mean over `n_splits` cuts of the
    adjusted Rand index [3]_ of the two labelings, ARI = (sum_ij C(n_ij, 2) - e) / ((A + B) / 2 - e) with
    A = sum_i C(a_i, 2), B = sum_j C(b_j, 2) and e = A B / C(n, 2): 1 where they are the same, 0 by chance. All metrics
    see the same cuts. Of those whose difference from the best is within its standard error the first is chosen.

    "silhouette" is the mean of (b - a) / max(a, b) [4]_ with both distances in the metric itself, a ratio without
    units.

    "agreement" is the adjusted Rand index with `labels` that are known.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Finite numbers.
    n_clusters : int
        At least 2, and at most half the number of samples.
    metrics : iterable of str or callable, optional
        As for `KMeans`, those that are preferred first; by default "sqeuclidean", "manhattan", "cosine" and
        "mahalanobis", without "cosine" where a sample is all zeros.
    criterion : {"stability", "silhouette", "agreement"}, optional
        By default "agreement" where labels are given, else "stability".
    labels : array-like of shape (n_samples,), optional
        The class of each sample, for "agreement".
    n_splits : int, default 20
        Cuts for "stability", at least 2.
    random_state : int, numpy Generator or None, default 0
        Seed of cuts and starts.
    n_threads : int or None, default None
        Threads; None uses all processors. The result does not depend on it.

    Returns
    -------
    MetricChoice
        The table, the metric recommended and the reason in words.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or X or labels are malformed.
    TypeError
        If a parameter is of the wrong kind.

    Notes
    -----
    "stability" says that a result repeats, not that it is right, and a wrong answer can repeat well [5]_: "cosine" cuts
    a cloud around the origin in halves of the same angle every time. Labels, where there are any, say more. Silhouettes
    are larger for dissimilarities that grow as a square, which is why the root is taken of those that do. Of more than
    4096 samples that many are drawn, unless there are labels. The units of the features are part of all distances but
    "cosine" and "mahalanobis": standardize first where they differ.

    References
    ----------
    .. [1] A. Ben-Hur, A. Elisseeff, I. Guyon, "A stability based method for discovering structure in clustered data",
       Pacific Symposium on Biocomputing 7, 2002, 6-17.
    .. [2] T. Lange, V. Roth, M. L. Braun, J. M. Buhmann, "Stability-Based Validation of Clustering Solutions", Neural
       Computation 16, 2004, doi:10.1162/089976604773717621.
    .. [3] L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2, 1985, doi:10.1007/BF01908075.
    .. [4] P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis",
       Journal of Computational and Applied Mathematics 20, 1987, doi:10.1016/0377-0427(87)90125-7.
    .. [5] U. von Luxburg, "Clustering Stability: An Overview", Foundations and Trends in Machine Learning 2, 2010,
       doi:10.1561/2200000008.

    Examples
    --------
    Two rays from the origin: the angle is what tells them apart.

    >>> import numpy as np
    >>> import imgcluster as ic
    >>> rng = np.random.default_rng(0)
    >>> lengths, angles = rng.uniform(1, 9, 200), np.repeat([0.5, 1.1], 100) + rng.normal(scale=0.05, size=200)
    >>> X = lengths[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    >>> choice = ic.choose_metric(X, 2, ["sqeuclidean", "manhattan", "cosine"])
    >>> choice.recommended
    'cosine'
    >>> ic.choose_metric(X, 2, labels=np.repeat([0, 1], 100)).recommended
    'cosine'
    """
    array = check_moderate(check_array(X))
    check_not_tiny(array)
    compared = _check_metrics(metrics, array)
    if criterion is None:
        criterion = "stability" if labels is None else "agreement"
    check_choice("criterion", criterion, METRIC_CRITERIA)
    classes = _check_labels(labels, criterion, len(array))
    if check_int("n_clusters", n_clusters, 2) > len(array) // 2:
        half = f"half the number of samples, {len(array) // 2}"
        raise ValueError(f"n_clusters must be at most {half}, got {n_clusters}; ask for fewer, or bring more samples")
    check_int("n_splits", n_splits, 2)
    rng, n_threads = check_random_state(random_state), check_threads(n_threads)
    if len(array) > _SAMPLE and classes is None:
        array = array[np.sort(rng.choice(len(array), _SAMPLE, replace=False))]
    fits = _Fits(array, n_clusters, int(rng.integers(1 << 31)), n_threads)
    if criterion == "stability":
        each = _stabilities(fits, compared, n_splits, rng)
        return _most_stable(compared, each)
    if criterion == "silhouette":
        return _largest(compared, np.array([fits.silhouette(metric) for metric in compared]), criterion)
    assert classes is not None
    values = np.array([adjusted_rand_index(classes, fits.on_all(metric).labels_) for metric in compared])
    return _largest(compared, values, criterion)


def metric_name(metric: Metric) -> str:
    """Return what a metric is called in tables."""
    return metric if isinstance(metric, str) else str(getattr(metric, "__name__", type(metric).__name__))


@dataclass(frozen=True)
class _Fits:
    """k-means on samples, with the same effort for every metric."""

    X: FloatArray
    n_clusters: int
    seed: int
    n_threads: int

    def fit(self, metric: Metric, X: FloatArray) -> KMeans:
        """Fit from several starts, none of which swaps: not every metric can."""
        model = KMeans(
            self.n_clusters,
            metric=metric,
            n_init=_N_STARTS,
            n_swaps=0,
            random_state=self.seed,
            n_threads=self.n_threads,
        )
        with unheard(ConvergenceWarning):  # fewer distinct samples than clusters in a half
            return model.fit(X)

    def on_all(self, metric: Metric) -> KMeans:
        """Fit to all samples."""
        return self.fit(metric, self.X)

    def silhouette(self, metric: Metric) -> float:
        """Return the mean silhouette in the metric itself; 0 where all samples are in one cluster."""
        labels = self.on_all(metric).labels_
        if len(np.unique(labels)) < 2:
            return 0.0
        return float(silhouettes(self.X, np.ones(len(self.X)), [labels], metric)[0].mean())

    def repeated(self, metric: Metric, halves: tuple[NDArray[np.intp], NDArray[np.intp]]) -> float:
        """Return how well the centers of two halves agree on the labels of all."""
        one, other = (self._labeled(metric, half) for half in halves)
        return adjusted_rand_index(one, other)

    def _labeled(self, metric: Metric, half: NDArray[np.intp]) -> Int32Array:
        return self.fit(metric, self.X[half]).predict(self.X)


def _stabilities(fits: _Fits, metrics: tuple[Metric, ...], n_splits: int, rng: np.random.Generator) -> Float64Array:
    """Measure the agreement of two halves, (n_splits, n_metrics), over the same cuts for all metrics."""
    n = len(fits.X)
    each = np.empty((n_splits, len(metrics)))
    for split in range(n_splits):
        order = rng.permutation(n)
        halves = np.sort(order[: n // 2]), np.sort(order[n // 2 :])
        each[split] = [fits.repeated(metric, halves) for metric in metrics]
    return each


def _most_stable(metrics: tuple[Metric, ...], each: Float64Array) -> MetricChoice:
    """Choose the first metric whose stability is within a standard error of the best."""
    values = each.mean(axis=0)
    best = int(values.argmax())
    root = np.sqrt(len(each))
    behind = each[:, [best]] - each  # cut by cut, as what a cut does to all metrics does not tell them apart
    within = values[best] - values <= behind.std(axis=0, ddof=1) / root
    i = int(within.argmax())
    errors = each.std(axis=0, ddof=1) / root
    reason = f"Centers from two halves of the data give labels that agree by {values[i]:.3f} with {_quoted(metrics[i])}"
    alike = [f"{_quoted(metrics[j])} ({values[j]:.3f})" for j in np.flatnonzero(within).tolist() if j != i]
    if alike:
        reason += f"; there is no clear difference from {', '.join(alike)}: the first of them is taken"
    else:
        reason += _runner_up(metrics, values, best)
    reason += "."
    if values[i] < _SHAKY:
        reason += " No metric finds the same clusters twice: try another number of clusters."
    return MetricChoice(metrics, values, "stability", metrics[i], reason, errors)


def _largest(metrics: tuple[Metric, ...], values: Float64Array, criterion: str) -> MetricChoice:
    """Choose the largest value, the first of several."""
    best = int((values >= values.max() - 1e-12).argmax())
    said = {
        "silhouette": "has the largest mean silhouette in its own distances",
        "agreement": "agrees best with the labels: its adjusted Rand index is",
    }[criterion]
    comma = "," if criterion == "silhouette" else ""
    reason = f"{_quoted(metrics[best])} {said}{comma} {values[best]:.3f}{_runner_up(metrics, values, best)}."
    if criterion == "silhouette" and values[best] <= _TOUCHING:
        reason += " Below 0.25 there is hardly any structure: the clusters touch."
    return MetricChoice(metrics, values, criterion, metrics[best], reason)


def _runner_up(metrics: tuple[Metric, ...], values: Float64Array, best: int) -> str:
    """Say which metric comes next, and with what."""
    others = [i for i in np.argsort(-values, kind="stable").tolist() if i != best]
    return f"; {_quoted(metrics[others[0]])} follows with {values[others[0]]:.3f}" if others else ""


def _quoted(metric: Metric) -> str:
    return f'"{metric}"' if isinstance(metric, str) else metric_name(metric)


def _check_metrics(metrics: Iterable[Metric] | None, X: FloatArray) -> tuple[Metric, ...]:
    """Return the metrics to compare, each once."""
    if metrics is None:
        return tuple(name for name in METRICS if name != "cosine" or X.any(axis=1).all())
    given = None if isinstance(metrics, str | dict) else items_of(metrics)
    if given is None:
        raise TypeError(f'metrics must be several metrics, got {given_text(metrics)}; try ["sqeuclidean", "manhattan"]')
    for metric in given:
        check_metric(metric, "metrics")
    if not given:
        raise ValueError(f"metrics must name at least one of {', '.join(METRICS)}, got none")
    return tuple(dict.fromkeys(given))


def _check_labels(labels: ArrayLike | None, criterion: str, n_samples: int) -> NDArray[Any] | None:
    """Return known classes as numbers, for "agreement" alone."""
    if criterion != "agreement":
        if labels is not None:
            raise ValueError(
                f'labels are for criterion="agreement", got them with {criterion!r}; leave one of them out'
            )
        return None
    if labels is None:
        raise ValueError('criterion="agreement" needs labels, got none; pass labels=, or take "stability"')
    names = plain_array("labels", labels)
    if names.shape != (n_samples,):
        raise ValueError(f"labels must have shape ({n_samples},), one class a sample, got {names.shape}")
    if names.dtype.kind == "O":  # words, in a data frame
        names = names.astype(str)
    if names.dtype.kind not in "iubUS":
        raise ValueError(f"labels must be whole numbers or words, got dtype {names.dtype}; convert them first")
    return np.unique(names, return_inverse=True)[1]
