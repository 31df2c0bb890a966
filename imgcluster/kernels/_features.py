"""Doors to the kernels that turn pixels into vectors of 16-bit integers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._arrays import empty
from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Float32Array, Int16Array, UInt8Array, UInt16Array

LAB_CURVE = 7 * 1024 + 64  # entries, as in src/kernels.h
BLUR_EDGE_MAX = (1 << 14) - 2  # as in src/kernels.h


class LabTables(NamedTuple):
    """The tables that convert sRGB to CIELAB, as src/kernels.h describes them."""

    linear: Float32Array  # (256,) or (65536,)
    matrix: Float32Array  # (3, 3), X, Y, Z of red, green, blue
    x: UInt16Array  # (LAB_CURVE,), what X adds to a
    y: UInt16Array  # (LAB_CURVE, 4), what Y adds to (L, a, b, 0)
    z: UInt16Array  # (LAB_CURVE,), what Z adds to b


def lab_features(tables: LabTables, pixels: UInt8Array | UInt16Array, out: Int16Array) -> None:
    """Write the weighted CIELAB of (..., 3) sRGB pixels to out (..., 4)."""
    kernel, _, level, _ = choice()
    kernel.lab_features(level, *tables, pixels, out)


def blur_rows(rows: Int16Array, out: Int16Array, edge: int = BLUR_EDGE_MAX) -> None:
    """Blur 1-2-1 both ways: rows (h + 2, W, D) with one row before and one after, out (h, W, D).

    A neighbor that differs by more than `edge` in a feature lies beyond an edge, and is not mixed in.
    """
    kernel, _, level, _ = choice()
    _, width, d = out.shape
    kernel.blur_rows(level, width, d, edge, rows, out, np.empty((width + 2, d), np.int16))


def halve(fine: Int16Array, fine_weights: UInt16Array | None, n_threads: int = 1) -> tuple[Int16Array, UInt16Array]:
    """Average blocks of 2 x 2 by their weights: features (ceil(H / 2), ceil(W / 2), D) and weights."""
    kernel, _, level, _ = choice()
    height, width, d = fine.shape
    shape = (height + 1) // 2, (width + 1) // 2
    coarse, weights = empty((*shape, d), np.int16), empty(shape, np.uint16)
    given = np.empty((0, width), np.uint16) if fine_weights is None else fine_weights

    n_rows = -(-height // (2 * n_threads)) * 2

    def band(i: int) -> None:
        part, whole = slice(i * n_rows, (i + 1) * n_rows), slice(i * n_rows // 2, (i + 1) * n_rows // 2)
        rows = fine[part]
        kernel.halve(level, len(rows), width, d, rows, given[part], coarse[whole], weights[whole])

    run(band, -(-height // n_rows), n_threads)
    return coarse, weights
