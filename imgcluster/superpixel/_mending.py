"""Where a mask cuts segments: those that may have come apart on a finer level, and stray pieces given to neighbors.

Few segments meet the edge of a mask, so that looking at these alone saves the pass over all pixels.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np

from imgcluster import kernels
from imgcluster.kernels import bands
from imgcluster.types import BoolArray, Float64Array, Int16Array, Int32Array, Int64Array, UInt16Array

_Array = TypeVar("_Array", BoolArray, Int32Array)

_MANY = 32  # one block in so many: beyond, one pass over all is faster


class Moved(NamedTuple):
    """Pixels that went from one segment to another."""

    at: Int64Array  # (p,), in raster order of the map
    old: Int32Array
    new: Int32Array
    n: int  # segments there are now


def loose_labels(coarse: Int32Array, weights: UInt16Array, full: int, inside: BoolArray) -> Int32Array | None:
    """Return the labels that may be in pieces when each block is doubled and cut; None if too many blocks are cut.

    A segment stays in one piece if each of its blocks does, and each two of its blocks side by side still touch.
    """
    n_cut, found = 0, []
    for some in bands(weights):
        rows, columns = np.nonzero((weights[some] > 0) & (weights[some] < full))
        n_cut += len(rows)
        if n_cut > weights.size // _MANY:
            return None
        if len(rows):
            found.append(_loose_of(coarse, inside, rows + some.start, columns))
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int32)


def _loose_of(coarse: Int32Array, inside: BoolArray, rows: Int64Array, columns: Int64Array) -> Int32Array:
    """Return which of the labels of these blocks may be in pieces."""
    labels = coarse[rows, columns]
    own = {(v, u): _look(inside, 2 * rows + v, 2 * columns + u, False) for v in (0, 1) for u in (0, 1)}
    loose = (own[0, 0] == own[1, 1]) & (own[0, 1] == own[1, 0]) & (own[0, 0] != own[0, 1])
    for v, u in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        sides = [(i, (u + 1) // 2) if u else ((v + 1) // 2, i) for i in (0, 1)]
        touch = [own[y, x] & _look(inside, 2 * rows + y + v, 2 * columns + x + u, False) for y, x in sides]
        loose |= (_look(coarse, rows + v, columns + u, -1) == labels) & ~(touch[0] | touch[1])
    found: Int32Array = np.unique(labels[loose])
    return found


def _look(array: _Array, rows: Int64Array, columns: Int64Array, beyond: int) -> _Array:
    """Look up places of an array, of which some lie beyond it."""
    height, width = array.shape
    there = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found: _Array = np.where(there, array[rows.clip(0, height - 1), columns.clip(0, width - 1)], beyond)
    return found


def mend(labels: Int32Array, n: int, loose: Int32Array) -> Moved | None:
    """Join the stray pieces of these segments to neighbors, in place; None, and no change, if they are too large.

    The largest piece of each segment stays. Each other one joins the segment with which it shares the longest border,
    ties to the lowest label; pieces without such a neighbor become segments.
    """
    flat, none, table = labels.reshape(-1), np.zeros(0, np.int32), np.full(n, -1, np.int32)
    table[loose] = loose
    pieces, n_pieces = kernels.label_components(kernels.map_labels(labels, table)) if len(loose) else (none, 0)
    if n_pieces == len(loose):
        return Moved(none.astype(np.int64), none, none, n)
    pieces, stray, parts, n_moved = pieces.reshape(-1), _strays(pieces, labels, n_pieces), [], 0
    for some in bands(pieces):
        here = np.flatnonzero(pieces[some] >= 0)
        here = here[stray[pieces[some][here]]]
        parts.append(here + some.start)
        n_moved += len(here)
        if n_moved > labels.size // _MANY:
            return None
    at = np.concatenate(parts)
    old = flat[at]
    n = _give_away(labels, n, at, pieces[at])
    went = flat[at] != old  # beside other strays a piece may come back to its own segment
    return Moved(at[went], old[went], flat[at][went], n)


def add_moved(sums: Float64Array, moved: Moved, features: Int16Array, weights: UInt16Array | None) -> None:
    """Let sums (n, D + 4), as kernels.boundary_sums makes them, follow blocks that moved."""
    d = features.shape[2]
    vectors = features.reshape(-1, d)[moved.at].astype(np.int64)
    rows, columns = np.divmod(moved.at, features.shape[1])
    squares = (vectors * vectors >> 8).sum(axis=1)
    terms = np.column_stack([vectors, rows, columns, np.ones(len(rows), np.int64), squares])
    if weights is not None:
        terms *= weights.reshape(-1)[moved.at, None]
    np.subtract.at(sums, moved.old, terms)
    np.add.at(sums, moved.new, terms)


def _strays(pieces: Int32Array, labels: Int32Array, n: int) -> BoolArray:
    """Return which of n pieces are not the largest of their label, the first of equal ones; -1 is in none."""
    areas, names = np.zeros(n, np.int64), np.empty(n, np.int32)
    for rows in bands(pieces):
        there = pieces[rows] >= 0
        areas += np.bincount(pieces[rows][there], minlength=n)
        names[pieces[rows][there]] = labels[rows][there]
    order = np.lexsort((-areas, names))
    stray = np.ones(n, bool)
    stray[order[np.unique(names[order], return_index=True)[1]]] = False
    return stray


def _give_away(labels: Int32Array, n: int, at: Int64Array, pieces: Int32Array) -> int:
    """Give pieces to their neighbors, those beside segments first; returns how many segments there are then."""
    flat, columns = labels.reshape(-1), labels.shape[1]
    flat[at] = -1
    while len(at):
        near = [
            at - columns,
            at + columns,
            np.where(at % columns, at - 1, -1),
            np.where((at + 1) % columns, at + 1, -1),
        ]
        steps = np.stack(near)
        around = np.where((steps >= 0) & (steps < flat.size), flat[steps.clip(0, flat.size - 1)], -1)
        votes = (pieces.astype(np.int64) * n + around)[around >= 0]
        pairs, counts = np.unique(votes, return_counts=True)
        order = np.lexsort((pairs, -counts, pairs // n))  # of each piece the longest border, then the lowest label
        winners = order[np.unique(pairs[order] // n, return_index=True)[1]]
        if not len(winners):
            islands, numbers = np.unique(pieces, return_inverse=True)
            flat[at] = n + numbers
            return n + len(islands)
        owners = np.full(int(pieces.max()) + 1, -1, np.int32)
        owners[pairs[winners] // n] = pairs[winners] % n
        given = owners[pieces] >= 0
        flat[at[given]] = owners[pieces[given]]
        at, pieces = at[~given], pieces[~given]
    return n
