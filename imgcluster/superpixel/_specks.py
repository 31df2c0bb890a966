"""Pieces of a mask that are too small for a segment of their own: they come on top of the segments asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgcluster import kernels
from imgcluster.types import BoolArray, Int32Array, Int64Array

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
        labels.reshape(-1)[self.pixels] = int(labels.max(initial=-1)) + 1 + self.numbers
        return labels


def split_specks(
    inside: BoolArray, n_segments: int, seeds: Int32Array | None = None, known: BoolArray | None = None
) -> tuple[BoolArray, Specks | None]:
    """Return a mask without its specks, and these; None if there are none, or nothing else.

    A piece that holds a seed, or a pixel that is known to belong to a segment, is no speck.
    """
    firsts, lengths, pieces, n = kernels.mask_pieces(inside)
    areas = np.bincount(pieces, lengths, minlength=n).astype(np.int64)
    small = areas * _SMALL * n_segments < areas.sum()
    if seeds is not None and len(seeds):
        places = seeds[:, 0].astype(np.int64) * inside.shape[1] + seeds[:, 1]
        small[pieces[np.searchsorted(firsts, places, side="right") - 1]] = False
    if not small.any():
        return inside, None
    runs = np.flatnonzero(small[pieces])
    pixels = np.repeat(firsts[runs] - np.cumsum(lengths[runs]) + lengths[runs], lengths[runs])
    pixels += np.arange(len(pixels))
    owners = np.repeat(pieces[runs], lengths[runs])
    if known is not None:
        small[owners[known.reshape(-1)[pixels]]] = False
        pixels, owners = pixels[small[owners]], owners[small[owners]]
    if not len(pixels) or small.all():
        return inside, None
    rest = inside.copy()
    rest.reshape(-1)[pixels] = False
    numbers = np.cumsum(small) - 1
    return rest, Specks(pixels, numbers[owners].astype(np.int32), int(small.sum()))
