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
    fixed : ndarray of shape (m, d)
        Centers that stay: of locked colors, and of clear pixels, which translucent points may take, too. Their labels
        follow those of the centers that move.
    """

    n_fixed = 1 << 31  # empty clusters wait for `_alpha_fit`, which fills them by what palettes of 8 bits gain
    nearer_scale = 1.0

    def __init__(
        self, space: AlphaSpace, opaque: OctreePoints | None, translucent: DensePoints, fixed: Float64Array
    ) -> None:
        self.space, self._opaque, self._translucent, self._fixed = space, opaque, translucent, fixed
        solid = np.empty((0, translucent.shape[1]), np.float32)
        weights = [translucent.weights]
        if opaque is not None:
            solid = space.lift(opaque.X.astype(np.float64)).astype(np.float32)
            weights.insert(0, opaque.weights)
        self.X: Float32Array = np.concatenate([solid, translucent.X.astype(np.float32)])
        self.weights: Float64Array = np.concatenate(weights)
        self.labels = np.full(len(self.X), -1, np.int32)
        self.n_opaque = len(solid)
        self._which = np.empty(0, np.intp)  # the opaque centers, and
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
        every = np.concatenate([centers, self._fixed])
        before = self.labels.copy()
        soft = self._translucent.assign(every)
        sums, counts, objective = soft.sums[:k], soft.counts[:k].copy(), soft.objective
        self.labels[self.n_opaque :] = self._translucent.labels
        self.solid_counts = np.zeros(k)
        if self._opaque is not None:
            which = self._which = np.flatnonzero(self.is_opaque(every))
            if not len(which):
                return Assignment(np.inf, sums, counts, 1)
            solid = self._opaque.assign(self.space.project(every[which]))
            self.labels[: self.n_opaque] = which[self._opaque.labels]
            moving = which < k
            self.solid_counts[which[moving]] = solid.counts[moving]
            sums[which[moving]] += (solid.counts[:, None] * self._means(solid))[moving]
            counts += self.solid_counts
            objective += solid.objective
        return Assignment(objective, sums, counts, int(np.count_nonzero(before != self.labels)))

    def refit(self, centers: Float64Array, step: Assignment) -> tuple[Float64Array, float]:
        """Move centers to their means; those of opaque points to the nearest opaque colors of these."""
        moved, means = self.moved(centers, step.sums, step.counts)
        gain = step.counts[:, None] * ((centers - means) ** 2 - (moved - means) ** 2)
        return moved, max(step.objective - float(gain.sum()), 0.0)

    def moved(
        self, centers: Float64Array, sums: Float64Array, counts: Float64Array
    ) -> tuple[Float64Array, Float64Array]:
        """Return where centers may move to, and the means, given the weighted sums of the clusters."""
        filled = counts > 0
        means = np.where(filled[:, None], sums / np.where(filled, counts, 1.0)[:, None], centers)
        solid = (self.solid_counts > 0)[:, None]
        return np.where(solid, self.space.lift(self.space.project(means)), means), means

    def errors(self, centers: Float64Array) -> Float64Array:
        """Return what every point adds to the objective, for the latest labels."""
        soft = self._translucent.errors(centers)
        if self._opaque is None:
            return soft
        # those of the assignment: a refit may have moved a center without opaque points away from opaque colors
        solid = np.concatenate([centers, self._fixed])[self._which]
        return np.concatenate([self._opaque.errors(self.space.project(solid)), soft])

    def nearer(self) -> Nearer:
        """Return the function by which k-means++ tries candidates."""
        return DensePoints(self.X, self.weights).nearer()

    def _means(self, step: Assignment) -> Float64Array:
        """Return the means of clusters of opaque points, as opaque colors."""
        return self.space.lift(step.sums / np.where(step.counts > 0, step.counts, 1.0)[:, None])
