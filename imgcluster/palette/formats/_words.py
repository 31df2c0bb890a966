"""Colors as people write them: #rgb, #rrggbb, #rgba, #rrggbbaa, the names of CSS, rgb(...) and hsl(...)."""

from __future__ import annotations

import re

from imgcluster.palette.formats._format import Color, color_of_hex

_SHORT = re.compile("#?[0-9A-Fa-f]{3,4}")
_LONGEST = 64  # characters


def color_of_word(word: str) -> Color | None:
    """Return a color as it is written in CSS, and None for anything else; hex may also be without #."""
    if len(word) > _LONGEST:
        return None
    if _SHORT.fullmatch(word):
        word = "#" + "".join(2 * digit for digit in word.removeprefix("#"))
    found = color_of_hex(word)
    if found is not None:
        return found
    if word.lower() == "transparent":
        return (0, 0, 0, 0)
    from PIL import ImageColor

    try:
        red, green, blue, *alpha = ImageColor.getrgb(word)
    except ValueError:
        return None
    values = [min(max(value, 0), 255) for value in (red, green, blue, *(alpha or [255]))]
    return values[0], values[1], values[2], values[3]
