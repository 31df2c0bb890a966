"""The kernels of the clusterers: assignments, EM steps, octrees and histograms of colors.

Distances are computed in the arrays' own type, dimension by dimension, and ties go to the lowest index. Equations are
those of k-means as in Bishop, "Pattern Recognition and Machine Learning" (2006), section 9.1.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from imgcluster.types import (
    Float32Array,
    Float64Array,
    FloatArray,
    Int32Array,
    Int64Array,
    IntpArray,
    UInt8Array,
    UInt32Array,
)

EM_CUT = -50.0  # nats below the best: a responsibility that is lost in rounding
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


def _nearest(X: FloatArray, centers: FloatArray) -> tuple[Int32Array, FloatArray]:
    """r_nk = 1 for k = argmin_j ||x_n - mu_j||^2 (PRML 9.2): labels and squared distances."""
    labels, distances = np.empty(len(X), np.int32), np.empty(len(X), X.dtype)
    rows = max(1, _BLOCK // len(centers))
    for start in range(0, len(X), rows):
        part = slice(start, start + rows)
        pairs = _squared_distances(X[part], centers)
        labels[part] = pairs.argmin(axis=1)
        distances[part] = np.take_along_axis(pairs, labels[part, None].astype(np.intp), axis=1)[:, 0]
    return labels, distances


def _add_up(values: FloatArray, weights: Float64Array, labels: Int32Array, k: int) -> Float64Array:
    """Sum of w x over each cluster, the numerator of PRML 9.4."""
    sums: Float64Array = np.bincount(labels, weights * values, minlength=k).astype(np.float64, copy=False)
    return sums


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
) -> tuple[float, int]:
    """Assign: fill labels and distances, add to sums and counts; return the objective J and the changes."""
    new, distances[...] = _nearest(X, centers)
    changed = int(np.count_nonzero(labels != new))
    labels[...] = new
    counts += np.bincount(new, weights, minlength=k)
    for j in range(d):
        sums[:, j] += _add_up(X[:, j], weights, new, k)
    return float((weights * distances).sum()), changed


def nearer(
    isa: int,
    Xt: FloatArray,
    weights: Float64Array,
    candidates: FloatArray,
    distances: FloatArray,
    out: FloatArray,
    potentials: Float64Array,
) -> None:
    """Potential of k-means++ with one center more, for each candidate."""
    np.minimum(distances, _squared_distances(Xt.T, candidates).T, out=out)
    n, whole = len(weights), len(weights) // 16 * 16
    for i, row in enumerate(weights * out):
        # the C kernel adds in sixteen lanes; the same order gives the same bits, and so the same draws
        lanes = np.add.accumulate(np.vstack([np.zeros(16), row[:whole].reshape(-1, 16)]), axis=0)[-1]
        lanes[: n - whole] += row[whole:]
        potentials[i] = np.add.accumulate(lanes)[-1]


def em_step(
    isa: int,
    X: Float64Array,
    weights: Float64Array,
    means: Float64Array,
    factors: Float64Array,
    coefficients: Float64Array,
    sums: Float64Array,
    shares: Float64Array,
    densities: Float64Array,
    scratch: Float64Array,
    reached: IntpArray,
) -> float:
    """E-step in the log domain (PRML 9.23) and the sums of the M-step (9.24-9.27), taken about the old means."""
    d, full = X.shape[1], factors.ndim == 3
    rows, columns = np.triu_indices(d) if full else (np.arange(d), np.arange(d))
    differences = X[:, None] - means
    whitened = np.einsum("nki,kij->nkj", differences, factors) if full else differences * factors
    logs = coefficients - 0.5 * (whitened**2).sum(axis=2)
    most = logs.max(axis=1, keepdims=True)
    found = np.where(logs - most >= EM_CUT, np.exp(logs - most), 0.0)
    total = found.sum(axis=1, keepdims=True)
    found /= total
    log_density = (most + np.log(total))[:, 0]
    weighted = found * weights[:, None]
    sums[:, 0] += weighted.sum(axis=0)
    sums[:, 1 : 1 + d] += np.einsum("nk,nki->ki", weighted, differences)
    products = differences[:, :, rows] * differences[:, :, columns]
    sums[:, 1 + d :] += np.einsum("nk,nks->ks", weighted, products)
    if len(shares):
        shares[...] = found
    if len(densities):
        densities[...] = log_density
    return float((weights * log_density).sum())


def octree_build(levels: int, leaf_size: int, keys: UInt32Array, nodes: Int32Array) -> int:
    """Depth-first nodes of the octree over sorted Morton keys (only counted when nodes is empty)."""
    found: list[tuple[int, int, int]] = []

    def build(begin: int, end: int, level: int) -> None:
        while level > 0 and keys[begin] >> 3 * (level - 1) == keys[end - 1] >> 3 * (level - 1):
            level -= 1  # a single child: the node is its child
        node = len(found)
        found.append((begin, end, node + 1))
        if level > 0 and end - begin > leaf_size:
            prefixes = keys[begin:end] >> 3 * (level - 1)
            edges = [begin, *(np.flatnonzero(prefixes[1:] != prefixes[:-1]) + begin + 1).tolist(), end]
            for child, stop in pairwise(edges):
                build(child, stop, level - 1)
            found[node] = (begin, end, len(found))

    build(0, len(keys), levels)
    if len(nodes):
        nodes[...] = found
    return len(found)


def octree_summarize(
    points: Float32Array, weights: Float64Array, nodes: Int32Array, boxes: Float32Array, totals: Float64Array
) -> None:
    """Bounding box and sums of w, w x, w y, w z of every node."""
    for i, (begin, end, _) in enumerate(nodes.tolist()):
        inside = points[:, begin:end]
        boxes[i, :3], boxes[i, 3:] = inside.min(axis=1), inside.max(axis=1)
        totals[i, 0] = weights[begin:end].sum()
        totals[i, 1:] = (weights[begin:end] * inside).sum(axis=1)


def octree_assign(
    isa: int,
    points: Float32Array,
    weights: Float64Array,
    nodes: Int32Array,
    boxes: Float32Array,
    totals: Float64Array,
    roots: Int32Array,
    centers: Float32Array,
    labels: Int32Array,
    node_labels: Int32Array,
    sums: Float64Array,
) -> int:
    """Assign the points below the roots; the tree only saves distances, so here all of them are computed."""
    changed, k = 0, centers.shape[1]
    for begin, end, _ in nodes[roots].tolist():
        X = points[:, begin:end].T
        new, _ = _nearest(X, centers.T)
        changed += int(np.count_nonzero(labels[begin:end] != new))
        labels[begin:end] = new
        sums[:, 0] += np.bincount(new, weights[begin:end], minlength=k)
        for j in range(3):
            sums[:, 1 + j] += _add_up(X[:, j], weights[begin:end], new, k)
    return changed


def _spread(v: UInt32Array) -> UInt32Array:
    """Move the bits of a byte three apart."""
    for shift, mask in ((8, 0x00F00F), (4, 0x0C30C3), (2, 0x249249)):
        v = (v | v << np.uint32(shift)) & np.uint32(mask)
    return v


def _gather(v: UInt32Array) -> UInt32Array:
    """Move every third bit together, back into a byte."""
    v = v & np.uint32(0x249249)
    for shift, mask in ((2, 0x0C30C3), (4, 0x00F00F), (8, 0x0000FF)):
        v = (v | v >> np.uint32(shift)) & np.uint32(mask)
    return v


def _keys(colors: UInt8Array) -> UInt32Array:
    """Morton keys of colors: bits interleaved, red highest."""
    spread = _spread(np.arange(256, dtype=np.uint32))
    return spread[colors[:, 0]] << np.uint32(2) | spread[colors[:, 1]] << np.uint32(1) | spread[colors[:, 2]]


def histogram_count(
    channels: int, pixels: UInt8Array, table: UInt8Array, touched: UInt8Array, carries: UInt32Array
) -> int:
    """Count pixels by Morton key in bytes, and list a key once for every 255 pixels that do not fit."""
    keys, counts = np.unique(_keys(pixels.reshape(-1, channels)), return_counts=True)
    carried = np.repeat(keys, (counts - 1) // 255)
    table[keys] = (counts - 1) % 255 + 1
    touched[keys >> np.uint32(9)] = 1
    carries[: len(carried)] = carried
    return len(carried)


def histogram_collect(tables: UInt8Array, touched: UInt8Array, keys: UInt32Array, counts: Int64Array) -> int:
    """Keys with a count in any table, in ascending order, and their counts without carries."""
    found = np.flatnonzero(tables.any(axis=0))
    if len(keys):
        keys[...] = found
        counts[...] = tables[:, found].sum(axis=0, dtype=np.int64)
    return len(found)


def keys_from_colors(colors: UInt8Array, keys: UInt32Array) -> None:
    """Morton keys of (n, 3) colors."""
    keys[...] = _keys(colors)


def colors_from_keys(keys: UInt32Array, colors: UInt8Array) -> None:
    """Colors of Morton keys."""
    for channel, shift in enumerate((2, 1, 0)):
        colors[:, channel] = _gather(keys >> np.uint32(shift))


def remap_pixels(channels: int, pixels: UInt8Array, table: FloatArray, indices: FloatArray) -> None:
    """Table entry of each pixel's color."""
    indices[...] = table[_keys(pixels.reshape(-1, channels))].reshape(indices.shape)
