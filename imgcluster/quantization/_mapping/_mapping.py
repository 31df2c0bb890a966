"""The protocol of mappings: bands of pixels in, bands of palette indices out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

import numpy as np

from imgcluster.types import UInt8Array

IndexType: TypeAlias = type[np.uint8] | type[np.uint16]


class Mapping(Protocol):
    """Indices for the pixels of one picture; made from its histogram and a fit."""

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the palette indices of each band, (h, W), as it arrives.

        Bands (h, W, 3) arrive from top to bottom. What one row passes to the next, such as an error to diffuse, is the
        state of this generator.
        """
        ...

    @property
    def squared_error(self) -> float:
        """Return the squared RGB distance, summed over channels and pixels; known once all bands are mapped."""
        ...


def index_type(n_colors: int) -> IndexType:
    """Return the type of indices into a palette of n_colors colors."""
    return np.uint8 if n_colors <= 256 else np.uint16
