"""Adobe's swatch exchange, .ase: blocks of colors with names in groups, which are read as one list.

Adobe has not published the layout. It is described on https://carl.camera/default.aspx?id=109 and
http://www.selapa.net/swatches/colors/fileformats.php#adobe_ase. The name of the first group is that of the palette.
"""

from __future__ import annotations

import struct

from imgcluster.palette.formats._format import (
    TITLE,
    BadPaletteError,
    Color,
    Listing,
    PaletteFormat,
    in_a_line,
    named,
    without_hex,
)
from imgcluster.palette.formats._spaces import color_of_cmyk, color_of_gray, color_of_lab, color_of_rgb

_MAGIC = b"ASEF"
_HEADER = struct.Struct(">4sHHI")
_BLOCK = struct.Struct(">HI")
_GROUP, _GROUP_END, _COLOR = 0xC001, 0xC002, 0x0001
_VALUES = {b"RGB ": 3, b"CMYK": 4, b"LAB ": 3, b"Gray": 1, b"GRAY": 1}  # numbers of a color of each kind
_NORMAL = b"\0\2"  # neither a global color nor a spot color
_LONGEST = 1000  # characters of a name


def _parse(data: bytes) -> Listing:
    """Read the blocks; kinds that hold no color are left out."""
    if not data.startswith(_MAGIC) or len(data) < _HEADER.size:
        raise BadPaletteError("an .ase file begins with ASEF, this one does not", "save it as .ase again")
    colors, names, title, at = [], [], "", _HEADER.size
    for _ in range(_HEADER.unpack_from(data)[3]):
        if at + _BLOCK.size > len(data):
            break
        kind, length = _BLOCK.unpack_from(data, at)
        at += _BLOCK.size
        if at + length > len(data):
            raise _cut_off()
        block = data[at : at + length]
        at += length
        if kind == _GROUP:
            title = title or _name(block)[0]
        elif kind == _COLOR:
            name, rest = _name(block)
            colors.append(_color(rest))
            names.append(name)
    return Listing(colors, title, without_hex(colors, names))


def _name(block: bytes) -> tuple[str, bytes]:
    """Read the name that a block begins with, and return what follows it."""
    end = 2 + 2 * int.from_bytes(block[:2], "big")
    if end > len(block) or len(block) < 2:
        raise _cut_off()
    return block[2:end].decode("utf-16-be", errors="replace").rstrip("\0"), block[end:]


def _color(data: bytes) -> Color:
    """Read a color of any kind."""
    kind, numbers = data[:4], data[4:]
    if kind not in _VALUES:
        raise BadPaletteError(f"a color is of the unknown kind {kind.decode('latin-1')!a}", "save it as RGB")
    n_values = _VALUES[kind]
    if len(numbers) < 4 * n_values:
        raise _cut_off()
    values = struct.unpack_from(f">{n_values}f", numbers)
    if kind == b"RGB ":
        return color_of_rgb(*values)
    if kind == b"CMYK":
        return color_of_cmyk(*values)
    if kind == b"LAB ":
        return color_of_lab(100 * values[0], *values[1:])
    return color_of_gray(*values)


def _cut_off() -> BadPaletteError:
    return BadPaletteError("a block of it is cut off", "save it as .ase again")


def _format(listing: Listing) -> bytes:
    """Write one group of RGB colors."""
    blocks = [_block(_GROUP, _words(in_a_line(listing.name) or TITLE))]
    for color, name in zip(listing.colors, named(listing), strict=True):
        values = struct.pack(">3f", *(value / 255 for value in color[:3]))
        blocks.append(_block(_COLOR, _words(name) + b"RGB " + values + _NORMAL))
    blocks.append(_block(_GROUP_END, b""))
    return b"".join([_HEADER.pack(_MAGIC, 1, 0, len(blocks)), *blocks])


def _block(kind: int, data: bytes) -> bytes:
    return _BLOCK.pack(kind, len(data)) + data


def _words(name: str) -> bytes:
    """Return a name with its length before it and a zero after it."""
    text = name[:_LONGEST].encode("utf-16-be", errors="replace") + b"\0\0"
    return struct.pack(">H", len(text) // 2) + text


def _matches(data: bytes) -> bool:
    return data.startswith(_MAGIC)


ASE = PaletteFormat(".ase", _parse, _format, _matches, alpha="none", keeps="name, names")
