"""Animated PNG of one palette (PNG specification, third edition, W3C 2025)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from imgcluster.picture.formats._deflate import BEST, BEST_OF_ALL, checksum, deflate, has_best, zlib_header
from imgcluster.picture.formats._format import AnimatedRaster, Effort, Piece
from imgcluster.picture.formats._indexed_png import SIGNATURE, chunk
from imgcluster.picture.formats._patches import Patch, clear_entry, patches
from imgcluster.picture.formats._png_coding import bits_for
from imgcluster.picture.formats._png_lines import ADAPTIVE, NONE, PAETH, SUB, UP, packed, scanlines
from imgcluster.threads import run
from imgcluster.types import UInt8Array

_REPLACE, _OVER = 0, 1  # blending
_ALL = (NONE, SUB, UP, PAETH, ADAPTIVE)
_FILTERS = {0: (NONE,), 1: (NONE,), 2: _ALL, 3: _ALL}  # that are tried, by `optimize`
_SMALL = 1 << 16  # pixels of a frame


def write_apng(raster: AnimatedRaster, effort: Effort, metadata: bytes) -> Iterator[Piece]:
    """Encode an animation; each frame is cropped to what changes. `metadata` is chunks to write after the header."""
    sequence, bits = 0, 8
    times = list(raster.animation.as_fractions())
    for i, patch in enumerate(patches(raster.frames, can_clear=True)):
        if i == 0:
            bits = bits_for(len(patch.palette))
            yield from _head(raster, patch.palette, bits, metadata)
        blend, data = _smallest(patch, bits, effort, is_first=i == 0)
        time = times[i].numerator, times[i].denominator
        yield chunk(b"fcTL", struct.pack(">5I2H2B", sequence, *patch.size, patch.left, patch.top, *time, 0, blend))
        sequence += 1
        if i == 0:
            yield chunk(b"IDAT", data)
        else:
            yield chunk(b"fdAT", struct.pack(">I", sequence) + data)
            sequence += 1
    yield chunk(b"IEND", b"")


def _head(raster: AnimatedRaster, palette: UInt8Array, bits: int, metadata: bytes) -> Iterator[bytes]:
    """Yield what comes before the frames."""
    height, width = raster.shape
    yield SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 3, 0, 0, 0)) + metadata
    yield chunk(b"acTL", struct.pack(">II", raster.animation.n_frames, raster.animation.plays))
    yield chunk(b"PLTE", palette[:, :3].tobytes())
    if palette.shape[1] == 4:
        translucent = np.flatnonzero(palette[:, 3] < 255)
        if len(translucent):
            yield chunk(b"tRNS", palette[: translucent[-1] + 1, 3].tobytes())


def _smallest(patch: Patch, bits: int, effort: Effort, *, is_first: bool) -> tuple[int, bytes]:
    """Return how the frame is blended, and its compressed pixels, the smallest of the ways that the effort tries."""
    indices = np.ascontiguousarray(patch.indices, np.uint8)
    ways = [(_REPLACE, indices)]
    clear = clear_entry(patch.palette)
    # soft colors would mix with what is there
    if not (is_first or clear is None or patch.changed.all() or _is_soft(patch.palette, indices[patch.changed])):
        ways.append((_OVER, np.where(patch.changed, indices, np.uint8(clear))))
    tried = [(blend, packed(values, bits), kind) for blend, values in ways for kind in _FILTERS[effort.optimize]]

    def coded(i: int, level: int) -> bytes:
        _, rows, kind = tried[i]
        return _deflated(scanlines(rows, None, kind), level)

    level, i = _level(effort, patch.indices.size), 0
    if len(tried) > 1:
        sizes = run(lambda i: len(coded(i, min(level, 9))), len(tried), effort.n_threads)
        i = sizes.index(min(sizes))
    return tried[i][0], coded(i, level)


def _is_soft(palette: UInt8Array, indices: UInt8Array) -> bool:
    """Check whether some of these are translucent."""
    return palette.shape[1] == 4 and bool((palette[:, 3] < 255)[indices].any())


def _level(effort: Effort, n_pixels: int) -> int:
    """Return the level of a frame: the best where it is asked for, or takes no time."""
    if effort.compress_level < 6 or effort.optimize == 0 or not has_best():
        return effort.compress_level
    if effort.optimize > 1:
        return BEST_OF_ALL
    return BEST if n_pixels <= _SMALL else 9


def _deflated(lines: memoryview, level: int) -> bytes:
    """Deflate scanlines."""
    tail = struct.pack(">I", checksum(lines))
    return zlib_header(level) + deflate(lines, b"", level) + tail
