"""What a mapping is: bands of pixels go in, bands of palette indices come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeAlias

import numpy as np

from imgcluster.types import UInt8Array

IndexType: TypeAlias = type[np.uint8] | type[np.uint16]


class Mapping(Protocol):
    """Indices for the pixels of one picture; made of its histogram and a fit."""

    def indices(self, bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
        """Yield the palette indices of each band, (h, W), as it comes.

        Bands (h, W, 3) come from top to bottom. What one row leaves to the next, such as an error to diffuse, is the
        state of this generator.
        """
        ...

    @property
    def squared_error(self) -> float:
        """Return the squared RGB distance, summed over channels and pixels; known once the bands are through."""
        ...


def index_type(n_colors: int) -> IndexType:
    """Return the type of indices into a palette of so many colors."""
    return np.uint8 if n_colors <= 256 else np.uint16
