"""The single path from a picture to few colors, whole or in bands: pixels -> histogram -> fit -> mapping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from imgcluster.colors import Histogram
from imgcluster.facts import OF_THE_PIXELS, Loss
from imgcluster.palette import Fit
from imgcluster.quantization._mapping import MAPPINGS, Mapping
from imgcluster.quantization._opened import Opened
from imgcluster.quantization._request import Request
from imgcluster.types import UInt8Array

# calls from where a warning is raised up to the user's: warn, reduce_colors, a private function, the public one
_USER = 5


@dataclass(frozen=True, eq=False)
class Reduced:
    """The reduced picture; `mse` and `lossless` are available once its bands have gone through the mapping."""

    fit: Fit
    mapping: Mapping
    n_distinct: int
    n_pixels: int
    lost: frozenset[Loss]

    @property
    def mse(self) -> float:
        """Mean over pixels of the squared RGB distance, summed over the channels."""
        return self.mapping.squared_error / self.n_pixels

    @property
    def lossless(self) -> bool:
        """Whether the pixels look as they did in the source."""
        return self.mse == 0 and not self.lost & OF_THE_PIXELS


def reduce_colors(picture: Opened, request: Request) -> Reduced:
    """Count the colors of a picture, find a palette and prepare to map its pixels."""
    histogram = _counted(picture.bands(), request.n_threads)
    picture.warn(_USER)
    fit = request.fit(histogram)
    mapping = MAPPINGS[request.mapping](histogram, fit, request.n_threads)
    return Reduced(fit, mapping, len(histogram), histogram.n_pixels, picture.lost)


def _counted(bands: Iterable[UInt8Array], n_threads: int) -> Histogram:
    """Count the colors of all bands; the table for merging histograms is avoided if there is only one."""
    histograms = (Histogram.from_pixels(band, n_threads) for band in bands)
    first, second = next(histograms), next(histograms, None)
    return first if second is None else Histogram.merge(chain([first, second], histograms))
