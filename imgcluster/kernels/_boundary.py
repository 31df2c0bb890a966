"""Doors to the kernels of boundary k-means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from imgcluster.kernels._arrays import empty
from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import BoolArray, Float64Array, Int16Array, Int32Array, UInt8Array, UInt16Array

STRIPE = 64  # rows; fixed, so that results do not depend on the number of threads
LIVE_STRIPE = 32  # rows, where each stripe has sums of its own; 16 to 64 give equal errors
_ROWS = np.empty(0, np.int32)  # labels are the rows of segments


class BoundaryTerms(NamedTuple):
    """What a block pays besides the squared distance to its segment's mean, in units of squared features."""

    position: float  # times (a segment's variance + variance) = weight of the squared distance to its center, in blocks
    variance: float
    bonus: float  # for each of the eight neighbors with the same label
    margin: float  # a block is unsure if another segment costs less than its own and this


@dataclass(frozen=True)
class BoundaryLevel:
    """A grid of blocks of pixels with their mean features and labels, as src/kernels.h describes it."""

    features: Int16Array  # (H, W, D)
    weights: UInt16Array | None  # (H, W), pixels; None: 1 each
    labels: Int32Array  # (H, W), -1 outside
    active: UInt8Array  # (H, W), 1 where a sweep should look, 2 (or 3) where a finer level should

    @property
    def arrays(self) -> tuple[Int16Array, UInt16Array, Int32Array, UInt8Array]:
        """The arrays as kernels take them."""
        weights = np.empty(0, np.uint16) if self.weights is None else self.weights
        return self.features, weights, self.labels, self.active


def boundary_sums(level: BoundaryLevel, k: int, n_threads: int = 1) -> Float64Array:
    """Add up w f, w y, w x, w and w ||f||^2 / 256 of each segment, y and x in blocks: (k, D + 4), exact."""
    kernel, _, isa_level, _ = choice()
    height, _, d = level.features.shape
    n_parts = min(n_threads, max(1, height // STRIPE))
    edges = [height * i // n_parts for i in range(n_parts + 1)]
    sums = np.zeros((n_parts, k, d + 4), np.float64)

    def part(i: int) -> None:
        kernel.boundary_sums(isa_level, *level.features.shape, edges[i], edges[i + 1], *level.arrays, sums[i])

    run(part, n_parts, n_threads)
    total: Float64Array = np.add.reduce(sums, axis=0)
    return total


def boundary_segments(terms: BoundaryTerms, sums: Float64Array) -> Float64Array:
    """Describe segments by mean, y, x, weight of position and 1 / size: (k, D + 4)."""
    segments = np.empty(sums.shape, np.float64)
    choice()[0].boundary_segments(sums.shape[1] - 4, *map(float, terms), sums, segments)
    return segments


def boundary_sweep_live(level: BoundaryLevel, terms: BoundaryTerms, segments: Float64Array, sums: Float64Array) -> int:
    """Sweep once over all blocks, row by row; segments and sums follow every move. Returns how many moved."""
    kernel, _, isa_level, _ = choice()
    height, width, d = level.features.shape
    candidates = np.empty(width + 1, np.int32)
    rows = height, width, d, 0, height
    return int(
        kernel.boundary_move(isa_level, *rows, 1, *map(float, terms), *level.arrays, _ROWS, segments, sums, candidates)
    )


def boundary_sweep_striped(level: BoundaryLevel, terms: BoundaryTerms, sums: Float64Array, n_threads: int = 1) -> int:
    """Sweep once in stripes of rows, every other one and then the rest; returns how many moved.

    Within a stripe segments follow every move, on copies of the sums of those that the stripe or a row beside it
    touches. Sums gain all changes after either half, so that none depends on the order of stripes.
    """
    kernel, _, isa_level, _ = choice()
    height, width, d = level.features.shape
    k, starts = len(sums), range(0, height, LIVE_STRIPE)
    spare: list[tuple[Int32Array, Int32Array, Int32Array]] = []  # of stripes that are done

    def sweep(start: int) -> tuple[int, Int32Array, Float64Array]:
        end = min(start + LIVE_STRIPE, height)
        work = (
            spare.pop() if spare else (np.full(k, -1, np.int32), np.empty(k, np.int32), np.empty(width + 1, np.int32))
        )
        numbers, found, candidates = work
        own = found[: kernel.number_labels(level.labels[max(start - 1, 0) : end + 1], numbers, found)].copy()
        before = sums[own]
        after, segments = before.copy(), boundary_segments(terms, before)
        arrays = *level.arrays, numbers, segments, after, candidates
        moves = kernel.boundary_move(isa_level, height, width, d, start, end, 1, *map(float, terms), *arrays)
        numbers[own] = -1
        spare.append(work)
        return int(moves), own, after - before

    moves = 0
    for half in (starts[::2], starts[1::2]):
        for moved, own, change in run(lambda i, half=half: sweep(half[i]), len(half), n_threads):  # type: ignore[misc]
            moves += moved
            sums[own] += change
    return moves


def boundary_sweep_frozen(
    level: BoundaryLevel, terms: BoundaryTerms, segments: Float64Array, n_threads: int = 1, *, last: bool = False
) -> tuple[int, Float64Array]:
    """Sweep once in stripes of rows, every other one and then the rest: how many moved, and the sums they moved.

    Segments stay. Stripes that run at the same time lie a stripe apart, so none sees what another does. After the last
    sweep the sums are not needed, and not returned.
    """
    kernel, _, isa_level, _ = choice()
    height, width, d = level.features.shape
    starts = range(0, height, STRIPE)
    n_parts = min(n_threads, len(starts))
    change = np.zeros((n_parts, 0 if last else len(segments), d + 4))

    def sweep(first: int, part: int) -> int:
        candidates, moves = np.empty(width + 1, np.int32), 0
        for start in starts[first + 2 * part :: 2 * n_parts]:
            rows = height, width, d, start, min(start + STRIPE, height)
            arrays = *level.arrays, _ROWS, segments, change[part], candidates
            moves += kernel.boundary_move(isa_level, *rows, 0, *map(float, terms), *arrays)
        return int(moves)

    moves = sum(run(partial(sweep, 0), n_parts, n_threads)) + sum(run(partial(sweep, 1), n_parts, n_threads))
    return moves, np.add.reduce(change, axis=0)


def double_level(
    labels: Int32Array, active: UInt8Array, shape: tuple[int, int], mask: BoolArray | None = None, n_threads: int = 1
) -> tuple[Int32Array, UInt8Array]:
    """Turn each block into 2 x 2 of the next finer level of this shape: labels, -1 outside the mask, and activity."""
    kernel, (height, width) = choice()[0], shape
    fine_labels, fine_active = empty(shape, np.int32), empty(shape, np.uint8)
    given = np.empty((0, width), np.uint8) if mask is None else mask.view(np.uint8)

    n_rows = -(-height // (2 * n_threads)) * 2

    def band(i: int) -> None:
        rows, half = slice(i * n_rows, (i + 1) * n_rows), slice(i * n_rows // 2, (i + 1) * n_rows // 2)
        out = fine_labels[rows]
        kernel.double_level(len(out), width, labels[half], active[half], given[rows], out, fine_active[rows])

    run(band, -(-height // n_rows), n_threads)
    return fine_labels, fine_active
