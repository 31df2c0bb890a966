"""Connected segments: 4-connected components of a label map, and stray pieces joined to their neighbors.

A label map is an (H, W) array of int32: 0 and up inside, negative outside the mask.
"""

from __future__ import annotations

import math

import numpy as np

from imgcluster import kernels
from imgcluster.kernels import by_bands
from imgcluster.types import Int32Array


def label_components(labels: Int32Array) -> tuple[Int32Array, int]:
    """Find the 4-connected components of equal label.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int32
        Negative outside.

    Returns
    -------
    components : ndarray of shape (H, W), int32
        0, 1, ... in raster order of the components' first pixels; -1 outside.
    n_components : int

    Examples
    --------
    >>> import numpy as np
    >>> components, n = label_components(np.array([[5, 5, 2], [2, 5, 5]], np.int32))
    >>> components.tolist(), n
    ([[0, 0, 1], [2, 0, 0]], 3)
    """
    return kernels.label_components(labels)


def is_connected(labels: Int32Array) -> bool:
    """Return whether every label of an (H, W) int32 map is one 4-connected component."""
    return label_components(labels)[1] == relabel(labels)[1]


def relabel(labels: Int32Array) -> tuple[Int32Array, int]:
    """Renumber the labels of an (H, W) int32 map 0, 1, ... in raster order of their first pixels, -1 outside.

    Returns the new map and the number of labels.

    Examples
    --------
    >>> import numpy as np
    >>> relabel(np.array([[7, 3], [-1, 7]], np.int32))[0].tolist()
    [[0, 1], [-1, 0]]
    """
    return kernels.relabel(*_bounded(labels))


def enforce_connectivity(labels: Int32Array, min_size: int = 1) -> tuple[Int32Array, int]:
    """Make every segment one 4-connected piece of at least min_size pixels.

    Each label keeps its largest component (the first in raster order of equal ones), if that has min_size pixels.
    Every other component joins the neighboring segment with which it shares the longest border, ties to the lowest
    label; one that lies among such pieces waits until they have joined. An island of the mask in which nothing is
    kept becomes one segment.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int32
        Negative outside.
    min_size : int
        Pixels.

    Returns
    -------
    labels : ndarray of shape (H, W), int32
        0..n-1 without holes, in the order of the old labels; -1 outside.
    n_segments : int

    Notes
    -----
    Linear in the number of pixels.

    Examples
    --------
    >>> import numpy as np
    >>> enforce_connectivity(np.array([[4, 4, 9], [9, 4, 9], [4, 9, 9]], np.int32))[0].tolist()
    [[0, 0, 1], [0, 0, 1], [1, 1, 1]]
    """
    connected, names = connect_pieces(labels, min_size)
    return connected, len(names)


def connect_pieces(labels: Int32Array, min_size: int) -> tuple[Int32Array, Int32Array]:
    """Connect segments as enforce_connectivity does; returns the new map and, (n,), the label each segment had.

    Labels must be below the number of pixels.
    """
    labels, n_labels = _bounded(labels)
    components, n_components = kernels.label_components(labels)
    owners, names = kernels.join_pieces(labels, components, n_components, n_labels, min_size)
    kept = np.flatnonzero(owners == np.arange(n_components))
    kept = kept[np.argsort(names[kept], kind="stable")]
    numbers = np.empty(n_components, np.int32)
    numbers[kept] = np.arange(len(kept))
    return kernels.map_labels(components, numbers[owners], out=components), names[kept]


def _bounded(labels: Int32Array) -> tuple[Int32Array, int]:
    """Return labels below the number of pixels, in the same order, and a bound of them: tables stay small."""
    n_labels = int(labels.max(initial=-1)) + 1
    if n_labels <= labels.size:
        return labels, n_labels
    inside = labels >= 0
    values, numbers = np.unique(labels[inside], return_inverse=True)
    compact = np.full(labels.shape, -1, np.int32)
    compact[inside] = numbers
    return compact, len(values)


def divide_segments(labels: Int32Array, n_labels: int, n_segments: int) -> tuple[Int32Array, int]:
    """Cut the largest segments by squares of the mean area wanted, so that there are n_segments, or somewhat more.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int32
        0..n_labels-1, each 4-connected; negative outside.
    n_labels : int
    n_segments : int
        More than n_labels, and at most the number of pixels inside.

    Returns
    -------
    labels : ndarray of shape (H, W), int32
        0..n-1 in raster order, each 4-connected and part of a single one of the old segments; -1 outside.
    n : int

    Examples
    --------
    >>> import numpy as np
    >>> divide_segments(np.array([[0, 0, 0, 0, 1]], np.int32), 2, 3)[0].tolist()
    [[0, 1, 2, 3, 4]]
    """
    areas = kernels.region_shapes(labels, n_labels).areas
    side = math.isqrt(int(areas.sum()) // n_segments)
    gains = -(-areas // side**2) - 1  # at least: so many squares are needed to hold a segment
    largest = np.argsort(-areas, kind="stable")
    n_cut = np.searchsorted(np.cumsum(gains[largest]), n_segments - n_labels) + 1
    is_cut = np.zeros(n_labels, np.int32)
    is_cut[largest[:n_cut]] = 1
    rows, columns = (np.arange(length, dtype=np.int32) // side % 2 for length in labels.shape)

    def cut(labels: Int32Array, rows: Int32Array) -> Int32Array:
        squares = 2 * rows[:, None] + columns  # four colors: squares with a common side differ
        return np.where(labels < 0, np.int32(-1), 4 * labels + is_cut[labels] * squares)

    return label_components(by_bands(cut, np.int32, labels, rows))
