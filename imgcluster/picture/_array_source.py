"""Pictures from arrays in memory, or mapped from a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.facts import Loss
from imgcluster.kernels import empty
from imgcluster.parameters import check_int
from imgcluster.picture._arrays import check_array, strip_rows, to_8_bit
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._picture import Picture, composited, rgb_of
from imgcluster.types import Background


class ArraySource:
    """An array of one of the shapes and types that `check_array` accepts.

    Parameters
    ----------
    array : ndarray
    name : str
        For messages.
    raw : bool
        Whether its channels are not colors.
    """

    n_frames = 1
    animation = None
    metadata = Metadata()
    format = None

    def __init__(self, array: NDArray[Any], name: str = "the array", *, raw: bool = False) -> None:
        check_array(array, raw=raw)
        self.name, self._array, self._raw = name, array, raw
        self.shape: tuple[int, int] = array.shape[:2]

    def read(self, frame: int | None = None, *, background: Background | None = None) -> Picture:
        """Return the picture; an array that needs no conversion is not copied."""
        check_int("frame", 0 if frame is None else frame, 0, 0)
        return _raw_picture(self._array) if self._raw else _picture_of(self._array, background)

    def values(self, frame: int | None = None, *, raw: bool = False) -> Picture:
        """Return the array as it is."""
        check_int("frame", 0 if frame is None else frame, 0, 0)
        return Picture(self._array, kind="bands")

    def value_bands(self, n_rows: int, frame: int | None = None, *, raw: bool = False) -> Iterator[Picture]:
        """Yield rows of the array, so many at a time."""
        check_int("frame", 0 if frame is None else frame, 0, 0)
        for top in range(0, self.shape[0], n_rows):
            yield Picture(np.asarray(self._array[top : top + n_rows]), kind="bands")

    def frames(self, *, background: Background | None = None) -> Iterator[Picture]:
        """Yield the picture."""
        yield self.read(background=background)

    def bands(
        self, n_pixels: int, frame: int | None = None, *, background: Background | None = None
    ) -> Iterator[Picture]:
        """Yield the picture from top to bottom."""
        check_int("frame", 0 if frame is None else frame, 0, 0)
        rows = max(1, n_pixels // self.shape[1])
        for top in range(0, self.shape[0], rows):
            # np.asarray: NumPy's views of a memmap would keep a reference to it
            band = np.asarray(self._array[top : top + rows])
            yield _raw_picture(band) if self._raw else _picture_of(band, background)

    def close(self) -> None:
        """Do nothing: the array is the caller's."""

    def __enter__(self) -> ArraySource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _raw_picture(array: NDArray[Any]) -> Picture:
    """Return channels as they are, in the byte order of this machine."""
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return Picture(native[:, :, np.newaxis] if native.ndim == 2 else native, kind="bands")


def _picture_of(array: NDArray[Any], background: Background | None) -> Picture:
    """Return the RGB picture of a gray, RGB or RGBA array, put on a background if one is given."""
    if array.dtype == np.uint8 and array.shape[2:] == (3,):
        return Picture(np.ascontiguousarray(array))
    height, width = array.shape[:2]
    has_alpha = array.shape[2:] in ((2,), (4,))
    color = rgb_of(background) if has_alpha and background is not None else None
    pixels = empty((height, width, 3), np.uint8)
    alpha: NDArray[np.uint8] | None = None
    lost = frozenset[Loss]() if array.dtype in (np.uint8, np.bool_) else frozenset({Loss.DEPTH})
    for top in range(0, height, rows := strip_rows(width)):
        place = slice(top, top + rows)
        strip = to_8_bit(array[place])
        strip = strip[:, :, np.newaxis] if strip.ndim == 2 else strip
        pixels[place] = strip[:, :, :-1] if has_alpha else strip
        if has_alpha and strip[:, :, -1].min() < 255:
            if color is not None:
                pixels[place] = composited(pixels[place], strip[:, :, -1], color)
                lost |= {Loss.ALPHA}
                continue
            alpha = np.full((height, width), 255, np.uint8) if alpha is None else alpha
            alpha[place] = strip[:, :, -1]
    return Picture(pixels, alpha, lost=lost)
