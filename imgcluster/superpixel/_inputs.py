"""What superpixels take: checks that say which parameter is wrong, what was given, and the way out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture import check_array, read_image
from imgcluster.segmentation import check_pixels
from imgcluster.types import BoolArray, ImageSource, Int32Array

MAX_CHANNELS = 16
_DEEP = (np.uint8, np.uint16, np.float32, np.float64)  # colors that CIELAB is computed from as they are
_ROUNDING = 1e-6  # of sums that should give 1
_RAW_WAY_OUT = 'pass channels="raw" for channels that are not colors'


def check_image(image: ImageSource, channels: str) -> NDArray[Any]:
    """Return pixels: (H, W, 3) of sRGB, or with channels="raw" (H, W) or (H, W, C).

    RGB arrays keep their depth; all else of sRGB becomes what reading a file of the same picture gives.
    """
    if channels == "raw":
        return _check_raw(image)
    if not isinstance(image, np.ndarray):
        return read_image(image)
    try:
        check_array(image)
    except ValueError as error:
        raise ValueError(f"{error}; {_RAW_WAY_OUT}{_channels_last(image.shape)}") from None
    native = image.astype(image.dtype.newbyteorder("="), copy=False)
    if native.dtype.kind == "f":
        _check_range(*_check_finite(native))
    return native if native.shape[2:] == (3,) and native.dtype in _DEEP else read_image(native)


def _check_raw(image: object) -> NDArray[Any]:
    """Return an array of raw channels."""
    if not isinstance(image, np.ndarray):
        kind = type(image).__name__
        raise TypeError(f'image must be an array for channels="raw", got {kind}; pass numpy.asarray(image)')
    pixels = check_pixels(image)
    if pixels.ndim == 3 and pixels.shape[2] > MAX_CHANNELS:
        n = pixels.shape[2]
        way_out = _channels_last(pixels.shape) or "; take their first principal components"
        raise ValueError(f"image must have 1 to {MAX_CHANNELS} channels, got {n}{way_out}")
    if pixels.dtype.kind == "f":
        low, high = _check_finite(pixels)
        if high - low > np.finfo(np.float64).max / 4:
            raise ValueError(f"image must span less than 1e307, got {low:g} to {high:g}; scale it")
    return pixels


def _channels_last(shape: tuple[int, ...]) -> str:
    """Return what to do where channels seem to come first; nothing where they do not."""
    first = len(shape) == 3 and shape[0] <= MAX_CHANNELS < shape[2]
    return "; they come last: numpy.moveaxis(image, 0, -1)" if first else ""


def _check_finite(image: NDArray[Any]) -> tuple[float, float]:
    """Reject values that are not finite; return the lowest and the highest."""
    low, high = float(image.min()), float(image.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        n_bad = int(np.count_nonzero(~np.isfinite(image)))
        raise ValueError(
            f"image must be finite, but {n_bad} of {image.size} values are NaN or infinite; "
            "replace them with numpy.nan_to_num and leave them out with mask"
        )
    return low, high


def _check_range(low: float, high: float) -> None:
    """Reject floating-point sRGB outside 0..1."""
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f"image must be in 0..1 where it is floating point, got {low:g} to {high:g}; scale it, or {_RAW_WAY_OUT}"
        )


def _array_of(name: str, value: object, kinds: str, what: str) -> NDArray[Any]:
    """Return an array of one of these kinds of numbers, all of them finite."""
    try:
        array = np.asarray(value)
    except ValueError:  # lists in a list that differ in length
        raise ValueError(f"{name} must be an array, got rows of different lengths") from None
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must be {what}, got {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity; replace them with numpy.nan_to_num")
    return array


def check_mask(mask: NDArray[Any] | None, shape: tuple[int, ...]) -> BoolArray | None:
    """Return what is inside as (H, W) of bool, or None for everything."""
    if mask is None:
        return None
    array = _array_of("mask", mask, "biuf", "of bool or numbers")
    if array.shape != shape:
        raise ValueError(f"mask must be as high and wide as the image, {shape}, got {array.shape}")
    inside: BoolArray = np.ascontiguousarray(array != 0)
    return None if inside.all() else inside


def check_seeds(seeds: NDArray[Any], shape: tuple[int, ...], inside: BoolArray | None) -> Int32Array:
    """Return distinct positions (n, 2) of pixels inside."""
    array = _array_of("seeds", seeds, "biuf", "numbers")
    if array.shape == shape and array.shape[1:] != (2,):
        points = np.argwhere(array)
    elif array.ndim == 2 and array.shape[1] == 2:
        points = np.rint(array)
    else:
        raise ValueError(
            f"seeds must be of shape (n, 2), rows and columns, or a map as high and wide as the image, {shape}, "
            f"got {array.shape}"
        )
    if len(points) == 0:
        raise ValueError("seeds must be at least one, got none")
    outside = ((points < 0) | (points >= shape)).any(axis=1)
    if not outside.any():
        points = points.astype(np.int64, order="C")
        outside = np.zeros(len(points), bool) if inside is None else ~inside[tuple(points.T)]
    if outside.any():
        row, column = points[outside][0]
        raise ValueError(f"seeds must lie in the image of shape {shape} and in its mask, got ({row:g}, {column:g})")
    if len(np.unique(points @ [shape[1], 1])) < len(points):
        raise ValueError("seeds must lie on different pixels, got some twice; drop these with numpy.unique(axis=0)")
    return np.ascontiguousarray(points, np.int32)  # those of a map are transposed


def check_labels(labels: object, n_segments: int | None, shape: tuple[int, ...]) -> Int32Array:
    """Return labels to begin with, of an array or a segmentation, as int32; below 0 outside."""
    array = _array_of("labels", getattr(labels, "labels", labels), "iu", "integers")
    if array.shape != shape:
        raise ValueError(f"labels must be as high and wide as the image, {shape}, got {array.shape}")
    low, high = int(array.min()), int(array.max())
    most = shape[0] * shape[1] if n_segments is None else n_segments
    if low < -1 or high >= most:
        allowed = f"the number of pixels - 1 = {most - 1}" if n_segments is None else f"n_segments - 1 = {most - 1}"
        way_out = "renumber them with numpy.unique(labels, return_inverse=True)"
        if n_segments is not None:
            way_out = f"leave n_segments out, or {way_out}"
        raise ValueError(f"labels must be -1 (outside) to {allowed}, got {low if low < -1 else high}; {way_out}")
    return np.ascontiguousarray(array, np.int32)
