"""Boundary k-means: blocks on the borders of segments move, from coarse blocks to single pixels.

References
----------
J. Yao, M. Boben, S. Fidler, R. Urtasun, "Real-time coarse-to-fine topologically preserving segmentation", CVPR 2015.
J. A. Hartigan, M. A. Wong, "Algorithm AS 136: a k-means clustering algorithm", Applied Statistics 28 (1979),
doi:10.2307/2346830.
J. H. Ward, "Hierarchical grouping to optimize an objective function", JASA 58 (1963),
doi:10.1080/01621459.1963.10500845.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from imgcluster.superpixel._boundary_search import BoundarySearch
from imgcluster.superpixel._efforts import Effort
from imgcluster.superpixel._pyramid import MAX_DEPTH, Pyramid, grid_cells, n_rows_of_cells, nearest_seeds
from imgcluster.types import BoolArray, Int16Array, Int32Array

COMPACTNESS = 10.0  # at which the numbers of Effort were found
CHROMA = 1.6  # weight of a and b beside L, in distance
EDGE = 50.0  # steps beyond it are not blurred: edges stay where they are, at no loss on photos (25: .4 % of UE)


def boundary_kmeans(
    features: Int16Array,
    n_segments: int,
    *,
    compactness: float = COMPACTNESS,
    effort: Effort,
    mask: BoolArray | None = None,
    seeds: Int32Array | None = None,
    labels: Int32Array | None = None,
    n_threads: int = 1,
) -> Int32Array:
    """Cut a grid of features into n_segments connected segments.

    Parameters
    ----------
    features : ndarray of shape (H, W, D), int16
        As `grid_features` makes them, best with CHROMA and the number of blurs of the effort.
    n_segments : int
        1 to the number of pixels inside; as many as seeds, if there are any.
    compactness : float
        In units of CIELAB.
    effort : Effort
    mask : ndarray of shape (H, W), bool, optional
    seeds : ndarray of shape (n, 2), int32, optional
        Distinct pixels inside the mask.
    labels : ndarray of shape (H, W), int32, optional
        Segments to begin with, -1 outside the mask.
    n_threads : int

    Returns
    -------
    ndarray of shape (H, W), int32
        Each of 0..n_segments-1 is 4-connected; -1 outside the mask. There are more if the mask has more pieces.
    """
    n_inside = features.shape[0] * features.shape[1] if mask is None else int(np.count_nonzero(mask))
    plan = _plan(features.shape[:2], n_inside, n_segments, effort, labels, seeds)
    pyramid = Pyramid(features, mask, plan.depth, n_threads)
    scale = (compactness / COMPACTNESS) ** 2
    search = BoundarySearch(pyramid, effort, scale, plan.n_cells / n_inside, n_segments, n_threads)
    if labels is not None:
        return search.refine(labels)
    shape = pyramid.shape(plan.depth)
    start = grid_cells(*shape, plan.n_grid) if seeds is None else nearest_seeds(shape, seeds >> plan.depth, n_threads)
    return search.descend(start, plan.depth, seeds)


class _Plan(NamedTuple):
    """Where to begin."""

    n_cells: int  # inside
    n_grid: int  # of which inside and outside together
    depth: int  # blocks of 2^depth pixels a side


def _plan(
    shape: tuple[int, ...],
    n_inside: int,
    n_segments: int,
    effort: Effort,
    labels: Int32Array | None,
    seeds: Int32Array | None,
) -> _Plan:
    """Choose how many cells to begin with, and on which level: each needs a block of its own."""
    if labels is not None:
        return _Plan(n_segments, n_segments, 0)
    n_cells = n_segments if seeds is not None else max(n_segments, min(round(n_segments * effort.cells), n_inside // 4))
    n_grid = -(-n_cells * shape[0] * shape[1] // n_inside)
    side, depth = math.sqrt(n_inside / n_cells), 0
    while depth < MAX_DEPTH and side / 2 ** (depth + 1) >= effort.blocks:
        depth += 1
    while depth and not _fits((-(-shape[0] >> depth), -(-shape[1] >> depth)), n_grid, seeds, depth):
        depth -= 1
    return _Plan(n_cells, n_grid, depth)


def _fits(shape: tuple[int, int], n_grid: int, seeds: Int32Array | None, depth: int) -> bool:
    """Return whether a level has a block for each cell, or for each seed."""
    if seeds is None:
        return n_rows_of_cells(*shape, n_grid) <= shape[0]
    blocks = seeds >> depth
    return len(np.unique(blocks[:, 0].astype(np.int64) * shape[1] + blocks[:, 1])) == len(seeds)
