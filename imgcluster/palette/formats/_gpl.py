"""GIMP palettes, .gpl, also read by Krita, Inkscape and Aseprite: a header, then lines of R, G, B and a name.

The layout is that of GIMP's ``app/core/gimppalette-load.c`` (GIMP 2.10 and 3). Aseprite's dialect has a header line
``Channels: RGBA``, and an alpha after the blue (https://github.com/aseprite/aseprite/blob/main/docs/gpl-palette-extension.md).
"""

from __future__ import annotations

import re

from imgcluster.palette.formats._format import (
    TITLE,
    BadPaletteError,
    Color,
    Listing,
    PaletteFormat,
    bytes_of,
    color_of,
    head_of,
    in_a_line,
    lines_of,
    named,
    quoted,
    text_of,
    without_hex,
)

_HEADER = ("Name", "Columns", "Channels")
_MOST_COLUMNS = 256  # as in GIMP
_NO_NAME = ("", "Untitled")  # GIMP and Aseprite write this for a color without a name


def _parse(data: bytes) -> Listing:
    """Read lines of red, green and blue in 0..255 and an optional name, after a header of a few lines."""
    header: dict[str, str] = {}
    colors: list[Color] = []
    names: list[str] = []
    lines = lines_of(text_of(data))
    first, title = next(lines, (1, ""))
    if title != "GIMP Palette":
        problem = f"a .gpl file begins with GIMP Palette, got {quoted(title)}"
        raise BadPaletteError(problem, "save it as .gpl again", first)
    for i, line in lines:
        key, colon, value = line.partition(":")
        if not colors and colon and key in _HEADER:
            header[key] = value.strip()
        elif not line.startswith("#"):
            color, name = _color(line, i, 4 if header.get("Channels") == "RGBA" else 3)
            colors.append(color)
            names.append("" if name in _NO_NAME else name)
    return Listing(colors, header.get("Name", ""), without_hex(colors, names), _columns(header.get("Columns", "")))


def _columns(text: str) -> int | None:
    """Return a number of columns, None if the program may choose."""
    if not re.fullmatch("[0-9]{1,9}", text):
        return None
    return min(int(text), _MOST_COLUMNS) or None


def _color(line: str, number: int, n_channels: int) -> tuple[Color, str]:
    """Read a line of numbers and a name."""
    fields = line.split(None, n_channels)
    numbers = [int(field) for field in fields[:n_channels] if re.fullmatch("[0-9]{1,9}", field)]
    color = color_of(numbers)
    if color is None or len(numbers) < n_channels:
        kind = "three whole numbers" if n_channels == 3 else "four whole numbers"
        problem = f"a color is {kind} between 0 and 255, got {quoted(line)}"
        raise BadPaletteError(problem, "correct the line", number)
    return color, fields[n_channels] if len(fields) > n_channels else ""


def _format(listing: Listing) -> bytes:
    """Write the names of the colors, or their hex where there are none."""
    clear = any(color[3] < 255 for color in listing.colors)
    lines = ["GIMP Palette", f"Name: {in_a_line(listing.name) or TITLE}", f"Columns: {listing.columns or 0}"]
    lines += ["Channels: RGBA", "#"] if clear else ["#"]
    for color, name in zip(listing.colors, named(listing), strict=True):
        numbers = " ".join(f"{value:3d}" for value in color[: 4 if clear else 3])
        lines.append(f"{numbers}\t{name}")
    return bytes_of("\n".join([*lines, ""]))


def _matches(data: bytes) -> bool:
    return head_of(data).startswith("GIMP Palette")


GPL = PaletteFormat(".gpl", _parse, _format, _matches, keeps="name, names, columns")
