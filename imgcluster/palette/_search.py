"""The search for the best colors: on bins first, where a pass is cheap, then on all colors, then in 8 bits."""

from __future__ import annotations

import numpy as np

from imgcluster.colors import RGB, ColorSpace, Histogram, SpaceColors
from imgcluster.palette._fit import Fit, encoded, keep_all, n_within, objective_in_rgb, own_entries
from imgcluster.palette._line import palette_on_line
from imgcluster.palette._stages import STAGES, Converged, Found, Stages, all_points
from imgcluster.types import UInt8Array

EFFORTS = tuple(STAGES)
_CLOSE = 1.002  # on bins of two shades a channel, some ten times of what the colors within them can make of it
_NOTHING_LOCKED = np.empty((0, 3), np.uint8)


def find_colors(
    histogram: Histogram,
    n_colors: int,
    method: str,
    effort: str,
    rng: np.random.Generator,
    n_threads: int,
    space: ColorSpace = RGB,
    locked: UInt8Array | None = None,
) -> Fit:
    """Find the best n_colors colors, or keep all if there are at most that many.

    Parameters
    ----------
    histogram : Histogram
    n_colors : int
    method : {"kmeans", "soft-kmeans", "gmm"}
    effort : {"default", "fast", "best"}
        The result of "default" is never worse than that of "fast", nor that of "best" than that of "default", where the
        method is k-means: each continues the search of the one below, and the better result is kept.
    rng : numpy Generator
    n_threads : int
    space : ColorSpace
        Where distances are measured.
    locked : ndarray of shape (l, 3), uint8, optional
        Colors that the palette is to begin with; n_colors counts them. The others are searched around them.

    Returns
    -------
    Fit
        With n_colors different colors, if there are that many.
    """
    locked = _NOTHING_LOCKED if locked is None else _once_each(locked)
    if len(locked) > n_colors:
        raise ValueError(
            f"lock must hold at most n_colors={n_colors} colors, got {len(locked)}; raise n_colors or lock fewer"
        )
    if len(locked) == n_colors:
        return nearest_colors(histogram, locked, n_threads, space)
    if len(locked) + len(histogram) - n_within(locked, histogram) <= n_colors:
        return keep_all(histogram, locked)
    colors = SpaceColors(histogram, space)
    found = _find(colors, n_colors, method, effort, rng, n_threads, locked)
    labels = colors.in_histogram(found.labels)
    if space is not RGB:
        labels = own_entries(labels, histogram, found.palette)
    return Fit(found.palette, labels, found.model, objective_in_rgb(found.objective, space))


def nearest_colors(histogram: Histogram, palette: UInt8Array, n_threads: int = 1, space: ColorSpace = RGB) -> Fit:
    """Label every color of the histogram with its nearest in a color space, ties to the lowest index, exactly.

    Colors that are in the palette get their own entry in any space.
    """
    colors = SpaceColors(histogram, space)
    points = all_points(colors, n_threads)
    objective = points.assign(encoded(palette, space)).objective
    labels = colors.in_histogram(points.labels)
    if space is not RGB:
        labels = own_entries(labels, histogram, palette)
    return Fit(palette, labels, None, objective_in_rgb(objective, space))


def _find(
    colors: SpaceColors,
    n_colors: int,
    method: str,
    effort: str,
    rng: np.random.Generator,
    n_threads: int,
    locked: UInt8Array,
) -> Found:
    """Search stage by stage, from that of the least effort to the one asked for."""
    stages = Stages(colors, n_colors, method, rng, n_threads, locked)
    if method == "kmeans" and not len(locked):
        palette = palette_on_line(colors, n_colors)
        if palette is not None:
            return stages.settled(palette)
    wanted = list(STAGES)[: list(STAGES).index(effort) + 1]
    centers, ends = stages.start(), []
    for name in wanted:
        centers = stages.searched(centers, STAGES[name])
        # a soft method takes the means that it finds: there is no error to compare
        if method == "kmeans" or name == effort:
            ends.append(stages.converged(centers, STAGES[name]))
    found = min(map(stages.finished, _promising(ends)), key=lambda found: found.objective)
    return stages.in_order(found)


def _promising(ends: list[Converged]) -> list[Converged]:
    """Leave out ends that are so much worse on bins that passes over all colors cannot turn it round."""
    least = min((end.objective for end in ends if end.objective is not None), default=0.0)
    return [end for end in ends if end.objective is None or end.objective <= _CLOSE * least]


def _once_each(colors: UInt8Array) -> UInt8Array:
    """Leave out colors that came before."""
    _, first = np.unique(colors, axis=0, return_index=True)
    return np.ascontiguousarray(colors[np.sort(first)])
