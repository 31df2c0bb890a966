"""Strips of rows from all over a picture, for what needs to see pixels but not all of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from imgcluster.types import UInt8Array

_MOST_PIXELS = 1 << 20
_HEIGHT = 32  # rows of a strip
_MOST_COLUMNS = 1 << 15


def sample(bands: Iterable[UInt8Array], n_pixels: int) -> list[UInt8Array]:
    """Return strips of 32 rows, spread evenly, of together about a million pixels; all rows of a small picture.

    A picture gives the same strips in any bands.

    Parameters
    ----------
    bands : iterable of ndarray of shape (h, W, channels), uint8
    n_pixels : int
        Of all bands together.

    Returns
    -------
    list of ndarray of shape (h, w, channels), uint8
        Of a very wide picture only the columns in the middle.
    """
    parts: dict[int, list[UInt8Array]] = {}
    top = 0
    for band in bands:
        width = band.shape[1]
        columns = min(width, _MOST_COLUMNS)
        left = (width - columns) // 2
        for start, end in _ends(n_pixels // width, columns):
            rows = band[max(start - top, 0) : max(end - top, 0), left : left + columns]
            if len(rows):
                # a copy of less than a band: a view would keep it whole
                parts.setdefault(start, []).append(rows if len(rows) == len(band) else rows.copy())
        top += len(band)
    return [np.ascontiguousarray(np.concatenate(part) if len(part) > 1 else part[0]) for part in parts.values()]


def _ends(height: int, columns: int) -> list[tuple[int, int]]:
    """Return the first and end rows of the strips."""
    n = max(1, _MOST_PIXELS // (columns * _HEIGHT))
    if height <= n * _HEIGHT:
        return [(0, height)]
    starts = [(height - _HEIGHT) * (2 * i + 1) // (2 * n) for i in range(n)]
    return [(start, start + _HEIGHT) for start in starts]
