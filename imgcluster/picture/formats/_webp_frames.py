"""Animated WebP (WebP container specification, Google): frames encoded by Pillow, without loss, and put together here.

Pillow's own writer leaves out frames that are like the one before.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from imgcluster.picture.formats._format import AnimatedRaster, Effort, Piece
from imgcluster.picture.formats._patches import Patch, patches
from imgcluster.types import UInt8Array

_HAS_EXIF, _HAS_XMP, _HAS_ALPHA, _IS_ANIMATED = 8, 4, 16, 2
_REPLACE, _OVER = 2, 0  # blending
_LONGEST = (1 << 24) - 1  # milliseconds of a frame


def write_webp_frames(raster: AnimatedRaster, effort: Effort) -> Iterator[Piece]:
    """Encode an animation; each frame is cropped to what changes."""
    times = raster.animation.in_units_of(1, _LONGEST)
    frames: list[bytes] = []
    has_alpha = False
    for patch, time in zip(patches(raster.frames, can_clear=True, even=True), times, strict=True):
        blend, data = _smallest(patch, is_first=not frames)
        has_alpha |= patch.palette.shape[1] == 4
        place = (patch.left // 2, patch.top // 2, patch.size[0] - 1, patch.size[1] - 1, time)
        frames.append(_chunk(b"ANMF", b"".join(map(_three_bytes, place)) + bytes([blend]) + data))
    height, width = raster.shape
    blocks = {b"EXIF": raster.metadata.exif, b"XMP ": raster.metadata.xmp}
    flags = _IS_ANIMATED | _HAS_ALPHA * has_alpha | _HAS_EXIF * bool(blocks[b"EXIF"]) | _HAS_XMP * bool(blocks[b"XMP "])
    body = [
        b"WEBP",
        _chunk(b"VP8X", struct.pack("<I", flags) + _three_bytes(width - 1) + _three_bytes(height - 1)),
        _chunk(b"ANIM", struct.pack("<IH", 0, min(raster.animation.plays, 65535))),
        *frames,
        *(_chunk(name, block) for name, block in blocks.items() if block),
    ]
    yield b"RIFF" + struct.pack("<I", sum(map(len, body)))
    yield from body


def _smallest(patch: Patch, *, is_first: bool) -> tuple[int, bytes]:
    """Return how the frame is blended, and its pixels as a chunk, the smaller of two ways."""
    pixels = patch.rgba()
    data = _encoded(pixels)
    # soft colors would mix with what is there, as would clear ones leave it
    if is_first or patch.changed.all() or (pixels[..., 3][patch.changed] < 255).any():
        return _REPLACE, data
    over = _encoded(pixels * patch.changed[..., np.newaxis])
    return (_OVER, over) if len(over) < len(data) else (_REPLACE, data)


def _encoded(pixels: UInt8Array) -> bytes:
    """Return pixels as the chunk of a lossless picture."""
    image, stream = Image.fromarray(pixels), io.BytesIO()
    if pixels[..., 3].min() == 255:
        image = image.convert("RGB")
    image.save(stream, "WEBP", lossless=True, exact=True, method=4, quality=50)
    # RIFF, size and WEBP come before it
    data = stream.getvalue()[12:]
    assert data.startswith(b"VP8L")
    return data


def _chunk(name: bytes, data: bytes) -> bytes:
    """Frame data as a chunk of an even number of bytes."""
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _three_bytes(value: int) -> bytes:
    return struct.pack("<I", value)[:3]
