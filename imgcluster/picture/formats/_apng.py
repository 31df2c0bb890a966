"""Animated PNG of one palette (PNG specification, third edition, W3C 2025)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from imgcluster.picture.formats._format import AnimatedRaster, Effort, Piece
from imgcluster.picture.formats._indexed_png import chunk
from imgcluster.picture.formats._patches import Patch, clear_entry, patches
from imgcluster.types import UInt8Array

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_REPLACE, _OVER = 0, 1  # blending


def write_apng(raster: AnimatedRaster, effort: Effort, metadata: bytes) -> Iterator[Piece]:
    """Encode an animation; each frame is cropped to what changes. `metadata` is chunks to write after the header."""
    sequence, bits = 0, 8
    times = list(raster.animation.as_fractions())
    for i, patch in enumerate(patches(raster.frames, can_clear=True)):
        if i == 0:
            bits = next(bits for bits in (1, 2, 4, 8) if len(patch.palette) <= 1 << bits)
            yield from _head(raster, patch.palette, bits, metadata)
        blend, data = _smallest(patch, bits, effort.compress_level, is_first=i == 0)
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
    yield _SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 3, 0, 0, 0)) + metadata
    yield chunk(b"acTL", struct.pack(">II", raster.animation.n_frames, raster.animation.plays))
    yield chunk(b"PLTE", palette[:, :3].tobytes())
    if palette.shape[1] == 4:
        translucent = np.flatnonzero(palette[:, 3] < 255)
        if len(translucent):
            yield chunk(b"tRNS", palette[: translucent[-1] + 1, 3].tobytes())


def _smallest(patch: Patch, bits: int, level: int, *, is_first: bool) -> tuple[int, bytes]:
    """Return how the frame is blended, and its compressed pixels, the smaller of two ways."""
    indices = np.ascontiguousarray(patch.indices, np.uint8)
    data = _deflated(indices, bits, level)
    clear = clear_entry(patch.palette)
    if is_first or clear is None or patch.changed.all():
        return _REPLACE, data
    # soft colors would mix with what is there
    if (patch.palette[:, 3] < 255)[indices[patch.changed]].any():
        return _REPLACE, data
    over = _deflated(np.where(patch.changed, indices, np.uint8(clear)), bits, level)
    return (_OVER, over) if len(over) < len(data) else (_REPLACE, data)


def _deflated(indices: UInt8Array, bits: int, level: int) -> bytes:
    """Pack and deflate rows, each after its filter type: 0 (None)."""
    height, width = indices.shape
    per_byte = 8 // bits
    lines = np.zeros((height, 1 + -(-width // per_byte)), np.uint8)
    for position in range(per_byte):
        part = indices[:, position::per_byte]
        lines[:, 1 : 1 + part.shape[1]] |= part << np.uint8(8 - bits * (position + 1))
    return zlib.compress(lines.tobytes(), level)
