"""From pixels to feature vectors: the weighted colours that k-means runs on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.histogram import Histogram
from imgcluster.types import Float32Array, Float64Array, UInt8Array, UInt32Array

# bin means are rounded to this fraction of a shade: sums of them are exact, so they have the same bits in any order
_FRACTION = 16


class ColorFeatures(NamedTuple):
    """Weighted points in RGB space, in Morton order."""

    X: Float32Array  # (n, 3), in 0..255
    weights: Float64Array  # (n,), pixels
    keys: UInt32Array  # (n,), Morton keys of 3 * bits bits
    bits: int  # of a channel


def color_features(histogram: Histogram, bits: int = 8) -> ColorFeatures:
    """Turn a histogram into weighted RGB vectors, exactly (8 bits) or binned.

    A bin of fewer bits a channel is represented by the mean of its pixels, so that the objective differs from the
    exact one by the spread within bins alone.

    Parameters
    ----------
    histogram : Histogram
    bits : int
        Upper bits of each channel that tell colours apart, 1 to 8.
    """
    X, weights = histogram.colors.astype(np.float32), histogram.counts.astype(np.float64)
    if bits == 8:
        return ColorFeatures(X, weights, histogram.keys, 8)
    keys = histogram.keys >> np.uint32(3 * (8 - bits))
    first = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    totals = np.add.reduceat(weights, first)
    means = np.stack([np.add.reduceat(weights * column, first) / totals for column in X.T], axis=1)
    means = np.rint(means * _FRACTION) / _FRACTION
    return ColorFeatures(means.astype(np.float32), totals, keys[first], bits)


def bits_for(histogram: Histogram, most: int) -> int:
    """Bits of a channel, 5 to 8, that tell apart as many colours as possible, but at most `most`."""
    if len(histogram) <= most:
        return 8
    for bits in (6, 7):  # from the coarse end: a large photo stops at once
        keys = histogram.keys >> np.uint32(3 * (8 - bits))
        if 1 + np.count_nonzero(keys[1:] != keys[:-1]) > most:
            return bits - 1
    return 7


def color_position_features(
    pixels: UInt8Array, position_weight: float, rows: slice = slice(None), columns: slice = slice(None)
) -> Float32Array:
    """Turn pixels into vectors (red, green, blue, w x, w y), so that clusters are compact in the picture, too.

    x = 255 (column + 1/2) / L and y = 255 (row + 1/2) / L, where L is the longer side of the image in pixels: with
    w = 1 that side counts as much as the full range of a channel, whatever the resolution.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3), uint8
        The whole image.
    position_weight : float
        The w above, not negative.
    rows, columns : slice
        The pixels to take.

    Returns
    -------
    ndarray of shape (n, 5), float32
        In raster order.
    """
    block = pixels[rows, columns]
    scale = position_weight * 255 / max(pixels.shape[:2])
    x, y = (
        scale * (np.arange(length)[taken] + 0.5) for length, taken in ((pixels.shape[1], columns), (len(pixels), rows))
    )
    X = np.empty((*block.shape[:2], 5), np.float32)
    X[..., :3], X[..., 3], X[..., 4] = block, x, y[:, None]
    return X.reshape(-1, 5)
