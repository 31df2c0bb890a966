"""Assignment of points to the nearest of k centers: the doors to ``src/assign.c``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Float64Array, FloatArray, Int32Array

ASSIGN_BLOCK = 64  # points, as in src/kernels.h
CHUNK = 32768  # points; fixed, so that sums do not depend on the number of threads


class Totals(NamedTuple):
    """What an assignment pass adds up."""

    sums: Float64Array  # (k, d), sum of w x over each cluster
    counts: Float64Array  # (k,), sum of w over each cluster
    changed: int  # points whose label has changed
    objective: float  # sum of w ||x - its center||^2; nan if the sums give it more cheaply


def assign(
    X: FloatArray,
    weights: Float64Array,
    centers: FloatArray,
    labels: Int32Array,
    distances: FloatArray,
    n_threads: int = 1,
) -> Totals:
    """Assign every point to its nearest center, ties to the lowest index; fills labels and squared distances."""
    kernel, _, level, _ = choice()
    (n, d), k = X.shape, len(centers)
    starts = range(0, n, CHUNK)
    sums, counts = np.zeros((len(starts), k, d)), np.zeros((len(starts), k))

    def chunk(i: int) -> tuple[float, int]:
        part = slice(starts[i], min(starts[i] + CHUNK, n))
        rows = X[part], weights[part], centers, labels[part], distances[part], sums[i], counts[i]
        scratch = np.empty(ASSIGN_BLOCK * d, X.dtype), np.empty(d), np.empty(k * d, X.dtype)
        screen = np.empty((k + ASSIGN_BLOCK) * (d + 1), np.float32)
        result: tuple[float, int] = kernel.assign(level, len(rows[0]), d, k, *rows, *scratch, screen)
        return result

    parts = run(chunk, len(starts), n_threads)
    objective, changed = sum(part[0] for part in parts), sum(part[1] for part in parts)
    return Totals(np.add.reduce(sums, axis=0), np.add.reduce(counts, axis=0), changed, objective)


def nearer(
    Xt: FloatArray, weights: Float64Array, candidates: FloatArray, distances: FloatArray
) -> tuple[FloatArray, Float64Array]:
    """Compute min(distances, ||x - c||^2) for each candidate c, and its weighted sum, the potential of k-means++.

    Xt holds one point per column: (d, n). Returns arrays of shape (m, n) and (m,) for m candidates.
    """
    kernel, _, level, _ = choice()
    out, potentials = np.empty((len(candidates), len(weights)), Xt.dtype), np.empty(len(candidates))
    kernel.nearer(level, Xt, weights, candidates, distances, out, potentials)
    return out, potentials


class Settled(NamedTuple):
    """Where points came to rest."""

    centers: Float64Array  # (k, d)
    labels: Int32Array  # (n,)
    distances: FloatArray  # (n,), squared, to the centers of the labels
    counts: Float64Array  # (k,), sum of w over each cluster
    objective: float  # sum of w times the squared distance


def settle(
    X: FloatArray,
    weights: Float64Array,
    centers: Float64Array,
    most_passes: int,
    most_exchanges: int,
    target: float = np.inf,
) -> Settled:
    """Make Lloyd passes, and then exchanges of single points between clusters with Lloyd passes after them.

    It ends early if the passes show that the objective will not come below the target; then it alone is of use. An
    exchange takes a point to another cluster where the objective falls, both means following (Hartigan 1975), which
    leaves local minima of Lloyd's algorithm; it is worthwhile for clusters of few points. All in one thread.
    """
    kernel, _, level, _ = choice()
    (n, d), k = X.shape, len(centers)
    labels, distances = np.full(n, -1, np.int32), np.empty(n, X.dtype)
    centers, sums, counts = centers.astype(np.float64), np.empty((k, d)), np.empty(k)
    scratch = np.empty(k * d), np.empty(k), np.empty(k * d, X.dtype), np.empty(ASSIGN_BLOCK * d, X.dtype)
    found = centers, labels, distances, sums, counts
    objective, _ = kernel.settle(
        level, n, d, k, most_passes, most_exchanges, float(target), X, weights, *found, *scratch
    )
    return Settled(centers, labels, distances, counts, objective)
