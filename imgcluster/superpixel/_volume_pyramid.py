"""Where boundary k-means begins in volumes: a pyramid of features, and cells on its coarsest level."""

from __future__ import annotations

import math

import numpy as np

from imgcluster import kernels
from imgcluster.kernels import Sides
from imgcluster.types import BoolArray, Int16Array, Int32Array, UInt16Array

_CUBE = 1.5  # blocks whose sides differ by less than this factor are halved along all of them
_MAX_VOXELS = 1 << 15  # in a block: its weight fits in 16 bits

Lengths = tuple[float, float, float]  # of something along z, y and x, in units of the spacing


def plan_levels(spacing: Lengths, side: float, blocks: float) -> list[Sides]:
    """Choose how blocks grow from level to level, shorter sides first, as long as `blocks` of them fit in a cell."""
    lengths, levels, n_voxels = spacing, list[Sides](), 1
    while True:
        z, y, x = (2 if length < _CUBE * min(lengths) else 1 for length in lengths)
        n_voxels *= z * y * x
        grown = [length * 2 for length, n in zip(lengths, (z, y, x), strict=True) if n == 2]
        if side / max(grown) < blocks or n_voxels > _MAX_VOXELS:
            return levels
        levels.append((z, y, x))
        lengths = lengths[0] * z, lengths[1] * y, lengths[2] * x


class VolumePyramid:
    """Levels of a volume: features of blocks and their numbers of voxels, from single voxels on."""

    def __init__(
        self, features: Int16Array, inside: BoolArray | None, spacing: Lengths, sides: list[Sides], n_threads: int
    ) -> None:
        self.sides = sides  # how many blocks of a level make one of the next
        self.features: list[Int16Array] = [features]
        self.weights: list[UInt16Array | None] = [None if inside is None else inside.astype(np.uint16)]
        self.lengths: list[Lengths] = [spacing]
        self._masks: list[BoolArray | None] = [inside]
        for level in sides:
            blocks, weights = kernels.volume_halve(self.features[-1], self.weights[-1], level, n_threads)
            z, y, x = (length * n for length, n in zip(self.lengths[-1], level, strict=True))
            self.features.append(blocks)
            self.weights.append(weights)
            self.lengths.append((z, y, x))
            self._masks.append(None if inside is None else weights > 0)

    def shape(self, level: int) -> tuple[int, int, int]:
        """Depth, height and width of a level, in blocks."""
        depth, height, width, _ = self.features[level].shape
        return depth, height, width

    def inside(self, level: int) -> BoolArray | None:
        """Which blocks of a level hold voxels inside the mask; None for all."""
        return self._masks[level]


def _at_least(wanted: float, n: int, room: int, most: int) -> int:
    """Return the number of layers that is nearest to the one wanted and leaves n cells enough room, if any does."""
    return max(-(-n // room), min(most, round(wanted)), 1)


def n_layers_of_cells(shape: tuple[int, int, int], lengths: Lengths, n_cells: int) -> int:
    """How many layers of cells make them cubes, and few enough for a slice; more than there are slices if none do."""
    depth, height, width = (n * length for n, length in zip(shape, lengths, strict=True))
    return _at_least((n_cells * depth * depth / (height * width)) ** (1 / 3), n_cells, shape[1] * shape[2], shape[0])


def grid_volume(shape: tuple[int, int, int], lengths: Lengths, n_cells: int) -> Int32Array:
    """Cut a box into exactly n_cells cells: layers of rows of cells, whose numbers differ by 1.

    Parameters
    ----------
    shape : tuple of three int
        Slices, rows and columns; n_cells at most.
    lengths : tuple of three float
        Distances of slices, rows and columns, on which it depends how many layers and rows make cubes.
    n_cells : int
    """
    depth, height, width = shape
    n_layers = n_layers_of_cells(shape, lengths, n_cells)
    starts = np.arange(n_layers + 1) * n_cells // n_layers
    labels, planes = np.empty(shape, np.int32), dict[int, Int32Array]()
    for z in range(depth):
        layer = z * n_layers // depth
        n = int(starts[layer + 1] - starts[layer])
        if n not in planes:
            planes[n] = _grid_plane((height, width), math.sqrt(n * height * lengths[1] / (width * lengths[2])), n)
        labels[z] = planes[n] + np.int32(starts[layer])
    return labels


def _grid_plane(shape: tuple[int, int], n_rows: float, n_cells: int) -> Int32Array:
    """Cut a rectangle into exactly n_cells cells, in about n_rows rows of cells."""
    height, width = shape
    rows = _at_least(n_rows, n_cells, width, height)
    starts = np.arange(rows + 1) * n_cells // rows
    row = np.arange(height) * rows // height
    counts = (starts[1:] - starts[:-1])[row, None]
    cells: Int32Array = (starts[row, None] + np.arange(width) * counts // width).astype(np.int32)
    return cells
