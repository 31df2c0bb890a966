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

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT
from imgcluster.kernels import BoundaryLevel, BoundaryTerms
from imgcluster.segmentation import divide_segments, enforce_connectivity
from imgcluster.superpixel._mending import add_moved, loose_labels, mend
from imgcluster.superpixel._starts import MAX_DEPTH, Pyramid, grid_cells, n_rows_of_cells, nearest_seeds
from imgcluster.types import BoolArray, Float64Array, Int16Array, Int32Array, UInt8Array

COMPACTNESS = 10.0
CHROMA = 1.6  # weight of a and b beside L, in distance
_FLAT = 1.0  # squared difference in CIELAB that joining takes every two segments to have: flat areas get even segments
_LIVE_BLOCKS = 1 << 16  # levels of more are swept in stripes, with means that stay during a sweep


class Effort(NamedTuple):
    """How finely to search; found on training pictures, at compactness 10."""

    n_blurs: int  # of the features, 1-2-1 both ways
    cells: float  # segments to begin with, for each that is asked for
    blocks: float  # least side of a cell on the coarsest level, in blocks
    merge_level: int  # where segments are joined: blocks of 2^l pixels a side
    coarse_sweeps: int  # on levels above the joining
    joining_sweeps: int  # before it, on its level
    fine_sweeps: int  # after it, and on the levels below
    pixel_sweeps: int
    position: float  # weight of position, before and after the joining
    fine_position: float
    variance: float  # of color, in CIELAB, that counts as flat: before and after
    fine_variance: float
    bonus: float  # for a neighbor in the same segment, coarse and on pixels
    pixel_bonus: float
    growth: float  # the bonus falls by 2^-growth from level to level
    contrast: float  # weight of a border's contrast in joining
    margin: float  # blocks that would pay so much more in another segment are taken as settled on the next finer level


EFFORTS = {
    "fast": Effort(0, 1.3, 1.679, 3, 1, 1, 1, 1, 0.813, 1.051, 35.576, 0.924, 18.433, 25.519, 0.271, 0.44, 0.0),
    "default": Effort(
        1, 2.375, 1.164, 1, 4, 1, 2, 1, 0.957, 0.352, 11.05, 5.128, 15.037, 26.905, 0.078, 0.484, math.inf
    ),
    "best": Effort(1, 2.76, 1.099, 1, 5, 3, 5, 4, 0.957, 0.287, 15.569, 2.844, 14.992, 26.905, 0.056, 0.769, math.inf),
}


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
        As `grid_features` makes them, best with as many blurs as the effort says, and CHROMA.
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
    return search.descend(start, plan.depth)


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
    """Tell whether a level has a block for each cell, or for each seed."""
    if seeds is None:
        return n_rows_of_cells(*shape, n_grid) <= shape[0]
    blocks = seeds >> depth
    return len(np.unique(blocks[:, 0].astype(np.int64) * shape[1] + blocks[:, 1])) == len(seeds)


class _Segments(NamedTuple):
    """Segments of a level: labels, how many there are, and the sums that describe them."""

    labels: Int32Array
    n: int
    sums: Float64Array
    active: UInt8Array  # blocks worth a look


