"""Pieces of a mask that are too small for a segment of their own: they come on top of the segments asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from imgcluster import kernels
from imgcluster.kernels import bands, by_bands, empty
from imgcluster.types import BoolArray, Int32Array, Int64Array

_RUNS = 1 << 14  # at a time
_SMALL = 4  # a piece of less than a quarter of the mean area of a segment is a speck


@dataclass(frozen=True, eq=False)
class Specks:
    """Small pieces of a mask, by the runs of their rows.

    Attributes
    ----------
    pixels : ndarray of shape (p,), int64
        In the flat image, in raster order.
    numbers : ndarray of shape (p,), int32
        Which speck each of them belongs to: 0, 1, ... in raster order of their first pixels.
    n : int
        How many there are.
    """

    pixels: Int64Array
    numbers: Int32Array
    n: int

    def add_to(self, labels: Int32Array) -> Int32Array:
        """Give each speck a label of its own behind all others, in place."""
        flat, first = labels.reshape(-1), int(labels.max(initial=-1)) + 1
        for some in bands(self.pixels):
            flat[self.pixels[some]] = first + self.numbers[some]
        return labels


def _same(mask: BoolArray) -> BoolArray:
    return mask


def _pixels_of(
    small: BoolArray, firsts: Int64Array, lengths: Int32Array, pieces: Int32Array
) -> Iterator[tuple[Int64Array, Int32Array]]:
    """Yield the pixels of small pieces in raster order, and of which piece each is, some at a time."""
    for some in bands(pieces, _RUNS):
        runs = np.flatnonzero(small[pieces[some]]) + some.start
        if len(runs):
            pixels = np.repeat(firsts[runs] - np.cumsum(lengths[runs]) + lengths[runs], lengths[runs])
            pixels += np.arange(len(pixels))
            yield pixels, np.repeat(pieces[runs], lengths[runs])


def split_specks(
    inside: BoolArray, n_segments: int, seeds: Int32Array | None = None, known: BoolArray | None = None
) -> tuple[BoolArray, Specks | None]:
    """Return a mask without its specks, and these; None if there are none, or nothing else.

    A piece that holds a seed, or a pixel that is known to belong to a segment, is no speck.
    """
    firsts, lengths, pieces, n = kernels.mask_pieces(inside)
    areas = np.zeros(n, np.int64)
    for some in bands(pieces):
        areas += np.bincount(pieces[some], lengths[some], minlength=n).astype(np.int64)
    small = areas * _SMALL * n_segments < areas.sum()
    if seeds is not None and len(seeds):
        places = seeds[:, 0].astype(np.int64) * inside.shape[1] + seeds[:, 1]
        small[pieces[np.searchsorted(firsts, places, side="right") - 1]] = False
    if not small.any():
        return inside, None
    if known is not None:
        for pixels, owners in _pixels_of(small, firsts, lengths, pieces):
            small[owners[known.reshape(-1)[pixels]]] = False
    if not small.any() or small.all():
        return inside, None
    rest, numbers, at = by_bands(_same, np.bool_, inside), np.cumsum(small, dtype=np.int32) - 1, 0
    specks = Specks(empty(n := int(areas[small].sum()), np.int64), empty(n, np.int32), int(small.sum()))
    for pixels, owners in _pixels_of(small, firsts, lengths, pieces):
        rest.reshape(-1)[pixels] = False
        there = slice(at, at := at + len(pixels))
        specks.pixels[there], specks.numbers[there] = pixels, numbers[owners]
    return rest, specks
