"""Indexed TIFF in strips: palettes of 1, 4 or 8 bits, deflated, or CCITT Group 4 where that is smaller (TIFF 6.0)."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from imgcluster.picture.formats._deflate import checksum, deflate, zlib_header
from imgcluster.picture.formats._format import Effort
from imgcluster.picture.formats._png_lines import packed
from imgcluster.threads import run
from imgcluster.types import UInt8Array

_STRIP_BYTES = 1 << 18
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL = 1, 2, 3, 4, 5  # types of tags
_CODES = {_BYTE: "B", _ASCII: "s", _SHORT: "H", _LONG: "I", _RATIONAL: "II"}
_GROUP_4, _DEFLATE = 4, 8
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _PALETTE = 0, 1, 3
_TWO_SHADES: dict[tuple[int, ...], int] = {(0, 255): _BLACK_IS_ZERO, (255, 0): _WHITE_IS_ZERO}
_INCH = 2
_LONGEST = (1 << 32) - 1


@dataclass(frozen=True)
class _Strips:
    """Compressed rows."""

    data: list[bytes]
    n_rows: int  # in each but the last
    compression: int

    @property
    def n_bytes(self) -> int:
        return sum(map(len, self.data))


def encode_indexed_tiff(
    indices: UInt8Array,
    palette: UInt8Array,
    effort: Effort,
    *,
    dpi: tuple[float, float] | None = None,
    xmp: bytes | None = None,
    text: Mapping[int, bytes] | None = None,
) -> bytes:
    """Encode indices and their palette, of shape (k, 3), as they are; black and white need no palette."""
    bits = next(bits for bits in (1, 4, 8) if len(palette) <= 1 << bits)
    strips = _deflated(packed(indices, bits), effort)
    if bits == 1 and effort.optimize > 0:
        strips = min(strips, _in_group_4(indices), key=lambda found: found.n_bytes)
    photometric = _TWO_SHADES.get(_shades(palette), _PALETTE)
    height, width = indices.shape
    tags: dict[int, tuple[int, bytes | list[int]]] = {
        256: (_LONG, [width]),
        257: (_LONG, [height]),
        258: (_SHORT, [bits]),
        259: (_SHORT, [strips.compression]),
        262: (_SHORT, [photometric]),
        277: (_SHORT, [1]),
        278: (_LONG, [strips.n_rows]),
        279: (_LONG, [len(strip) for strip in strips.data]),
        **{tag: (_ASCII, value + b"\0") for tag, value in (text or {}).items()},
    }
    if dpi:
        tags |= {282: (_RATIONAL, _rational(dpi[0])), 283: (_RATIONAL, _rational(dpi[1])), 296: (_SHORT, [_INCH])}
    if photometric == _PALETTE:
        # 257 v is v in readers that scale from 16 bits, and in readers that take the upper byte
        colors = np.zeros((3, 1 << bits), np.int64)
        colors[:, : len(palette)] = palette.T.astype(np.int64) * 257
        tags[320] = _SHORT, colors.ravel().tolist()
    if xmp:
        tags[700] = _BYTE, xmp
    return _assembled(strips.data, tags)


def _shades(palette: UInt8Array) -> tuple[int, ...]:
    """Return the shades of a palette of two grays, nothing of any other."""
    is_gray = len(palette) == 2 and (palette == palette[:, :1]).all()
    return tuple(palette[:, 0].tolist()) if is_gray else ()


def _deflated(rows: UInt8Array, effort: Effort) -> _Strips:
    """Deflate strips side by side."""
    n_rows = max(1, _STRIP_BYTES // rows.shape[1])
    starts, level = range(0, len(rows), n_rows), effort.compress_level

    def strip(i: int) -> bytes:
        data = np.ascontiguousarray(rows[starts[i] : starts[i] + n_rows]).data.cast("B")
        return zlib_header(level) + deflate(data, b"", level) + struct.pack(">I", checksum(data))

    return _Strips(run(strip, len(starts), effort.n_threads), n_rows, _DEFLATE)


def _in_group_4(bits: UInt8Array) -> _Strips:
    """Compress bits as libtiff, which Pillow has, does."""
    from PIL import Image, TiffImagePlugin

    stream = io.BytesIO()
    Image.fromarray(bits == 1).save(stream, "TIFF", compression="group4")
    encoded = stream.getbuffer()
    with Image.open(stream) as image:
        assert isinstance(image, TiffImagePlugin.TiffImageFile)
        tags = image.tag_v2
        assert tags[262] == _BLACK_IS_ZERO
        places = zip(tags[273], tags[279], strict=True)
        return _Strips([bytes(encoded[at : at + size]) for at, size in places], tags[278], _GROUP_4)


def _rational(value: float) -> list[int]:
    """Return a number as numerator and denominator of 32 bits."""
    found = Fraction(min(value, float(_LONGEST))).limit_denominator(1 << 16)
    if found.numerator > _LONGEST:
        found = Fraction(int(value))
    return [found.numerator, found.denominator]


def _assembled(strips: list[bytes], tags: dict[int, tuple[int, bytes | list[int]]]) -> bytes:
    """Lay out a file: header, strips, long values, directory."""
    data = bytearray(struct.pack("<2sHI", b"II", 42, 0))
    offsets = []
    for strip in strips:
        offsets.append(len(data))
        data += strip
    entries = []
    for tag, (kind, values) in sorted((tags | {273: (_LONG, offsets)}).items()):
        code = _CODES[kind]
        value = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{code[0]}", *values)
        count = len(values) // len(code)
        if len(value) > 4:
            data += bytes(len(data) % 2)
            place = struct.pack("<I", len(data))
            data += value
            value = place
        entries.append(struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0"))
    data += bytes(len(data) % 2)
    struct.pack_into("<I", data, 4, len(data))
    data += struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return bytes(data)
