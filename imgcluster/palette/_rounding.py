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
_LONG = 1.9  # of the way to the mean, which centers go while others are rounded
_WAY = 0.2  # to the mean from an entry in a channel, in shades: below it a step of a whole shade is not tried
_MOST_WORK = 1 << 25  # points times passes of a rounding with care: a second


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

    def with_care(self, centers: Float64Array, n_refits: int) -> Rounded:
        """Round centers to a palette of less error: of two ways the better one, entries then moved shade by shade.

        Of what rounding costs, a quarter of a shade squared or less, this saves about a quarter.
        """
        n_passes = _MOST_WORK // len(self._colors.histogram) // 3
        plain = self._nudged(self.of(centers, n_refits), n_passes)
        if len(centers) > n_passes:
            return plain
        other = self._nudged(self.of(self._one_by_one(centers), n_refits), n_passes)
        if other.objective < plain.objective:
            return other
        return Rounded(plain.palette, self._assign(plain.palette).objective)

    def _one_by_one(self, centers: Float64Array) -> Float64Array:
        """Round one center after the other, those of most pixels first, while those that are left make up for it."""
        space, centers, n_locked = self._colors.space, centers.copy(), len(self._locked)
        step = self._points.assign(centers)
        is_free = step.counts > 0
        is_free[:n_locked] = False
        for entry in np.argsort(-step.counts[n_locked:], kind="stable") + n_locked:
            centers[entry] = encoded(rounded(centers[entry : entry + 1], space), space)[0]
            is_free[entry] = False
            step = self._points.assign(centers)
            means = step.sums / np.maximum(step.counts, 1)[:, None]
            centers = np.where((is_free & (step.counts > 0))[:, None], centers + _LONG * (means - centers), centers)
        return centers

    def _nudged(self, found: Rounded, most: int) -> Rounded:
        """Move entries by one shade in one channel, towards the means of their colors, where the error falls.

        Those come first where the error can rise least: for the same labels it rises, since entries are refitted, but
        labels follow.
        """
        palette, step = found.palette, self._assign(found.palette)
        ways = self._colors.space.decode(step.sums / np.maximum(step.counts, 1)[:, None]) - palette
        ways[step.counts == 0] = 0.0
        ways[: len(self._locked)] = 0.0
        rises = step.counts[:, None] * (1 - 2 * np.abs(ways))
        order = np.argsort(rises, axis=None, kind="stable")
        chosen = order[np.abs(ways.ravel()[order]) >= _WAY][:most]
        for entry, channel in zip(*np.unravel_index(chosen, ways.shape), strict=True):
            moved = palette.copy()
            moved[entry, channel] = int(palette[entry, channel]) + (1 if ways[entry, channel] > 0 else -1)
            next_step = self._assign(moved)
            # one that meets another entry would serve nothing
            serves = next_step.counts[entry] > 0
            if serves and next_step.objective < step.objective:
                palette, step = moved, next_step
        return Rounded(palette, self._assign(palette).objective)

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
