"""Lines of RRGGBB, .hex, as Lospec writes them, without a name."""

from __future__ import annotations

from imgcluster.palette.formats._format import (
    BadPaletteError,
    Listing,
    PaletteFormat,
    color_of_hex,
    hex_of,
    lines_of,
    quoted,
)


def _parse(text: str) -> Listing:
    """Read lines of RRGGBB."""
    colors = []
    for i, line in lines_of(text):
        color = color_of_hex(line)
        if color is None:
            problem = f"a color is six hexadecimal digits RRGGBB, got {quoted(line)}"
            raise BadPaletteError(problem, "correct the line", i)
        colors.append(color)
    return Listing(colors, "")


def _format(listing: Listing) -> str:
    return "".join(f"{hex_of(color)}\n" for color in listing.colors)


HEX = PaletteFormat(".hex", _parse, _format)
