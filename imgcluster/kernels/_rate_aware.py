"""The door to ``src/rate_aware.c``: rows in chunks, whose first rows do not look at the row above them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Int16Array, Int32Array, Int64Array, UInt8Array

RATE_AWARE_SHIFTS, RATE_AWARE_LONGEST = 5, 258  # as in src/kernels.h
RATE_AWARE_CHUNK = 256  # rows: chunks do not know each other, so that threads can take them; .2 % more bytes


class RateModel(NamedTuple):
    """What pixels and entries cost: errors are squared distances of their points."""

    points: Int16Array  # (n, d): coordinates of the distinct colors
    nearest: UInt8Array  # (n,): the nearest entry of each, of those that it may take
    allowed: UInt8Array  # (n,): bits of the kinds of entries that it may take
    palette: Int16Array  # (k, d): coordinates of the entries
    kinds: UInt8Array  # (k,): the kind of each, one bit
    neighbors: UInt8Array  # (k, m): entries near to each, itself first
    literal_costs: Int64Array  # (k,), 0 to 2^40, as all costs
    length_costs: Int64Array  # (RATE_AWARE_LONGEST + 1,): of a match of so many pixels
    distance_costs: Int64Array  # (1 + RATE_AWARE_SHIFTS,): of a run; of a copy of what is above, or 1 or 2 beside it
    limit: int  # no pixel has a larger error, unless its nearest entry has
    change_cost: int  # of another entry than that of the pixel above,
    change_limit: int  # if that one's error is no larger than this


def rate_aware_rows(
    model: RateModel,
    ids: Int32Array,
    *,
    above: UInt8Array | None = None,
    first_row: int = 0,
    n_threads: int = 1,
) -> UInt8Array:
    """Map rows of colors, (h, W), from the row of this number on: indices (h, W); above are those of the row before."""
    kernel, (height, width) = choice()[0], ids.shape
    indices = np.empty(ids.shape, np.uint8)
    starts = [0, *range(RATE_AWARE_CHUNK - first_row % RATE_AWARE_CHUNK, height, RATE_AWARE_CHUNK)]
    none = np.empty(0, np.uint8)

    def chunk(i: int) -> None:
        rows = slice(starts[i], starts[i + 1] if i + 1 < len(starts) else height)
        goes_on = i == 0 and above is not None and first_row % RATE_AWARE_CHUNK
        kernel.rate_aware_rows(
            rows.stop - rows.start,
            width,
            model.points.shape[1],
            *(float(cost) for cost in model[-3:]),
            *model[:-3],
            ids[rows],
            above if goes_on else none,
            indices[rows],
            np.empty((1 + RATE_AWARE_SHIFTS) * width + 1, np.int64),
            np.empty(3 * (width + 1), np.int32),
        )

    run(chunk, len(starts), n_threads)
    return indices
