"""From centers to a palette of 8 bits: as many different colors as centers, refitted while that helps."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from imgcluster import kernels
from imgcluster.cluster import Assignment, OctreePoints, OctreeSlabs
from imgcluster.colors import SpaceColors
from imgcluster.palette._fit import among, encoded, rounded
from imgcluster.types import BoolArray, Float64Array, UInt8Array

Colors: TypeAlias = OctreePoints | OctreeSlabs
_REFILLS = 4  # rounds in which entries that are no use take other colors


class Rounded(NamedTuple):
    """A palette of 8 bits, the labels of the points agreeing with it."""

    palette: UInt8Array
    objective: float


class Rounding:
    """The rounding of centers on all colors.

    Parameters
    ----------
    colors : SpaceColors
    points : OctreePoints or OctreeSlabs
        All colors as points of the space.
    locked : ndarray of shape (l, 3), uint8
        Colors that the palette begins with.
    """

    def __init__(self, colors: SpaceColors, points: Colors, locked: UInt8Array) -> None:
        self._colors, self._points, self._locked = colors, points, locked

    def of(self, centers: Float64Array, n_refits: int) -> Rounded:
        """Round centers, and use entries that fell together again; refit them all while that lowers the error.

        With n_refits = 0 entries stay where the centers are, also those that are nearest to no color.
        """
        palette = rounded(centers, self._colors.space)
        palette[: len(self._locked)] = self._locked
        step = self._assign(palette)
        palette, step = self._refitted(palette, step, n_refits)
        for last in range(_REFILLS):
            spare = self._spare(palette, step, duplicates_only=not n_refits)
            if not spare.any():
                break
            palette = self._refilled(palette, spare)
            step = self._assign(palette)
            if last < _REFILLS - 1:
                palette, step = self._refitted(palette, step, n_refits)
        return Rounded(palette, step.objective)

    def _assign(self, palette: UInt8Array) -> Assignment:
        return self._points.assign(encoded(palette, self._colors.space))

    def _refitted(self, palette: UInt8Array, step: Assignment, most: int) -> tuple[UInt8Array, Assignment]:
        """Move entries to the rounded means of their colors; for given labels these are the best, so errors fall."""
        for _ in range(most):
            filled = step.counts > 0
            filled[: len(self._locked)] = False
            means = rounded(step.sums / np.maximum(step.counts, 1)[:, None], self._colors.space)
            moved = np.where(filled[:, None], means, palette)
            if (moved == palette).all():
                break
            next_step = self._assign(moved)
            if next_step.objective >= step.objective:
                self._assign(palette)  # so that labels agree with it
                break
            palette, step = moved, next_step
        return palette, step

    def _spare(self, palette: UInt8Array, step: Assignment, *, duplicates_only: bool) -> BoolArray:
        """Return which entries repeat an earlier one, or are nearest to no color; locked ones are never spare."""
        keys = kernels.keys_from_colors(palette)
        spare = np.ones(len(palette), bool)
        spare[np.unique(keys, return_index=True)[1]] = False
        if not duplicates_only:
            spare |= step.counts == 0
        spare[: len(self._locked)] = False
        return spare

    def _refilled(self, palette: UInt8Array, spare: BoolArray) -> UInt8Array:
        """Put colors of the picture with the largest squared errors in the place of spare entries."""
        errors = self._points.errors(encoded(palette, self._colors.space))
        order = np.argsort(-errors, kind="stable")
        keys = self._colors.keys_of(order)
        kept = np.sort(kernels.keys_from_colors(palette[~spare]))
        free = order[~among(keys, kept)][: np.count_nonzero(spare)]
        places = np.flatnonzero(spare)[: len(free)]
        refilled = palette.copy()
        refilled[places] = kernels.colors_from_keys(self._colors.keys_of(free))
        return refilled
