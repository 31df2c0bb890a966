"""The levels of boundary k-means: sweeps that move blocks on borders, and the joining of segments."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT
from imgcluster.kernels import BoundaryLevel, BoundaryTerms, by_bands, empty
from imgcluster.segmentation import divide_segments, enforce_connectivity
from imgcluster.superpixel._efforts import Effort
from imgcluster.superpixel._mending import add_moved, loose_labels, mend
from imgcluster.superpixel._pyramid import Pyramid
from imgcluster.superpixel._seeds import settle_seeds
from imgcluster.threads import report
from imgcluster.types import BoolArray, Float64Array, Int32Array, UInt8Array

_FLAT = 1.0  # squared difference in CIELAB that joining assumes for any two segments: flat areas get even segments
_BEFORE, _SHARE = 0.4, 0.5  # of the time: what comes before the search, and the search
_LIVE_BLOCKS = 1 << 16  # levels with more blocks are swept in stripes, each with means of its own
_STRIPED_SWEEPS = 3  # more cost time and gain nothing there
_FROZEN_LEVEL = 1  # of large levels those up to here are swept with fixed means after joining: few blocks still move


class _Segments(NamedTuple):
    """Segments of a level: labels, how many there are, and the sums that describe them."""

    labels: Int32Array
    n: int
    sums: Float64Array
    active: UInt8Array  # blocks worth a look


def _cut_out(inside: BoolArray, labels: Int32Array) -> Int32Array:
    return np.where(inside, labels, np.int32(-1))


class BoundarySearch:
    """Sweeps over the levels, from blocks to pixels, and the joining of segments."""

    def __init__(
        self, pyramid: Pyramid, effort: Effort, scale: float, density: float, n_segments: int, n_threads: int
    ) -> None:
        self.pyramid, self.effort, self.n_threads = pyramid, effort, n_threads
        self.scale, self.density, self.n_segments = scale, density, n_segments  # of compactness; cells a pixel

    def descend(self, labels: Int32Array, depth: int, seeds: Int32Array | None = None) -> Int32Array:
        """Search from cells on the level `depth` down to pixels; seeds hold their segments on every level."""
        effort, merge_level = self.effort, min(self.effort.merge_level, depth)
        segments = self._connect(self._cut_out(labels, depth), depth)
        for level in range(depth, -1, -1):
            if level < depth:
                segments = self._refined(segments, level)
                segments = segments if seeds is None else self._reseated(segments, level, seeds)
            if level > merge_level:
                self.sweep(level, segments, effort.coarse_sweeps, fine=False)
                continue
            if level == merge_level and segments.n > self.n_segments:
                self.sweep(level, segments, effort.joining_sweeps, fine=False)
            segments = self.join(level, segments)
            self.sweep(level, segments, effort.fine_sweeps if level else effort.pixel_sweeps, fine=True)
            report(_BEFORE + _SHARE * 4.0**-level)
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
        return labels if inside is None else by_bands(_cut_out, np.int32, inside, labels)

    def _counted(self, labels: Int32Array, n: int, level: int, active: UInt8Array | None = None) -> _Segments:
        active = empty(labels.shape, np.uint8) if active is None else active
        active.fill(1)
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

    def _reseated(self, segments: _Segments, level: int, seeds: Int32Array) -> _Segments:
        """Let every seed have its segment again."""
        labels = settle_seeds(segments.labels, seeds >> level, self.pyramid.features[level])
        return segments if labels is segments.labels else self._counted(labels, int(labels.max()) + 1, level)

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
        is_large = segments.labels.size > _LIVE_BLOCKS
        if level == 0 or (is_large and fine and level <= _FROZEN_LEVEL):
            self._sweep_frozen(level, segments, n_sweeps, fine=fine)
            return
        labels, _, sums, active = segments
        grid, terms = self._level(level, labels, active), self.terms(level, fine=fine)
        if is_large:
            for _ in range(min(n_sweeps, _STRIPED_SWEEPS)):
                if not kernels.boundary_sweep_striped(grid, terms, sums, self.n_threads):
                    return
            return
        described = kernels.boundary_segments(terms, sums)
        for _ in range(n_sweeps):
            if not kernels.boundary_sweep_live(grid, terms, described, sums):
                return

    def _sweep_frozen(self, level: int, segments: _Segments, n_sweeps: int, *, fine: bool) -> None:
        """Sweep with means that stay during a sweep."""
        labels, _, sums, active = segments
        grid, terms = self._level(level, labels, active), self.terms(level, fine=fine)
        for i in range(n_sweeps):
            last = level == 0 and i == n_sweeps - 1
            described = kernels.boundary_segments(terms, sums)
            moves, change = kernels.boundary_sweep_frozen(grid, terms, described, self.n_threads, last=last)
            if last or not moves:
                return
            np.add(sums, change, out=sums)

    def join(self, level: int, segments: _Segments) -> _Segments:
        """Join neighboring segments that differ least until n_segments are left, or none touch."""
        labels, n, sums, active = segments
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
        return self._counted(kernels.map_labels(labels, table, out=labels), n - len(merges.pairs), level, active)

    def _level(self, level: int, labels: Int32Array, active: UInt8Array) -> BoundaryLevel:
        return BoundaryLevel(self.pyramid.features[level], self.pyramid.weights[level], labels, active)
