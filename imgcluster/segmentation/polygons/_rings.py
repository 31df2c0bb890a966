"""Rings of labels along pixel corners: how they become simple, and which of them are around holes of which piece."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from imgcluster.types import Int32Array, Int64Array


@dataclass(frozen=True, eq=False)
class Rings:
    """Rings of labels.

    Attributes
    ----------
    labels : ndarray of shape (r,), int32
    starts : ndarray of shape (r + 1,), int64
        Where the corners of each ring begin.
    vertices : ndarray of shape (m, 2), int32
        Corners as x, y; the first one does not come again.
    """

    labels: Int32Array
    starts: Int64Array
    vertices: Int32Array

    @property
    def lengths(self) -> Int64Array:
        """Number of corners of each ring."""
        return np.diff(self.starts)

    @cached_property
    def areas(self) -> Int64Array:
        """Area of each ring in pixels, negative around a hole: (r,), int64."""
        if len(self.labels) == 0:
            return np.zeros(0, np.int64)
        x, y = self.vertices.T.astype(np.int64)
        after = self._after
        # every second side is level, and the others add nothing
        areas: Int64Array = np.add.reduceat((x - x[after]) * y, self.starts[:-1])
        return areas

    @property
    def _after(self) -> Int64Array:
        """Which corner follows each one."""
        after = np.arange(1, len(self.vertices) + 1)
        after[self.starts[1:] - 1] = self.starts[:-1]
        return after

    def taken(self, which: NDArray[np.intp]) -> Rings:
        """Return some of the rings, in this order."""
        lengths = self.lengths[which]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        at = np.arange(starts[-1]) + np.repeat(self.starts[which] - starts[:-1], lengths)
        return Rings(self.labels[which], starts, self.vertices[at])

    def split(self, label: int) -> tuple[Rings, Rings]:
        """Return the rings of labels below this one, and the others."""
        is_below = self.labels < label
        return self.taken(np.flatnonzero(is_below)), self.taken(np.flatnonzero(~is_below))

    def joined(self, other: Rings) -> Rings:
        """Return these rings and the others."""
        return Rings(
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.starts, other.starts[1:] + self.starts[-1]]),
            np.concatenate([self.vertices, other.vertices]),
        )

    def closed(self) -> tuple[Int32Array, Int64Array]:
        """Return the corners with the first one of each ring again at its end, and where each ring begins."""
        starts = self.starts + np.arange(len(self.starts))
        at = np.arange(starts[-1]) - np.repeat(np.arange(len(self.labels)), self.lengths + 1)
        at[starts[1:] - 1] = self.starts[:-1]
        return self.vertices[at], starts


NONE = Rings(np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros((0, 2), np.int32))


def simple(vertices: Int32Array, traced: Int32Array) -> Rings:
    """Return rings that pass no corner twice, from traced ones with a label, a start and a number of pinches."""
    rings = Rings(traced[:, 0], np.append(traced[:, 1], len(vertices)).astype(np.int64), vertices)
    pinched = traced[:, 2] > 1
    if not pinched.any():
        return rings
    loops: list[Int32Array] = []
    labels: list[int] = []
    for i in np.flatnonzero(pinched).tolist():
        found = _loops(vertices[rings.starts[i] : rings.starts[i + 1]])
        loops += found
        labels += [int(rings.labels[i])] * len(found)
    starts = np.concatenate([[0], np.cumsum([len(loop) for loop in loops])])
    cut = Rings(np.array(labels, np.int32), starts, np.concatenate(loops))
    return rings.taken(np.flatnonzero(~pinched)).joined(cut)


def _loops(ring: Int32Array) -> list[Int32Array]:
    """Cut a ring wherever it passes a corner twice: the two go on as each other, and so a loop comes off."""
    keys = ring[:, 1].astype(np.int64) << 32 | ring[:, 0]
    order = np.argsort(keys, kind="stable")
    twins = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
    if len(twins) == 0:
        return [ring]
    after = np.roll(np.arange(len(ring)), -1)
    one, other = order[twins], order[twins + 1]
    after[one], after[other] = after[other], after[one]
    follow = after.tolist()
    seen = [False] * len(ring)
    loops = []
    # a loop begins at the first ring's start or behind a corner that was passed twice
    for start in [0, *one.tolist(), *other.tolist()]:
        loop = []
        at = start
        while not seen[at]:
            seen[at] = True
            loop.append(at)
            at = follow[at]
        if loop:
            loops.append(ring[loop])
    return loops


def pieces(rings: Rings, is_hole: NDArray[np.bool_]) -> Int64Array:
    """Return the outer ring that each ring belongs to: itself, or what is around the piece that has the hole."""
    owners = np.arange(len(rings.labels))
    if len(owners) == 0:
        return owners
    base = int(rings.labels.min())
    n_outer = np.bincount(rings.labels[~is_hole] - base, minlength=int(rings.labels.max()) - base + 1)
    outer = np.zeros(len(n_outer), np.int64)
    outer[rings.labels[~is_hole] - base] = np.flatnonzero(~is_hole)
    owners[is_hole] = outer[rings.labels[is_hole] - base]
    unsure = is_hole & (n_outer[rings.labels - base] > 1)
    if unsure.any():
        among = np.zeros(len(n_outer), bool)
        among[rings.labels[unsure] - base] = True
        chosen = np.flatnonzero(among[rings.labels - base])
        owners[chosen] = chosen[_owners(rings.taken(chosen), is_hole[chosen])]
    return owners


def _owners(rings: Rings, is_hole: NDArray[np.bool_]) -> Int64Array:
    """Return the outer ring that each ring belongs to, by the runs of pixels between upright sides.

    The run on the left of the leftmost side of a hole begins at a ring of the same piece that reaches further left:
    the outer one, or in turn one around a hole of the piece.
    """
    x, y, owner = _upright_sides(rings)
    order = np.lexsort((x, y, rings.labels[owner]))
    x, owner = x[order], owner[order]
    # along a row a label begins and ends in turns
    begins, ends = owner[0::2], owner[1::2]
    ends_of_holes = np.flatnonzero(is_hole[ends])
    leftmost = ends_of_holes[np.lexsort((x[1::2][ends_of_holes], ends[ends_of_holes]))]
    holes, at = np.unique(ends[leftmost], return_index=True)
    parents = np.arange(len(rings.labels))
    parents[holes] = begins[leftmost[at]]
    while is_hole[parents].any():
        parents = parents[parents]
    return parents


def _upright_sides(rings: Rings) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Return the upright sides of pixels on the rings, as x, row and ring."""
    after = rings._after
    x, y = rings.vertices.T
    is_upright = x == x[after]
    tops = np.minimum(y, y[after])[is_upright].astype(np.int64)
    heights = np.abs(y[after] - y)[is_upright].astype(np.int64)
    owner = np.repeat(np.arange(len(rings.labels)), rings.lengths)[is_upright]
    steps = np.arange(heights.sum()) - np.repeat(np.cumsum(heights) - heights, heights)
    return (
        np.repeat(x[is_upright], heights).astype(np.int64),
        np.repeat(tops, heights) + steps,
        np.repeat(owner, heights),
    )
