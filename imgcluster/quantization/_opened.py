"""A picture opened for quantization: upright pixels, whole or in bands, and what reading them lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from imgcluster.facts import Loss
from imgcluster.picture import Metadata, Picture, Source, open_source, warn_lost
from imgcluster.types import ImageSource, UInt8Array


class Opened:
    """A picture that can be read repeatedly; transparent parts are put on white.

    Parameters
    ----------
    source : Source
    whole : Picture or None
        The picture in memory, which is a single band.
    band_pixels : int
        Pixels of a band, if it is not in memory.
    """

    def __init__(self, source: Source, whole: Picture | None = None, band_pixels: int = 0) -> None:
        self.name, self.shape = source.name, source.shape if whole is None else whole.shape
        self._source, self._whole, self._band_pixels = source, whole, band_pixels
        self._lost = frozenset[Loss]() if whole is None else whole.lost

    @property
    def metadata(self) -> Metadata:
        """What came with the pixels."""
        return self._source.metadata if self._whole is None else self._whole.metadata

    @property
    def lost(self) -> frozenset[Loss]:
        """What has been lost so far; more may be found while bands are read."""
        return self._lost

    def bands(self) -> Iterator[UInt8Array]:
        """Yield the (h, W, 3) pixels from top to bottom."""
        if self._whole is not None:
            yield self._whole.pixels
            return
        for band in self._source.bands(self._band_pixels, background="white"):
            self._lost |= band.lost
            yield band.pixels

    def warn(self, stacklevel: int) -> None:
        """Warn about what was lost, attributed to the caller `stacklevel` calls above."""
        warn_lost(self.name, self.lost, stacklevel=stacklevel + 1)


def read_whole(image: ImageSource) -> Opened:
    """Read a picture into memory."""
    with open_source(image, n_threads=1) as source:
        return Opened(source, source.read(background="white"))


@contextmanager
def opened_in_bands(image: ImageSource, band_pixels: int, n_threads: int) -> Iterator[Opened]:
    """Open a picture of which about `band_pixels` pixels are in memory at a time."""
    with open_source(image, n_threads=n_threads) as source:
        yield Opened(source, band_pixels=band_pixels)
