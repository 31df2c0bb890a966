"""Raw deflate by zlib-ng where it is installed, else by zlib, and by a kernel of our own for small files (RFC 1951).

At level 6 zlib-ng takes 24 to 36 ns a byte of indices and zlib 59 to 75, for files of about the same size (1 % smaller
to 3 % larger); ISA-L takes 4 ns, for files 5 to 9 % larger. Our kernel takes 250 to 2,000 ns, for files 2 to 10 %
smaller. The bytes of a file depend on the library and its version, and on nothing else of the machine.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any

import numpy as np

from imgcluster import kernels

WINDOW = 1 << 15  # how far deflate looks back
BEST, BEST_OF_ALL = 10, 11  # levels of the kernel
_DEPTH_AND_ROUNDS = {BEST: (64, 3), BEST_OF_ALL: (400, 5)}
_MEMORY = 8  # of zlib, its default: 9 is 5 % slower and saves 0.02 % of the bytes


@cache
def library() -> Any:
    """Return the module that deflates."""
    try:
        from zlib_ng import zlib_ng
    except ImportError:
        return zlib
    return zlib_ng


def is_fast() -> bool:
    """Check whether zlib-ng is there."""
    return library() is not zlib


def has_best() -> bool:
    """Check whether the kernel is there, whose twin would take minutes."""
    return kernels.backend() == "native"


def deflate(data: memoryview, dictionary: bytes, level: int, *, filtered: bool = False, last: bool = True) -> bytes:
    """Deflate one piece of a longer stream; `filtered` prefers literals to short matches."""
    if level > 9:
        depth, rounds = _DEPTH_AND_ROUNDS[level]
        whole = np.frombuffer(dictionary + bytes(data) if dictionary else data, np.uint8)
        found = kernels.deflate_best(whole, len(dictionary), last=last, depth=depth, rounds=rounds).tobytes()
        # in flat art the library finds matches that lie deeper, and is quick
        return min(found, deflate(data, dictionary, 9, filtered=filtered, last=last), key=len)
    options = {"zdict": dictionary} if dictionary else {}
    strategy = zlib.Z_FILTERED if filtered else zlib.Z_DEFAULT_STRATEGY
    deflater = library().compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, _MEMORY, strategy, **options)
    encoded: bytes = deflater.compress(data) + deflater.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
    return encoded


def zlib_header(level: int) -> bytes:
    """Two bytes that say deflate, a window of 32 kB, and how hard the encoder tried (RFC 1950)."""
    effort = 0 if level < 2 else 1 if level < 6 else 2 if level == 6 else 3
    first, second = 0x78, effort << 6
    return bytes((first, second + 31 - (first * 256 + second) % 31))


def checksum(data: memoryview, value: int = 1) -> int:
    """Continue the Adler-32 checksum of a stream before deflation."""
    sum_: int = library().adler32(data, value)
    return sum_
