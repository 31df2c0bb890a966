"""The search for the best colors of a picture with alpha."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.cluster import initial_centers, lloyd, random_swaps
from imgcluster.colors import RGB, AlphaHistogram, ColorSpace, alpha_space
from imgcluster.palette._alpha_colors import CLEAR, AlphaColors
from imgcluster.palette._alpha_fit import Finish
from imgcluster.palette._given_alpha import rgba_of
from imgcluster.palette._pinned_points import PinnedPoints
from imgcluster.palette._search import Fit, find_colors
from imgcluster.types import Float64Array, Int32Array, UInt8Array


class _Effort(NamedTuple):
    """How long to search."""

    name: str
    bins_per_color: int  # at most so many bins of opaque colors, and so many of translucent ones
    most_swaps: int
    work: float  # multiplications for swaps
    max_iter: int  # Lloyd iterations on all colors

    def n_trials(self, points: PinnedPoints, n_colors: int) -> int:
        """Return how many swaps to try: many are cheap in a small picture."""
        n, d = points.shape
        of_a_trial = (n - points.n_opaque) * n_colors * d + _OF_OPAQUE * points.n_opaque + _OF_A_TRIAL
        return int(min(self.work / of_a_trial, self.most_swaps))


_EFFORTS = (
    _Effort("fast", bins_per_color=80, most_swaps=0, work=0, max_iter=4),
    _Effort("default", bins_per_color=80, most_swaps=200, work=1.4e9, max_iter=12),
    _Effort("best", bins_per_color=300, most_swaps=1200, work=14e9, max_iter=50),
)
_OF_OPAQUE, _OF_A_TRIAL = 160, 4e6  # in multiplications: an opaque color in the octree, NumPy around a trial
_START_ITER = 10
_FINE_BINS = 30_000  # more translucent colors than this are binned until labels are final


def find_alpha_colors(
    histogram: AlphaHistogram,
    n_colors: int,
    effort: str,
    rng: np.random.Generator,
    n_threads: int,
    space: ColorSpace = RGB,
) -> Fit:
    """Find the best n_colors colors of a picture with alpha, or keep all if there are at most that many.

    Clear pixels take one clear entry, opaque ones opaque entries, translucent ones any. The error is the mean over
    backgrounds.
    """
    if not len(histogram.words) and not histogram.n_clear:
        return find_colors(histogram.opaque, n_colors, "kmeans", effort, rng, n_threads, space)
    if len(histogram) <= n_colors:
        colors = histogram.colors
        return _in_order(colors, np.arange(len(colors), dtype=np.int32), 0.0)
    if not len(histogram.words):
        fit = find_colors(histogram.opaque, n_colors - 1, "kmeans", effort, rng, n_threads, space)
        palette = np.concatenate([CLEAR, rgba_of(fit.palette)])
        labels = np.concatenate([fit.labels + 1, [0]]).astype(np.int32)
        return Fit(palette, labels, None, fit.objective)
    if n_colors == 1 and histogram.n_clear:
        return _mean(histogram, space)
    return _search(histogram, n_colors - (histogram.n_clear > 0), effort, rng, n_threads, space)


def _mean(histogram: AlphaHistogram, space: ColorSpace) -> Fit:
    """Return the one color for everything: clear pixels cannot stay clear."""
    aspace, weights = alpha_space(space), histogram.counts.astype(np.float64)
    points = aspace.encode(histogram.colors).astype(np.float64)
    mean = (weights[:, None] * points).sum(axis=0, keepdims=True) / weights.sum()
    palette = np.rint(aspace.decode(mean)).astype(np.uint8)
    rest = points - aspace.encode(palette)
    objective = float((weights[:, None] * rest * rest).sum())
    return Fit(palette, np.zeros(len(points), np.int32), None, objective if space is RGB else None)


def _search(
    histogram: AlphaHistogram, n_colors: int, effort: str, rng: np.random.Generator, n_threads: int, space: ColorSpace
) -> Fit:
    """Search on bins, then fit all colors, then in 8 bits.

    A longer search goes on where a shorter one ends, and the best is taken: it is never worse.
    """
    colors = AlphaColors(histogram, space, n_threads)
    finish = Finish(colors.points(None, _FINE_BINS), colors.points(), colors.colors)
    centers, found = np.empty((0, 0)), None
    for level in _EFFORTS[: [level.name for level in _EFFORTS].index(effort) + 1]:
        bins = level.bins_per_color * n_colors
        coarse = colors.points(bins, bins)
        if found is None:
            centers = _with_opaque(coarse, initial_centers(coarse, n_colors, "k-means++", rng))
            centers = lloyd(coarse, centers, _START_ITER).centers
        centers = random_swaps(coarse, centers, level.n_trials(coarse, n_colors), rng)
        trial = finish.fit(centers, level.max_iter)
        found = trial if found is None or trial.objective < found.objective else found
    assert found is not None
    palette = np.concatenate([found.palette, CLEAR]) if histogram.n_clear else found.palette
    return _in_order(palette, colors.in_histogram(found.labels, n_colors), found.objective if space is RGB else None)


def _with_opaque(points: PinnedPoints, centers: Float64Array) -> Float64Array:
    """Put one opaque color among the centers if there is none and opaque points need it."""
    if points.n_opaque and not points.is_opaque(centers).any():
        weights = points.weights[: points.n_opaque, None]
        centers[-1] = (weights * points.X[: points.n_opaque]).sum(axis=0) / weights.sum()
    return centers


def _in_order(palette: UInt8Array, labels: Int32Array, objective: float | None) -> Fit:
    """Sort a palette: clear, translucent, opaque, each dark to light."""
    red, green, blue, alpha = palette.T.astype(np.float64)
    kind = (alpha > 0).astype(int) + (alpha == 255)
    order = np.lexsort([0.299 * red + 0.587 * green + 0.114 * blue, kind])
    places = np.empty(len(order), np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    return Fit(palette[order], places[labels], None, objective)
