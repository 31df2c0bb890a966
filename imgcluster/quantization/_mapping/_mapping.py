"""The protocol of mappings: bands of pixels in, bands of palette indices out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from imgcluster import kernels
from imgcluster.colors import RGB, alpha_space
from imgcluster.palette import rgba_of
from imgcluster.types import UInt8Array

_PIXELS_AT_A_TIME = 1 << 16  # their differences fit in the cache


class Taking(NamedTuple):
    """How pixels take part in dithering."""

    amounts: UInt8Array  # (h, W), in 1/255
    plain: UInt8Array  # (h, W), the indices of those that take no part


# the next rows of a picture, and how their pixels take part (None: fully) -> their indices
Rows: TypeAlias = Callable[[UInt8Array, Taking | None], UInt8Array]
IndexType: TypeAlias = type[np.uint8] | type[np.uint16]


class Mapping(Protocol):
    """Indices for the pixels of one picture; made from its histogram and a fit."""

    @property
    def palette(self) -> UInt8Array:
        """Return the colors that the indices mean: those of the fit, unless the mapping moved them."""
        ...

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the palette indices of each band, (h, W), as it arrives.

        Bands (h, W, 3), or (h, W, 4) where something is not opaque, arrive from top to bottom. What one row passes to
        the next, such as an error to diffuse, is the state of this generator.
        """
        ...

    @property
    def squared_error(self) -> float:
        """Return the squared distance, summed over channels and pixels; known once all bands are mapped.

        Of colors with alpha it is the mean over backgrounds: see `imgcluster.colors.AlphaHistogram`.
        """
        ...


def index_type(n_colors: int) -> IndexType:
    """Return the type of indices into a palette of n_colors colors."""
    return np.uint8 if n_colors <= 256 else np.uint16


def squared_difference(palette: UInt8Array, indices: UInt8Array, band: UInt8Array, n_threads: int = 1) -> float:
    """Sum squared distances of pixels to their entries: of RGB, exactly, or the mean over backgrounds with alpha."""
    if band.shape[2] == 3:
        colors = np.ascontiguousarray(palette[:, :3])
        return float(kernels.squared_difference(np.ascontiguousarray(band), colors, indices, n_threads))
    encode, colors = alpha_space(RGB).encode, rgba_of(palette)
    total, rows = 0.0, max(1, _PIXELS_AT_A_TIME // band.shape[1])
    for start in range(0, len(band), rows):
        part, found = band[start : start + rows], colors[indices[start : start + rows]]
        difference = encode(part.reshape(-1, 4)).astype(np.float64) - encode(found.reshape(-1, 4))
        total += float((difference * difference).sum())
    return total
