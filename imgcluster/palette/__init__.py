"""Palettes: searched by k-means in one picture or many, in files of many kinds (`formats`), known by name."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.palette._alpha_search import find_alpha_colors
    from imgcluster.palette._best_of import best_of
    from imgcluster.palette._color_names import color_names
    from imgcluster.palette._extract import count_picture, extract_palette
    from imgcluster.palette._files import holds_alpha, palette_ending
    from imgcluster.palette._fit import Fit
    from imgcluster.palette._given_alpha import nearest_alpha_colors, rgba_of
    from imgcluster.palette._palette import MAX_COLORS, Palette
    from imgcluster.palette._presets import PRESETS
    from imgcluster.palette._search import EFFORTS, find_colors, nearest_colors
    from imgcluster.palette._sources import PaletteSource, as_palette, for_device, palette_file
    from imgcluster.palette.formats import ENDINGS

__all__ = [
    "EFFORTS",
    "ENDINGS",
    "MAX_COLORS",
    "PRESETS",
    "Fit",
    "Palette",
    "PaletteSource",
    "as_palette",
    "best_of",
    "color_names",
    "count_picture",
    "extract_palette",
    "find_alpha_colors",
    "find_colors",
    "for_device",
    "holds_alpha",
    "nearest_alpha_colors",
    "nearest_colors",
    "palette_ending",
    "palette_file",
    "rgba_of",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_alpha_search": ("find_alpha_colors",),
            "_best_of": ("best_of",),
            "_color_names": ("color_names",),
            "_extract": ("count_picture", "extract_palette"),
            "_files": ("holds_alpha", "palette_ending"),
            "_palette": ("MAX_COLORS", "Palette"),
            "_presets": ("PRESETS",),
            "_given_alpha": ("nearest_alpha_colors", "rgba_of"),
            "_fit": ("Fit",),
            "_search": ("EFFORTS", "find_colors", "nearest_colors"),
            "_sources": ("PaletteSource", "as_palette", "for_device", "palette_file"),
            "formats": ("ENDINGS",),
        },
    )
