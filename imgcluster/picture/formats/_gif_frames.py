"""Animated GIF (GIF89a specification, CompuServe 1990): blocks written here, pixels packed by Pillow's LZW.

Pillow's own writer chooses palettes and rectangles by itself, and merges frames that are alike.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageFile

from imgcluster.picture.formats._format import AnimatedRaster, Piece
from imgcluster.picture.formats._patches import Patch, clear_entry, patches
from imgcluster.types import UInt8Array

_KEEP, _CLEAR = 1, 2  # disposal


def write_gif_frames(raster: AnimatedRaster, comment: bytes) -> Iterator[Piece]:
    """Encode an animation; each frame is cropped to what changes."""
    height, width = raster.shape
    times = raster.animation.in_units_of(10)
    for i, patch in enumerate(patches(raster.frames, can_clear=False)):
        if i == 0:
            bits = _bits_for(len(patch.palette))
            yield struct.pack("<6sHHBBB", b"GIF89a", width, height, 0xF0 | bits - 1, 0, 0) + _table(patch.palette)
            yield _loops(raster.animation.plays) + _comment(comment)
            shared = patch.palette
        clear, packed = _coded(patch)
        yield _control(patch, times[i], clear)
        yield from _image(patch, None if patch.palette is shared else patch.palette, packed)
    yield b";"


def _loops(plays: int) -> bytes:
    """Return the block that counts repeats, which is left out for a single play."""
    repeats = 0 if plays == 0 else min(plays - 1, 65535)
    return b"" if plays == 1 else struct.pack("<3s11sBBHB", b"!\xff\x0b", b"NETSCAPE2.0", 3, 1, repeats, 0)


def _comment(text: bytes) -> bytes:
    """Return a block of text."""
    parts = [text[at : at + 255] for at in range(0, len(text), 255)]
    return b"!\xfe" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0" if text else b""


def _control(patch: Patch, wait: int, clear: int | None) -> bytes:
    """Return the block before an image: its time, what becomes of it, and which index is transparent."""
    flags = (_CLEAR if patch.clears else _KEEP) << 2 | (clear is not None)
    return struct.pack("<3sBHBB", b"!\xf9\x04", flags, wait, clear or 0, 0)


def _image(patch: Patch, own: UInt8Array | None, packed: bytes) -> Iterator[Piece]:
    """Return an image, with a table of colors if it has its own."""
    bits = _bits_for(len(patch.palette))
    flags = 0 if own is None else 0x80 | bits - 1
    yield struct.pack("<B4HB", 0x2C, patch.left, patch.top, *patch.size, flags)
    if own is not None:
        yield _table(own)
    yield bytes([max(bits, 2)])
    yield packed


def _coded(patch: Patch) -> tuple[int | None, bytes]:
    """Return the transparent index of an image and its packed indices, whatever is shortest."""
    bits, indices = _bits_for(len(patch.palette)), np.ascontiguousarray(patch.indices, np.uint8)
    clear = clear_entry(patch.palette)
    plain = clear, _packed(indices, bits)
    if patch.changed.all():
        return plain
    if clear is None:
        # any index will do that this image does not draw with
        drawn = np.bincount(indices[patch.changed], minlength=1 << bits)
        clear = int(drawn.argmin())
        if drawn[clear]:
            return plain
    # pixels that are there already may be transparent: long runs of them, but noise where they alternate
    seen_through = clear, _packed(np.where(patch.changed, indices, np.uint8(clear)), bits)
    return min(plain, seen_through, key=lambda coded: len(coded[1]))


def _packed(indices: UInt8Array, bits: int) -> bytes:
    """Pack indices by LZW, in blocks of up to 255 bytes."""
    image, stream = Image.fromarray(indices), io.BytesIO()
    image.encoderconfig = max(bits, 2), 0
    ImageFile._save(image, stream, [ImageFile._Tile("gif", (0, 0, *image.size), 0, "L")])
    return stream.getvalue() + b"\0"


def _table(palette: UInt8Array) -> bytes:
    """Return a table of colors, padded with black to a power of two."""
    return palette[:, :3].tobytes().ljust(3 << _bits_for(len(palette)), b"\0")


def _bits_for(n_colors: int) -> int:
    """Bits of an index, 1 to 8."""
    return max(1, (n_colors - 1).bit_length())
