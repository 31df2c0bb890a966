"""How far each pixel belongs to each cluster of a soft fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from imgcluster.cluster import n_clusters_of
from imgcluster.colors import RGB, ColorSpace, Histogram, map_colors
from imgcluster.types import Float32Array, UInt8Array

if TYPE_CHECKING:
    from imgcluster.cluster import GaussianMixture, SoftKMeans

_COLORS_PER_BLOCK = 1 << 14  # colors at a time: their responsibilities for 256 clusters are 32 MB
_MOST_KEPT = 1 << 26  # responsibilities kept between calls: 256 MB


@dataclass(frozen=True, eq=False)
class Memberships:
    """Responsibilities of a model for the pixels of an image, computed once per color.

    Parameters
    ----------
    model : SoftKMeans or GaussianMixture
        Fitted to colors in the space.
    pixels : ndarray of shape (H, W, 3), uint8
    space : ColorSpace
    """

    model: SoftKMeans | GaussianMixture
    pixels: UInt8Array
    space: ColorSpace = RGB

    def of(self, k: int) -> Float32Array:
        """Return the responsibility of cluster k for each pixel: (H, W), float32, in 0..1."""
        keep = n_clusters_of(self.model) * len(self._histogram) <= _MOST_KEPT
        column = self._all[:, k] if keep else np.concatenate([block[:, k] for block in self._blocks()])
        return map_colors(self.pixels, self._histogram, column)

    @cached_property
    def _histogram(self) -> Histogram:
        return Histogram.from_pixels(self.pixels)

    @cached_property
    def _all(self) -> Float32Array:
        """Responsibilities of all clusters for all colors."""
        return np.concatenate(list(self._blocks()))

    def _blocks(self) -> Iterator[Float32Array]:
        """Yield responsibilities of the colors, one block at a time."""
        colors = self.space.encode(self._histogram.colors).astype(np.float64)
        for start in range(0, len(colors), _COLORS_PER_BLOCK):
            yield self.model.predict_proba(colors[start : start + _COLORS_PER_BLOCK]).astype(np.float32)
