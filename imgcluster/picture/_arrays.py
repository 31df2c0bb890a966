"""Checks of arrays as pictures, and their conversion to 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from imgcluster.kernels import bands, by_bands

# For a 12-megapixel RGB picture: strips of 16 to 128 rows 16 ms, np.asarray of the whole 44 ms (it joins a
# thousand pieces), Pillow's Arrow buffer 21 ms (and only with another allocator).
_STRIP_PIXELS = 1 << 17
_ROUNDING = 1e-6  # of sums that should give 1
_CHANNELS = (np.uint8, np.uint16, np.float32, np.float64)  # that kernels take
COMPLEX_WAY_OUT = "pass numpy.abs(image), or its real and imaginary parts as bands"


SCALE = "scale them first; superpixels takes any values"


class DepthError(ValueError):
    """The values of a picture do not show where black and white are: what is wrong, and the way out."""

    def __init__(self, problem: str, way_out: str) -> None:
        super().__init__(problem, way_out)
        self.problem, self.way_out = problem, way_out

    def __str__(self) -> str:
        return f"{self.problem}; {self.way_out}"


def check_array(array: NDArray[Any], *, raw: bool = False) -> None:
    """Reject arrays that are not a picture.

    Parameters
    ----------
    array : ndarray
        Gray (H, W) or (H, W, 1), gray and alpha (H, W, 2), RGB (H, W, 3) or RGBA (H, W, 4); with `raw`, (H, W) or
        (H, W, C) of one channel or more.
    raw : bool
        Whether the channels are not colors.

    Raises
    ------
    ValueError
        When the shape is not one of these, or has no pixels.
    TypeError
        When the values are not of bool, uint8, uint16 or floating point; with `raw`, of bool or real numbers.
    """
    if raw:
        if array.ndim not in (2, 3):
            raise ValueError(f"image must be of shape (H, W) or (H, W, C), got {array.shape}")
    elif array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4)):
        raise ValueError(f"image must be of shape (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if array.size == 0:
        missing = "band" if array.shape[2:] == (0,) and 0 not in array.shape[:2] else "pixel"
        raise ValueError(f"image must have at least one {missing}, got shape {array.shape}")
    native = array.dtype.newbyteorder("=")
    if native.kind == "c":
        allowed = "bool, integers or floating point" if raw else "uint8, uint16 or floating point in 0..1"
        raise TypeError(f"image must be {allowed}, got {array.dtype}; {COMPLEX_WAY_OUT}")
    if raw and native.kind not in "biuf":
        raise TypeError(f"image must be bool, integers or floating point, got {array.dtype}; convert it first")
    if not raw and native not in (np.bool_, np.uint8, np.uint16) and native.kind != "f":
        raise TypeError(f"image must be uint8, uint16 or floating point in 0..1, got {array.dtype}; convert it first")


def channels_of(array: NDArray[Any], inside: NDArray[np.bool_] | None = None) -> NDArray[Any]:
    """Return channels of any real type as uint8, uint16, float32 or float64, in the byte order of this machine.

    Integers of other types become uint16 if they fit inside, so that depth does not depend on the type that holds
    them; else float32 if they have 16 bits at most, and float64.
    """
    native = array if array.dtype.isnative else _converted(array, array.dtype.newbyteorder("="))
    if native.dtype in _CHANNELS:
        return native
    if native.dtype == np.bool_:
        return _converted(native, np.uint8)
    if native.dtype.kind in "iu" and _fit_16_bits(native, inside):
        return by_bands(lambda rows: np.clip(rows, 0, 65535), np.uint16, native)
    return _converted(native, np.float32 if native.dtype.itemsize <= 2 else np.float64)


def _converted(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return the array in another type."""
    return by_bands(lambda rows: rows, dtype, array)


def _fit_16_bits(array: NDArray[Any], inside: NDArray[np.bool_] | None) -> bool:
    """Check whether all integers inside, of which there are some, are 0..65535."""
    n = 0
    for rows in bands(array):
        values = array[rows] if inside is None else array[rows][inside[rows]]
        n += values.size
        if values.size and not (values.min() >= 0 and values.max() <= 65535):
            return False
    return n > 0


def turned(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn stored values upright, according to their EXIF orientation."""
    if orientation in (2, 3, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7):
        values = values[::-1]
    if orientation in (5, 7):
        values = values.swapaxes(0, 1)
    return np.ascontiguousarray(np.rot90(values, {6: -1, 8: 1}.get(orientation, 0)))


def strip_rows(width: int) -> int:
    """Count the rows of a strip."""
    return max(1, _STRIP_PIXELS // width)


def to_8_bit(values: NDArray[Any], top: int = 65535) -> NDArray[np.uint8]:
    """Scale integers from 0..`top`, or floats from 0..1, to 0..255, rounded to the nearest."""
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return np.where(values, np.uint8(255), np.uint8(0))
    if values.dtype.kind == "f":
        low, high = float(values.min()), float(values.max())
        # the negation catches NaN
        if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
            got = low if not low >= -_ROUNDING else high
            raise DepthError(f"floating-point values must be between 0 and 1, got {got:g}", SCALE)
        rounded: NDArray[np.uint8] = (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
        return rounded
    scaled: NDArray[np.uint8] = ((values.astype(np.uint32) * 255 + top // 2) // top).astype(np.uint8)
    return scaled
