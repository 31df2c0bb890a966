"""Palettes: found by k-means in one picture or in many, kept in files, applied to others."""

from imgcluster.palette._extract import count_picture, extract_palette
from imgcluster.palette._files import MAX_COLORS, palette_ending
from imgcluster.palette._palette import Palette, PaletteSource, as_palette
from imgcluster.palette._search import EFFORTS, Fit, find_colors, nearest_colors
from imgcluster.palette.formats import ENDINGS

__all__ = [
    "EFFORTS",
    "ENDINGS",
    "MAX_COLORS",
    "Fit",
    "Palette",
    "PaletteSource",
    "as_palette",
    "count_picture",
    "extract_palette",
    "find_colors",
    "nearest_colors",
    "palette_ending",
]
