"""GIMP palettes, .gpl, also read by Krita, Inkscape and Aseprite: a header, then lines of R, G, B and a name."""

from __future__ import annotations

import re

from imgcluster.palette.formats._format import (
    TITLE,
    BadPaletteError,
    Color,
    Listing,
    PaletteFormat,
    color_of,
    hex_of,
    lines_of,
    quoted,
)

_IN_A_LINE = re.compile(r"\s+")


def _parse(text: str) -> Listing:
    """Read lines of red, green and blue in 0..255 and an optional name, after a header of a few lines."""
    colors: list[Color] = []
    name, lines = "", lines_of(text)
    first, title = next(lines, (1, ""))
    if title != "GIMP Palette":
        problem = f"a .gpl file begins with GIMP Palette, got {quoted(title)}"
        raise BadPaletteError(problem, "save it as .gpl again", first)
    for i, line in lines:
        key, colon, value = line.partition(":")
        if not colors and colon and key in ("Name", "Columns", "Channels"):
            name = value.strip() if key == "Name" else name
        elif not line.startswith("#"):
            colors.append(_color(line, i))
    return Listing(colors, name)


def _color(line: str, number: int) -> Color:
    fields = line.split(None, 3)[:3]
    color = color_of([int(field) for field in fields if re.fullmatch("[0-9]{1,9}", field)])
    if color is None:
        problem = f"a color is three whole numbers between 0 and 255, got {quoted(line)}"
        raise BadPaletteError(problem, "correct the line", number)
    return color


def _format(listing: Listing) -> str:
    name = _IN_A_LINE.sub(" ", listing.name).strip() or TITLE
    lines = [f"{red:3d} {green:3d} {blue:3d}\t#{hex_of((red, green, blue))}" for red, green, blue in listing.colors]
    return "\n".join(["GIMP Palette", f"Name: {name}", "Columns: 16", "#", *lines, ""])


GPL = PaletteFormat(".gpl", _parse, _format)
