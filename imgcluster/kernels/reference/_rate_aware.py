"""NumPy twin of ``src/rate_aware.c``: a row's palette indices that cost least in error and deflated size together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from imgcluster.types import Int16Array, Int32Array, Int64Array, UInt8Array

RATE_AWARE_SHIFTS = (0, -1, 1, -2, 2)
RATE_AWARE_USE = 256  # what the use of a literal adds
_SHORTEST, _LONGEST = 3, 258
_LITERAL_BITS = 19  # sixteenths of a bit of a literal, for that there are lengths, too
_MOST_COPIES, _MOST_RUNS = 2, 6
_RUN_BEHIND_LITERAL, _LITERAL, _RUN = -2, -1, 0  # a copy's kind is 1 + that of its shift


class _Match(NamedTuple):
    """A match that has begun: cost is that of all before it, its distance, and its errors so far."""

    cost: int
    start: int
    kind: int
    entry: int  # of a run; of a copy its start, so that no two are the same


@dataclass
class _Row:
    """The parse of a row: per pixel boundary the least cost, and kind, length and last index of what ends there."""

    errors: Int64Array  # (width, k), above the limit where an entry is not allowed
    options: list[list[int]]  # of each pixel: what a literal may be, the nearest first
    above: list[int] | None
    literals: list[int]
    lengths: list[int]
    distances: list[int]
    limit: int
    change_cost: int
    change_limit: int

    def __post_init__(self) -> None:
        self.ways: list[tuple[int, int, int, int]] = [(0, _RUN, 0, 0)]

    def parse(self) -> None:
        """Find the cheapest way to each pixel."""
        runs: list[_Match] = []
        copies: list[list[_Match]] = [[] for _ in RATE_AWARE_SHIFTS]
        for x in range(len(self.errors)):
            cost, kind, _, last = self.ways[x]
            self.ways.append((1 << 62, _LITERAL, 1, self.options[x][0]))
            for of, found in enumerate(copies if self.above else [], start=1):
                if kind != of:
                    self._follow(found, _Match(cost + self.distances[of], x, of, x), x, _MOST_COPIES)
                self._go_on(found, x)
            if kind > _RUN:
                self._follow(runs, _Match(cost + self.distances[_RUN], x, _RUN, last), x, _MOST_RUNS)
            self._go_on(runs, x)
            self._take_literals(runs, cost, x)

    def indices(self) -> list[int]:
        """Follow the cheapest way back from the end of the row."""
        out: list[int] = []
        self.used: list[int] = []
        while len(out) < len(self.errors):
            x = len(self.errors) - len(out)
            _, kind, length, index = self.ways[x]
            if kind < _RUN:
                self.used.append(index)
            if kind > _RUN:
                assert self.above is not None
                shift = RATE_AWARE_SHIFTS[kind - 1]
                out += [self.above[at + shift] for at in range(x - 1, x - 1 - length, -1)]
            else:
                out += [index] * (length + (kind == _RUN_BEHIND_LITERAL))
        return out[::-1]

    def _relax(self, to: int, cost: int, kind: int, length: int, index: int) -> None:
        if cost < self.ways[to][0]:
            self.ways[to] = cost, kind, length, index

    def _prospect(self, match: _Match, x: int) -> int:
        return match.cost + self.lengths[min(x - match.start + _SHORTEST, _LONGEST)]

    def _follow(self, found: list[_Match], begun: _Match, x: int, most: int) -> None:
        """Follow a match if there is room or one with a worse prospect; of runs of one index the better is kept."""
        same = [i for i, other in enumerate(found) if other.entry == begun.entry]
        if not same and len(found) < most:
            found.append(begun)
            return
        prospects = [self._prospect(other, x) for other in found]
        worst = same[0] if same else prospects.index(max(prospects))
        if self._prospect(begun, x) < prospects[worst]:
            found[worst] = begun

    def _error(self, match: _Match, x: int) -> tuple[int, int]:
        """Return the error of pixel x in a match, and its index."""
        index = match.entry
        if match.kind > _RUN:
            assert self.above is not None
            at = x + RATE_AWARE_SHIFTS[match.kind - 1]
            if not 0 <= at < len(self.above):
                return self.limit + 1, 0
            index = self.above[at]
        return int(self.errors[x, index]), index

    def _change(self, x: int, index: int) -> int:
        """Return what it costs that a pixel does not have the entry of the pixel above, which would do."""
        if self.above is None or index == self.above[x] or self.errors[x, self.above[x]] > self.change_limit:
            return 0
        return self.change_cost

    def _go_on(self, found: list[_Match], x: int) -> None:
        """Take pixel x into the matches of one kind, and end them behind it where that is the best way there."""
        kept = []
        for match in found:
            error, index = self._error(match, x)
            if error > self.limit:
                continue
            longer = match._replace(cost=match.cost + error + self._change(x, index))
            length = x + 1 - match.start
            if length >= _SHORTEST:
                self._relax(x + 1, longer.cost + self.lengths[length], match.kind, length, index)
            if length < _LONGEST:
                kept.append(longer)
        found[:] = kept

    def _take_literals(self, runs: list[_Match], before: int, x: int) -> None:
        """Write pixel x as a literal, and begin a run behind it with each index that it may have."""
        for i, index in enumerate(self.options[x]):
            error = int(self.errors[x, index])
            if i > 0 and error > self.limit:
                continue
            cost = before + error + self._change(x, index) + self.literals[index]
            self._relax(x + 1, cost, _LITERAL, 1, index)
            begun = _Match(cost + self.distances[_RUN], x + 1, _RUN_BEHIND_LITERAL, index)
            self._follow(runs, begun, x + 1, _MOST_RUNS)


def _literal_costs(price: int, uses: list[int]) -> list[int]:
    """Price literals by how often each was used lately; price is that of a sixteenth of a bit, times 256."""
    total = _sixteenths(sum(uses))
    return [price * min(max(_LITERAL_BITS + total - _sixteenths(n), 16), 14 * 16) >> 8 for n in uses]


def _sixteenths(n: int) -> int:
    """Return 16 * log2(n) of n > 0, by the leading seven bits."""
    bits = n.bit_length() - 7
    leading = n >> bits if bits > 0 else n << -bits
    return 16 * (6 + bits) + round(16 * math.log2(leading / 64))


def rate_aware_rows(
    height: int,
    width: int,
    d: int,
    literal_price: float,
    limit: float,
    change_cost: float,
    change_limit: float,
    points: Int16Array,
    nearest: UInt8Array,
    allowed: UInt8Array,
    palette: Int16Array,
    kinds: UInt8Array,
    neighbors: UInt8Array,
    prior: Int64Array,
    length_costs: Int64Array,
    distance_costs: Int64Array,
    ids: Int32Array,
    above: UInt8Array,
    uses: Int64Array,
    indices: UInt8Array,
    costs: Int64Array,
    steps: Int32Array,
) -> None:
    """Map rows, each by what is cheapest after the row above it."""
    ids, out = ids.reshape(height, width), indices.reshape(height, width)
    points, palette, neighbors = points.reshape(-1, d), palette.reshape(-1, d), neighbors.reshape(len(kinds), -1)
    tables = length_costs.tolist(), distance_costs.tolist()
    last = above.tolist() or None
    for y in range(height):
        differences = points[ids[y]][:, None].astype(np.int64) - palette.astype(np.int64)
        errors = (differences**2).sum(axis=2) & 0xFFFFFFFF
        others = np.arange(len(kinds)) != nearest[ids[y]][:, None]
        errors[others & ((allowed[ids[y]][:, None] & kinds) == 0)] = int(limit) + 1
        literals = _literal_costs(int(literal_price), (prior + uses).tolist())
        options = neighbors[nearest[ids[y]]].tolist()
        row = _Row(errors, options, last, literals, *tables, int(limit), int(change_cost), int(change_limit))
        row.parse()
        last = row.indices()
        uses -= uses >> 3
        np.add.at(uses, row.used, RATE_AWARE_USE)
        out[y] = last
