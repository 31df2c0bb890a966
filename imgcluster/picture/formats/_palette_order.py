"""An order of a palette in which neighboring pixels have close indices.

The start is Zeng's order, as Pinho and Neves modified it: colors are attached, one by one, to the end of a chain that
they are seen beside more often. Then places are exchanged while the bits of the differences of neighbors,
log2(1 + |i - j|), become fewer. On Kodak pictures of 256 colors the chain saves 3 to 7 % of a filtered PNG, and the
exchanges 2 % more.

References
----------
W. Zeng, J. Li, S. Lei, An efficient color re-indexing scheme for palette-based compression, ICIP 2000,
doi:10.1109/ICIP.2000.899453
A. J. Pinho, A. J. R. Neves, A note on Zeng's technique for color re-indexing of palette-based images, IEEE Signal
Processing Letters 11 (2), 2004, doi:10.1109/LSP.2003.821746
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgcluster.types import Float64Array, IntpArray, UInt8Array

_BIT = 16  # the unit of costs: whole numbers, whose sums are exact in float64 in any order


def neighbor_order(blocks: Sequence[UInt8Array], n_colors: int, n_rounds: int) -> IntpArray:
    """Return the palette entries in their new order, for blocks of rows of indices, after rounds of exchanges."""
    pairs = _neighbors(blocks, n_colors)
    return _exchanged(pairs, _chained(pairs), n_rounds)


def _neighbors(blocks: Sequence[UInt8Array], n_colors: int) -> Float64Array:
    """Count how often two different colors are side by side, or one above the other."""
    counts = np.zeros(n_colors * n_colors, np.int64)
    for block in blocks:
        codes = block.astype(np.int64) * n_colors
        counts += np.bincount((codes[:, 1:] + block[:, :-1]).ravel(), minlength=len(counts))
        counts += np.bincount((codes[1:] + block[:-1]).ravel(), minlength=len(counts))
    pairs = counts.reshape(n_colors, n_colors)
    pairs = pairs + pairs.T
    np.fill_diagonal(pairs, 0)
    return pairs.astype(np.float64)


def _chained(pairs: Float64Array) -> IntpArray:
    """Attach each color, the most tied to the chain first, to the end to which it is closer."""
    n_colors = len(pairs)
    first = int(pairs.sum(axis=1).argmax())
    chain, ties = [first], pairs[first].copy()
    ties[first] = -1
    for n in range(1, n_colors):
        color = int(ties.argmax())
        # the sum over the chain of ties to its members, each by how much nearer its left end is
        leaning = pairs[color, chain] @ np.arange(n - 1, -n, -2, dtype=np.float64)
        chain = [color, *chain] if leaning > 0 else [*chain, color]
        ties += pairs[color]
        ties[chain] = -1
    return np.array(chain, np.intp)


def _exchanged(pairs: Float64Array, order: IntpArray, n_rounds: int) -> IntpArray:
    """Exchange places, several pairs a round, as long as that saves bits."""
    n_colors, every = len(pairs), np.arange(len(pairs))
    distances = np.abs(every[:, np.newaxis] - every)
    bits = np.rint(_BIT * np.log2(1 + distances))
    place = np.empty(n_colors, np.intp)
    place[order] = every
    costs = _product(pairs, bits[place])  # of each color at each place
    limit = max(1, n_colors // 16)
    for _ in range(n_rounds):
        swaps = _best_swaps(pairs, costs, bits, place, limit)
        if not len(swaps):
            break
        moved, to = swaps.ravel(), swaps[:, ::-1].ravel()
        change = bits[place[to]] - bits[place[moved]]
        tried, tried_costs = place.copy(), costs + _product(pairs[:, moved], change)
        tried[moved] = place[to]
        if tried_costs[every, tried].sum() < costs[every, place].sum():
            place, costs = tried, tried_costs
        elif limit == 1:
            break
        else:
            limit = max(1, limit // 4)
    return np.argsort(place)


def _best_swaps(
    pairs: Float64Array, costs: Float64Array, bits: Float64Array, place: IntpArray, limit: int
) -> IntpArray:
    """Return pairs of colors, no color twice, whose exchange saves most; what one does to another is not counted."""
    every = np.arange(len(place))
    elsewhere, here = costs[:, place], costs[every, place]
    change = elsewhere + elsewhere.T - here[:, np.newaxis] - here + 2 * pairs * bits[place[:, np.newaxis], place]
    np.fill_diagonal(change, 0)
    partner = change.argmin(axis=1)
    gain = change[every, partner]
    found: list[tuple[int, int]] = []
    free = np.ones(len(place), np.bool_)
    for a in np.argsort(gain, kind="stable"):
        b = partner[a]
        if gain[a] >= 0 or len(found) == limit:
            break
        if free[a] and free[b]:
            found.append((int(a), int(b)))
            free[[a, b]] = False
    return np.array(found, np.intp).reshape(-1, 2)


def _product(left: Float64Array, right: Float64Array) -> Float64Array:
    """Multiply matrices by a few rows at a time: for more, OpenBLAS starts threads, which cost 7 times the work."""
    n_rows = max(2, (1 << 18) // right.size)
    return np.concatenate([left[top : top + n_rows] @ right for top in range(0, len(left), n_rows)])
