"""The search for the best colors of a picture with alpha."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.cluster import initial_centers, lloyd, random_swaps
from imgcluster.colors import RGB, AlphaHistogram, ColorSpace, alpha_space
from imgcluster.palette._alpha_colors import CLEAR, AlphaColors
from imgcluster.palette._alpha_fit import Finish, places_of
from imgcluster.palette._fit import Fit
from imgcluster.palette._given_alpha import nearest_alpha_colors, rgba_of
from imgcluster.palette._pinned_points import PinnedPoints
from imgcluster.palette._search import find_colors
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
    locked: UInt8Array | None = None,
) -> Fit:
    """Find the best n_colors colors of a picture with alpha, or keep all if there are at most that many.

    Clear pixels take one clear entry, opaque ones opaque entries, translucent ones any. The error is the mean over
    backgrounds. Locked colors, (l, 3) and different from each other, are the first of the palette.
    """
    locked = np.empty((0, 3), np.uint8) if locked is None else locked
    if histogram.is_opaque and not len(locked):
        return find_colors(histogram.opaque, n_colors, "kmeans", effort, rng, n_threads, space)
    n_fixed = len(locked) + (histogram.n_clear > 0)
    kept = _keep_all(histogram, n_colors, locked)
    if kept is not None:
        return kept
    if n_colors == 1 and n_fixed == 1 and not len(locked):
        return _mean(histogram, space)
    if n_fixed > n_colors:
        raise ValueError(
            f"lock must leave one of n_colors={n_colors} for clear pixels, got {len(locked)}; "
            "raise n_colors or lock fewer"
        )
    if n_fixed == n_colors:
        return nearest_alpha_colors(histogram, locked, n_threads, space)
    if not len(histogram.words) and not len(locked):
        return _with_clear(find_colors(histogram.opaque, n_colors - 1, "kmeans", effort, rng, n_threads, space))
    return _search(AlphaColors(histogram, space, n_threads, locked), n_colors - n_fixed, effort, rng)


def _keep_all(histogram: AlphaHistogram, n_colors: int, locked: UInt8Array) -> Fit | None:
    """Keep every color, after the locked ones, if they are few enough."""
    if len(histogram) > n_colors:
        return None
    colors = histogram.colors
    others = colors[places_of(colors, rgba_of(locked)) < 0]
    if len(others) + len(locked) > n_colors:
        return None
    palette = np.concatenate([rgba_of(locked), others])
    return _in_order(palette, places_of(colors, palette), 0.0, len(locked))


def _with_clear(fit: Fit) -> Fit:
    """Put the clear entry before the others."""
    labels = np.append(fit.labels + 1, 0).astype(np.int32)
    return Fit(np.concatenate([CLEAR, rgba_of(fit.palette)]), labels, None, fit.objective)


def _mean(histogram: AlphaHistogram, space: ColorSpace) -> Fit:
    """Return the one color for everything: clear pixels cannot stay clear."""
    aspace, weights = alpha_space(space), histogram.counts.astype(np.float64)
    points = aspace.encode(histogram.colors).astype(np.float64)
    mean = (weights[:, None] * points).sum(axis=0, keepdims=True) / weights.sum()
    palette = np.rint(aspace.decode(mean)).astype(np.uint8)
    palette[:, 3] = np.minimum(palette[:, 3], 254)  # something is clear
    rest = points - aspace.encode(palette)
    objective = float((weights[:, None] * rest * rest).sum())
    return Fit(palette, np.zeros(len(points), np.int32), None, objective if space is RGB else None)


def _search(colors: AlphaColors, n_colors: int, effort: str, rng: np.random.Generator) -> Fit:
    """Search on bins, then fit all colors, then in 8 bits.

    A longer search goes on where a shorter one ends, and the best is taken: it is never worse.
    """
    finish = Finish(colors.points(None, _FINE_BINS), colors.points(), colors.colors, colors.fixed)
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
    n_locked, objective = colors.n_locked, found.objective if colors.space.space is RGB else None
    palette = np.concatenate([colors.fixed[:n_locked], found.palette, colors.fixed[n_locked:]])
    labels = np.where(found.labels < n_colors, found.labels + n_locked, found.labels - n_colors)
    if len(colors.fixed) > n_locked:  # the clear entry is the last one
        labels[found.labels == n_colors + n_locked] = len(palette) - 1
    return _in_order(palette, colors.in_histogram(labels, len(palette) - 1), objective, n_locked)


def _with_opaque(points: PinnedPoints, centers: Float64Array) -> Float64Array:
    """Put one opaque color among the centers if there is none and opaque points need it."""
    if points.n_opaque and not points.is_opaque(centers).any():
        weights = points.weights[: points.n_opaque, None]
        centers[-1] = (weights * points.X[: points.n_opaque]).sum(axis=0) / weights.sum()
    return centers


def _in_order(palette: UInt8Array, labels: Int32Array, objective: float | None, n_locked: int) -> Fit:
    """Sort a palette: locked colors as they are, then clear, translucent, opaque ones, each dark to light."""
    red, green, blue, alpha = palette.T.astype(np.float64)
    luma, kind = 0.299 * red + 0.587 * green + 0.114 * blue, 1 + (alpha > 0) + (alpha == 255)
    luma[:n_locked], kind[:n_locked] = np.arange(n_locked), 0
    order = np.lexsort([luma, kind])
    places = np.empty(len(order), np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    ordered = palette[order] if (alpha < 255).any() else palette[order, :3]
    return Fit(ordered, places[labels], None, objective)
