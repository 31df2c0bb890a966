"""Connected components of label maps."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from imgcluster.types import Int32Array, IntpArray


def _lowest_of_runs(ids: IntpArray, labels: Int32Array) -> IntpArray:
    """Give every pixel the lowest id of its run of equal labels in the row."""
    starts = np.ones(labels.shape, bool)
    starts[:, 1:] = labels[:, 1:] != labels[:, :-1]
    first = np.flatnonzero(starts)
    lowest = np.minimum.reduceat(ids.ravel(), first)
    return np.repeat(lowest, np.diff(first, append=labels.size)).reshape(labels.shape)


def label_components(height: int, width: int, labels: Int32Array, components: Int32Array, parents: Int32Array) -> int:
    """Spread the lowest pixel index over each component, by rows and columns in turn, until nothing changes."""
    labels = labels.reshape(height, width)
    before, ids = None, np.arange(labels.size).reshape(labels.shape)
    while before is None or (ids != before).any():
        before = ids
        ids = _lowest_of_runs(ids, labels)
        ids = _lowest_of_runs(ids.T, labels.T).T
        ids = ids.ravel()[ids]  # an id is a pixel of the same component, which may have a lower one by now
    inside = labels >= 0
    roots, numbers = np.unique(ids[inside], return_inverse=True)
    components[...] = -1
    components.reshape(labels.shape)[inside] = numbers
    return len(roots)


def relabel(labels: Int32Array, numbers: Int32Array, out: Int32Array) -> int:
    """Renumber labels in order of their first pixels."""
    found, first = np.unique(labels, return_index=True)
    order = found[np.argsort(first)]
    order = order[order >= 0]
    numbers[order] = np.arange(len(order))
    map_labels(labels, numbers, out)
    return len(order)


def map_labels(labels: Int32Array, table: Int32Array, out: Int32Array) -> None:
    """Look labels up in a table, -1 outside."""
    inside = labels >= 0
    found = table[labels[inside]]
    out[...] = -1
    out[inside] = found


def _borders(components: Int32Array) -> dict[int, Counter[int]]:
    """Count the pixel sides that each component shares with each neighbor."""
    borders: dict[int, Counter[int]] = defaultdict(Counter)
    for a, b in ((components[:, 1:], components[:, :-1]), (components[1:], components[:-1])):
        differ = (a != b) & (a >= 0) & (b >= 0)
        pairs, counts = np.unique(np.stack([a[differ], b[differ]]), axis=1, return_counts=True)
        for one, other, count in zip(*pairs.tolist(), counts.tolist(), strict=True):
            borders[one][other] += count
            borders[other][one] += count
    return borders


def join_pieces(
    height: int,
    width: int,
    n_labels: int,
    min_size: int,
    labels: Int32Array,
    components: Int32Array,
    owners: Int32Array,
    names: Int32Array,
    scratch: Int32Array,
) -> None:
    """Join stray pieces to the neighbor with the longest common border, wave by wave from those that are kept."""
    n = len(owners)
    inside = components >= 0
    areas = np.bincount(components[inside], minlength=n)
    names[components[inside]] = labels[inside]
    owners[:] = np.arange(n)
    order = np.lexsort((owners, -areas, names))
    largest = order[np.unique(names[order], return_index=True)[1]]
    levels = {int(i): 0 for i in largest if areas[i] >= min_size}
    borders = _borders(components.reshape(height, width))
    pieces = [i for i in range(n) if i not in levels]
    wave = [i for i in pieces if any(j in levels for j in borders[i])]
    for start in [-1, *pieces]:
        if start >= 0 and start not in levels:
            levels[start] = 0
            wave = [j for j in borders[start] if j not in levels]
        while wave:
            owners[wave] = [_longest_border(borders[i], levels, owners, names) for i in wave]
            levels.update(dict.fromkeys(wave, 0))
            wave = list({j: None for i in wave for j in borders[i] if j not in levels})


def _longest_border(borders: Counter[int], levels: dict[int, int], owners: Int32Array, names: Int32Array) -> int:
    """Elect the owner among the neighbors that have one, ties to the lowest label, then component."""
    votes: Counter[int] = Counter()
    for neighbor, length in borders.items():
        if neighbor in levels:
            votes[int(owners[neighbor])] += length
    return min(votes, key=lambda owner: (-votes[owner], names[owner], owner))
