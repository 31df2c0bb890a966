"""A picture that is open to be quantized: upright pixels, whole or in bands, and what is lost on reading them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from imgcluster.errors import ConversionWarning
from imgcluster.facts import Loss
from imgcluster.files import shown
from imgcluster.picture import open_bands, read_image_and_losses
from imgcluster.types import ImageSource, UInt8Array

_LOSS_OF_WORDS = {
    "partly transparent": Loss.ALPHA,
    "only the first": Loss.FRAMES,
    "its color profile": Loss.PROFILE,
    "its EXIF data": Loss.ORIENTATION,
}


class Opened:
    """A picture that can be read again and again.

    Parameters
    ----------
    name : str
        For messages.
    shape : tuple of int
        Height and width.
    read : function
        Returns the (h, W, 3) bands from top to bottom; a picture in memory is one.
    words : dict
        What was lost, in the order found; more may be found while bands are read.
    """

    def __init__(
        self, name: str, shape: tuple[int, int], read: Callable[[], Iterator[UInt8Array]], words: dict[str, None]
    ) -> None:
        self.name, self.shape, self.bands = name, shape, read
        self._words = words

    @property
    def lost(self) -> frozenset[Loss]:
        """What has been lost so far."""
        found = (loss for words in self._words for start, loss in _LOSS_OF_WORDS.items() if words.startswith(start))
        return frozenset(found)

    def warn(self, stacklevel: int) -> None:
        """Warn of what was lost, in the name of the caller so many calls above."""
        for words in self._words:
            warnings.warn(f"{self.name}: {words}", ConversionWarning, stacklevel=stacklevel)


def read_whole(image: ImageSource) -> Opened:
    """Read a picture into memory."""
    pixels, words = read_image_and_losses(image)
    return Opened(_name(image), pixels.shape[:2], lambda: iter([pixels]), dict.fromkeys(words))


@contextmanager
def opened_in_bands(image: ImageSource, band_pixels: int, n_threads: int) -> Iterator[Opened]:
    """Open a picture of which about so many pixels are in memory at a time."""
    words: dict[str, None] = {}
    with open_bands(image, words.setdefault, n_threads) as bands:
        yield Opened(_name(image), (bands.height, bands.width), lambda: bands.read(band_pixels), words)


def _name(image: ImageSource) -> str:
    return "the array" if isinstance(image, np.ndarray) else shown(image)
