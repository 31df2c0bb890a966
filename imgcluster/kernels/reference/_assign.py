"""Assignment to the nearest center, as in Bishop, "Pattern Recognition and Machine Learning" (PRML, 2006), section 9.1.

Distances are computed in the arrays' own type, dimension by dimension, and ties go to the lowest index.
"""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float32Array, Float64Array, FloatArray, Int32Array

_BLOCK = 1 << 21  # point-center pairs at a time: 8 MB of float32 stay near the cache


def _squared_distances(X: FloatArray, centers: FloatArray) -> FloatArray:
    """||x_n - mu_k||^2, dimensions added in order: (n, k)."""
    total: FloatArray = np.subtract.outer(X[:, 0], centers[:, 0])
    total *= total
    for j in range(1, X.shape[1]):
        step = np.subtract.outer(X[:, j], centers[:, j])
        step *= step
        total += step
    return total


def nearest(X: FloatArray, centers: FloatArray) -> tuple[Int32Array, FloatArray]:
    """r_nk = 1 for k = argmin_j ||x_n - mu_j||^2 (PRML 9.2): labels and squared distances."""
    labels, distances = np.empty(len(X), np.int32), np.empty(len(X), X.dtype)
    rows = max(1, _BLOCK // len(centers))
    for start in range(0, len(X), rows):
        part = slice(start, start + rows)
        pairs = _squared_distances(X[part], centers)
        labels[part] = pairs.argmin(axis=1)
        distances[part] = np.take_along_axis(pairs, labels[part, None].astype(np.intp), axis=1)[:, 0]
    return labels, distances


def add_up(values: FloatArray, weights: Float64Array, labels: Int32Array, k: int) -> Float64Array:
    """Sum of w x over each cluster, the numerator of PRML 9.4."""
    sums: Float64Array = np.bincount(labels, weights * values, minlength=k).astype(np.float64, copy=False)
    return sums


def assign_pass(
    X: FloatArray,
    weights: Float64Array,
    centers: FloatArray,
    labels: Int32Array,
    distances: FloatArray,
    sums: Float64Array,
    counts: Float64Array,
) -> tuple[float, int]:
    """Assign: fill labels and distances, add to sums and counts; return the objective J and the changes."""
    k, d = centers.shape
    new, distances[...] = nearest(X, centers)
    changed = int(np.count_nonzero(labels != new))
    labels[...] = new
    counts += np.bincount(new, weights, minlength=k)
    for j in range(d):
        sums[:, j] += add_up(X[:, j], weights, new, k)
    return float((weights * distances).sum()), changed


def assign(
    isa: int,
    n: int,
    d: int,
    k: int,
    X: FloatArray,
    weights: Float64Array,
    centers: FloatArray,
    labels: Int32Array,
    distances: FloatArray,
    sums: Float64Array,
    counts: Float64Array,
    scratch: FloatArray,
    middle: Float64Array,
    columns: FloatArray,
    screen: Float32Array,
) -> tuple[float, int]:
    """Make an assignment pass; the native kernel needs the four arrays at the end for its work."""
    return assign_pass(X, weights, centers, labels, distances, sums, counts)


def nearer(
    isa: int,
    Xt: FloatArray,
    weights: Float64Array,
    candidates: FloatArray,
    distances: FloatArray,
    out: FloatArray,
    potentials: Float64Array,
) -> None:
    """Potential of k-means++ with one more center, for each candidate."""
    np.minimum(distances, _squared_distances(Xt.T, candidates).T, out=out)
    n, whole = len(weights), len(weights) // 16 * 16
    for i, row in enumerate(weights * out):
        # the C kernel adds in sixteen lanes; the same order gives the same bits, and so the same draws
        lanes = np.add.accumulate(np.vstack([np.zeros(16), row[:whole].reshape(-1, 16)]), axis=0)[-1]
        lanes[: n - whole] += row[whole:]
        potentials[i] = np.add.accumulate(lanes)[-1]
