"""From one level of a volume to the next."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Int16Array, Int32Array, Int64Array, UInt8Array, UInt16Array


def volume_halve(
    depth: int,
    height: int,
    width: int,
    d: int,
    along_z: int,
    along_y: int,
    along_x: int,
    fine: Int16Array,
    fine_weights: UInt16Array,
    coarse: Int16Array,
    weights: UInt16Array,
    totals: Int64Array,
) -> None:
    """Compute weighted means of blocks, halves rounded up; 0 where nothing has weight."""
    shape, sides = (depth, height, width), (along_z, along_y, along_x)
    w = fine_weights.reshape(shape) if fine_weights.size else np.ones(shape, np.uint16)
    missing = [(0, -length % side) for length, side in zip(shape, sides, strict=True)]
    w = np.pad(w, missing).astype(np.int64)  # beyond the volume nothing has weight
    values = w[..., None] * np.pad(fine.reshape(*shape, d).astype(np.int64), [*missing, (0, 0)])
    parts = [n for length, side in zip(w.shape, sides, strict=True) for n in (length // side, side)]
    n = w.reshape(parts).sum(axis=(1, 3, 5))
    sums = values.reshape(*parts, d).sum(axis=(1, 3, 5))
    mean = np.where(n[..., None] > 0, (sums + n[..., None] // 2) // np.maximum(n, 1)[..., None], 0)
    coarse.reshape(mean.shape)[...] = mean
    weights.reshape(n.shape)[...] = n


def volume_double(
    depth: int,
    height: int,
    width: int,
    along_z: int,
    along_y: int,
    along_x: int,
    labels: Int32Array,
    active: UInt8Array,
    mask: UInt8Array,
    fine_labels: Int32Array,
    fine_active: UInt8Array,
) -> None:
    """Turn each block into several, as far as the finer level goes; -1 where the mask is 0."""
    shape, sides = (depth, height, width), (along_z, along_y, along_x)
    for coarse, fine in ((labels, fine_labels), (active != 0, fine_active)):
        blocks = coarse.reshape([-(-length // side) for length, side in zip(shape, sides, strict=True)])
        for axis, side in enumerate(sides):
            blocks = blocks.repeat(side, axis=axis)
        fine.reshape(shape)[...] = blocks[:depth, :height, :width]
    if mask.size:
        fine_labels.reshape(shape)[mask.reshape(shape) == 0] = -1
