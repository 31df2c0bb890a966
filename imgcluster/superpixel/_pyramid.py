"""Where boundary k-means begins: a pyramid of features, and cells on its coarsest level."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from imgcluster import kernels
from imgcluster.kernels import by_bands
from imgcluster.segmentation import enforce_connectivity
from imgcluster.types import BoolArray, Int16Array, Int32Array, UInt16Array

_BAND = 64  # rows: seeds side by side begin on pixels, of which there are many
MAX_DEPTH = 7  # blocks of 256 x 256 hold more pixels than 16 bits can count


class Pyramid:
    """The features of pixels, and of blocks of 2 x 2, 4 x 4, ... pixels; weights are pixels inside the mask."""

    def __init__(self, features: Int16Array, mask: BoolArray | None, depth: int, n_threads: int) -> None:
        self.features = [features]
        self.weights: list[UInt16Array | None] = [None if mask is None else by_bands(_as_weights, np.uint16, mask)]
        self._masks = [mask]
        for _ in range(depth):
            blocks, weights = kernels.halve(self.features[-1], self.weights[-1], n_threads)
            self.features.append(blocks)
            self.weights.append(weights)
            self._masks.append(None if mask is None else by_bands(_are_inside, np.bool_, weights))

    def shape(self, level: int) -> tuple[int, int]:
        """Height and width of a level, in blocks."""
        height, width, _ = self.features[level].shape
        return height, width

    def inside(self, level: int) -> BoolArray | None:
        """Which blocks of a level hold pixels inside the mask; None for all."""
        return self._masks[level]


def _as_weights(mask: BoolArray) -> UInt16Array:
    return mask.astype(np.uint16)


def _are_inside(weights: UInt16Array) -> BoolArray:
    inside: BoolArray = weights > 0
    return inside


def n_rows_of_cells(height: int, width: int, n_cells: int) -> int:
    """How many rows of cells make them square, and narrow enough for the width; more than height if none do."""
    return max(-(-n_cells // width), min(height, round(math.sqrt(n_cells * height / width))), 1)


def grid_cells(height: int, width: int, n_cells: int) -> Int32Array:
    """Cut a rectangle into exactly n_cells cells, in rows of equal height with numbers of cells that differ by 1."""
    n_rows = n_rows_of_cells(height, width, n_cells)
    starts = np.arange(n_rows + 1) * n_cells // n_rows  # the first cell of each row of cells
    row = np.arange(height) * n_rows // height
    whole = np.int32 if width * n_cells < 2**31 else np.int64  # 32 bits divide faster
    counts: Any = (starts[1:] - starts[:-1])[row, None].astype(whole)
    cells = starts[row, None] + np.arange(width, dtype=whole) * counts // width
    labels: Int32Array = cells.astype(np.int32)
    return labels


def nearest_seeds(shape: tuple[int, int], seeds: Int32Array, n_threads: int) -> Int32Array:
    """Label each block by the nearest of the seeds (n, 2), ties to the first; pieces apart go to neighbors."""
    labels, centers = np.zeros(shape, np.int32), seeds.astype(np.float32)
    for top in range(0, shape[0], _BAND):
        band = labels[top : top + _BAND]
        rows, columns = np.indices(band.shape, np.float32).reshape(2, -1)
        blocks, distances = np.stack([rows + top, columns], axis=1), np.empty(band.size, np.float32)
        kernels.assign(blocks, np.ones(band.size), centers, band.reshape(-1), distances, n_threads)
    return enforce_connectivity(labels)[0]
