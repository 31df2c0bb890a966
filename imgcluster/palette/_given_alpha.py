"""A given palette for a picture with alpha."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster import DensePoints
from imgcluster.colors import RGB, AlphaHistogram, ColorSpace, alpha_space
from imgcluster.palette._fit import Fit
from imgcluster.palette._search import nearest_colors
from imgcluster.types import Int32Array, Int64Array, UInt8Array

_CLEAR = np.zeros((1, 4), np.uint8)


def nearest_alpha_colors(
    histogram: AlphaHistogram, palette: UInt8Array, n_threads: int = 1, space: ColorSpace = RGB
) -> Fit:
    """Label every color of the histogram with the nearest entry of a palette (k, 3) or (k, 4), ties to the lowest.

    Opaque colors take opaque entries, if there are any, and clear pixels a clear one, which is appended if there is
    none. Translucent colors take any.
    """
    entries = rgba_of(palette)
    if histogram.n_clear and entries[:, 3].all():
        entries = np.concatenate([entries, _CLEAR])
    labels = np.zeros(len(histogram), np.int32)
    n_opaque, n_words = len(histogram.opaque), len(histogram.words)
    opaque = np.flatnonzero(entries[:, 3] == 255)
    if n_opaque and len(opaque):
        labels[:n_opaque] = opaque[nearest_colors(histogram.opaque, entries[opaque, :3], n_threads, space).labels]
    else:
        labels[:n_opaque] = _nearest(histogram.colors[:n_opaque], entries, n_threads, space)
    labels[n_opaque : n_opaque + n_words] = _nearest(histogram.translucent, entries, n_threads, space)
    if histogram.n_clear:
        labels[-1] = np.flatnonzero(entries[:, 3] == 0)[0]
    return Fit(entries[:, :3].copy() if (entries[:, 3] == 255).all() else entries, labels, None, None)


def rgba_of(palette: UInt8Array) -> UInt8Array:
    """Return a palette (k, 3) or (k, 4) with alpha, (k, 4)."""
    if palette.shape[1] == 4:
        return palette
    return np.column_stack([palette, np.full(len(palette), 255, np.uint8)])


def _nearest(colors: UInt8Array, entries: UInt8Array, n_threads: int, space: ColorSpace) -> Int32Array | Int64Array:
    """Label colors (n, 4) with the nearest of all entries."""
    if not len(colors):
        return np.empty(0, np.int32)
    aspace = alpha_space(space)
    points = DensePoints(aspace.encode(colors), np.ones(len(colors)), n_threads)
    points.assign(aspace.encode(entries).astype(np.float64))
    return points.labels
