"""How many clusters? A criterion over a range of k, and the choice with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from imgcluster.cards import card, table
from imgcluster.cluster._gaussian_mixture import GaussianMixture
from imgcluster.cluster._kmeans import KMeans
from imgcluster.cluster._points import DensePoints, Points
from imgcluster.cluster._silhouette import silhouettes
from imgcluster.errors import ConvergenceWarning
from imgcluster.types import Float64Array, Int64Array
from imgcluster.warning import unheard

CRITERIA: tuple[str, ...] = ("elbow", "silhouette", "bic", "gap")

# Trials that move a center, after the first convergence: from one start alone, one k in five had an inertia above
# that of k - 1 clusters and one center, and such a bump looks like an elbow.
_N_SWAPS = 30
_N_STARTS = 3  # of a mixture, for the same reason
_N_REFERENCES = 20  # of the gap statistic; the error of their mean is sd / sqrt(20)
_SAMPLE = 4096  # the silhouette is quadratic in the samples, and the gap statistic wants 20 fits for each k


@dataclass(frozen=True, eq=False)
class Choice:
    """A number of clusters, and what speaks for it.

    Attributes
    ----------
    ks : tuple of int
        Numbers of clusters that were tried, ascending.
    values : ndarray of shape (len(ks),), float64
        The criterion at each of them: distortion J ("elbow"), mean silhouette, BIC, gap, or PSNR in dB.
    criterion : str
        "elbow", "silhouette", "bic", "gap" or "psnr".
    k : int
        The number of clusters chosen.
    reason : str
        Why, in a sentence or two, with the numbers that decided.
    errors : ndarray of shape (len(ks),), float64, or None
        Standard errors s(k) of the gap; None for the other criteria.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import Choice
    >>> choice = Choice((2, 3), np.array([0.4, 0.7]), "silhouette", 3, "k = 3 has the largest mean silhouette, 0.7.")
    >>> choice.table()
    [{'k': 2, 'value': 0.4, 'chosen': False}, {'k': 3, 'value': 0.7, 'chosen': True}]
    """

    ks: tuple[int, ...]
    values: Float64Array
    criterion: str
    k: int
    reason: str
    errors: Float64Array | None = None

    def _repr_html_(self) -> str:
        """Show the criterion at each number of clusters in a notebook."""
        errors = [()] * len(self.ks) if self.errors is None else [(error,) for error in self.errors.tolist()]
        rows = [(k, value, *error) for k, value, error in zip(self.ks, self.values.tolist(), errors, strict=True)]
        head = ("k", self.criterion, *(() if self.errors is None else ("error",)))
        drawn = table(rows, head, chosen=self.ks.index(self.k))
        return card(f"Choice of k = {self.k}", [("by", self.criterion)], escape(self.reason), drawn)

    def table(self) -> list[dict[str, Any]]:
        """Return a row for each k, ready for JSON: k, value (None where infinite), error of a gap, chosen."""
        rows: list[dict[str, Any]] = []
        for i, (k, value) in enumerate(zip(self.ks, self.values.tolist(), strict=True)):
            error = {} if self.errors is None else {"error": float(self.errors[i])}
            rows.append({"k": k, "value": value if np.isfinite(value) else None, **error, "chosen": k == self.k})
        return rows


def select_k(
    points: Points, ks: tuple[int, ...], criterion: str, seed: int, *, reg_covar: float = 1e-6, n_threads: int = 1
) -> Choice:
    """Choose among the ks, ascending, each at most the number of distinct points.

    What is found for a k depends on `seed` and that k, not on the others. `reg_covar` is that of the mixtures of "bic".
    """
    if criterion == "bic":
        values = np.array([_bic(points, k, seed, reg_covar, n_threads) for k in ks])
        return Choice(ks, values, criterion, *_lowest_bic(ks, values))
    if criterion == "gap":
        values, errors = _gaps(points, ks, seed)
        return Choice(ks, values, criterion, *_first_within_one_error(ks, values, errors), errors)
    fits = [_fit(points, k, seed) for k in ks]
    if criterion == "elbow":
        values = np.array([fit.inertia_ for fit in fits])
        return Choice(ks, values, criterion, *_farthest_from_chord(ks, values))
    chosen, weights = _sample(points.weights, _SAMPLE, _rng(seed, 0))
    each = silhouettes(points.X[chosen], weights, [fit.labels_[chosen] for fit in fits])
    values = np.array([np.average(s, weights=weights) for s in each])
    return Choice(ks, values, criterion, *_largest_silhouette(ks, values))


def _rng(seed: int, *stream: int) -> np.random.Generator:
    return np.random.default_rng([seed, *stream])


def _fit(points: Points, k: int, seed: int) -> KMeans:
    return KMeans(k, n_swaps=_N_SWAPS, random_state=_rng(seed, k)).fit_points(points)


def _sample(weights: Float64Array, size: int, rng: np.random.Generator) -> tuple[Int64Array, Float64Array]:
    """Draw points by weight, and count how often each was drawn; all of them with their weights if they are few.

    The draws stand at equal steps along the cumulative weight (systematic sampling): a point of weight w is drawn
    w / step times, rounded down or up, and neighbors in order share their draws fairly.
    """
    if len(weights) <= size:
        return np.arange(len(weights)), weights
    cumulative = np.cumsum(weights)
    steps = (np.arange(size) + rng.random()) * (cumulative[-1] / size)
    drawn = np.minimum(np.searchsorted(cumulative, steps, side="right"), len(weights) - 1)
    chosen, counts = np.unique(drawn, return_counts=True)
    return chosen, counts.astype(np.float64)


def _farthest_from_chord(ks: tuple[int, ...], values: Float64Array) -> tuple[int, str]:
    """Find the elbow: the point farthest below the chord from the first to the last (Kneedle, Satopaa et al. 2011)."""
    first, last = values[0], values[-1]
    if not first > last:
        return ks[0], f"The distortion does not fall from k = {ks[0]} to {ks[-1]}, so the smallest k will do."
    along = (np.array(ks) - ks[0]) / (ks[-1] - ks[0])
    below = 1 - along - (values - last) / (first - last)
    i = int(below.argmax())
    if below[i] < 1e-9:
        return ks[0], f"The distortion falls in a straight line from k = {ks[0]} to {ks[-1]}: there is no elbow."
    before, after = (first - values[i]) / first, (values[i] - last) / first
    return ks[i], (
        f"k = {ks[i]} lies farthest below the line from k = {ks[0]} to {ks[-1]}, by {below[i]:.2f} of its height: "
        f"the distortion falls by {before:.1%} of its first value up to there, and by {after:.1%} after it."
    )


def _largest_silhouette(ks: tuple[int, ...], values: Float64Array) -> tuple[int, str]:
    """Choose the largest mean silhouette (Rousseeuw 1987)."""
    best, *rest = np.argsort(-values, kind="stable")
    reason = f"k = {ks[best]} has the largest mean silhouette, {values[best]:.3f}"
    reason += f"; k = {ks[rest[0]]} follows with {values[rest[0]]:.3f}." if rest else "."
    if values[best] <= 0.25:
        reason += " Below 0.25 there is hardly any structure: the clusters touch."
    return ks[best], reason + _edge_note(ks, ks[best])


def _bic(points: Points, k: int, seed: int, reg_covar: float, n_threads: int) -> float:
    """Fit a mixture with full covariances, and return its BIC (Schwarz 1978)."""
    model = GaussianMixture(k, n_init=_N_STARTS, reg_covar=reg_covar, random_state=_rng(seed, k), n_threads=n_threads)
    with unheard(ConvergenceWarning):  # the last hundredths of a likelihood decide nothing here
        model.fit(points.X, sample_weight=points.weights)
    return model.bic(points.X, sample_weight=points.weights)


def _lowest_bic(ks: tuple[int, ...], values: Float64Array) -> tuple[int, str]:
    best, *rest = np.argsort(values, kind="stable")
    reason = f"k = {ks[best]} has the lowest BIC, {values[best]:.7g}"
    if rest:
        reason += f"; k = {ks[rest[0]]} follows, {values[rest[0]] - values[best]:.4g} higher"
    return ks[best], f"{reason}.{_edge_note(ks, ks[best])}"


def _gaps(points: Points, ks: tuple[int, ...], seed: int) -> tuple[Float64Array, Float64Array]:
    """Gap statistic and its standard error at every k (Tibshirani, Walther, Hastie 2001).

    Gap(k) = mean over references of log W*(k) - log W(k), where a reference is as many points as there are samples,
    uniform in the box along the principal axes of the data.
    """
    n = min(_SAMPLE, round(float(points.weights.sum())))
    chosen, weights = _sample(points.weights, n, _rng(seed, 0))
    data = DensePoints(points.X[chosen].astype(np.float64), weights)
    references = [_uniform_reference(data, n, _rng(seed, 0, 1 + b)) for b in range(_N_REFERENCES)]
    logs = np.array([[_log_distortion(points, k, seed) for k in ks] for points in [data, *references]])
    expected, spread = logs[1:].mean(axis=0), logs[1:].std(axis=0)
    return expected - logs[0], spread * np.sqrt(1 + 1 / _N_REFERENCES)


def _uniform_reference(data: DensePoints, n: int, rng: np.random.Generator) -> DensePoints:
    """Draw n points uniformly from the box along the data's principal axes, as heavy together as the data."""
    mean = np.average(data.X, axis=0, weights=data.weights)
    centered = data.X - mean
    axes = np.linalg.eigh((data.weights[:, None] * centered).T @ centered)[1]
    along = centered @ axes
    X = rng.uniform(along.min(axis=0), along.max(axis=0), (n, len(mean))) @ axes.T + mean
    return DensePoints(X, np.full(n, data.weights.sum() / n))


