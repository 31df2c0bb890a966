"""Hard edges between flat areas, made exact: what a blur or a term of shape left on the wrong side goes back.

Where colors are flat, an edge has one right place, and whoever draws charts, maps or masks sees each pixel beside it.
Photos have next to no such edges: a look at every fourth row and column tells, and leaves them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from imgcluster import kernels
from imgcluster.colors import FEATURE_UNIT
from imgcluster.superpixel._pieces import Pieces, find_pieces, join_pieces
from imgcluster.types import BoolArray, Float64Array, Int16Array, Int32Array, Int64Array

_LARGEST = 1 << 24  # pixels: all areas are held in memory at once
_BAND = 1 << 18  # pixels, of which 130 bytes each are made at a time
_TINY = 1 << 10  # pixels: a blur leaves next to none of them like the one before
_STEP, _MANY = 4, 1 << 17  # rows and columns from one that is looked at to the next; four times of many pixels
_FLAT_SHARE = 0.5  # of pixels like the one before: charts and masks have more, photos less
_SHARP = 10.0  # CIELAB: in photos hardly any step of this size lies between pixels that are exactly alike
_SOFT = 1.0  # CIELAB: a shade of 8 bits is less, so that gradients are no areas
_LEAST = 1 / 16  # of a segment's mean size, for an area to be one
_MANY_SPECKS = 1 / 8  # of the segments
_MIX = 0x9E3779B97F4A7C15 - (1 << 64)  # odd, its bits evenly spread: 2^64 over the golden ratio
_FEW = 2  # sharp steps: fewer are chance
_SMALLEST = 4  # pixels
_TIE = 1e-9  # squared difference that joining assumes for areas of the same color


class _Areas(NamedTuple):
    """Flat areas of the picture."""

    numbers: Int32Array  # (H, W), that of each pixel, -1 outside
    counts: BoolArray  # (n,), whether the edges of this area are to be exact


def settle_flat_edges(
    labels: Int32Array,
    features: Int16Array,
    sharp: Callable[[], Int16Array],
    *,
    n_blurs: int,
    seeds: Int32Array | None = None,
    keep: bool = False,
) -> Int32Array:
    """Move pixels of flat areas to segments of their own color, across edges that cut a segment.

    A segment that lies on both sides of a hard edge between flat areas keeps its larger side. The other joins the
    segments of its own area; where there are none it becomes a segment, and two of the smallest neighbors of the same
    color are joined for it. So no segment has two colors if the areas are flat and no more than the segments.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int32
        0..n-1, -1 outside.
    features : ndarray of shape (H, W, D), int16
        What the labels were found in, smoothed n_blurs times.
    sharp : callable
        Returns the features without blur; called where there are such edges, and for tiny pictures.
    n_blurs : int
    seeds : ndarray of shape (n, 2), int32, optional
        Pixels that stay in the segments of their numbers.
    keep : bool
        Whether segments keep their numbers, so that none is made and none joined.

    Returns
    -------
    ndarray of shape (H, W), int32
        `labels` itself if there was nothing to move; else as many segments, each with the number of the one that it
        shares most pixels with.
    """
    n_segments = int(labels.max(initial=-1)) + 1
    if labels.size > _LARGEST or n_segments < 2:
        return labels
    if labels.size <= _TINY:
        features, n_blurs = sharp(), 0
    flat_share, n_steps = _look(features, labels, n_blurs)
    if flat_share < _FLAT_SHARE and n_steps < _FEW:
        return labels
    features = sharp()
    areas, cut = _find_areas(features, labels, n_segments, is_flat=flat_share >= _FLAT_SHARE)
    if not cut.any():
        return labels
    pieces = _cut_along(areas, cut, labels, features)
    if len(pieces.sizes) == n_segments:
        return labels
    owners = _keep_main_pieces(pieces, n_segments, None if seeds is None else pieces.map[tuple(seeds.T)])
    n_regions = n_segments if keep else _add_areas(owners, pieces, areas, n_segments)
    join_pieces(owners, pieces)
    return kernels.map_labels(pieces.map, _numbers(owners, pieces, n_segments, n_regions)[owners])


def _look(features: Int16Array, labels: Int32Array, n_blurs: int) -> tuple[float, int]:
    """Look at some rows and columns: the share of pixels like the one before, and how many sharp steps cut a label."""
    step = 1 if labels.size <= _TINY else _STEP if labels.size < _MANY else 4 * _STEP
    lines = (features[::step], labels[::step]), (features[:, ::step].swapaxes(0, 1), labels[:, ::step].T)
    n_alike = n_pairs = n_steps = 0
    for some, names in lines:
        alike = _alike(_words(some), names)
        n_alike += int(np.count_nonzero(alike))
        n_pairs += int(np.count_nonzero(names[:, 1:] >= 0))
        n_steps += len(_cut_by_steps(some, names, alike, n_blurs))
    return n_alike / max(n_pairs, 1), n_steps


def _alike(words: Int64Array, labels: Int32Array) -> BoolArray:
    """Mark pixels like the one before, inside the mask: (H, W - 1)."""
    alike: BoolArray = (words[:, 1:] == words[:, :-1]) & (labels[:, 1:] >= 0)
    return alike


def _cut_by_steps(features: Int16Array, labels: Int32Array, alike: BoolArray, n_blurs: int) -> Int32Array:
    """Return the label at each sharp step within one: two pixels alike, and behind what the blur mixed two others."""
    far = 2 * n_blurs + 2
    y, x = np.nonzero(alike[:, :-far] & alike[:, far:])
    before = x + n_blurs + 1
    there = (labels[y, before] == labels[y, before + 1]) & (labels[y, before] >= 0)
    y, x, before = y[there], x[there], before[there]
    off = features[y, x + 1].astype(np.int64) - features[y, x + far]
    sharp = (off * off).sum(axis=1) > (_SHARP * FEATURE_UNIT) ** 2
    found: Int32Array = labels[y[sharp], before[sharp]]
    return found


def _words(features: Int16Array) -> Int64Array:
    """Mix the features of each pixel into one number: (H, W)."""
    words = features.view(np.int64)
    mixed: Int64Array = words[..., 0]
    for i in range(1, words.shape[2]):
        mixed = mixed * _MIX ^ words[..., i]
    return mixed


def _bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield rows, so many at a time that what is made of them is small beside the picture."""
    n_rows = max(1, _BAND // max(shape[1], 1))
    for top in range(0, shape[0], n_rows):
        yield slice(top, top + n_rows)


def _find_areas(
    features: Int16Array, labels: Int32Array, n_segments: int, *, is_flat: bool
) -> tuple[_Areas, BoolArray]:
    """Find the areas of equal features, and the labels (n,) that lie in more than one."""
    words = _words(features)
    colors = np.empty(labels.shape, np.int32)
    for rows in _bands(labels.shape):
        # what differs side by side does so here, too
        colors[rows] = (words[rows] * _MIX >> 33).astype(np.int32) & np.int32(0x7FFFFFFF)
        colors[rows][labels[rows] < 0] = -1
    numbers, n = kernels.label_components(colors)
    del colors
    sizes = np.bincount(numbers[numbers >= 0], minlength=n)
    large = sizes >= max(_LEAST * sizes.sum() / n_segments, _SMALLEST)
    n_specks = n - int(np.count_nonzero(large))
    if is_flat and n <= n_segments and n_specks <= n_segments * _MANY_SPECKS and _are_apart(features, numbers):
        return _Areas(numbers, np.ones(n, bool)), np.ones(n_segments, bool)
    cut = np.zeros(n_segments, bool)
    for grid, names, mixed in ((features, labels, words), (features.swapaxes(0, 1), labels.T, words.T)):
        for rows in _bands(names.shape):
            alike = _alike(mixed[rows], names[rows])
            cut[_cut_by_steps(grid[rows], names[rows], alike, 0)] = True
    return _Areas(numbers, large), cut


def _are_apart(features: Int16Array, areas: Int32Array) -> bool:
    """Return whether most of the borders of areas are steps, not shades of a gradient."""
    n_steps = n_borders = 0
    for map_, grid in ((areas, features), (areas.T, features.swapaxes(0, 1))):
        for rows in _bands(map_.shape):
            here, there = map_[rows, :-1], map_[rows, 1:]
            y, x = np.nonzero((here != there) & (here >= 0) & (there >= 0))
            off = grid[rows][y, x].astype(np.int64) - grid[rows][y, x + 1]
            n_steps += int(np.count_nonzero((off * off).sum(axis=1) > (_SOFT * FEATURE_UNIT) ** 2))
            n_borders += len(y)
    return 2 * n_steps > n_borders


def _cut_along(areas: _Areas, cut: BoolArray, labels: Int32Array, features: Int16Array) -> Pieces:
    """Cut these labels along the areas that count."""
    n_labels = len(cut)
    ranks = np.where(areas.counts, np.cumsum(areas.counts), 0)
    ranks %= np.iinfo(np.int32).max // n_labels  # only those side by side must differ
    own = np.empty(labels.shape, np.int32)
    for rows in _bands(labels.shape):
        names = labels[rows]
        own[rows] = np.where(names >= 0, np.where(cut[names], ranks[areas.numbers[rows]], 0) * n_labels + names, -1)
    pieces = find_pieces(own, features)
    whole = own.reshape(-1)[pieces.pixels] < n_labels
    numbers = np.where(whole, np.int32(-1), areas.numbers.reshape(-1)[pieces.pixels])
    return pieces._replace(labels=labels.reshape(-1)[pieces.pixels], areas=numbers)


def _keep_main_pieces(pieces: Pieces, n_labels: int, given: Int32Array | None) -> Int32Array:
    """Let each label keep its largest piece, or the one given: the owner of each piece, -1 where it is open."""
    owners = np.full(len(pieces.sizes), -1, np.int32)
    order = np.lexsort((-pieces.sizes, pieces.labels))
    labels, first = np.unique(pieces.labels[order], return_index=True)
    main = np.full(n_labels, -1, np.int64)
    main[labels] = order[first]
    if given is not None:
        main[pieces.labels[given]] = given
    owners[main[main >= 0]] = np.flatnonzero(main >= 0)
    return owners


def _add_areas(owners: Int32Array, pieces: Pieces, areas: _Areas, n_regions: int) -> int:
    """Let the largest piece of an area without a segment be one; returns how many there are then."""
    has_one = np.zeros(len(areas.counts), bool)
    has_one[areas.numbers[(pieces.areas < 0)[pieces.map] & (pieces.map >= 0)]] = True  # a label that is not cut has it
    has_one[pieces.areas[(owners >= 0) & (pieces.areas >= 0)]] = True
    open_ = np.flatnonzero((owners < 0) & (pieces.areas >= 0) & ~has_one[pieces.areas])
    order = open_[np.lexsort((-pieces.sizes[open_], pieces.areas[open_]))]
    new = order[np.unique(pieces.areas[order], return_index=True)[1]]
    owners[new] = n_regions + np.arange(len(new))
    return n_regions + len(new)


def _numbers(owners: Int32Array, pieces: Pieces, n_segments: int, n_regions: int) -> Int32Array:
    """Join neighbors of the same color until n_segments are left; the label of each region, of those joined the lowest.

    Regions from n_segments on are new: they get the numbers that became free.
    """
    if n_regions == n_segments:
        return np.arange(n_regions, dtype=np.int32)
    sizes: Float64Array = np.bincount(owners, pieces.sizes, n_regions).astype(np.float64)
    means = np.stack([np.bincount(owners, pieces.sizes * c, n_regions) / sizes for c in pieces.colors.T], axis=1)
    borders = kernels.region_edges(kernels.map_labels(pieces.map, owners), n_regions)
    pairs = kernels.merge_regions(sizes, means, borders, n_segments, floor=_TIE).pairs
    groups = kernels.merged_labels(n_regions, pairs)
    lowest = np.unique(groups, return_index=True)[1].astype(np.int32)
    free = np.setdiff1d(np.arange(len(lowest), dtype=np.int32), lowest)
    lowest[lowest >= len(lowest)] = free
    numbers: Int32Array = lowest[groups]
    return numbers
