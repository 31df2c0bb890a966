"""Colors of Adobe's swatch files in sRGB: HSB, CMYK, CIE Lab and gray, without color profiles.

CMYK has no meaning without the profile of a press, which these files do not hold; it is converted by the plain formula
(1 - ink) (1 - black), as other readers of these files do.
"""

from __future__ import annotations

import colorsys
from math import isfinite

from imgcluster.palette.formats._format import BadPaletteError, Color

_D50 = (0.96422, 1.0, 0.82521)  # the white of Adobe's Lab
# XYZ at D50 to linear sRGB, adapted by Bradford: http://www.brucelindbloom.com/index.html?Eqn_RGB_XYZ_Matrix.html
_RGB_OF_XYZ = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)


def color_of_rgb(red: float, green: float, blue: float) -> Color:
    """Return shares of 0..1 as an opaque color; what lies outside is clipped."""
    if not (isfinite(red) and isfinite(green) and isfinite(blue)):
        raise BadPaletteError("a color has a number that is not finite", "save it again")
    values = [round(255 * min(max(share, 0.0), 1.0)) for share in (red, green, blue)]
    return values[0], values[1], values[2], 255


def color_of_gray(gray: float) -> Color:
    """Return a gray, 0 black to 1 white, as a color."""
    return color_of_rgb(gray, gray, gray)


def color_of_hsb(hue: float, saturation: float, brightness: float) -> Color:
    """Return hue, saturation and brightness, each 0..1, as a color."""
    return color_of_rgb(*colorsys.hsv_to_rgb(hue, saturation, brightness))


def color_of_cmyk(cyan: float, magenta: float, yellow: float, black: float) -> Color:
    """Return shares of ink, 0..1, as a color."""
    return color_of_rgb(*((1 - ink) * (1 - black) for ink in (cyan, magenta, yellow)))


def color_of_lab(lightness: float, a: float, b: float) -> Color:
    """Return CIE Lab at D50, lightness 0..100, as a color."""
    middle = (min(max(lightness, 0.0), 100.0) + 16) / 116
    # beyond these sRGB has no color, and cubes would overflow
    a, b = min(max(a, -512.0), 512.0), min(max(b, -512.0), 512.0)
    roots = (middle + a / 500, middle, middle - b / 200)
    xyz = [white * _cube(root) for white, root in zip(_D50, roots, strict=True)]
    linear = (sum(m * value for m, value in zip(row, xyz, strict=True)) for row in _RGB_OF_XYZ)
    return color_of_rgb(*(_curve(value) for value in linear))


def _cube(root: float) -> float:
    """Return the inverse of CIE's cube root, which is a straight line near black."""
    return root**3 if root > 6 / 29 else (root - 4 / 29) * 3 * (6 / 29) ** 2


def _curve(linear: float) -> float:
    """Return the sRGB value of linear light."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
