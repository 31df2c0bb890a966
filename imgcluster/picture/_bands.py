"""Pictures in bands of rows, so that memory depends on the band and not on the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture._pixels import Pixels, check_array, pixels_of_array
from imgcluster.types import UInt8Array


class Bands(Protocol):
    """A picture that can be read again and again, some rows at a time."""

    height: int
    width: int

    def read(self, n_pixels: int) -> Iterator[Pixels]:
        """Yield the upright (h, W, 3) sRGB pixels from top to bottom, about `n_pixels` at a time."""
        ...


class ArrayBands:
    """An array in memory, or mapped from a file, of a kind that `read_image` takes."""

    def __init__(self, array: NDArray[Any], warn: Callable[[str], None]) -> None:
        check_array(array)
        self.height, self.width = array.shape[:2]
        self._array, self._warn = array, warn

    def read(self, n_pixels: int) -> Iterator[Pixels]:
        """Yield the pixels from top to bottom."""
        rows = max(1, n_pixels // self.width)
        for top in range(0, self.height, rows):
            # np.asarray: the views that NumPy makes of a memmap carry it along
            yield pixels_of_array(np.asarray(self._array[top : top + rows]), self._warn)


def regrouped(bands: Iterable[UInt8Array], multiple: int) -> Iterator[UInt8Array]:
    """Yield the same rows in bands whose heights are multiples of a number, but for the last."""
    rest: list[UInt8Array] = []
    n_rest = 0
    for band in bands:
        n_whole = (n_rest + len(band)) // multiple * multiple - n_rest
        if n_whole > 0:
            yield np.concatenate([*rest, band[:n_whole]]) if rest else band[:n_whole]
            rest, n_rest, band = [], 0, band[n_whole:]
        if len(band):
            # a copy: a view would keep its whole band
            rest.append(band.copy())
            n_rest += len(band)
    if rest:
        yield np.concatenate(rest)
