"""Ascending keys with their counts as bytes: how histograms travel between processes."""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.types import Int64Array, UInt8Array, UInt32Array

_MAGIC = b"ICH\x01"  # the last byte is the version
_HEADER = struct.Struct("<4s3I")  # magic, colors, gaps and counts that take more than a byte
_WIDE = 255  # in a byte: the value is in the list of wide ones
_MOST_PIXELS = 1 << 53  # of a color: above, sums in float64 would not be exact


def pack_counts(keys: UInt32Array, counts: Int64Array) -> bytes:
    """Deflate the gaps between keys and the counts, one byte each, with those that do not fit in lists after them."""
    gaps, more = np.diff(keys.astype(np.int64), prepend=-1) - 1, counts - 1
    planes = []
    for values, wide in ((gaps, "<u4"), (more, "<i8")):
        planes += [np.minimum(values, _WIDE).astype(np.uint8), values[values >= _WIDE].astype(wide)]
    # short matches only: 3-5 % smaller than the default and as fast; bz2 and xz are no better
    deflate = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_FILTERED)
    header = _HEADER.pack(_MAGIC, len(keys), len(planes[1]), len(planes[3]))
    return b"".join([header, *(deflate.compress(plane.tobytes()) for plane in planes), deflate.flush()])


def unpack_counts(data: bytes, n_keys: int) -> tuple[UInt32Array, Int64Array]:
    """Take keys below n_keys and counts out of packed bytes; the result is always valid, whatever they hold."""
    if len(data) < _HEADER.size or not data.startswith(_MAGIC):
        raise ValueError("the bytes are not a histogram of this version; count the picture again")
    _, n, n_gaps, n_counts = _HEADER.unpack_from(data)
    damaged = ValueError("the bytes of the histogram are damaged; count the picture again")
    if max(n, n_gaps, n_counts) > min(n, n_keys):
        raise damaged
    sizes = n, 4 * n_gaps, n, 8 * n_counts
    inflate = zlib.decompressobj()
    try:
        # one byte more than expected: neither a bomb nor a truncated stream passes
        planes = inflate.decompress(memoryview(data)[_HEADER.size :], sum(sizes) + 1)
    except zlib.error:
        raise damaged from None
    if len(planes) != sum(sizes) or not inflate.eof or inflate.unused_data:
        raise damaged
    edges = np.cumsum([0, *sizes])
    near, far, few, many = (planes[i:j] for i, j in pairwise(edges.tolist()))
    gaps = _widen(np.frombuffer(near, np.uint8), np.frombuffer(far, "<u4"))
    more = _widen(np.frombuffer(few, np.uint8), np.frombuffer(many, "<i8"))
    if gaps is None or more is None:
        raise damaged
    keys = np.cumsum(gaps + 1) - 1
    if n and keys[-1] >= n_keys:
        raise damaged
    return keys.astype(np.uint32), more + 1


def _widen(narrow: UInt8Array, wide: NDArray[Any]) -> Int64Array | None:
    """Put the wide values in their places; None if the two do not fit together."""
    values, places = narrow.astype(np.int64), narrow == _WIDE
    if np.count_nonzero(places) != len(wide) or ((wide < _WIDE) | (wide >= _MOST_PIXELS)).any():
        return None
    values[places] = wide
    return values
