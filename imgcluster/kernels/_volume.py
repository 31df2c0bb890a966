"""Doors to the kernels of boundary k-means in volumes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import BoolArray, Float64Array, Int16Array, Int32Array, UInt8Array, UInt16Array

_SLAB = 1 << 16  # blocks at least; fixed, so that results do not depend on the number of threads
_THIN = 4  # slices at least: slabs that are swept at the same time wake slices of the one between them

Sides = tuple[int, int, int]  # how many blocks along z, y and x make one of the next coarser level: 1 or 2


class VolumeTerms(NamedTuple):
    """What a block pays besides the squared distance to its segment's mean, in units of squared features."""

    position: float  # times (a segment's variance + variance) = weight of the squared distance to its center
    variance: float
    bonus: float  # for each of the 26 neighbors with the same label
    margin: float  # a block is unsure if another segment costs less than its own and this
    side_z: float  # squared lengths of a block
    side_y: float
    side_x: float


@dataclass(frozen=True)
class VolumeLevel:
    """A grid of blocks of voxels with their mean features and labels, as src/volume.h describes it."""

    features: Int16Array  # (D, H, W, C)
    weights: UInt16Array | None  # (D, H, W), voxels; None: 1 each
    labels: Int32Array  # (D, H, W), -1 outside
    active: UInt8Array  # (D, H, W), 1 where a sweep should look, 2 (or 3) where a finer level should

    @property
    def arrays(self) -> tuple[Int16Array, UInt16Array, Int32Array, UInt8Array]:
        """The arrays as kernels take them."""
        weights = np.empty(0, np.uint16) if self.weights is None else self.weights
        return self.features, weights, self.labels, self.active

    @property
    def slabs(self) -> list[tuple[int, int]]:
        """First and last slice of the slabs in which it is swept."""
        depth, height, width, _ = self.features.shape
        thickness = max(_THIN, -(-_SLAB // (height * width)))
        return [(first, min(first + thickness, depth)) for first in range(0, depth, thickness)]


def volume_sums(level: VolumeLevel, k: int, n_threads: int = 1) -> Float64Array:
    """Add up w f, w z, w y, w x, w and w ||f||^2 / 256 of each segment, coordinates in blocks: (k, C + 5), exact."""
    kernel, _, isa_level, _ = choice()
    depth, d = level.features.shape[0], level.features.shape[3]
    n_parts = min(n_threads, len(level.slabs))
    edges = [depth * i // n_parts for i in range(n_parts + 1)]
    sums = np.zeros((n_parts, k, d + 5))

    def part(i: int) -> None:
        kernel.volume_sums(isa_level, *level.features.shape, edges[i], edges[i + 1], *level.arrays, sums[i])

    run(part, n_parts, n_threads)
    total: Float64Array = np.add.reduce(sums, axis=0)
    return total


def volume_segments(terms: VolumeTerms, sums: Float64Array) -> Float64Array:
    """Describe segments by mean, z, y, x, weight of position and 1 / size: (k, C + 5)."""
    segments = np.empty(sums.shape)
    choice()[0].volume_segments(sums.shape[1] - 5, *map(float, terms), sums, segments)
    return segments


def volume_sweep(level: VolumeLevel, terms: VolumeTerms, sums: Float64Array, n_threads: int = 1) -> int:
    """Sweep once in slabs, every other one and then the rest, and let sums follow; returns how many blocks moved.

    In a slab means follow every move; what others change at the same time is seen when all of them are done. Slabs that
    run at the same time lie a slab apart, so none looks at blocks that another moves.
    """
    kernel, _, isa_level, _ = choice()
    moves, slabs = 0, level.slabs

    def sweep(segments: Float64Array, begin: int, i: int) -> tuple[int, slice, Float64Array]:
        slab = slabs[begin + 2 * i]
        numbers = _numbers(level.labels, slab)
        own, means = sums[numbers].copy(), segments[numbers].copy()
        where = *level.features.shape, *slab, numbers.start
        candidates = np.empty(level.features.shape[2] + 1, np.int32)
        n = kernel.volume_move(isa_level, *where, *map(float, terms), *level.arrays, means, own, candidates)
        return n, numbers, np.subtract(own, sums[numbers], out=own)

    for begin in (0, 1):
        turn = partial(sweep, volume_segments(terms, sums), begin)
        for n, numbers, change in run(turn, len(slabs[begin::2]), n_threads):
            sums[numbers] += change  # whole numbers and halves, exact in any order
            moves += n
    return moves


def volume_sweep_last(level: VolumeLevel, terms: VolumeTerms, sums: Float64Array, n_threads: int = 1) -> None:
    """Sweep as `volume_sweep` does, but with means that stay as they are, and for labels alone."""
    kernel, _, isa_level, _ = choice()
    segments, none, slabs = volume_segments(terms, sums), np.empty(0), level.slabs

    def sweep(begin: int, i: int) -> None:
        where = *level.features.shape, *slabs[begin + 2 * i], 0
        candidates = np.empty(level.features.shape[2] + 1, np.int32)
        kernel.volume_move(isa_level, *where, *map(float, terms), *level.arrays, segments, none, candidates)

    for begin in (0, 1):
        run(partial(sweep, begin), len(slabs[begin::2]), n_threads)


def _numbers(labels: Int32Array, slab: tuple[int, int]) -> slice:
    """Return the range of the labels in a slab and in the slices beside it."""
    near = labels[max(slab[0] - 1, 0) : slab[1] + 1]
    low, high = int(near.min()), int(near.max())
    if low < 0 <= high:
        low = int(near.min(where=near >= 0, initial=high))
    return slice(max(low, 0), high + 1)


def volume_halve(
    fine: Int16Array, fine_weights: UInt16Array | None, sides: Sides, n_threads: int = 1
) -> tuple[Int16Array, UInt16Array]:
    """Average blocks of so many along z, y and x by their weights: features and weights of the coarser level."""
    kernel = choice()[0]
    depth, height, width, d = fine.shape
    shape = coarse_shape((depth, height, width), sides)
    coarse, weights = np.empty((*shape, d), np.int16), np.empty(shape, np.uint16)
    given = np.empty((0, height, width), np.uint16) if fine_weights is None else fine_weights
    n_slices = -(-shape[0] // n_threads)

    def band(i: int) -> None:
        whole = slice(i * n_slices, (i + 1) * n_slices)
        part = slice(whole.start * sides[0], whole.stop * sides[0])
        slices, totals = fine[part], np.empty(d, np.int64)
        kernel.volume_halve(
            len(slices), height, width, d, *sides, slices, given[part], coarse[whole], weights[whole], totals
        )

    run(band, -(-shape[0] // n_slices), n_threads)
    return coarse, weights


def coarse_shape(shape: tuple[int, int, int], sides: Sides) -> tuple[int, int, int]:
    """Return the shape of the next coarser level."""
    depth, height, width = (-(-length // side) for length, side in zip(shape, sides, strict=True))
    return depth, height, width


def volume_double(
    labels: Int32Array, active: UInt8Array, shape: tuple[int, int, int], sides: Sides, mask: BoolArray | None = None
) -> tuple[Int32Array, UInt8Array]:
    """Turn each block into those of the next finer level of this shape: labels, -1 outside the mask, and activity."""
    fine_labels, fine_active = np.empty(shape, np.int32), np.empty(shape, np.uint8)
    given = np.empty(0, np.uint8) if mask is None else mask.view(np.uint8)
    choice()[0].volume_double(*shape, *sides, labels, active, given, fine_labels, fine_active)
    return fine_labels, fine_active
