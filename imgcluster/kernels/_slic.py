"""The door to SLIC's kernel: windows, bands of rows for threads, sums."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Float64Array, Int16Array, Int32Array, Int64Array

SLIC_ROWS, SLIC_COLUMNS = 4, 16  # a block of pixels, as src/kernels.h has it
_SCRATCH = SLIC_ROWS * 32 * SLIC_COLUMNS
_TASKS_PER_THREAD = 4  # so that a delayed thread holds up the others only a little


class SlicPass(NamedTuple):
    """What one pass of SLIC adds up, besides the labels it writes."""

    sums: Int64Array  # (k, d + 3): each label's sums of features, rows, columns, and its number of visited pixels
    changed: int  # visited pixels whose label has changed


def _boxes(positions: Float64Array, reach: float, shape: tuple[int, int], step: int, phase: int) -> Int32Array:
    """Find the blocks that each center's window meets: first and end row, first and end column of blocks."""
    size = np.array([SLIC_ROWS * step, SLIC_COLUMNS])
    middle, half = (positions - [phase, 0]) / size, reach / size
    boxes = np.stack([middle - half, middle + half + 1.0], axis=2)
    np.floor(boxes, out=boxes)
    return boxes.clip(0, np.array(shape)[:, None]).astype(np.int32)


def slic_pass(
    features: Int16Array,
    centers: Float64Array,
    labels: Int32Array,
    *,
    reach: float,
    scale: float,
    step: int = 1,
    n_threads: int = 1,
) -> SlicPass:
    """Assign every step-th row of pixels to the nearest of the centers whose windows hold them.

    centers is (k, d + 2): features, row, column. A window reaches `reach` pixels from its center to each side and is
    rounded outwards to whole blocks of 4 visited rows by 16 columns. One pixel of distance weighs as much as `scale`
    units of a feature. labels (H, W) are overwritten; negative ones stay and their pixels are left out.
    """
    kernel, _, level, _ = choice()
    (height, width, d), k, phase = features.shape, len(centers), min(step // 2, features.shape[0] - 1)
    shape = -(-len(range(phase, height, step)) // SLIC_ROWS), -(-width // SLIC_COLUMNS)
    boxes = _boxes(centers[:, d:], reach, shape, step, phase)
    scaled = centers * np.repeat([1.0, scale], [d, 2])
    n_tasks = n_threads * _TASKS_PER_THREAD if n_threads > 1 else 1
    edges = [shape[0] * i // n_tasks for i in range(n_tasks + 1)]
    room = shape[1] + 3 + k + int((boxes[:, 1, 1] - boxes[:, 1, 0]).sum())
    sums = np.zeros((n_tasks, k, d + 3), np.int64)
    points = features, scaled.astype(np.float32), boxes, labels

    def band(i: int) -> int:
        scratch = np.empty(room, np.int32), np.empty(_SCRATCH * d, np.float32)
        where = height, width, step, phase, edges[i], edges[i + 1]
        return int(kernel.slic_assign(level, *where, float(scale), *points, sums[i], *scratch))

    changed = sum(run(band, n_tasks, n_threads))
    return SlicPass(np.add.reduce(sums, axis=0), changed)
