"""The request: a given palette, or the parameters of a search; checked once, wherever they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgcluster.cluster import METHODS
from imgcluster.colors import COLOR_SPACES, ColorSpace, Histogram
from imgcluster.palette import EFFORTS, MAX_COLORS, Fit, PaletteSource, as_palette, find_colors, nearest_colors
from imgcluster.parameters import check_choice, check_int, check_random_state
from imgcluster.threads import check_threads
from imgcluster.types import RandomState, UInt8Array


@dataclass(frozen=True, eq=False)
class Request:
    """The checked parameters of a quantization."""

    n_colors: int
    method: str
    space: ColorSpace
    effort: str
    palette: UInt8Array | None  # (k, 3), to use instead of a search
    rng: np.random.Generator
    n_threads: int
    mapping: str = "nearest"

    @property
    def most_colors(self) -> int:
        """Number of colors that the palette cannot exceed."""
        return self.n_colors if self.palette is None else len(self.palette)

    def fit(self, histogram: Histogram) -> Fit:
        """Find the palette for the colors of a histogram, and how they map to it."""
        if self.palette is not None:
            return nearest_colors(histogram, self.palette, self.n_threads, self.space)
        return find_colors(
            histogram, self.n_colors, self.method, self.effort, self.rng, self.n_threads, space=self.space
        )


def check_request(
    n_colors: int = 256,
    *,
    method: str = "kmeans",
    color_space: str = "rgb",
    effort: str = "default",
    palette: PaletteSource | None = None,
    random_state: RandomState = 0,
    n_threads: int | None = None,
) -> Request:
    """Check parameters, and read the palette if one is given."""
    n_colors = check_int("n_colors", n_colors, 1, MAX_COLORS)
    check_choice("method", method, METHODS)
    check_choice("color_space", color_space, tuple(COLOR_SPACES))
    check_choice("effort", effort, EFFORTS)
    rng, n_threads = check_random_state(random_state), check_threads(n_threads)
    colors = None if palette is None else _opaque(as_palette(palette).colors)
    return Request(n_colors, method, COLOR_SPACES[color_space], effort, colors, rng, n_threads)


def _opaque(colors: UInt8Array) -> UInt8Array:
    """Return the opaque colors: pixels are opaque, and those of an indexed picture keep no alpha."""
    if colors.shape[1] == 3:
        return colors
    kept = colors[colors[:, 3] == 255, :3]
    if not len(kept):
        raise ValueError(f"palette must hold an opaque color, got {len(colors)} with alpha; add one")
    return kept
