"""Connected segments of volumes: stray pieces joined to their neighbors, and large segments divided."""

from __future__ import annotations

import numpy as np

from imgcluster import kernels
from imgcluster.types import BoolArray, Int32Array, Int64Array


def connect_volume(labels: Int32Array) -> tuple[Int32Array, int]:
    """Make every segment one 6-connected piece.

    Each label keeps its largest component (the first in raster order of equal ones). Every other component joins the
    neighboring segment with which it shares the longest border, ties to the lowest label; one that lies among such
    pieces waits until they have joined. In an island of the mask where nothing is kept each component becomes a
    segment.

    Parameters
    ----------
    labels : ndarray of shape (D, H, W), int32
        Negative outside.

    Returns
    -------
    labels : ndarray of shape (D, H, W), int32
        0..n-1 without holes, in the order of the old labels; -1 outside.
    n_segments : int
    """
    components, n_components = kernels.volume_components(labels)
    inside = components >= 0
    pieces = components[inside]
    names = np.empty(n_components, np.int64)
    names[pieces] = labels[inside]
    kept = _largest(names, np.bincount(pieces, minlength=n_components))
    owners = np.where(kept, np.arange(n_components), -1)
    if not kept.all():
        _join(owners, names, kernels.volume_edges(components, n_components))
    roots = np.flatnonzero(owners == np.arange(n_components))
    roots = roots[np.argsort(names[roots], kind="stable")]
    numbers = np.empty(n_components, np.int32)
    numbers[roots] = np.arange(len(roots))
    return kernels.map_labels(components, numbers[owners], out=components), len(roots)


def _largest(names: Int64Array, areas: Int64Array) -> BoolArray:
    """Return which components are the largest of their label, the first of equal ones."""
    order = np.lexsort((-areas, names))
    largest = np.zeros(len(names), bool)
    largest[order[np.unique(names[order], return_index=True)[1]]] = True
    return largest


def _join(owners: Int64Array, names: Int64Array, borders: kernels.Borders) -> None:
    """Give components without an owner one, in place, wave by wave from those that have."""
    ends = np.concatenate([borders.ends, borders.ends[:, ::-1]]).astype(np.int64)
    lengths = np.concatenate([borders.lengths, borders.lengths])
    while True:
        beside = (owners[ends[:, 0]] < 0) & (owners[ends[:, 1]] >= 0)
        if not beside.any():
            break
        pieces, around = ends[beside, 0], owners[ends[beside, 1]]
        pairs, which = np.unique(np.stack([pieces, around]), axis=1, return_inverse=True)
        votes = np.bincount(which.reshape(-1), lengths[beside])
        order = np.lexsort((names[pairs[1]], -votes, pairs[0]))
        winners = order[np.unique(pairs[0, order], return_index=True)[1]]
        owners[pairs[0, winners]] = pairs[1, winners]
    alone = owners < 0
    owners[alone] = np.flatnonzero(alone)


def divide_volume(labels: Int32Array, n_labels: int, n_segments: int) -> tuple[Int32Array, int]:
    """Cut the largest segments by cubes of the mean volume wanted, so that there are n_segments, or somewhat more.

    Parameters
    ----------
    labels : ndarray of shape (D, H, W), int32
        0..n_labels-1, each 6-connected; negative outside.
    n_labels : int
    n_segments : int
        More than n_labels, and at most the number of voxels inside.

    Returns
    -------
    labels : ndarray of shape (D, H, W), int32
        0..n-1 in raster order, each 6-connected and part of a single one of the old segments; -1 outside.
    n : int
    """
    areas = kernels.volume_shapes(labels, n_labels).areas
    side = 1
    while (side + 1) ** 3 * n_segments <= int(areas.sum()):
        side += 1
    gains = -(-areas // side**3) - 1  # at least: so many cubes are needed to hold a segment
    largest = np.argsort(-areas, kind="stable")
    n_cut = np.searchsorted(np.cumsum(gains[largest]), n_segments - n_labels) + 1
    is_cut = np.zeros(n_labels, np.int32)
    is_cut[largest[:n_cut]] = 1
    z, y, x = (np.arange(length, dtype=np.int32) // side % 2 for length in labels.shape)
    cubes = 4 * z[:, None, None] + 2 * y[:, None] + x  # eight colors: cubes with a common face differ
    return kernels.volume_components(np.where(labels < 0, np.int32(-1), 8 * labels + is_cut[labels] * cubes))
