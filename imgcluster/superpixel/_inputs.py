"""What superpixels take: checks that say which parameter is wrong, what was given, and the way out."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.files import shown
from imgcluster.kernels import bands, by_bands
from imgcluster.parameters import from_zero, given_text, plain_array
from imgcluster.picture import check_array
from imgcluster.segmentation import way_to_renumber
from imgcluster.types import BoolArray, Int32Array

_ROUNDING = 1e-6  # of sums that should give 1
RAW_WAY_OUT = 'pass channels="raw" for channels that are not colors'
_FIRST, _LAST = 16, 32  # channels that may come first, pixels that may come last


def check_image_shape(image: NDArray[Any], channels: str) -> None:
    """Reject arrays that are no image: of colors, or of channels of any meaning."""
    check_array(image, raw=True)
    first = image.ndim == 3 and image.shape[0] <= _FIRST and min(image.shape[1:]) >= _LAST
    hint = "; they come last: numpy.moveaxis(image, 0, -1)" if first else ""
    if channels == "raw":
        if first:
            raise ValueError(f"image must have its channels last, got {image.shape[2]}{hint}")
        return
    if image.ndim == 3 and image.shape[2] > 4:
        raise ValueError(
            f"image must be of shape (H, W), (H, W, 3) or (H, W, 4), got {image.shape}; pass ndim=3 for a volume, or "
            f"{RAW_WAY_OUT.removeprefix('pass ')}{hint}"
        )
    if image.ndim == 3 and image.shape[2] > 1 and image.dtype.kind not in "iu":
        try:
            check_array(image)
        except TypeError as error:
            raise TypeError(f"{error}, or {RAW_WAY_OUT}") from None


def check_inside(image: NDArray[Any], inside: BoolArray | None) -> tuple[float, float]:
    """Reject values inside that are not finite; return the lowest and the highest of floating point, else 0."""
    if image.dtype.kind != "f":
        return 0.0, 0.0
    low, high = float(image.min()), float(image.max())
    if inside is not None and not (low >= 0 and high <= 1):
        low, high = (float(limit) for limit in limits_inside(image, inside))
    if not (np.isfinite(low) and np.isfinite(high)):
        n_bad = n_values = 0
        for rows in bands(image):
            values = image[rows] if inside is None else image[rows][inside[rows]]
            n_bad, n_values = n_bad + int(np.count_nonzero(~np.isfinite(values))), n_values + values.size
        raise ValueError(
            f"image must be finite, but {n_bad} of {n_values} values are NaN or infinite; "
            "leave them out by nodata=nan (--nodata nan) or a mask, or replace them first"
        )
    if high - low > np.finfo(np.float64).max / 4:
        raise ValueError(f"image must span less than 1e307, got {low:g} to {high:g}; scale it")
    return low, high


def limits_inside(values: NDArray[Any], inside: BoolArray | None) -> tuple[Any, Any]:
    """Return the lowest and the highest value inside as numbers of Python, NaN if there is one; 0 if nothing is."""
    parts = (values[rows] if inside is None else values[rows][inside[rows]] for rows in bands(values))
    limits = [(part.min(), part.max()) for part in parts if part.size]
    if not limits:
        return 0, 0
    lows, highs = zip(*limits, strict=True)
    return np.min(lows).item(), np.max(highs).item()


def check_limits(low: float, high: float) -> None:
    """Reject floating-point sRGB outside 0..1."""
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f"image must be in 0..1, 0..255 or -1..1 where it is floating point, got {low:g} to {high:g}; scale it, "
            f"name black and white by value_range, or {RAW_WAY_OUT}"
        )


def check_nodata(nodata: object) -> float | None:
    """Return the value that means "no data", which may be NaN or infinite."""
    if nodata is None:
        return None
    if isinstance(nodata, bool) or not isinstance(nodata, int | float | np.integer | np.floating):
        raise TypeError(f"nodata must be a number, got {given_text(nodata)}")
    return float(nodata)


def _array_of(name: str, value: object, kinds: str, what: str) -> NDArray[Any]:
    """Return an array of one of these kinds of numbers, all of them finite."""
    if isinstance(value, str | bytes | os.PathLike):
        way_out = "Segmentation.from_labels(path, image)" if name == "labels" else "numpy.load or PIL.Image.open"
        raise TypeError(f"{name} must be an array, got the file {shown(value)}; read it with {way_out}")
    array = plain_array(name, value)
    if array.ndim == 0:
        raise ValueError(f"{name} must be an array, got the single value {given_text(value)}")
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must be {what}, got {array.dtype}")
    if array.dtype.kind == "f" and not all(np.isfinite(array[rows]).all() for rows in bands(array)):
        raise ValueError(f"{name} must be finite, got NaN or infinity; replace them with numpy.nan_to_num")
    return array


def inside_of(mask: NDArray[Any]) -> BoolArray:
    """Return what is inside: not 0, and of integers with negative values, such as labels, not below 0."""
    if mask.dtype == np.bool_:
        return np.ascontiguousarray(mask)
    has_outside = mask.dtype.kind == "i" and int(mask.min(initial=0)) < 0
    return by_bands(_from_zero if has_outside else _not_zero, np.bool_, mask)


def _from_zero(mask: NDArray[Any]) -> BoolArray:
    inside: BoolArray = mask >= 0
    return inside


def _not_zero(mask: NDArray[Any]) -> BoolArray:
    inside: BoolArray = mask != 0
    return inside


def filled_mask(mask: Any) -> Any:
    """Return a mask that is 0 where it is masked itself."""
    is_masked = isinstance(mask, np.ma.MaskedArray) and mask.dtype.kind in "biuf"
    return np.ma.filled(mask, 0) if is_masked else mask


def check_mask(mask: Any, shape: tuple[int, ...]) -> BoolArray | None:
    """Return what is inside as (H, W) of bool, or None for everything."""
    if mask is None:
        return None
    values = filled_mask(mask)
    array = _array_of("mask", values, "biuf", "of bool or numbers")
    if array.shape != shape:
        raise ValueError(
            f"mask must be as high and wide as the image, {shape}, got {array.shape}; resize it, "
            "such as by scikit-image's resize(mask, image.shape[:2], order=0)"
        )
    inside = inside_of(array)
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
    array = _array_of("labels", from_zero(labels), "iu", "integers")
    if array.shape != shape:
        raise ValueError(f"labels must be as high and wide as the image, {shape}, got {array.shape}")
    low, high = int(array.min()), int(array.max())
    most = shape[0] * shape[1] if n_segments is None else n_segments
    if low < -1 or high >= most:
        allowed = f"the number of pixels - 1 = {most - 1}" if n_segments is None else f"n_segments - 1 = {most - 1}"
        way_out = way_to_renumber(low)
        if n_segments is not None:
            way_out = f"leave n_segments out, or {way_out}"
        raise ValueError(f"labels must be -1 (outside) to {allowed}, got {low if low < -1 else high}; {way_out}")
    return np.ascontiguousarray(array, np.int32)
