"""Seeds: each one lies in the segment of its number, which holds no other."""

from __future__ import annotations

import math

import numpy as np

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT
from imgcluster.superpixel._pieces import find_pieces, join_pieces
from imgcluster.types import Int16Array, Int32Array

_COMPACTNESS = 10.0  # CIELAB: weight of position between seeds that lie in one segment


def settle_seeds(labels: Int32Array, seeds: Int32Array, features: Int16Array) -> Int32Array:
    """Let every seed have a segment of its number, and every segment one seed.

    A segment with several seeds is divided among them, each pixel to the nearest in color and position; one without
    joins its neighbors, piece by piece. Islands of the mask without a seed stay segments, with the numbers that follow.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int32
        0..k-1, -1 outside.
    seeds : ndarray of shape (n, 2), int32
        Rows and columns inside.
    features : ndarray of shape (H, W, D), int16

    Returns
    -------
    ndarray of shape (H, W), int32
        Each label 4-connected; `labels` itself if there was nothing to do.
    """
    n, k = len(seeds), int(labels.max()) + 1
    held = labels[tuple(seeds.T)]
    if k == n and (held == np.arange(n)).all():
        return labels
    numbers = np.full(k, -1, np.int32)
    numbers[held] = np.arange(n)
    n_seeds = np.bincount(held, minlength=k)
    numbers[n_seeds == 0] = n + np.flatnonzero(n_seeds == 0)
    named = kernels.map_labels(labels, numbers)
    _divide(named, labels, seeds, features, n_seeds > 1)
    pieces = find_pieces(named, features)
    owners = np.full(len(pieces.sizes), -1, np.int32)
    owners[pieces.map[tuple(seeds.T)]] = np.arange(n)
    join_pieces(owners, pieces)
    found = kernels.map_labels(pieces.map, owners)
    if (owners < 0).any():
        islands, _ = kernels.label_components(np.where((found < 0) & (labels >= 0), np.int32(0), np.int32(-1)))
        found = np.where(islands >= 0, islands + np.int32(n), found)
    return found


def _divide(named: Int32Array, labels: Int32Array, seeds: Int32Array, features: Int16Array, many: object) -> None:
    """Divide segments among the seeds in them, in place."""
    at = np.flatnonzero((labels >= 0) & np.asarray(many)[labels])
    if not len(at):
        return
    order = np.argsort(labels.reshape(-1)[at], kind="stable")
    at = at[order]
    names, starts = np.unique(labels.reshape(-1)[at], return_index=True)
    weight = _COMPACTNESS * FEATURE_UNIT / math.sqrt(np.count_nonzero(labels >= 0) / len(seeds))
    held, vectors = labels[tuple(seeds.T)], features.reshape(-1, features.shape[2])
    for name, pixels in zip(names, np.split(at, starts[1:]), strict=True):
        own = np.flatnonzero(held == name)
        rows, columns = np.divmod(pixels, labels.shape[1])
        nearest, chosen = np.full(len(pixels), np.inf), np.zeros(len(pixels), np.int32)
        for seed in own:
            row, column = seeds[seed].tolist()
            off = vectors[pixels].astype(np.float64) - features[row, column]
            distance = (off * off).sum(axis=1) + weight**2 * ((rows - row) ** 2 + (columns - column) ** 2)
            distance[(rows == row) & (columns == column)] = -1
            chosen[distance < nearest] = seed
            nearest = np.minimum(nearest, distance)
        named.reshape(-1)[pixels] = chosen
