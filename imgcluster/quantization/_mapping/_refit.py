"""The palette that suits its dithered picture best: least squares of the error that is left after a blur.

With the indices fixed, the blurred picture is linear in the palette's light. The palette that minimizes the blurred
error is the solution of one linear system with as many unknowns as colors, whose coefficients are sums over pairs of
pixels. It brings back the dark and the saturated colors that means of clusters cannot mix.

References
----------
J. Puzicha, M. Held, J. Ketterer, J. M. Buhmann and D. W. Fellner, "On spatial quantization of color images", IEEE
Transactions on Image Processing 9(4), 666-682, 2000, doi:10.1109/83.841942.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from imgcluster import kernels
from imgcluster.colors import light_of, shades_of
from imgcluster.kernels import DITHER_LIGHT, DITHER_LUMA, DITHER_REACH, DitherWeights
from imgcluster.threads import run
from imgcluster.types import BoolArray, Float64Array, Int64Array, UInt8Array

_ROUNDS = 2
_SIGMA = 1.1  # pixels; 1 to 1.4 are within 2 %
_OWN = 1.0  # of the error of a pixel by itself, against the center of the blur's autocorrelation
_RIDGE = 0.02  # of an entry's own coefficient: entries that hardly occur stay where they are
_MOST_COLORS = 256


def refit_palette(
    palette: UInt8Array,
    fixed: BoolArray,
    strips: Sequence[UInt8Array],
    dither: Callable[[UInt8Array], Sequence[UInt8Array]],
    n_threads: int = 1,
) -> UInt8Array:
    """Dither strips of a picture and refit the palette to what comes out, twice.

    Parameters
    ----------
    palette : ndarray of shape (k, 3) or (k, 4), uint8
        Entries that are not opaque stay as they are; so does the whole palette if it has more than 256.
    fixed : ndarray of shape (k,), bool
        Entries that stay, too.
    strips : sequence of ndarray of shape (h, W, channels), uint8
        Rows of the picture.
    dither : function
        Palette -> indices of all strips.
    n_threads : int
        The result does not depend on it.

    Returns
    -------
    ndarray of the palette's shape, uint8
    """
    if len(palette) > _MOST_COLORS or not strips:
        return palette
    if palette.shape[1] == 4:
        fixed = fixed | (palette[:, 3] < 255)
    for _ in range(_ROUNDS):
        pairs, sums = _sums_of(strips, dither(palette), len(palette), n_threads)
        palette = _distinct(_solved(palette, fixed, pairs.astype(np.float64), sums.astype(np.float64)), palette)
    return palette


def _sums_of(
    strips: Sequence[UInt8Array], indices: Sequence[UInt8Array], k: int, n_threads: int
) -> tuple[Int64Array, Int64Array]:
    """Sum over pairs of pixels: (k, k) and (k, 3). Whole numbers, so that their order does not matter."""

    def share(first: int) -> tuple[Int64Array, Int64Array]:
        pairs, sums = np.zeros((k, k), np.int64), np.zeros((k, 3), np.int64)
        for i in range(first, len(strips), n_threads):
            kernels.pair_sums(_weights(), strips[i], indices[i], pairs, sums)
        return pairs, sums

    shares = run(share, min(n_threads, len(strips)), n_threads)
    return np.add.reduce([pairs for pairs, _ in shares]), np.add.reduce([sums for _, sums in shares])


def _distinct(moved: UInt8Array, palette: UInt8Array) -> UInt8Array:
    """Take back what would make two entries alike."""
    first = np.zeros(len(moved), np.bool_)
    first[np.unique(moved, axis=0, return_index=True)[1]] = True
    kept: UInt8Array = np.where(first[:, None], moved, palette)
    return kept if len(np.unique(kept, axis=0)) >= len(np.unique(palette, axis=0)) else palette


def _solved(palette: UInt8Array, fixed: BoolArray, pairs: Float64Array, sums: Float64Array) -> UInt8Array:
    """Solve for the colors that may move."""
    free = np.flatnonzero(~fixed)
    if not len(free) or not pairs.any():
        return palette
    old = light_of(palette[:, :3]) * DITHER_LIGHT
    held = np.flatnonzero(fixed)
    for j in held:  # no matrix product: BLAS does not have the same bits on every machine
        sums = sums - pairs[:, j : j + 1] * old[j]
    own = pairs.diagonal()
    ridge = _RIDGE * own + 1e-3 * own.mean()
    matrix = pairs[np.ix_(free, free)]
    matrix[np.diag_indices(len(free))] += ridge[free]
    light = solve(matrix, sums[free] + ridge[free, None] * old[free])
    moved = palette.copy()
    moved[free, :3] = np.rint(shades_of(light / DITHER_LIGHT)).astype(np.uint8)
    return moved


def solve(matrix: Float64Array, right: Float64Array) -> Float64Array:
    """Solve by Gaussian elimination without pivots, with the same bits on every machine; changes its arguments.

    The matrix is positive definite but for the weights of pixels, and its diagonal dominates.
    """
    n = len(matrix)
    for j in range(n):
        factors = matrix[j + 1 :, j] / matrix[j, j]
        matrix[j + 1 :, j + 1 :] -= factors[:, None] * matrix[j, j + 1 :]
        right[j + 1 :] -= factors[:, None] * right[j]
    for j in reversed(range(n)):
        right[j] /= matrix[j, j]
        right[:j] -= matrix[:j, j, None] * right[j]
    return right


@cache
def _weights() -> DitherWeights:
    """Return the tables of the blur, and of how visible an error in linear light is.

    (Y + .02)^(-4/3) stands for distances in OKLab, whose slope is that of a cube root.
    """
    y, x = np.mgrid[-DITHER_REACH : DITHER_REACH + 1, -DITHER_REACH : DITHER_REACH + 1]
    pair = np.exp(-(x * x + y * y) / (4 * _SIGMA**2))
    pair[DITHER_REACH, DITHER_REACH] *= 1 + _OWN
    luma = np.arange(DITHER_LUMA) / (DITHER_LUMA - 1)
    visible = (luma + 0.02) ** (-4 / 3)
    light = np.rint(light_of(np.arange(256, dtype=np.uint8)) * DITHER_LIGHT)
    return DitherWeights(
        light.astype(np.int32),
        np.rint(visible / visible[0] * 4096).astype(np.int32),
        np.rint(pair * 512).astype(np.int32).reshape(-1),
    )
