"""The door to ``src/deflate_parse.c``: deflate in fewer bytes than zlib's."""

from __future__ import annotations

import numpy as np

from imgcluster.kernels._backend import choice
from imgcluster.types import UInt8Array

# as in src/kernels.h
_CHAINS, _SECTION = 4 << 15, 1 << 18
_SCRATCH = 12 * _SECTION + 3 * (_SECTION + 1)


def deflate_best(
    data: UInt8Array, start: int = 0, *, last: bool = True, depth: int = 128, rounds: int = 4
) -> UInt8Array:
    """Deflate data[start:], which may refer to what is before that: raw, as bytes.

    `depth` is how many earlier places are looked at, `rounds` how often the codes are found anew. What is not the last
    piece of a stream ends at a whole byte.
    """
    n = len(data) - start
    out = np.empty(n + n // 64 + 64, np.uint8)
    chains, scratch = np.empty(_CHAINS, np.int32), np.empty(_SCRATCH, np.uint32)
    return out[: choice()[0].deflate_best(start, int(last), depth, rounds, data, chains, scratch, out)]
