"""Boundary k-means in volumes: blocks on the borders of segments move, from coarse blocks to single voxels."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT
from imgcluster.kernels import VolumeLevel, VolumeTerms
from imgcluster.segmentation import connect_volume, divide_volume
from imgcluster.superpixel._boundary import COMPACTNESS
from imgcluster.superpixel._efforts import EFFORTS, Effort
from imgcluster.superpixel._volume_pyramid import Lengths, VolumePyramid, grid_volume, n_layers_of_cells, plan_levels
from imgcluster.types import BoolArray, Float64Array, Int16Array, Int32Array, UInt8Array

_FLAT = 1.0  # squared difference in CIELAB that joining assumes for any two segments: flat areas get even segments

# those of pictures, for 26 neighbors in place of 8
VOLUME_EFFORTS = {
    name: replace(effort, bonus=effort.bonus * 8 / 26, pixel_bonus=effort.pixel_bonus * 8 / 26)
    for name, effort in EFFORTS.items()
}


class _Segments(NamedTuple):
    """Segments of a level: labels, how many there are, and the sums that describe them."""

    labels: Int32Array
    n: int
    sums: Float64Array
    active: UInt8Array  # blocks worth a look


def volume_kmeans(
    features: Int16Array,
    n_segments: int,
    *,
    spacing: Lengths = (1.0, 1.0, 1.0),
    compactness: float = COMPACTNESS,
    effort: Effort,
    inside: BoolArray | None = None,
    n_threads: int = 1,
) -> Int32Array:
    """Cut a grid of features into n_segments connected segments.

    Parameters
    ----------
    features : ndarray of shape (D, H, W, C), int16
        As `volume_features` makes them.
    n_segments : int
        1 to the number of voxels inside.
    spacing : tuple of three float
        Distances of slices, rows and columns.
    compactness : float
        In units of CIELAB.
    effort : Effort
    inside : ndarray of shape (D, H, W), bool, optional
    n_threads : int

    Returns
    -------
    ndarray of shape (D, H, W), int32
        Each of 0..n_segments-1 is 6-connected; -1 outside. There are more if the mask has more pieces.
    """
    depth, height, width, _ = features.shape
    n_voxels = depth * height * width
    n_inside = n_voxels if inside is None else int(np.count_nonzero(inside))
    n_cells = max(n_segments, min(round(n_segments * effort.cells), n_inside // 8))
    n_grid = -(-n_cells * n_voxels // n_inside)
    side = (n_inside * spacing[0] * spacing[1] * spacing[2] / n_cells) ** (1 / 3)
    levels = plan_levels(spacing, side, effort.blocks)
    shapes = [(depth, height, width)]
    for sides in levels:
        shapes.append(kernels.coarse_shape(shapes[-1], sides))
    while levels and n_layers_of_cells(shapes[len(levels)], spacing, n_grid) > shapes[len(levels)][0]:
        levels.pop()
    pyramid = VolumePyramid(features, inside, spacing, levels, n_threads)
    start = grid_volume(pyramid.shape(len(levels)), pyramid.lengths[-1], n_grid)
    return _VolumeSearch(pyramid, effort, compactness, side, n_segments, n_threads).descend(start)


class _VolumeSearch:
    """Sweeps over the levels, from blocks to voxels, and the joining of segments."""

    def __init__(
        self, pyramid: VolumePyramid, effort: Effort, compactness: float, side: float, n_segments: int, n_threads: int
    ) -> None:
        self.pyramid, self.effort, self.n_threads = pyramid, effort, n_threads
        self.scale = (compactness / COMPACTNESS) ** 2
        self.side, self.n_segments = side, n_segments  # of a cell

    def descend(self, labels: Int32Array) -> Int32Array:
        """Search from cells on the coarsest level down to voxels."""
        effort, depth = self.effort, len(self.pyramid.sides)
        merge_level = min(effort.merge_level, depth)
        segments = self._connect(self._cut_out(labels, depth), depth)
        for level in range(depth, -1, -1):
            if level < depth:
                segments = self._refined(segments, level)
            if level > merge_level:
                self._sweep(level, segments, effort.coarse_sweeps, fine=False)
                continue
            if level == merge_level and segments.n > self.n_segments:
                self._sweep(level, segments, effort.joining_sweeps, fine=False)
            segments = self._join(level, segments)
            self._sweep(level, segments, effort.fine_sweeps if level else effort.pixel_sweeps, fine=True)
        return self._complete(segments)

    def _cut_out(self, labels: Int32Array, level: int) -> Int32Array:
        """Take blocks outside the mask out of labels."""
        inside = self.pyramid.inside(level)
        return labels if inside is None else np.where(inside, labels, np.int32(-1))

    def _counted(self, labels: Int32Array, n: int, level: int) -> _Segments:
        active = np.ones(labels.shape, np.uint8)
        sums = kernels.volume_sums(self._level(level, labels, active), n, self.n_threads)
        return _Segments(labels, n, sums, active)

    def _connect(self, labels: Int32Array, level: int) -> _Segments:
        """Make labels connected and without holes, where the mask has cut them."""
        if self.pyramid.inside(level) is None:
            return self._counted(labels, int(labels.max()) + 1, level)
        return self._counted(*connect_volume(labels), level)

    def _refined(self, segments: _Segments, level: int) -> _Segments:
        """Take segments to the next finer level, with their sums."""
        inside, sides = self.pyramid.inside(level), self.pyramid.sides[level]
        labels, active = kernels.volume_double(
            segments.labels, segments.active, self.pyramid.shape(level), sides, inside
        )
        if inside is not None:
            return self._connect(labels, level)
        sums = segments.sums
        d = sums.shape[1] - 5
        for axis, n in enumerate(sides):
            if n == 2:  # the middle of block i is 2 i + 1/2
                sums[:, d + axis] = 2 * sums[:, d + axis] + 0.5 * sums[:, d + 3]
        return _Segments(labels, segments.n, sums, active)

    def _complete(self, segments: _Segments) -> Int32Array:
        """Divide the largest segments if there are too few, of an odd mask."""
        if segments.n >= self.n_segments:
            return segments.labels
        divided = divide_volume(segments.labels, segments.n, self.n_segments)
        return self._join(0, self._counted(*divided, 0)).labels

    def _terms(self, level: int, *, fine: bool) -> VolumeTerms:
        """Compute the terms of a level, in units of features and of the spacing."""
        effort, unit = self.effort, FEATURE_UNIT**2
        position = effort.fine_position if fine else effort.position
        bonus = effort.pixel_bonus if level == 0 else effort.bonus * 2.0 ** (-effort.growth * level)
        z, y, x = self.pyramid.lengths[level]
        return VolumeTerms(
            self.scale * position / (self.side * self.side),
            (effort.fine_variance if fine else effort.variance) * unit,
            self.scale * bonus * unit,
            effort.margin * unit,
            z * z,
            y * y,
            x * x,
        )

    def _sweep(self, level: int, segments: _Segments, n_sweeps: int, *, fine: bool) -> None:
        """Move blocks on borders, up to n_sweeps times; labels and sums change in place."""
        grid, terms = self._level(level, segments.labels, segments.active), self._terms(level, fine=fine)
        for i in range(n_sweeps):
            if level == 0 and i == n_sweeps - 1:
                kernels.volume_sweep_last(grid, terms, segments.sums, self.n_threads)
            elif not kernels.volume_sweep(grid, terms, segments.sums, self.n_threads):
                return

    def _join(self, level: int, segments: _Segments) -> _Segments:
        """Join neighboring segments that differ least until n_segments are left, or none touch."""
        labels, n, sums, _ = segments
        if n <= self.n_segments:
            return segments
        d = sums.shape[1] - 5
        areas = sums[:, d + 3]
        merges = kernels.merge_regions(
            areas,
            sums[:, :d] / areas[:, None],
            kernels.volume_edges(labels, n, self.pyramid.features[level]),
            self.n_segments,
            contrast=self.effort.contrast,
            floor=_FLAT * self.scale * FEATURE_UNIT**2,
            power=2,
        )
        table = kernels.merged_labels(n, merges.pairs)
        return self._counted(kernels.map_labels(labels, table, out=labels), n - len(merges.pairs), level)

    def _level(self, level: int, labels: Int32Array, active: UInt8Array) -> VolumeLevel:
        return VolumeLevel(self.pyramid.features[level], self.pyramid.weights[level], labels, active)
