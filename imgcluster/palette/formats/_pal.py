"""Two kinds of .pal, told apart by their first bytes: text of JASC (Paint Shop Pro) and Microsoft's RIFF.

JASC's is a line ``JASC-PAL``, the version ``0100``, the number of colors, and a line of R, G, B for each
(https://liero.nl/lierohack/docformats/other-jasc.html). Microsoft's is a LOGPALETTE in a chunk: "Multimedia Programming
Interface and Data Specifications 1.0" (IBM and Microsoft, 1991), section "Palette File Format".
"""

from __future__ import annotations

import re
import struct

from imgcluster.palette.formats._format import (
    BadPaletteError,
    Color,
    Listing,
    PaletteFormat,
    bytes_of,
    color_of,
    head_of,
    lines_of,
    quoted,
    text_of,
)

_RIFF, _JASC = b"RIFF", "JASC-PAL"
_LOGPALETTE = 0x0300  # its version


def _parse(data: bytes) -> Listing:
    return _parse_riff(data) if data.startswith(_RIFF) else _parse_jasc(text_of(data))


def _parse_jasc(text: str) -> Listing:
    """Read the lines of JASC."""
    lines = lines_of(text)
    first, title = next(lines, (1, ""))
    if title != _JASC:
        problem = f"a .pal file begins with {_JASC} or RIFF, got {quoted(title)}"
        raise BadPaletteError(problem, "save it as .pal again", first)
    next(lines, None)  # the version, always 0100
    at, announced = next(lines, (3, ""))
    if not re.fullmatch("[0-9]{1,9}", announced):
        raise BadPaletteError(f"the number of colors must be there, got {quoted(announced)}", "correct the line", at)
    colors = [_color(line, i) for i, line in lines]
    if len(colors) != int(announced):
        problem = f"{int(announced)} colors are announced, {len(colors)} are there"
        raise BadPaletteError(problem, "correct the number", at)
    return Listing(colors)


def _color(line: str, number: int) -> Color:
    color = color_of([int(field) for field in line.split(None, 4)[:4] if re.fullmatch("[0-9]{1,9}", field)])
    if color is None:
        problem = f"a color is three whole numbers between 0 and 255, got {quoted(line)}"
        raise BadPaletteError(problem, "correct the line", number)
    return (*color[:3], 255)


def _parse_riff(data: bytes) -> Listing:
    """Read the chunk of colors."""
    if data[8:12] != b"PAL ":
        raise BadPaletteError("it is RIFF, but not a palette", "name another file")
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        at += 8
        if kind == b"data":
            return _parse_data(data[at : at + length])
        at += length + length % 2
    raise BadPaletteError("it holds no chunk of colors", "save it as .pal again")


def _parse_data(data: bytes) -> Listing:
    count = int.from_bytes(data[2:4], "little")
    if len(data) < 4 * (1 + count):
        problem = f"it is cut off: {count} colors are announced, {max(0, len(data) // 4 - 1)} are there"
        raise BadPaletteError(problem, "save it as .pal again")
    # the fourth byte is flags of Windows
    return Listing([(data[i], data[i + 1], data[i + 2], 255) for i in range(4, 4 * (1 + count), 4)])


def _format_jasc(listing: Listing) -> bytes:
    lines = [_JASC, "0100", str(len(listing.colors)), *(f"{r} {g} {b}" for r, g, b, _ in listing.colors), ""]
    return bytes_of("\r\n".join(lines))


def _format_riff(listing: Listing) -> bytes:
    colors = b"".join(bytes([*color[:3], 0]) for color in listing.colors)
    data = struct.pack("<HH", _LOGPALETTE, len(listing.colors)) + colors
    return struct.pack("<4sI4s4sI", _RIFF, len(data) + 12, b"PAL ", b"data", len(data)) + data


def _matches(data: bytes) -> bool:
    return (data.startswith(_RIFF) and data[8:12] == b"PAL ") or head_of(data).startswith(_JASC)


JASC = PaletteFormat(".pal", _parse, _format_jasc, _matches, alpha="none")
RIFF = PaletteFormat(".pal", _parse, _format_riff, _matches, most=65535, alpha="none")
