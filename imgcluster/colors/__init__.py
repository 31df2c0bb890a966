"""From pixels to feature vectors: color spaces, histograms, weighted colors, and the grids of superpixels."""

from imgcluster.colors._color_table import color_table, look_up_colors, map_colors
from imgcluster.colors._features import (
    FEATURE_UNIT,
    ColorFeatures,
    bits_for,
    color_features,
    color_position_features,
    grid_features,
)
from imgcluster.colors._histogram import Histogram
from imgcluster.colors._lab import lab_tables

__all__ = [
    "FEATURE_UNIT",
    "ColorFeatures",
    "Histogram",
    "bits_for",
    "color_features",
    "color_position_features",
    "color_table",
    "grid_features",
    "lab_tables",
    "look_up_colors",
    "map_colors",
]
