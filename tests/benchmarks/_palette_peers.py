"""Other ways to a palette by k-means, small and in own words: Wu's boxes; doubling, in batches or online."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from imgcluster.cluster import OctreePoints, lloyd

Centers = NDArray[np.float64]
MANY = 100_000  # iterations: until it converges


def converged(points: OctreePoints, centers: Centers) -> Centers:
    """Return where Lloyd's algorithm ends."""
    points.labels[:] = -1
    return lloyd(points, centers, MANY).centers


def wu(points: OctreePoints, k: int) -> Centers:
    """Return the means of Wu's boxes, cut one after the other where that lowers the error most [1]_.

    Boxes are made of cells of 8 shades a channel, and the box with the largest error is cut next.

    References
    ----------
    .. [1] X. Wu, "Efficient Statistical Computations for Optimal Color Quantization", Graphics Gems II, 1991, 126-133.
    """
    cells = (points.X // 8).astype(int)
    X, w = points.X.astype(float), points.weights
    moments = np.stack([w, *(w * X.T), w * (X * X).sum(axis=1)])
    boxes = [np.arange(len(w))]
    errors = [_error(moments.sum(axis=1))]
    while len(boxes) < k:
        worst = int(np.argmax(errors))
        if errors[worst] <= 0:
            break
        halves = _cut(cells, moments, boxes[worst])
        if halves is None:  # a single cell
            errors[worst] = 0.0
            continue
        boxes[worst] = halves[0]
        boxes.append(halves[1])
        errors[worst], last = (_error(moments[:, half].sum(axis=1)) for half in halves)
        errors.append(last)
    return np.stack([moments[1:4, box].sum(axis=1) / w[box].sum() for box in boxes])


def _error(moments: NDArray[np.float64]) -> float:
    return float(moments[4] - (moments[1:4] ** 2).sum() / moments[0])


def _cut(
    cells: NDArray[np.int64], moments: NDArray[np.float64], box: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Cut a box across one axis where the errors of the halves have the least sum."""
    best, total = None, moments[:, box].sum(axis=1)
    for axis in range(3):
        slabs = np.stack([np.bincount(cells[box, axis], row, 32) for row in moments[:4, box]])
        low = np.cumsum(slabs, axis=1)[:, :-1]
        high = total[:4, None] - low
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = (low[1:] ** 2).sum(axis=0) / low[0] + (high[1:] ** 2).sum(axis=0) / high[0]
        gain[(low[0] <= 0) | (high[0] <= 0)] = -np.inf
        at = int(gain.argmax())
        if np.isfinite(gain[at]) and (best is None or gain[at] > best[0]):
            best = gain[at], axis, at
    if best is None:
        return None
    below = cells[box, best[1]] <= best[2]
    return box[below], box[~below]


def doubled_in_batches(points: OctreePoints, k: int) -> Iterator[Centers]:
    """Yield 2, 4, ... up to k centers: each is split in two, and k-means converges [1]_.

    References
    ----------
    .. [1] A. D. Abernathy, M. E. Celebi, "The incremental online k-means clustering algorithm and its application to
       color quantization", Expert Systems with Applications 207:117927, 2022, doi:10.1016/j.eswa.2022.117927.
    """
    centers = (points.weights @ points.X.astype(float) / points.weights.sum())[None]
    while len(centers) < k:
        centers = converged(points, np.concatenate([centers - 0.5, centers + 0.5]))
        yield centers


def doubled_online(pixels: NDArray[np.uint8], k: int, power: float = 0.5) -> Iterator[Centers]:
    """Yield 2, 4, ... up to k centers: each is split in two, and pixels in random order draw their nearest nearer [1]_.

    The n-th pixel that a center gets draws it by n^-power of the way.

    References
    ----------
    .. [1] A. D. Abernathy, M. E. Celebi, "The incremental online k-means clustering algorithm and its application to
       color quantization", Expert Systems with Applications 207:117927, 2022, doi:10.1016/j.eswa.2022.117927.
    """
    X = pixels.reshape(-1, 3).astype(np.float64)
    centers, rng = X.mean(axis=0)[None], np.random.default_rng(0)
    while len(centers) < k:
        centers = np.concatenate([centers - 0.5, centers + 0.5])
        counts = np.zeros(len(centers), int)
        rates = np.arange(1, len(X) + 2) ** -power
        for x in X[rng.permutation(len(X))]:
            way = x - centers
            nearest = np.einsum("kd,kd->k", way, way).argmin()
            centers[nearest] += rates[counts[nearest]] * way[nearest]
            counts[nearest] += 1
        yield centers.copy()
