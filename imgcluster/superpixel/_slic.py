"""SLIC: k-means in windows over color and grid position, then connectivity."""

from __future__ import annotations

import math

import numpy as np

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT
from imgcluster.segmentation import enforce_connectivity
from imgcluster.types import BoolArray, Float64Array, FloatArray, Int16Array, Int32Array, Int64Array

COMPACTNESS = 6.0  # recall .82 at a compactness (CO) of .34 on photographs in 400 segments; at 10 they are .80 and .40
N_BLURS = 2  # of the features; one costs .006 of recall, three gain nothing
_SETTLED = 0.01  # of the visited pixels changing their label: what is left to gain is less than the picture's noise
_SMALLEST = 1 / 16  # of a segment's mean size: stricter limits dissolve small objects, the very ones to find
_BAND = 256  # rows
_STEEPEST = 1e9  # units of a feature a pixel: squares of distances stay finite in float32

# Rows visited for each side of a segment, and passes over them; a pass over all rows follows.
_PLANS = {"fast": (4.0, 4), "default": (4.0, 10), "best": (math.inf, 20)}


def slic(
    features: Int16Array,
    n_segments: int,
    *,
    compactness: float | None = None,
    mask: BoolArray | None = None,
    seeds: FloatArray | None = None,
    labels: Int32Array | None = None,
    effort: str = "default",
    n_threads: int = 1,
) -> Int32Array:
    """Segment a grid of features by SLIC.

    The distance of a pixel to a center is ||color||^2 + (compactness / S)^2 ||position||^2, S^2 the mean area of a
    segment. A center is compared with the pixels in the window that reaches S from it to each side, rounded outwards to
    blocks of 16 columns by 4 of the rows that the pass visits. Early passes visit some of the rows only; they end when
    1 % of the labels change, or after a fixed number. A last pass over all rows labels the pixels. A center without
    pixels keeps its place. Of each label the largest piece is kept, unless it has less than a sixteenth of the mean
    area; other pieces join their neighbors.

    Parameters
    ----------
    features : ndarray of shape (H, W, D), int16
        As `grid_features` makes them, best with two blurs.
    n_segments : int
        How many centers to start from, in cells of equal area of the image or the mask. Not used with seeds or labels.
    compactness : float, optional
        Weight of position, in units of CIELAB: a distance of S weighs as much as so large a difference in color.
    mask : ndarray of shape (H, W), bool, optional
        Pixels to segment.
    seeds : ndarray of shape (n, 2), optional
        Rows and columns of the centers to start from.
    labels : ndarray of shape (H, W), int32, optional
        Segments whose means are the centers to start from; pixels with a negative label are left out.
    effort : {"default", "fast", "best"}
    n_threads : int

    Returns
    -------
    ndarray of shape (H, W), int32
        0..n-1 without holes, each 4-connected, n at most the number of centers, and of islands of the mask beside; -1
        outside.

    References
    ----------
    R. Achanta et al., "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods", PAMI 34 (2012),
    https://doi.org/10.1109/TPAMI.2012.120
    """
    found = _blank(features.shape[:2], mask, labels)
    area = found.size if mask is None and labels is None else int(np.count_nonzero(found == 0))
    if area == 0:
        return found
    if labels is None and seeds is None and n_segments >= area:
        found[found == 0] = np.arange(area)
        return found
    if labels is not None:
        centers = _means(features, np.where(found == 0, labels, -1))
    else:
        if seeds is None:
            seeds = _grid(features.shape[:2], n_segments) if mask is None else _grid_in(mask, min(n_segments, area))
        centers = _at(features, np.asarray(seeds, np.float64))
    weight = COMPACTNESS if compactness is None else compactness
    _iterate(features, centers, found, area, weight, _PLANS[effort], n_threads)
    return enforce_connectivity(found, int(_SMALLEST * area / len(centers)))[0]


def _iterate(
    features: Int16Array,
    centers: Float64Array,
    labels: Int32Array,
    area: int,
    compactness: float,
    plan: tuple[float, int],
    n_threads: int,
) -> None:
    """Alternate assignment and refit, and fill labels (H, W) with the nearest centers at the end."""
    side = math.sqrt(area / len(centers))
    # in an image narrower than a segment, segments are long
    reach = max(side, area / (len(centers) * min(labels.shape)))
    scale = min(compactness * FEATURE_UNIT / side, _STEEPEST)
    rows, n_passes = plan
    step = 2 * int(side / rows / 2) + 1  # odd: a visited row is the middle of those it stands for
    for _ in range(n_passes):
        found = kernels.slic_pass(features, centers, labels, reach=reach, scale=scale, step=step, n_threads=n_threads)
        centers = _refit(found.sums, centers)
        if found.changed <= _SETTLED * found.sums[:, -1].sum():
            break
    kernels.slic_pass(features, centers, labels, reach=reach, scale=scale, n_threads=n_threads)


