"""Distinct colors, their Morton keys, and tables over all of them: the doors to ``src/histogram.c``."""

from __future__ import annotations

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import FloatArray, Int64Array, UInt8Array, UInt16Array, UInt32Array

_N_KEYS = 1 << 24
_CARRY = 255  # HISTOGRAM_CARRY of src/kernels.h
_PIXELS_PER_TABLE = 1 << 20  # for fewer, touching a second table costs more than a second thread saves
_PIXELS_PER_BAND = 1 << 18


def count_colors(pixels: UInt8Array, n_threads: int = 1) -> tuple[UInt32Array, Int64Array]:
    """Count the distinct colors of (n, channels) pixels, channels >= 3: Morton keys in ascending order, counts."""
    kernel = choice()[0]
    n_tables = max(1, min(n_threads, 4, len(pixels) // _PIXELS_PER_TABLE))
    tables, touched = np.zeros((n_tables, _N_KEYS), np.uint8), np.zeros((n_tables, 1 << 15), np.uint8)
    edges = [len(pixels) * i // n_tables for i in range(n_tables + 1)]

    def count(i: int) -> UInt32Array:
        part = pixels[edges[i] : edges[i + 1]]
        carries = np.empty(len(part) // _CARRY + 1, np.uint32)
        return carries[: kernel.histogram_count(part.shape[1], part, tables[i], touched[i], carries)]

    carried = np.concatenate(run(count, n_tables, n_threads))
    none = np.empty(0, np.uint32), np.empty(0, np.int64)
    n = kernel.histogram_collect(tables, touched, *none)
    keys, counts = np.empty(n, np.uint32), np.empty(n, np.int64)
    kernel.histogram_collect(tables, touched, keys, counts)
    full, times = np.unique(carried, return_counts=True)
    counts[np.searchsorted(keys, full)] += _CARRY * times
    return keys, counts


def keys_from_colors(colors: UInt8Array) -> UInt32Array:
    """Interleave the bits of (n, 3) colors, red highest: Morton keys."""
    keys = np.empty(len(colors), np.uint32)
    choice()[0].keys_from_colors(colors, keys)
    return keys


def colors_from_keys(keys: UInt32Array) -> UInt8Array:
    """Take the colors back out of Morton keys: (n, 3)."""
    colors = np.empty((len(keys), 3), np.uint8)
    choice()[0].colors_from_keys(keys, colors)
    return colors


def remap_pixels(pixels: UInt8Array, table: FloatArray, n_threads: int = 1) -> FloatArray:
    """Look every pixel of (H, W, channels) up in a table over all 2^24 Morton keys: indices (H, W) of its type."""
    kernel = choice()[0]
    indices = np.empty(pixels.shape[:2], table.dtype)
    rows = max(1, _PIXELS_PER_BAND // max(pixels.shape[1], 1))
    starts = range(0, len(pixels), rows)

    def band(i: int) -> None:
        part = slice(starts[i], starts[i] + rows)
        kernel.remap_pixels(pixels.shape[-1], pixels[part], table, indices[part])

    run(band, len(starts), n_threads)
    return indices


def squared_difference(
    pixels: UInt8Array, colors: UInt8Array, indices: UInt8Array | UInt16Array, n_threads: int = 1
) -> int:
    """Sum the squared distances of pixels (H, W, 3) to the colors (k, 3) of their indices (H, W)."""
    kernel = choice()[0]
    rows = max(1, _PIXELS_PER_BAND // max(pixels.shape[1], 1))
    starts = range(0, len(pixels), rows)

    def band(i: int) -> int:
        part = slice(starts[i], starts[i] + rows)
        return int(kernel.squared_difference(pixels[part], colors, indices[part]))

    return sum(run(band, len(starts), n_threads))
