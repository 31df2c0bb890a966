"""Colors with alpha for k-means, pinned: opaque ones only take opaque centers, clear ones only the clear entry."""

from __future__ import annotations

import numpy as np

from imgcluster.cluster import Assignment, DensePoints, Nearer, OctreePoints
from imgcluster.colors import AlphaSpace
from imgcluster.types import Float32Array, Float64Array

_ON_THE_PLANE = 1e-3  # a center is opaque if it lies so near to the opaque colors


class PinnedPoints:
    """Opaque points in an octree, translucent ones as they are, and the fixed center of clear pixels.

    Parameters
    ----------
    space : AlphaSpace
    opaque : OctreePoints or None
    translucent : DensePoints
    clear : ndarray of shape (d,) or None
        The center of clear pixels, which translucent points may take, too; its label is the number of centers.
    """

    def __init__(
        self, space: AlphaSpace, opaque: OctreePoints | None, translucent: DensePoints, clear: Float64Array | None
    ) -> None:
        self.space, self._opaque, self._translucent, self._clear = space, opaque, translucent, clear
        solid = np.empty((0, translucent.shape[1]), np.float32)
        weights = [translucent.weights]
        if opaque is not None:
            solid = space.lift(opaque.X.astype(np.float64)).astype(np.float32)
            weights.insert(0, opaque.weights)
        self.X: Float32Array = np.concatenate([solid, translucent.X.astype(np.float32)])
        self.weights: Float64Array = np.concatenate(weights)
        self.labels = np.full(len(self.X), -1, np.int32)
        self.n_opaque = len(solid)
        self.solid_counts = np.empty(0)  # of the latest assignment: weight of opaque points at each center

    @property
    def shape(self) -> tuple[int, int]:
        """Return n, d."""
        return self.X.shape[0], self.X.shape[1]

    @property
    def dtype(self) -> np.dtype[np.float32]:
        """Return the type that distances are computed in."""
        return self.X.dtype

    def is_opaque(self, centers: Float64Array) -> np.ndarray:
        """Return which centers are opaque colors."""
        away = np.abs(self.space.lift(self.space.project(centers)) - centers).max(axis=1)
        opaque: np.ndarray = away < _ON_THE_PLANE
        return opaque

    def assign(self, centers: Float64Array) -> Assignment:
        """Label every point with the nearest center that it may take, ties to the lowest index."""
        k = len(centers)
        every = centers if self._clear is None else np.concatenate([centers, self._clear[None]])
        before = self.labels.copy()
        soft = self._translucent.assign(every)
        sums, counts, objective = soft.sums[:k], soft.counts[:k].copy(), soft.objective
        self.labels[self.n_opaque :] = self._translucent.labels
        self.solid_counts = np.zeros(k)
        if self._opaque is not None:
            which = np.flatnonzero(self.is_opaque(centers))
            if not len(which):
                return Assignment(np.inf, sums, counts, 1)
            solid = self._opaque.assign(self.space.project(centers[which]))
            self.labels[: self.n_opaque] = which[self._opaque.labels]
            self.solid_counts[which] = solid.counts
            sums[which] += solid.counts[:, None] * self._means(solid)
            counts += self.solid_counts
            objective += solid.objective
        return Assignment(objective, sums, counts, int(np.count_nonzero(before != self.labels)))

    def refit(self, centers: Float64Array, step: Assignment) -> tuple[Float64Array, float]:
        """Move centers to their means; those of opaque points to the nearest opaque colors of these."""
        filled = step.counts > 0
        means = np.where(filled[:, None], step.sums / np.where(filled, step.counts, 1.0)[:, None], centers)
        moved = np.where((self.solid_counts > 0)[:, None], self.space.lift(self.space.project(means)), means)
        gain = step.counts[:, None] * ((centers - means) ** 2 - (moved - means) ** 2)
        return moved, max(step.objective - float(gain.sum()), 0.0)

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return what every point adds to the objective, for the latest labels."""
        soft = self._translucent.errors(centers)
        if self._opaque is None:
            return soft
        which = np.flatnonzero(self.is_opaque(centers))
        return np.concatenate([self._opaque.errors(self.space.project(centers[which])), soft])

    def nearer(self) -> Nearer:
        """Return the function by which k-means++ tries candidates."""
        return DensePoints(self.X, self.weights).nearer()

    def _means(self, step: Assignment) -> Float64Array:
        """Return the means of clusters of opaque points, as opaque colors."""
        return self.space.lift(step.sums / np.where(step.counts > 0, step.counts, 1.0)[:, None])