class BoundarySearch:
    """Sweeps over the levels, from blocks to pixels, and the joining of segments."""

    def __init__(
        self, pyramid: Pyramid, effort: Effort, scale: float, density: float, n_segments: int, n_threads: int
    ) -> None:
        self.pyramid, self.effort, self.n_threads = pyramid, effort, n_threads
        self.scale, self.density, self.n_segments = scale, density, n_segments  # of compactness; cells a pixel

    def descend(self, labels: Int32Array, depth: int) -> Int32Array:
        """Search from cells on the level `depth` down to pixels."""
        effort, merge_level = self.effort, min(self.effort.merge_level, depth)
        segments = self._connect(self._cut_out(labels, depth), depth)
        for level in range(depth, -1, -1):
            if level < depth:
                segments = self._refined(segments, level)
            if level > merge_level:
                self.sweep(level, segments, effort.coarse_sweeps, fine=False)
                continue
            if level == merge_level and segments.n > self.n_segments:
                self.sweep(level, segments, effort.joining_sweeps, fine=False)
            segments = self.join(level, segments)
            self.sweep(level, segments, effort.fine_sweeps if level else effort.pixel_sweeps, fine=True)
        return self._complete(segments)

    def refine(self, labels: Int32Array) -> Int32Array:
        """Search on pixels, from segments that are given."""
        segments = self.join(0, self._counted(*enforce_connectivity(self._cut_out(labels, 0)), 0))
        labels = self._complete(segments)
        effort = self.effort
        n_sweeps = effort.coarse_sweeps + effort.fine_sweeps + effort.pixel_sweeps
        self.sweep(0, self._counted(labels, int(labels.max()) + 1, 0), n_sweeps, fine=True)
        return labels

    def _cut_out(self, labels: Int32Array, level: int) -> Int32Array:
        """Take blocks outside the mask out of labels."""
        inside = self.pyramid.inside(level)
        return labels if inside is None else np.where(inside, labels, np.int32(-1))

    def _counted(self, labels: Int32Array, n: int, level: int) -> _Segments:
        active = np.ones(labels.shape, np.uint8)
        return _Segments(
            labels, n, kernels.boundary_sums(self._level(level, labels, active), n, self.n_threads), active
        )

    def _connect(self, labels: Int32Array, level: int) -> _Segments:
        """Make labels connected and without holes, where the mask has cut them."""
        if self.pyramid.inside(level) is None:
            return self._counted(labels, int(labels.max()) + 1, level)
        return self._counted(*enforce_connectivity(labels), level)

    def _refined(self, segments: _Segments, level: int) -> _Segments:
        """Take segments to the next finer level, with their sums."""
        inside = self.pyramid.inside(level)
        shape = self.pyramid.shape(level)
        labels, active = kernels.double_level(segments.labels, segments.active, shape, inside, self.n_threads)
        sums = segments.sums
        d = sums.shape[1] - 4
        sums[:, d : d + 2] = 2 * sums[:, d : d + 2] + 0.5 * sums[:, d + 2 : d + 3]  # the middle of block i is 2 i + 1/2
        refined = _Segments(labels, segments.n, sums, active)
        return refined if inside is None else self._mended(refined, segments.labels, inside, level)

    def _mended(self, segments: _Segments, coarse: Int32Array, inside: BoolArray, level: int) -> _Segments:
        """Connect segments that the mask has cut in pieces, coming from a coarser level."""
        labels, n, sums, active = segments
        weights = self.pyramid.weights[level + 1]
        assert weights is not None
        loose = loose_labels(coarse, weights, 4 ** (level + 1), inside)
        moved = None if loose is None else mend(labels, n, loose)
        if moved is None:
            return self._connect(labels, level)
        if len(moved.at):
            sums = np.concatenate([sums, np.zeros((moved.n - n, sums.shape[1]))])
            add_moved(sums, moved, self.pyramid.features[level], self.pyramid.weights[level])
        return _Segments(labels, moved.n, sums, active)

    def _complete(self, segments: _Segments) -> Int32Array:
        """Divide the largest segments if there are too few: of an odd mask, or of labels with holes."""
        if segments.n >= self.n_segments:
            return segments.labels
        divided = divide_segments(segments.labels, segments.n, self.n_segments)
        return self.join(0, self._counted(*divided, 0)).labels

    def terms(self, level: int, *, fine: bool) -> BoundaryTerms:
        """Compute the terms of a level, in units of features and blocks."""
        effort, unit = self.effort, FEATURE_UNIT**2
        position = effort.fine_position if fine else effort.position
        bonus = effort.pixel_bonus if level == 0 else effort.bonus * 2.0 ** (-effort.growth * level)
        return BoundaryTerms(
            self.scale * position * self.density * 4.0**level,
            (effort.fine_variance if fine else effort.variance) * unit,
            self.scale * bonus * unit,
            effort.margin * unit,
        )

    def sweep(self, level: int, segments: _Segments, n_sweeps: int, *, fine: bool) -> None:
        """Move blocks on borders, up to n_sweeps times; labels and sums change in place."""
        labels, _, sums, active = segments
        grid, terms = self._level(level, labels, active), self.terms(level, fine=fine)
        live = level > 0 and labels.size <= _LIVE_BLOCKS
        described = kernels.boundary_segments(terms, sums)
        for i in range(n_sweeps):
            if live:
                moves = kernels.boundary_sweep_live(grid, terms, described, sums)
            else:
                last = level == 0 and i == n_sweeps - 1
                moves, change = kernels.boundary_sweep_frozen(grid, terms, described, self.n_threads, last=last)
                if last:
                    return
                np.add(sums, change, out=sums)
                described = kernels.boundary_segments(terms, sums)
            if not moves:
                return

    def join(self, level: int, segments: _Segments) -> _Segments:
        """Join neighboring segments that differ least until n_segments are left, or none touch."""
        labels, n, sums, _ = segments
        if n <= self.n_segments:
            return segments
        borders = kernels.region_edges(labels, n, self.pyramid.features[level])
        d = sums.shape[1] - 4
        areas = sums[:, d + 2]
        merges = kernels.merge_regions(
            areas,
            sums[:, :d] / areas[:, None],
            borders,
            self.n_segments,
            contrast=self.effort.contrast,
            floor=_FLAT * self.scale * FEATURE_UNIT**2,
            power=2,
        )
        table = kernels.merged_labels(n, merges.pairs)
        return self._counted(kernels.map_labels(labels, table, out=labels), n - len(merges.pairs), level)

    def _level(self, level: int, labels: Int32Array, active: UInt8Array) -> BoundaryLevel:
        return BoundaryLevel(self.pyramid.features[level], self.pyramid.weights[level], labels, active)
