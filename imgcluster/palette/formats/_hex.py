"""Lines of RRGGBB, .hex, as Lospec writes them (https://lospec.com/palette-list), or RRGGBBAA; without names."""

from __future__ import annotations

from imgcluster.palette.formats._format import (
    BadPaletteError,
    Listing,
    PaletteFormat,
    bytes_of,
    color_of_hex,
    head_of,
    hex_of,
    lines_of,
    quoted,
    text_of,
)


def _parse(data: bytes) -> Listing:
    """Read lines of RRGGBB or RRGGBBAA."""
    colors = []
    for i, line in lines_of(text_of(data)):
        color = color_of_hex(line)
        if color is None:
            problem = f"a color is hexadecimal digits, RRGGBB or RRGGBBAA, got {quoted(line)}"
            raise BadPaletteError(problem, "correct the line", i)
        colors.append(color)
    return Listing(colors)


def _format(listing: Listing) -> bytes:
    return bytes_of("".join(f"{hex_of(color)}\n" for color in listing.colors))


def _matches(data: bytes) -> bool:
    first = head_of(data).split(None, 1)
    return bool(first) and color_of_hex(first[0]) is not None


HEX = PaletteFormat(".hex", _parse, _format, _matches)
