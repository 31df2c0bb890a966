"""The door to ``src/rate_aware.c``: rows in chunks, whose first rows do not look at the row above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.threads import run
from imgcluster.types import Int16Array, Int32Array, Int64Array, UInt8Array

RATE_AWARE_SHIFTS, RATE_AWARE_LONGEST, RATE_AWARE_USE = 5, 258, 256  # as in src/kernels.h
RATE_AWARE_CHUNK = 256  # rows: chunks do not know each other, so that threads can take them; .2 % more bytes


class RateModel(NamedTuple):
    """What pixels and entries cost: errors are squared distances of their points."""

    points: Int16Array  # (n, d): coordinates of the distinct colors
    nearest: UInt8Array  # (n,): the nearest entry of each
    allowed: UInt8Array  # (n,): bits of the kinds of entries that it may take besides
    palette: Int16Array  # (k, d): coordinates of the entries
    kinds: UInt8Array  # (k,): the kind of each, one bit
    neighbors: UInt8Array  # (k, m): entries near to each, itself first
    prior: Int64Array  # (k,), positive: uses as literals before there are any, RATE_AWARE_USE for each
    length_costs: Int64Array  # (RATE_AWARE_LONGEST + 1,), 0 to 2^40, as all costs: of a match of so many pixels
    distance_costs: Int64Array  # (1 + RATE_AWARE_SHIFTS,): of a run; of a copy of what is above, or 1 or 2 beside it
    literal_price: int  # of a sixteenth of a bit, times 256
    limit: int  # no pixel has a larger error, unless its nearest entry has
    change_cost: int  # of another entry than that of the pixel above,
    change_limit: int  # if that one's error is no larger than this


@dataclass
class RateState:
    """What rows pass to those below them: their number, the last row's indices, and how often literals were used."""

    first_row: int
    above: UInt8Array
    uses: Int64Array

    @classmethod
    def first(cls, n_entries: int) -> RateState:
        """Return the state before the first row."""
        return cls(0, np.empty(0, np.uint8), np.zeros(n_entries, np.int64))


def rate_aware_rows(model: RateModel, ids: Int32Array, state: RateState, n_threads: int = 1) -> UInt8Array:
    """Map the next rows of colors, (h, W), to indices (h, W); the state moves on."""
    kernel, (height, width) = choice()[0], ids.shape
    indices = np.empty(ids.shape, np.uint8)
    starts = [0, *range(RATE_AWARE_CHUNK - state.first_row % RATE_AWARE_CHUNK, height, RATE_AWARE_CHUNK)]

    def chunk(i: int) -> Int64Array:
        rows = slice(starts[i], starts[i + 1] if i + 1 < len(starts) else height)
        before = state if i == 0 and state.first_row % RATE_AWARE_CHUNK else RateState.first(len(model.palette))
        uses = before.uses.copy()
        kernel.rate_aware_rows(
            rows.stop - rows.start,
            width,
            model.points.shape[1],
            *(float(cost) for cost in model[-4:]),
            *model[:-4],
            ids[rows],
            before.above,
            uses,
            indices[rows],
            np.empty((1 + RATE_AWARE_SHIFTS) * width + 1 + len(uses), np.int64),
            np.empty(3 * (width + 1), np.int32),
        )
        return uses

    state.uses = run(chunk, len(starts), n_threads)[-1]
    state.first_row, state.above = state.first_row + height, indices[-1]
    return indices
