"""From pixels to feature vectors: color spaces, histograms, weighted colors, and the grids for superpixels."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.colors._adaptive_bins import adaptive_bins
    from imgcluster.colors._alpha_histogram import AlphaHistogram, words_of
    from imgcluster.colors._alpha_space import AlphaSpace, alpha_space
    from imgcluster.colors._alpha_table import AlphaTable, map_alpha_pixels
    from imgcluster.colors._cielab import CIELAB
    from imgcluster.colors._color_space import ColorSpace
    from imgcluster.colors._color_spaces import COLOR_SPACES
    from imgcluster.colors._color_table import color_table, look_up_colors, map_colors
    from imgcluster.colors._counting import count_pixels, merge_histograms
    from imgcluster.colors._dither_palette import cube_roots, dither_palette, linear_shades
    from imgcluster.colors._grid_features import FEATURE_UNIT, MAX_FEATURES, color_position_features, grid_features
    from imgcluster.colors._histogram import Histogram
    from imgcluster.colors._lab import lab_tables
    from imgcluster.colors._light import light_of, shades_of
    from imgcluster.colors._linear import LINEAR
    from imgcluster.colors._oklab import OKLAB
    from imgcluster.colors._ranges import channel_ranges
    from imgcluster.colors._rgb import RGB
    from imgcluster.colors._weighted_points import SpaceColors, WeightedPoints, bits_for, weighted_points

__all__ = [
    "CIELAB",
    "COLOR_SPACES",
    "FEATURE_UNIT",
    "LINEAR",
    "MAX_FEATURES",
    "OKLAB",
    "RGB",
    "AlphaHistogram",
    "AlphaSpace",
    "AlphaTable",
    "ColorSpace",
    "Histogram",
    "SpaceColors",
    "WeightedPoints",
    "adaptive_bins",
    "alpha_space",
    "bits_for",
    "channel_ranges",
    "color_position_features",
    "color_table",
    "count_pixels",
    "cube_roots",
    "dither_palette",
    "grid_features",
    "lab_tables",
    "light_of",
    "linear_shades",
    "look_up_colors",
    "map_alpha_pixels",
    "map_colors",
    "merge_histograms",
    "shades_of",
    "weighted_points",
    "words_of",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_adaptive_bins": ("adaptive_bins",),
            "_alpha_histogram": ("AlphaHistogram", "words_of"),
            "_alpha_space": ("AlphaSpace", "alpha_space"),
            "_alpha_table": ("AlphaTable", "map_alpha_pixels"),
            "_cielab": ("CIELAB",),
            "_color_space": ("ColorSpace",),
            "_color_spaces": ("COLOR_SPACES",),
            "_color_table": ("color_table", "look_up_colors", "map_colors"),
            "_counting": ("count_pixels", "merge_histograms"),
            "_dither_palette": ("cube_roots", "dither_palette", "linear_shades"),
            "_grid_features": ("FEATURE_UNIT", "MAX_FEATURES", "color_position_features", "grid_features"),
            "_histogram": ("Histogram",),
            "_lab": ("lab_tables",),
            "_light": ("light_of", "shades_of"),
            "_linear": ("LINEAR",),
            "_oklab": ("OKLAB",),
            "_ranges": ("channel_ranges",),
            "_rgb": ("RGB",),
            "_weighted_points": ("SpaceColors", "WeightedPoints", "bits_for", "weighted_points"),
        },
    )
