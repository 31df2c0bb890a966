"""Palette files: a module a format, and a line in `FORMATS`."""

from imgcluster.palette.formats._format import BadPaletteError, Color, Listing, PaletteFormat, hex_of
from imgcluster.palette.formats._formats import ENDINGS, FORMATS

__all__ = ["ENDINGS", "FORMATS", "BadPaletteError", "Color", "Listing", "PaletteFormat", "hex_of"]
