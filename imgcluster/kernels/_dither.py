"""Dithering: the doors to ``dither.c``, ``diffusion.c``, ``ordered.c``, ``amounts.c`` and ``dither_fit.c`` in src."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Float32Array, Int32Array, Int64Array, UInt8Array, UInt16Array, UInt32Array

# of src/kernels.h
DITHER_ROOTS = 9 * 512 + 16
DITHER_SIDE = 32
DITHER_ENTRY, DITHER_LAB, DITHER_SPACING, DITHER_OPAQUE = 16, 6, 12, 13
DITHER_FLAT, DITHER_NEVER = 0, 1
DITHER_REACH, DITHER_LIGHT, DITHER_LUMA = 3, 1 << 14, 1024
_ROWS_AT_A_TIME = 64  # for a thread
_CANDIDATES_AT_FIRST = 1 << 17
_MIXES = 1 << 18  # DITHER_MIX_BITS


class DitherPalette(NamedTuple):
    """A palette ready for dithering, as src/kernels.h describes it."""

    light: Float32Array  # (256,), linear light of the shades
    roots: Float32Array  # (DITHER_ROOTS,)
    entries: Float32Array  # (k, DITHER_ENTRY)
    cells: Int32Array  # (DITHER_SIDE ** 3, 2)
    candidates: UInt16Array


class DitherWeights(NamedTuple):
    """What sums over pairs of pixels are weighted with, as src/kernels.h describes it."""

    light: Int32Array  # (256,), 0..DITHER_LIGHT
    of_luma: Int32Array  # (DITHER_LUMA,)
    pair: Int32Array  # (49,)


class DiffusionState(NamedTuple):
    """What one band of rows passes to the next."""

    errors: Float32Array  # (2, width + 2, 3 or 6)
    above: Int32Array  # (width,), the last row's entries, -1 before the first

    @classmethod
    def first(cls, width: int, channels: int) -> DiffusionState:
        """Begin a picture of so many columns, with 3 or 4 channels."""
        return cls(np.zeros((2, width + 2, 6 if channels == 4 else 3), np.float32), np.full(width, -1, np.int32))


def light_to_oklab(roots: Float32Array, light: Float32Array) -> Float32Array:
    """Convert linear light (n, 3) in 0..1 to OKLab: (n, 3)."""
    lab = np.empty_like(light)
    choice()[0].light_to_oklab(roots, light, lab)
    return lab


def dither_cells(entries: Float32Array, among: UInt16Array, inside: UInt8Array) -> tuple[Int32Array, UInt16Array]:
    """List which of some entries may be nearest in each cell that is inside: ends of the lists, and the lists."""
    cells, capacity = np.empty((DITHER_SIDE**3, 2), np.int32), _CANDIDATES_AT_FIRST
    kept, distances = np.empty(2 * len(among), np.uint16), np.empty(len(among), np.float32)
    while True:
        candidates = np.empty(capacity, np.uint16)
        needed = choice()[0].dither_cells(entries, among, inside, cells, candidates, kept, distances)
        if needed <= capacity:
            return cells, candidates[:needed]
        capacity = needed


def diffuse_rows(
    palette: DitherPalette,
    pixels: UInt8Array,
    amounts: UInt8Array | None,
    state: DiffusionState,
    indices: UInt8Array | UInt16Array,
    *,
    first_row: int,
    strength: float,
    thrift: float,
    clear: int,
) -> None:
    """Dither a band of rows (h, W, channels) into indices (h, W); the state moves on to the next band.

    amounts (h, W) tells how much of the error each pixel takes and gives, in 1/255; None means all of it. Where it is 0
    the index is given. clear is the entry of clear pixels, or -1.
    """
    amounts = np.empty((0, 0), np.uint8) if amounts is None else amounts
    numbers = (
        pixels.shape[2],
        pixels.shape[1],
        first_row,
        float(strength),
        float(thrift),
        len(palette.entries) if clear < 0 else clear,
    )
    choice()[0].diffuse_rows(*numbers, *palette, pixels, amounts, *state, indices)


def order_rows(
    palette: DitherPalette,
    pixels: UInt8Array,
    tile: UInt16Array,
    indices: UInt8Array | UInt16Array,
    *,
    first_row: int,
    n_mixed: int,
    strength: float,
    clear: int,
    n_threads: int = 1,
) -> None:
    """Dither a band of rows (h, W, channels) by the thresholds of a square tile, 0..65535, into indices (h, W).

    A pixel takes one of n_mixed entries, at most 16, that together come close to its color. clear is the entry of clear
    pixels, or -1.
    """
    _, width, channels = pixels.shape
    numbers = len(tile), n_mixed, float(strength), len(palette.entries) if clear < 0 else clear

    idle: list[tuple[UInt32Array, UInt16Array]] = []  # what threads keep of colors, for their next band

    def band(i: int) -> None:
        part = slice(i * _ROWS_AT_A_TIME, (i + 1) * _ROWS_AT_A_TIME)
        row = (first_row + part.start) % len(tile)
        try:
            mixes = idle.pop()
        except IndexError:
            mixes = np.zeros(_MIXES, np.uint32), np.empty((_MIXES, n_mixed), np.uint16)
        choice()[0].order_rows(channels, width, row, *numbers, *palette, tile, pixels[part], *mixes, indices[part])
        idle.append(mixes)

    run(band, -(-len(pixels) // _ROWS_AT_A_TIME), n_threads)


def dither_amounts(padded: UInt8Array, limits: UInt8Array, n_threads: int = 1) -> UInt8Array:
    """Tell how much each pixel takes part in dithering, in 1/255: (h, W).

    padded (h + 2, W, channels) has a row before and one behind; limits (h + 2, W) say how much texture hides the steps
    of the palette, in shades, or are DITHER_FLAT or DITHER_NEVER.
    """
    height, width, channels = padded.shape
    amounts = np.empty((height - 2, width), np.uint8)

    def band(i: int) -> None:
        start = i * _ROWS_AT_A_TIME
        part = amounts[start : start + _ROWS_AT_A_TIME]
        rows = slice(start, start + len(part) + 2)
        choice()[0].dither_amounts(channels, width, padded[rows], limits[rows], part)

    run(band, -(-len(amounts) // _ROWS_AT_A_TIME), n_threads)
    return amounts


def pair_sums(
    weights: DitherWeights, pixels: UInt8Array, indices: UInt8Array, pairs: Int64Array, sums: Int64Array
) -> None:
    """Add to pairs (k, k) and sums (k, 3) what the best palette for these indices is solved from."""
    _, width, channels = pixels.shape
    choice()[0].pair_sums(channels, width, len(pairs), *weights, pixels, indices, pairs, sums)
