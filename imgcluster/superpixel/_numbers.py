"""Numbers of segments that began as given ones: each keeps that of the segment it shares most pixels with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.types import Int32Array, Int64Array

_SAME = 0.25  # of the smaller one of two segments must be common for one to be the other


class Numbers(NamedTuple):
    """New numbers of segments."""

    numbers: Int32Array  # (n,), of each segment
    origins: Int32Array  # (n,), the given segment that the one of this number was; -1: none


def keep_numbers(found: Int32Array, given: Int32Array) -> Numbers:
    """Find numbers like those of the given segments, without holes.

    Pairs that share most pixels are found first. A number that is free, since its segment is gone, goes to a new
    segment, or to one whose own number is beyond the number of segments.

    Parameters
    ----------
    found : ndarray of shape (H, W), int32
        0..n-1, -1 outside.
    given : ndarray of shape (H, W), int32
        Not negative where `found` is not.
    """
    n, n_given = int(found.max(initial=-1)) + 1, int(given.max(initial=-1)) + 1
    pairs, common = _overlaps(found, given, n)
    old, new = np.divmod(pairs, max(n, 1))
    sizes, old_sizes = np.bincount(new, common, n), np.bincount(old, common, n_given)
    same = common >= _SAME * np.minimum(sizes[new], old_sizes[old])
    order = np.argsort(-common[same], kind="stable")
    origin_of, taken = np.full(n, -1, np.int32), np.zeros(n_given, bool)
    for was, is_ in zip(old[same][order].tolist(), new[same][order].tolist(), strict=True):
        if origin_of[is_] < 0 and not taken[was]:
            origin_of[is_], taken[was] = was, True
    stays = (origin_of >= 0) & (origin_of < n)
    numbers = np.where(stays, origin_of, np.int32(-1))
    numbers[~stays] = np.setdiff1d(np.arange(n, dtype=np.int32), origin_of[stays])
    origins = np.empty(n, np.int32)
    origins[numbers] = origin_of
    return Numbers(numbers, origins)


def _overlaps(found: Int32Array, given: Int32Array, n: int) -> tuple[Int64Array, Int64Array]:
    """Count the pixels of each pair: its number (given n + found), and how many."""
    one, other = found.reshape(-1), given.reshape(-1)
    starts = np.flatnonzero((one[1:] != one[:-1]) | (other[1:] != other[:-1])) + 1  # runs are few, pixels are many
    starts = np.concatenate([[0], starts])
    lengths = np.diff(starts, append=one.size)
    inside = one[starts] >= 0
    keys = other[starts[inside]].astype(np.int64) * n + one[starts[inside]]
    pairs, which = np.unique(keys, return_inverse=True)
    common = np.bincount(which.reshape(-1), lengths[inside], len(pairs)).astype(np.int64)
    return pairs, common
