"""Region graphs: which regions touch, and which to join."""

from __future__ import annotations

import heapq

import numpy as np

from imgcluster.types import Float64Array, Int16Array, Int32Array, Int64Array


def region_edges(
    height: int,
    width: int,
    d: int,
    bits: int,
    labels: Int32Array,
    features: Int16Array,
    table: Int32Array,
    ends: Int32Array,
    lengths: Int64Array,
    contrasts: Int64Array,
) -> int:
    """Find which regions touch, in the order of their first meeting: by pixel, to the right before downwards."""
    labels = labels.reshape(-1)
    grid = np.arange(labels.size).reshape(height, width)
    at = np.concatenate([grid[:, :-1].ravel(), grid[:-1].ravel()])
    to = np.concatenate([grid[:, 1:].ravel(), grid[1:].ravel()])
    touches = (labels[at] != labels[to]) & (labels[at] >= 0) & (labels[to] >= 0)
    order = np.argsort(at[touches], kind="stable")
    at, to = at[touches][order], to[touches][order]
    pairs = np.sort(np.stack([labels[at], labels[to]]), axis=0)
    found, first, which = np.unique(pairs, axis=1, return_index=True, return_inverse=True)
    m = len(first)
    if m > len(lengths):
        return -1
    order = np.argsort(first)
    number = np.empty(m, np.intp)
    number[order] = np.arange(m)
    edge = number[which.reshape(-1)]
    ends.reshape(-1, 2)[:m] = found.T[order]
    lengths[:m] = np.bincount(edge, minlength=m)
    contrasts[:m] = 0
    if features.size:
        off = features.reshape(-1, d)[at].astype(np.int64) - features.reshape(-1, d)[to]
        np.add.at(contrasts, edge, (off * off).sum(axis=1))  # bincount would add in doubles
    return m


class _Merging:
    """The state of a merge, in lists; the cheapest edge is the lowest living entry of a heap."""

    def __init__(
        self,
        terms: tuple[float, float, int],
        areas: Float64Array,
        means: Float64Array,
        borders: tuple[Int32Array, Int64Array, Int64Array],
    ) -> None:
        self.contrast, self.floor, self.power = terms
        self.areas, self.means = areas.tolist(), means.reshape(len(areas), means.size // len(areas)).tolist()
        ends, lengths, contrasts = borders
        self.ends, self.lengths, self.contrasts = ends.reshape(-1, 2).tolist(), lengths.tolist(), contrasts.tolist()
        self.neighbors: list[dict[int, int]] = [{} for _ in self.areas]  # of a region, and the edges to them
        for e, (a, b) in enumerate(self.ends):
            self.neighbors[a][b] = self.neighbors[b][a] = e
        self.costs: list[float] = [self.cost(e) for e in range(len(self.ends))]
        self.gone = [False] * len(self.ends)
        self.heap = [(cost, e) for e, cost in enumerate(self.costs)]
        heapq.heapify(self.heap)

    def cost(self, e: int) -> float:
        """Compute (||mean - mean'||^2 + contrast * mean contrast + floor) * (n n' / (n + n'))^power."""
        a, b = self.ends[e]
        squared = 0.0
        for p, q in zip(self.means[a], self.means[b], strict=True):
            squared += (p - q) * (p - q)
        cost = squared + self.contrast * (float(self.contrasts[e]) / float(self.lengths[e])) + self.floor
        harmonic = self.areas[a] * self.areas[b] / (self.areas[a] + self.areas[b])
        for _ in range(self.power):
            cost *= harmonic
        return cost

    def pop(self) -> int:
        """Take the cheapest edge, of equals the first; -1 if there is none."""
        while self.heap:
            cost, e = heapq.heappop(self.heap)
            if not self.gone[e] and cost == self.costs[e]:  # other entries are outdated
                self.gone[e] = True
                return e
        return -1

    def hand_over(self, a: int, b: int) -> None:
        """Give the borders of region b to region a; a common neighbor keeps the border it had with a."""
        for c, e in self.neighbors[b].items():
            if c == a:
                continue
            del self.neighbors[c][b]
            kept = self.neighbors[a].get(c)
            if kept is None:
                self.ends[e][self.ends[e].index(b)] = a
                self.neighbors[a][c] = self.neighbors[c][a] = e
            else:
                self.lengths[kept] += self.lengths[e]
                self.contrasts[kept] += self.contrasts[e]
                self.gone[e] = True
        del self.neighbors[a][b]

    def join(self, a: int, b: int) -> None:
        """Make region b part of region a."""
        self.hand_over(a, b)
        size = self.areas[a] + self.areas[b]
        self.means[a] = [
            (self.areas[a] * p + self.areas[b] * q) / size for p, q in zip(self.means[a], self.means[b], strict=True)
        ]
        self.areas[a] = size
        for e in self.neighbors[a].values():
            self.costs[e] = self.cost(e)
            heapq.heappush(self.heap, (self.costs[e], e))


def merge_regions(
    contrast: float,
    floor: float,
    power: int,
    n_regions: int,
    areas: Float64Array,
    means: Float64Array,
    ends: Int32Array,
    lengths: Int64Array,
    contrasts: Int64Array,
    scratch: Int32Array,
    costs: Float64Array,
    merges: Int32Array,
    heights: Float64Array,
) -> int:
    """Join the cheapest pair, of equals the first border, until n_regions are left or none touch."""
    merging, done = _Merging((contrast, floor, power), areas, means, (ends, lengths, contrasts)), 0
    pairs = merges.reshape(-1, 2)
    while len(areas) - done > n_regions and (e := merging.pop()) >= 0:
        a, b = sorted(merging.ends[e])
        pairs[done], heights[done] = (a, b), merging.costs[e]
        merging.join(a, b)
        done += 1
    areas[:], costs[:], lengths[:], contrasts[:] = merging.areas, merging.costs, merging.lengths, merging.contrasts
    means[...] = np.reshape(merging.means, means.shape)
    ends[...] = np.reshape(merging.ends, ends.shape)
    return done


def merged_labels(merges: Int32Array, labels: Int32Array) -> None:
    """Give every region the number of the lowest that it is joined with, and leave no holes in the numbers."""
    joined = list(range(len(labels)))
    for a, b in reversed(merges.tolist()):
        joined[b] = joined[a]  # from the last on: the region that b joined is final already
    labels[...] = np.unique(joined, return_inverse=True)[1]
