"""The single path from a picture to few colors, whole or in bands: pixels -> histogram -> fit -> mapping."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imgcluster.colors import AlphaHistogram, Histogram, count_pixels
from imgcluster.facts import OF_THE_PIXELS, Loss
from imgcluster.palette import Fit
from imgcluster.quantization._mapping import Mapping, make_mapping
from imgcluster.quantization._opened import Opened
from imgcluster.quantization._request import Request
from imgcluster.types import UInt8Array

# calls from a warning up to the user's line: warn, count_colors, what calls it, a private function, the public one


@dataclass(frozen=True, eq=False)
class Reduced:
    """The reduced picture; `mse` and `lossless` are available once its bands have gone through the mapping."""

    fit: Fit
    mapping: Mapping
    n_distinct: int
    n_pixels: int
    lost: frozenset[Loss]
    written: Callable[[UInt8Array], UInt8Array]  # a device may take other colors than it shows

    @property
    def palette(self) -> UInt8Array:
        """The colors of the picture, (k, 3), or (k, 4) if some are not opaque."""
        return self.written(self.mapping.palette)

    @property
    def mse(self) -> float:
        """Mean over pixels of the squared RGB distance, summed over the channels."""
        return self.mapping.squared_error / self.n_pixels

    @property
    def lossless(self) -> bool:
        """Whether the pixels look as they did in the source."""
        is_shown = np.array_equal(self.palette, self.mapping.palette)
        return self.mse == 0 and is_shown and not self.lost & OF_THE_PIXELS


def reduce_colors(picture: Opened, request: Request) -> Reduced:
    """Count the colors of a picture, find a palette and prepare to map its pixels."""
    return reduce_counted(picture, count_colors(picture, request), request)


def count_colors(picture: Opened, request: Request) -> Histogram | AlphaHistogram:
    """Count the colors of a picture, and warn about what reading it lost."""
    histogram = count_pixels(picture.bands(), request.n_threads)
    picture.warn()
    return histogram


def reduce_counted(picture: Opened, histogram: Histogram | AlphaHistogram, request: Request) -> Reduced:
    """Find a palette for colors that are counted, and prepare to map pixels."""
    fit = request.fit(histogram)
    mapping = make_mapping(histogram, fit, request.mapping(fit), picture.bands)
    return Reduced(fit, mapping, len(histogram), histogram.n_pixels, picture.lost, request.written)
