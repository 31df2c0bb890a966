"""Doors to the kernels for what is inside a mask: the blur of its edge, and its pieces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._arrays import empty
from imgcluster.kernels._backend import choice
from imgcluster.kernels._features import BLUR_EDGE_MAX
from imgcluster.types import BoolArray, Int16Array, Int32Array, Int64Array


class MaskPieces(NamedTuple):
    """The runs of a mask in raster order, and the 4-connected piece that each belongs to."""

    firsts: Int64Array  # (r,), the first pixel of each run in the flat mask
    lengths: Int32Array  # (r,)
    pieces: Int32Array  # (r,), numbered in raster order
    n: int  # pieces


def blur_masked(rows: Int16Array, mask: BoolArray, out: Int16Array, edge: int = BLUR_EDGE_MAX) -> None:
    """Blur pixels inside beside pixels outside by those inside alone: after `blur_rows`, mask (h + 2, W)."""
    _, width, d = out.shape
    choice()[0].blur_masked(width, d, edge, rows, mask.view(np.uint8), out)


def mask_pieces(mask: BoolArray) -> MaskPieces:
    """Find the 4-connected pieces of what is inside (H, W)."""
    kernel, inside = choice()[0], mask.view(np.uint8)
    n_runs = kernel.count_runs(*mask.shape, inside)
    firsts, lengths, pieces = empty(n_runs, np.int64), empty(n_runs, np.int32), empty(n_runs, np.int32)
    return MaskPieces(firsts, lengths, pieces, kernel.mask_pieces(*mask.shape, inside, firsts, lengths, pieces))
