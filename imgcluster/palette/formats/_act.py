"""Adobe's color tables, .act: 256 colors of three bytes; in 772 bytes also their number and the transparent one.

The layout is that of "Color table" in Adobe's file formats specification
(https://www.adobe.com/devnet-apps/photoshop/fileformatashtml/).
"""

from __future__ import annotations

import struct

from imgcluster.palette.formats._format import BadPaletteError, Color, Listing, PaletteFormat

_MOST = 256
_PLAIN, _LONG = 3 * _MOST, 3 * _MOST + 4
_NONE = 0xFFFF  # no color is transparent


def _parse(data: bytes) -> Listing:
    """Read 768 bytes, or 772."""
    if len(data) not in (_PLAIN, _LONG):
        problem = f"an .act file has {_PLAIN} or {_LONG} bytes, got {len(data)}"
        raise BadPaletteError(problem, "save it as .act again")
    count, transparent = struct.unpack_from(">HH", data, _PLAIN) if len(data) == _LONG else (_MOST, _NONE)
    if not 0 < count <= _MOST:
        count = _MOST  # what Photoshop makes of it
    colors: list[Color] = [(data[i], data[i + 1], data[i + 2], 255) for i in range(0, 3 * count, 3)]
    if transparent < count:
        colors[transparent] = (0, 0, 0, 0)
    return Listing(colors)


def _format(listing: Listing) -> bytes:
    clear = [i for i, color in enumerate(listing.colors) if not color[3]]
    table = b"".join(bytes(color[:3]) for color in listing.colors)
    tail = struct.pack(">HH", len(listing.colors), clear[0] if clear else _NONE)
    return table.ljust(_PLAIN, b"\0") + tail


def _matches(data: bytes) -> bool:
    return len(data) in (_PLAIN, _LONG)


ACT = PaletteFormat(".act", _parse, _format, _matches, most=_MOST, alpha="one")
