"""The points of a fit, and what k-means asks of them: the nearest center of each, and the best center of a cluster.

`DensePoints` takes any (n, d) array. `OctreePoints` takes points in three dimensions on a grid of at most 256 steps an
axis (colors) and finds the same labels with a hundredth of the distances.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from imgcluster import kernels
from imgcluster.cluster._many_centers import assign_many
from imgcluster.types import Float32Array, Float64Array, FloatArray, Int32Array, UInt32Array

# points a leaf: below it, testing boxes costs more than the distances that it saves (256: 0.41 ms a pass over 64,000
# colors at 256 centers; 32: 0.93 ms; 512 wins a little with AVX-512 and loses more without)
_LEAF_SIZE = 256
_POINTS_PER_PART = 50_000  # parts for threads; fixed, so that sums do not depend on the number of threads

# candidates (m, d) and dissimilarities so far (n,) -> those with each candidate added (m, n), their weighted sums (m,)
Nearer: TypeAlias = Callable[[FloatArray, FloatArray], tuple[FloatArray, Float64Array]]


class Assignment(NamedTuple):
    """The outcome of an assignment step."""

    objective: float
    sums: Float64Array  # (k, d), sum of w x; empty where the refit does not use it
    counts: Float64Array  # (k,), sum of w
    changed: int


class Points(Protocol):
    """What k-means needs of its points."""

    labels: Int32Array  # (n,), of the latest assignment
    n_fixed: int  # the first centers that stay where they are
    nearer_scale: float  # what `nearer` measures, of a point that adds 1 to the objective

    @property
    def X(self) -> FloatArray:
        """Return the points, (n, d)."""
        ...

    @property
    def weights(self) -> Float64Array:
        """Return their weights, (n,)."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Return n, d."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type that distances are computed in."""
        ...

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with its nearest center, ties to the lowest index."""
        ...

    def refit(self, centers: Float64Array, step: Assignment) -> tuple[Float64Array, float]:
        """Move every center to where it serves its cluster best: centers, and the objective then."""
        ...

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return what every point adds to the objective, for the latest labels."""
        ...

    def nearer(self) -> Nearer:
        """Return the function by which k-means++ tries candidates."""
        ...


class ArrayPoints:
    """Shape and type of an array of points."""

    X: FloatArray
    n_fixed = 0
    nearer_scale = 1.0

    @property
    def shape(self) -> tuple[int, int]:
        """Return n, d."""
        return self.X.shape[0], self.X.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return the type of the points."""
        return self.X.dtype


class EuclideanPoints(ArrayPoints):
    """What follows from squared Euclidean distance, however the nearest center is found."""

    weights: Float64Array

    def refit(self, centers: Float64Array, step: Assignment) -> tuple[Float64Array, float]:
        """mu_k = sum of w r_nk x_n / sum of w r_nk (PRML 9.4); empty clusters and fixed ones keep their centers."""
        filled = step.counts > 0
        filled[: self.n_fixed] = False
        moved = np.where(filled[:, None], step.sums / np.where(filled, step.counts, 1.0)[:, None], centers)
        # the objective falls by N_k ||old - new||^2 when a center moves to its mean
        gain = float((step.counts[:, None] * (centers - moved) ** 2).sum())
        return moved, max(step.objective - gain, 0.0)

    def nearer(self) -> Nearer:
        """Return the function by which k-means++ tries candidates."""
        return partial(kernels.nearer, np.ascontiguousarray(self.X.T), self.weights)


class DensePoints(EuclideanPoints):
    """Any (n, d) array of float32 or float64; distances are computed in its type."""

    def __init__(self, X: FloatArray, weights: Float64Array, n_threads: int = 1) -> None:
        self.X, self.weights = X, weights
        self.labels = np.full(len(X), -1, np.int32)
        self._distances = np.empty(len(X), X.dtype)
        self.n_threads = n_threads

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with its nearest center, ties to the lowest index."""
        narrow = np.ascontiguousarray(centers, dtype=self.X.dtype)
        totals = kernels.assign(self.X, self.weights, narrow, self.labels, self._distances, self.n_threads)
        return Assignment(totals.objective, totals.sums, totals.counts, totals.changed)

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return w ||x - its center||^2 of every point, as the latest assignment found it."""
        return self.weights * self._distances


class OctreePoints(EuclideanPoints):
    """Points in three dimensions in an octree; labels are those of `DensePoints` in float32.

    Parameters
    ----------
    X : ndarray of shape (n, 3), float32
        Points in ascending order of their keys. Where all of them are multiples of 1/16 below 256, sums are exact and
        so have the same bits in any order.
    weights : ndarray of shape (n,), float64
    keys : ndarray of shape (n,), uint32
        Morton keys of the grid cells that the points lie in.
    levels : int
        Bits of a coordinate of the grid, at most 8.
    n_threads : int
    labels : ndarray of shape (n,), int32, optional
        Labels of an earlier assignment, which are written over.
    """

    def __init__(
        self,
        X: Float32Array,
        weights: Float64Array,
        keys: UInt32Array,
        levels: int,
        n_threads: int = 1,
        labels: Int32Array | None = None,
    ) -> None:
        self.X, self.weights = X, weights
        self.labels = np.full(len(X), -1, np.int32) if labels is None else labels
        self._tree = kernels.build_octree(X, weights, keys, levels, _LEAF_SIZE)
        self._node_labels = np.full(len(self._tree.nodes), -1, np.int32)
        self._n_threads = n_threads

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with its nearest center, ties to the lowest index."""
        narrow = centers.astype(np.float32)
        if len(centers) > kernels.OCTREE_MAX_CLUSTERS:
            sums, counts, changed = assign_many(self._tree, narrow, self.labels, self._n_threads)
            self._node_labels[:] = -1
        else:
            sums, counts, changed, _ = kernels.assign_octree(
                self._tree, self._parts, narrow, self.labels, self._node_labels, self._n_threads
            )
        # J = sum w ||x||^2 - 2 mu . sum w x + ||mu||^2 sum w, cluster by cluster: no distance is needed
        wide = narrow.astype(np.float64)
        objective = self.squares + float((wide * (counts[:, None] * wide - 2 * sums)).sum())
        return Assignment(max(objective, 0.0), sums, counts, changed)

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return w ||x - its center||^2 of every point, for the latest labels."""
        total = np.zeros(len(self.X), np.float32)
        for row, column in zip(self._tree.points, centers.T.astype(np.float32), strict=True):
            difference = row[: len(total)] - column[self.labels]
            difference *= difference
            total += difference
        return self.weights * total

    @cached_property
    def squares(self) -> float:
        """Sum of w ||x||^2."""
        X = self._tree.points[:, : len(self.X)].astype(np.float64)
        X *= X
        return float((self.weights * X.sum(axis=0)).sum())

    @cached_property
    def _parts(self) -> list[Int32Array]:
        """Subtrees of about equal size that cover the tree, a list of roots each."""
        begin, end, skip = self._tree.nodes.T
        parts: list[list[int]] = [[]]
        size = node = 0
        while node < len(begin):
            n = int(end[node] - begin[node])
            if n > _POINTS_PER_PART and skip[node] > node + 1:
                node += 1  # too large: its children one by one
                continue
            if size + n > _POINTS_PER_PART and parts[-1]:
                parts.append([])
                size = 0
            parts[-1].append(node)
            size += n
            node = int(skip[node])
        return [np.array(part, np.int32) for part in parts]