def _refit(sums: Int64Array, centers: Float64Array) -> Float64Array:
    """Means of features and positions; a center without pixels stays."""
    counts = sums[:, -1:]
    return np.where(counts > 0, sums[:, :-1] / np.maximum(counts, 1), centers)


def _blank(shape: tuple[int, ...], mask: BoolArray | None, labels: Int32Array | None) -> Int32Array:
    """Make a label map of 0 inside, -1 outside."""
    blank = np.zeros(shape, np.int32)
    if mask is not None:
        np.subtract(mask, 1, out=blank, dtype=np.int32)
    if labels is not None:
        blank[labels < 0] = -1
    return blank


def _at(features: Int16Array, positions: Float64Array) -> Float64Array:
    """Centers (n, D + 2) at positions (n, 2), with the features of the pixels there."""
    row, column = np.rint(positions).astype(np.intp).clip(0, np.array(features.shape[:2]) - 1).T
    return np.concatenate([features[row, column], positions], axis=1)


def _means(features: Int16Array, labels: Int32Array) -> Float64Array:
    """Centers (n, D + 2) of given segments, in the order of their labels; labels without pixels are skipped."""
    n, (height, width, d) = int(labels.max()) + 1, features.shape
    sums = np.zeros((n + 1, d + 3), np.int64)  # the first of what is outside
    for top in range(0, height, _BAND):  # bincount makes float64 of everything: a band at a time saves memory
        part = slice(top, top + _BAND)
        found = (labels[part] + 1).ravel()
        row, column = np.divmod(np.arange(found.size), width)
        for j, value in enumerate([*features[part].reshape(-1, d).T, row + top, column, None]):
            sums[:, j] += np.bincount(found, value, n + 1).astype(np.int64)
    sums = sums[1:][sums[1:, -1] > 0]
    return sums[:, :-1] / sums[:, -1:]


def _cells_in_rows(n: int, height: float, width: float) -> Int64Array:
    """Cells in each row of a grid of n nearly square cells: rows differ by one cell at most."""
    n_rows = min(max(1, round(math.sqrt(n * height / width))), n)
    return np.diff(np.arange(n_rows + 1) * n // n_rows)


def _grid(shape: tuple[int, ...], n: int) -> Float64Array:
    """Middles of exactly n cells of equal area: (n, 2)."""
    height, width = shape
    in_rows = _cells_in_rows(n, height, width)
    edges = np.concatenate([[0], np.cumsum(in_rows)]) * height / n
    row = np.repeat((edges[1:] + edges[:-1]) / 2, in_rows)
    column = np.concatenate([(np.arange(count) + 0.5) * width / count for count in in_rows])
    return np.stack([row, column], axis=1) - 0.5


def _grid_in(mask: BoolArray, n: int) -> Float64Array:
    """Middles of n cells of equal area of a mask, each on a pixel of it: (n, 2)."""
    in_row = np.count_nonzero(mask, axis=1)
    area, height = int(in_row.sum()), int(np.ptp(np.flatnonzero(in_row))) + 1
    in_rows = _cells_in_rows(n, height, area / height)
    cuts = np.searchsorted(np.cumsum(in_row), np.cumsum(in_rows)[:-1] * area / n)
    seeds = []
    for band, top, count in zip(np.split(mask, cuts), [0, *cuts], in_rows, strict=True):
        in_column = np.count_nonzero(band, axis=0)
        if in_column.any():  # bands are whole rows: of a small mask some are empty
            middles = ((np.arange(count) + 0.5) * in_column.sum() / count).astype(np.intp)
            column = np.searchsorted(np.cumsum(in_column), middles, side="right")
            row = (np.cumsum(band[:, column], axis=0) > in_column[column] // 2).argmax(axis=0)  # the middle of a column
            seeds.append(np.stack([row + top, column], axis=1))
    return np.unique(np.concatenate(seeds).astype(np.float64), axis=0)
