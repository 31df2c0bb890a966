"""Boundary k-means: blocks on the borders of segments move, from coarse blocks to single pixels.

References
----------
J. Yao, M. Boben, S. Fidler, R. Urtasun, "Real-time coarse-to-fine topologically preserving segmentation", CVPR 2015.
J. A. Hartigan, M. A. Wong, "Algorithm AS 136: a k-means clustering algorithm", Applied Statistics 28 (1979),
doi:10.2307/2346830.
J. H. Ward, "Hierarchical grouping to optimize an objective function", JASA 58 (1963), doi:10.1080/01621459.1963.10500845.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.connectivity import label_components
from imgcluster.features import FEATURE_UNIT
from imgcluster.kernels import BoundaryLevel, BoundaryTerms
from imgcluster.types import BoolArray, Int16Array, Int32Array, UInt16Array

COMPACTNESS = 10.0
CHROMA = 1.5  # weight of a and b beside L, in distance
_MAX_LEVELS = 7  # blocks of 128 x 128: more pixels than 16 bits can count
_LIVE_BLOCKS = 1 << 16  # levels of more are swept in stripes, with means that stay during a sweep


class Effort(NamedTuple):
    """How finely to search; found on training pictures, at compactness 10."""

    cells: float  # segments to begin with, for each that is asked for
    blocks: float  # least side of a cell on the coarsest level, in blocks
    merge_level: int  # where segments are joined: blocks of 2^l pixels a side
    coarse_sweeps: int
    fine_sweeps: int  # on levels below the joining, and once more after it
    pixel_sweeps: int
    position: float  # weight of position, before and after the joining
    fine_position: float
    variance: float  # of colour, in CIELAB, that counts as flat: before and after
    fine_variance: float
    bonus: float  # for a neighbour in the same segment, coarse and on pixels
    pixel_bonus: float
    growth: float  # the bonus falls by 2^-growth from level to level
    contrast: float  # weight of a border's contrast in joining


EFFORTS = {
    "default": Effort(2.23, 1.5, 1, 4, 4, 2, 0.787, 0.683, 10.9, 7.74, 14.4, 8.95, 0.209, 0.229),
}


def boundary_kmeans(
    features: Int16Array,
    n_segments: int,
    *,
    compactness: float = COMPACTNESS,
    effort: Effort = EFFORTS["default"],
    mask: BoolArray | None = None,
    n_threads: int = 1,
) -> Int32Array:
    """Cut a grid of features into n_segments connected segments: labels (H, W), -1 outside the mask."""
    pyramid = _Pyramid(features, mask)
    n_inside = features.shape[0] * features.shape[1] if mask is None else int(np.count_nonzero(mask))
    n_cells, depth = _plan(pyramid.shape(0), n_inside, n_segments, effort)
    pyramid.build(depth)
    search = _Search(pyramid, effort, (compactness / COMPACTNESS) ** 2, n_cells / n_inside, n_threads)
    labels = _grid(*pyramid.shape(depth), n_cells)
    for level in range(depth, -1, -1):
        if level < depth:
            labels = kernels.double_labels(labels, pyramid.shape(level))
        merges = n_cells > n_segments and level == min(effort.merge_level, depth)
        if level > effort.merge_level or merges:
            search.sweep(level, labels, n_cells, effort.coarse_sweeps, fine=False)
        if merges:
            labels = search.join(level, labels, n_cells, n_segments)
            n_cells = n_segments
        if level <= effort.merge_level:
            search.sweep(level, labels, n_cells, effort.fine_sweeps if level else effort.pixel_sweeps, fine=True)
    return labels


def _plan(shape: tuple[int, int], n_inside: int, n_segments: int, effort: Effort) -> tuple[int, int]:
    """Choose how many cells to begin with, and on which level: cells must hold a block each."""
    n_cells = max(n_segments, min(round(n_segments * effort.cells), n_inside // 4))
    side, depth = math.sqrt(n_inside / n_cells), 0
    while depth < _MAX_LEVELS and side / 2 ** (depth + 1) >= effort.blocks:
        depth += 1
    while depth and not _fits(-(-shape[0] // 2**depth), -(-shape[1] // 2**depth), n_cells):
        depth -= 1
    return n_cells, depth


def _n_rows(height: int, width: int, n_cells: int) -> int:
    """Choose how many rows of cells make them square, if there is room."""
    return max(-(-n_cells // width), min(height, round(math.sqrt(n_cells * height / width))), 1)


def _fits(height: int, width: int, n_cells: int) -> bool:
    return _n_rows(height, width, n_cells) <= height


def _grid(height: int, width: int, n_cells: int) -> Int32Array:
    """Cut a rectangle into exactly n_cells cells: rows of equal height, whose numbers of cells differ by one at most."""
    n_rows = _n_rows(height, width, n_cells)
    starts = np.arange(n_rows + 1) * n_cells // n_rows  # the first cell of each row of cells
    row = np.arange(height) * n_rows // height
    counts = (starts[1:] - starts[:-1])[row]
    labels: Int32Array = (starts[row][:, None] + np.arange(width) * counts[:, None] // width).astype(np.int32)
    return labels


class _Pyramid:
    """The features of pixels, and of blocks of 2 x 2, 4 x 4, ... pixels."""

    def __init__(self, features: Int16Array, mask: BoolArray | None) -> None:
        self.features = [features]
        self.weights: list[UInt16Array | None] = [None if mask is None else mask.astype(np.uint16)]

    def build(self, depth: int) -> None:
        """Average up to blocks of 2^depth a side."""
        while len(self.features) <= depth:
            features, weights = kernels.halve(self.features[-1], self.weights[-1])
            self.features.append(features)
            self.weights.append(weights)

    def shape(self, level: int) -> tuple[int, int]:
        """Height and width of a level, in blocks."""
        height, width, _ = self.features[0].shape
        return -(-height // 2**level), -(-width // 2**level)


class _Search:
    """Sweeps over the levels, and the joining."""

    def __init__(self, pyramid: _Pyramid, effort: Effort, scale: float, density: float, n_threads: int) -> None:
        self.pyramid, self.effort, self.n_threads = pyramid, effort, n_threads
        self.scale, self.density = scale, density  # of compactness; cells a pixel

    def terms(self, level: int, *, fine: bool) -> BoundaryTerms:
        """Compute the terms of a level, in units of features and blocks."""
        effort, unit = self.effort, FEATURE_UNIT**2
        position = effort.fine_position if fine else effort.position
        bonus = effort.pixel_bonus if level == 0 else effort.bonus * 2.0 ** (-effort.growth * level)
        return BoundaryTerms(
            self.scale * position * self.density * 4.0**level,
            (effort.fine_variance if fine else effort.variance) * unit,
            self.scale * bonus * unit,
        )

    def sweep(self, level: int, labels: Int32Array, k: int, n_sweeps: int, *, fine: bool) -> None:
        """Move blocks on borders, up to n_sweeps times; labels change in place."""
        features = self.pyramid.features[level]
        grid = BoundaryLevel(features, self.pyramid.weights[level], labels, np.ones(labels.shape, np.uint8))
        terms = self.terms(level, fine=fine)
        sums = kernels.boundary_sums(grid, k, self.n_threads)
        live = level > 0 and labels.size <= _LIVE_BLOCKS
        segments = kernels.boundary_segments(terms, sums)
        for _ in range(n_sweeps):
            if live:
                moves = kernels.boundary_sweep_live(grid, terms, segments, sums)
            else:
                moves, change = kernels.boundary_sweep_frozen(grid, terms, segments, self.n_threads)
                sums += change
                segments = kernels.boundary_segments(terms, sums)
            if not moves:
                return

    def join(self, level: int, labels: Int32Array, n_cells: int, n_segments: int) -> Int32Array:
        """Join neighbouring segments that differ least until n_segments are left."""
        features = self.pyramid.features[level]
        borders = kernels.region_edges(labels, n_cells, features)
        grid = BoundaryLevel(features, self.pyramid.weights[level], labels, np.empty(labels.shape, np.uint8))
        sums = kernels.boundary_sums(grid, n_cells, self.n_threads)
        d = features.shape[2]
        areas = sums[:, d + 2].astype(np.float64)
        means = sums[:, :d] / areas[:, None]
        merges = kernels.merge_regions(areas, means, borders, n_segments, contrast=self.effort.contrast, power=2)
        return kernels.merged_labels(n_cells, merges.pairs)[labels]
