"""JPEG XL: read with pillow-jxl-plugin, an extra; never written (ISO/IEC 18181-1 and -2)."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from imgcluster.picture.formats._format import Format

_CODESTREAM = b"\xff\x0a"
_BOXES = b"\0\0\0\x0cJXL \r\n\x87\n"
_SIDE_BITS = (9, 13, 18, 30)
_RATIOS = ((0, 1), (1, 1), (6, 5), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # of width to height
_MOST_BOXES = 64


def _opener() -> Any:
    from pillow_jxl.JpegXLImagePlugin import JXLImageFile

    return JXLImageFile


def _size_of(stream: BinaryIO) -> tuple[int, int] | None:
    """Read height and width from the codestream's header: the plugin decodes all of a file that it opens."""
    start = _codestream(stream)
    if len(start) < 2 or not start.startswith(_CODESTREAM):
        return None
    bits = _Bits(start[2:])
    is_small = bool(bits.take(1))
    height = _side(bits, is_small)
    if ratio := bits.take(3):
        across, down = _RATIOS[ratio]
        return height, height * across // down
    return height, _side(bits, is_small)


def _side(bits: _Bits, is_small: bool) -> int:
    """Read a side, in steps of 8 pixels or of one."""
    return 8 * (bits.take(5) + 1) if is_small else bits.take(_SIDE_BITS[bits.take(2)]) + 1


class _Bits:
    """Numbers in the bits of bytes, the lowest first."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")

    def take(self, n_bits: int) -> int:
        value = self._left & ((1 << n_bits) - 1)
        self._left >>= n_bits
        return value


def _codestream(stream: BinaryIO) -> bytes:
    """Return how the codestream begins, bare or in a box, the whole one or the first of its parts."""
    stream.seek(0)
    start = stream.read(16)
    if start.startswith(_CODESTREAM):
        return start
    stream.seek(len(_BOXES))
    for _ in range(_MOST_BOXES):
        header = stream.read(8)
        if len(header) < 8:
            break
        length, kind = struct.unpack(">I4s", header)
        left = length - 8
        if length == 1:
            left = int.from_bytes(stream.read(8), "big") - 16
        if kind == b"jxlp":
            return stream.read(20)[4:]
        if kind == b"jxlc":
            return stream.read(16)
        if left < 0:
            break
        try:
            stream.seek(left, 1)
        except (OSError, OverflowError, ValueError):
            break  # a place that no file has
    return b""


FORMAT = Format(
    name="JXL",
    title="JPEG XL",
    endings=(".jxl",),
    signatures=({0: _CODESTREAM}, {0: _BOXES}),
    plugin="pillow_jxl",
    extra="jxl",
    opener=_opener,
    size_of=_size_of,
    lossy=True,
    read_only_because="JPEG XL is only read; write .png or lossless .webp instead",
)
