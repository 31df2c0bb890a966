"""Palette file formats (.gpl, .hex, .json): one module per format, and one line in `FORMATS`."""

from imgcluster.palette.formats._format import BadPaletteError, Color, Listing, PaletteFormat, hex_of
from imgcluster.palette.formats._formats import ENDINGS, FORMATS

__all__ = ["ENDINGS", "FORMATS", "BadPaletteError", "Color", "Listing", "PaletteFormat", "hex_of"]
