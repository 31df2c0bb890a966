"""Segments in pieces: those that lost their segment join neighbors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.types import Float64Array, Int16Array, Int32Array, Int64Array

_AT_ONCE = 1 << 20  # pixels


class Pieces(NamedTuple):
    """Parts of segments, each of them 4-connected."""

    map: Int32Array  # (H, W), -1 outside
    sizes: Int64Array  # (n,), pixels
    pixels: Int64Array  # (n,), a pixel of each, in raster order
    labels: Int32Array  # (n,), of which segment it is a part
    areas: Int32Array  # (n,), in which flat area it lies; -1: in none, or several
    colors: Float64Array  # (n, D), means


def find_pieces(labels: Int32Array, features: Int16Array) -> Pieces:
    """Find the pieces of labels, and measure them."""
    map_, n = kernels.label_components(labels)
    flat, points = map_.reshape(-1), features.reshape(-1, features.shape[2])
    pixels, sizes, sums = np.empty(n, np.int64), np.zeros(n, np.int64), np.zeros((n, features.shape[2]))
    for start in range(0, len(flat), _AT_ONCE):
        part = flat[start : start + _AT_ONCE]
        inside = np.flatnonzero(part >= 0)
        names, inside = part[inside], inside + start
        pixels[names] = inside
        sizes += np.bincount(names, minlength=n)
        for i in range(features.shape[2]):
            # whole numbers, so that the order of the sums changes no bit
            sums[:, i] += np.bincount(names, points[inside, i], n)
    colors = sums / sizes[:, np.newaxis]
    return Pieces(map_, sizes, pixels, labels.reshape(-1)[pixels], np.full(n, -1, np.int32), colors)


def join_pieces(owners: Int32Array, pieces: Pieces) -> None:
    """Give open pieces (-1) to owners beside them, in place: in the same area first, then of the nearest color.

    Pieces that touch none stay open.
    """
    ends = kernels.region_edges(pieces.map, len(owners)).ends
    one, other = np.concatenate([ends, ends[:, ::-1]]).T
    off = pieces.colors[one] - pieces.colors[other]
    distances = (off * off).sum(axis=1)
    same = (pieces.areas[one] == pieces.areas[other]) & (pieces.areas[one] >= 0)
    while True:
        open_ = (owners[one] < 0) & (owners[other] >= 0)
        pairs = np.flatnonzero(open_ & same)
        if not len(pairs):
            pairs = np.flatnonzero(open_)
        if not len(pairs):
            return
        pairs = pairs[np.lexsort((owners[other[pairs]], distances[pairs], one[pairs]))]
        joined, first = np.unique(one[pairs], return_index=True)
        owners[joined] = owners[other[pairs[first]]]
