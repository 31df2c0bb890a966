"""Pictures in files whose own headers count: in icons (ICO, CUR, ICNS), and the first of a GIF, which widens it.

Pillow takes memory for these when it opens or loads a file, whatever size it has said before.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

_PNG, _JP2, _CODESTREAM = b"\x89PNG\r\n\x1a\n", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"
_HEAD = 1 << 16  # bytes in which the header of a JPEG 2000 lies
_MOST_PICTURES = 64
_OF_JPEG_2000, _OF_ICON, _OF_GIF = 25.0, 8.0, 1.0  # bytes a pixel: decoded and converted; what a frame is cleared to

Need = tuple[int, int, float]
"""Height and width of a picture, and the bytes a pixel that it takes."""


def largest_of_icon(stream: BinaryIO) -> Need | None:
    """Return the largest of the pictures in an ICO or CUR file that may be read: those of the largest size listed."""
    stream.seek(4)
    (n_pictures,) = struct.unpack("<H", stream.read(2))
    listed = []
    for _ in range(min(n_pictures, _MOST_PICTURES)):
        entry = stream.read(16)
        if len(entry) < 16:
            break
        # a side of 0 is 256
        listed.append(((entry[0] or 256) * (entry[1] or 256), *struct.unpack_from("<II", entry, 8)))
    most = max((area for area, _, _ in listed), default=0)
    return _largest(_of_part(stream, at, n_bytes, is_icon=True) for area, n_bytes, at in listed if area == most)


def largest_of_icns(stream: BinaryIO) -> Need | None:
    """Return the largest of the PNG and JPEG 2000 pictures in an ICNS file."""
    parts, at = list[tuple[int, int]](), 8
    stream.seek(0)
    end = int.from_bytes(stream.read(8)[4:])
    while at < end and len(parts) < _MOST_PICTURES:
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8 or (n_bytes := int.from_bytes(head[4:])) < 8:
            break
        parts.append((at + 8, n_bytes - 8))
        at += n_bytes
    return _largest(_of_part(stream, at, n_bytes) for at, n_bytes in parts)


def size_with_first_frame(stream: BinaryIO) -> Need | None:
    """Return the size of a GIF, which its first frame may exceed."""
    stream.seek(0)
    head = stream.read(13)
    width, height = struct.unpack_from("<HH", head, 6)
    at = 13 + (3 << (head[10] & 7) + 1 if head[10] & 128 else 0)
    stream.seek(at)
    while kind := stream.read(1):
        if kind == b"!":
            stream.read(1)
            while n_bytes := stream.read(1)[0]:
                stream.seek(n_bytes, 1)
        elif kind == b",":
            left, top, across, down = struct.unpack("<HHHH", stream.read(8))
            return max(height, top + down), max(width, left + across), _OF_GIF
        # Pillow skips what is neither
    return height, width, _OF_GIF


def _largest(needs: Iterator[Need | None]) -> Need | None:
    """Return the one that takes the most memory."""
    return max((need for need in needs if need is not None), key=lambda n: n[0] * n[1] * n[2], default=None)


def _of_part(stream: BinaryIO, at: int, n_bytes: int, *, is_icon: bool = False) -> Need | None:
    """Return what a picture in a file says of itself."""
    stream.seek(at)
    data = stream.read(min(n_bytes, _HEAD))
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return height, width, _OF_ICON
    if data.startswith((_JP2, _CODESTREAM)):
        return _of_jpeg_2000(data)
    if is_icon and len(data) >= 12:
        # a bitmap, and its mask below it
        width, height = struct.unpack_from("<ii", data, 4)
        return abs(height) // 2, abs(width), _OF_ICON
    return None


def _of_jpeg_2000(data: bytes) -> Need | None:
    """Return what the header of the file says, or the codestream if that is larger."""
    found = list[Need]()
    if (at := data.find(b"ihdr")) >= 0 and len(data) >= at + 12:
        height, width = struct.unpack_from(">II", data, at + 4)
        found.append((height, width, _OF_JPEG_2000))
    if (at := data.find(_CODESTREAM)) >= 0 and len(data) >= at + 24:
        right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
        found.append((max(bottom - top, 0), max(right - left, 0), _OF_JPEG_2000))
    return _largest(iter(found))
