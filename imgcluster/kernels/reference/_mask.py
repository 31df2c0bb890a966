"""The kernels for what is inside a mask."""

from __future__ import annotations

import numpy as np

from imgcluster.kernels.reference._components import label_components
from imgcluster.kernels.reference._features import smooth
from imgcluster.types import Int16Array, Int32Array, Int64Array, UInt8Array


def blur_masked(width: int, d: int, edge: int, rows: Int16Array, mask: UInt8Array, out: Int16Array) -> None:
    """Blur as `blur_rows` where a pixel inside has one outside around it, which counts as the pixel itself."""
    inside = mask.reshape(-1, width)[..., None] > 0
    here = rows[1:-1]
    down = smooth(np.where(inside[:-2], rows[:-2], here), here, np.where(inside[2:], rows[2:], here), edge)
    own = np.pad(inside[1:-1], ((0, 0), (1, 1), (0, 0)))
    padded = np.pad(down, ((0, 0), (1, 1), (0, 0)))
    left = np.where(own[:, :-2], padded[:, :-2], down)
    right = np.where(own[:, 2:], padded[:, 2:], down)
    around = np.pad(inside[..., 0], ((0, 0), (1, 1)), "edge")
    columns = around[:-2] & around[1:-1] & around[2:]
    beside = inside[1:-1, :, 0] & ~(columns[:, :-2] & columns[:, 1:-1] & columns[:, 2:])
    out[beside] = smooth(left, down, right, edge)[beside]


def _runs(height: int, width: int, mask: UInt8Array) -> tuple[Int64Array, Int64Array]:
    """Return where runs of ones begin and end in the flat mask."""
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = mask
    changes = np.diff(padded, axis=1)
    rows, columns = np.nonzero(changes > 0)
    _, ends = np.nonzero(changes < 0)
    return rows * width + columns, rows * width + ends


def count_runs(height: int, width: int, mask: UInt8Array) -> int:
    """Count the runs of ones in the rows of a mask."""
    return len(_runs(height, width, mask)[0])


def mask_pieces(
    height: int, width: int, mask: UInt8Array, firsts: Int64Array, lengths: Int32Array, pieces: Int32Array
) -> int:
    """Find the runs of a mask, and number its 4-connected pieces in raster order."""
    begins, ends = _runs(height, width, mask)
    firsts[...], lengths[...] = begins, ends - begins
    labels = mask.reshape(height, width).astype(np.int32) - 1
    components, parents = np.empty(labels.shape, np.int32), np.empty(labels.size, np.int32)
    n = label_components(height, width, labels, components, parents)
    pieces[...] = components.reshape(-1)[begins]
    return n