def _log_distortion(points: Points, k: int, seed: int) -> float:
    """Log of the distortion; minus infinity where every point can have its own cluster."""
    inertia = _fit(points, k, seed).inertia_ if k < len(points.X) else 0.0
    return float(np.log(inertia)) if inertia > 0 else -np.inf


def _first_within_one_error(ks: tuple[int, ...], values: Float64Array, errors: Float64Array) -> tuple[int, str]:
    """Choose the smallest k with Gap(k) >= Gap(k') - s(k'), where k' is the next k tried."""
    for k, following, gap, next_gap, error in zip(ks, ks[1:], values, values[1:], errors[1:], strict=False):
        if gap >= next_gap - error:
            largest = int(values.argmax())
            return k, (
                f"k = {k} is the smallest k whose gap is within one standard error of the next: "
                f"{gap:.3f} against {next_gap:.3f} - {error:.3f} at k = {following}."
                + (f" The largest of all is {values[largest]:.3f} at k = {ks[largest]}." if ks[largest] != k else "")
            )
    return ks[
        -1
    ], f"The gap grows by more than a standard error up to the end, {values[-1]:.3f}.{_edge_note(ks, ks[-1])}"


def _edge_note(ks: tuple[int, ...], k: int) -> str:
    """Return a note if the end of the range was chosen, because more might be better."""
    return " It is the largest k tried: try larger ones." if k == ks[-1] and len(ks) > 1 else ""
