"""Colors as people write them: #rgb, #rrggbb, #rgba, #rrggbbaa, the names of CSS, rgb(...) and hsl(...).

Functions may have commas or spaces, and alpha after a comma or a slash (https://www.w3.org/TR/css-color-4/#rgb-functions).
"""

from __future__ import annotations

import colorsys
import re

from imgcluster.palette.formats._format import Color, color_of_hex

_SHORT = re.compile("#?[0-9A-Fa-f]{3,4}")
_LONGEST = 64  # characters
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[,/]\s*|\s+")
_VALUE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(%|deg|turn)?", re.IGNORECASE)


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
    if (function := _FUNCTION.fullmatch(word.strip())) is not None:
        return _of_function(function[1].lower(), _BETWEEN.split(function[2].strip()))
    from PIL import ImageColor

    try:
        red, green, blue, *alpha = ImageColor.getrgb(word)
    except ValueError:
        return None
    values = [min(max(value, 0), 255) for value in (red, green, blue, *(alpha or [255]))]
    return values[0], values[1], values[2], values[3]


def _of_function(name: str, words: list[str]) -> Color | None:
    """Return the color of a function with three values and perhaps alpha, None if one of them is none."""
    found = [_VALUE.fullmatch("0" if word.lower() == "none" else word) for word in words]
    if len(words) not in (3, 4) or any(value is None for value in found):
        return None
    values = [(float(value[1]), (value[2] or "").lower()) for value in found if value is not None]
    units = [unit for _, unit in values]
    if any(unit not in ("", "%") for unit in (units if name == "rgb" else units[1:])):
        return None
    alpha = _share(*values[3], whole=1) if len(values) == 4 else 1.0
    if name == "rgb":
        color = [_share(*value, whole=255) for value in values[:3]]
    elif units[0] == "%":
        return None
    else:
        hue = values[0][0] if units[0] == "turn" else values[0][0] / 360
        saturation, lightness = (_share(value, "%", whole=100) for value, _ in values[1:3])
        color = list(colorsys.hls_to_rgb(hue % 1, lightness, saturation))
    red, green, blue, opacity = (int(255 * part + 0.5) for part in (*color, alpha))
    return red, green, blue, opacity


def _share(value: float, unit: str, *, whole: int) -> float:
    """Return a number or percentage as a share, from 0 to 1."""
    return min(max(value / (100 if unit == "%" else whole), 0.0), 1.0)
