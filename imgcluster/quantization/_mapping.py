"""From clusters back to pixels: every pixel gets the index of its color's nearest palette entry."""

from __future__ import annotations

import numpy as np

from imgcluster.colors import Histogram, color_table
from imgcluster.types import Int32Array, UInt8Array


def index_table(histogram: Histogram, labels: Int32Array, n_colors: int) -> UInt8Array:
    """Spread the labels of the histogram's colors over all 24-bit colors: uint8, uint16 for more than 256 colors."""
    return color_table(histogram, labels, np.uint8 if n_colors <= 256 else np.uint16)
