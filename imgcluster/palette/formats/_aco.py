"""Adobe Photoshop's color swatches, .aco: big-endian words, first without names (version 1), then with (version 2).

The layout is that of "Color swatches" in Adobe's file formats specification
(https://www.adobe.com/devnet-apps/photoshop/fileformatashtml/). What other color spaces mean is described on
http://www.nomodes.com/larry-tesler-personal/aco. Swatches have no place for a name of the palette, columns and alpha.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from imgcluster.palette.formats._format import BadPaletteError, Color, Listing, PaletteFormat, named, without_hex
from imgcluster.palette.formats._spaces import color_of_cmyk, color_of_gray, color_of_hsb, color_of_lab, color_of_rgb

_ENTRY = struct.Struct(">HHHHH")
_FULL = 65535
_SPACES: dict[int, Callable[[int, int, int, int], Color]] = {
    0: lambda w, x, y, _: color_of_rgb(w / _FULL, x / _FULL, y / _FULL),
    1: lambda w, x, y, _: color_of_hsb(w / _FULL, x / _FULL, y / _FULL),
    # no ink is 65535
    2: lambda w, x, y, z: color_of_cmyk(1 - w / _FULL, 1 - x / _FULL, 1 - y / _FULL, 1 - z / _FULL),
    7: lambda w, x, y, _: color_of_lab(w / 100, _signed(x) / 100, _signed(y) / 100),
    8: lambda w, _x, _y, _z: color_of_gray(w / 10000),
}


def _parse(data: bytes) -> Listing:
    """Read the part with names, or the one without if it is alone."""
    colors, names, end = _part(data, 0)
    if end < len(data):
        colors, names, _ = _part(data, end)
    return Listing(colors, names=without_hex(colors, names))


def _part(data: bytes, start: int) -> tuple[list[Color], list[str], int]:
    """Read the colors and names of the part that begins at start, and where it ends."""
    version, count = (_word(data, start), _word(data, start + 2))
    if version not in (0, 1, 2):
        raise BadPaletteError(f"its version must be 1 or 2, got {version}", "save it as .aco again")
    colors, names, at = [], [], start + 4
    for i in range(count):
        if at + _ENTRY.size > len(data):
            raise _truncated(count, i)
        space, *values = _ENTRY.unpack_from(data, at)
        if space not in _SPACES:
            raise BadPaletteError(f"color {i + 1} is of the unknown color space {space}", "save it as RGB")
        colors.append(_SPACES[space](*values))
        at += _ENTRY.size
        name = ""
        if version == 2:
            length = (_word(data, at) << 16) + _word(data, at + 2)
            at += 4 + 2 * length
            if at > len(data):
                raise _truncated(count, i)
            name = data[at - 2 * length : at].decode("utf-16-be", errors="replace").rstrip("\0")
        names.append(name)
    return colors, names, at


def _word(data: bytes, at: int) -> int:
    """Return two bytes as a number."""
    if at + 2 > len(data):
        raise BadPaletteError(f"it ends after {len(data)} bytes", "save it as .aco again")
    return int.from_bytes(data[at : at + 2], "big")


def _truncated(count: int, found: int) -> BadPaletteError:
    return BadPaletteError(f"it is cut off: {count} colors are announced, {found} are there", "save it as .aco again")


def _signed(word: int) -> int:
    return word - 65536 if word > 32767 else word


def _format(listing: Listing) -> bytes:
    entries = [_ENTRY.pack(0, *(257 * value for value in color[:3]), 0) for color in listing.colors]
    parts = [struct.pack(">HH", 1, len(entries)), *entries, struct.pack(">HH", 2, len(entries))]
    for entry, name in zip(entries, named(listing), strict=True):
        text = name.encode("utf-16-be", errors="replace") + b"\0\0"
        parts += [entry, struct.pack(">I", len(text) // 2), text]
    return b"".join(parts)


def _matches(data: bytes) -> bool:
    """Check that there is a version and as many bytes as its count of colors needs."""
    if len(data) < 4 or data[0] or data[1] > 2:
        return False
    return 4 + _ENTRY.size * int.from_bytes(data[2:4], "big") <= len(data)


ACO = PaletteFormat(".aco", _parse, _format, _matches, most=65535, alpha="none", keeps="names")
