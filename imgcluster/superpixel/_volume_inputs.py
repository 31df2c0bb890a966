"""What superpixels of volumes take: voxels, and which of them are inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.parameters import check_range, given_text, plain_array
from imgcluster.picture import equal_to, read_volume
from imgcluster.segmentation import check_volume
from imgcluster.superpixel._inputs import filled_mask, inside_of
from imgcluster.types import BoolArray, Float64Array


@dataclass(frozen=True, eq=False)
class TakenVolume:
    """A volume, checked.

    Attributes
    ----------
    values : ndarray of shape (D, H, W) or (D, H, W, C)
    raw : bool
        Whether channels are not colors.
    inside : ndarray of shape (D, H, W), bool, or None
        None is everything.
    n_inside : int
    ranges : ndarray of shape (C, 2), float64, or None
        The values of raw channels that become 0 and 100; None: their quantiles.
    """

    values: NDArray[Any]
    raw: bool
    inside: BoolArray | None
    n_inside: int
    ranges: Float64Array | None


def take_volume(image: Any, mask: Any, nodata: float | None, channels: str, value_range: Any) -> TakenVolume:
    """Read and check a volume, its mask and the values that mean something."""
    is_path = isinstance(image, str | bytes) or hasattr(image, "__fspath__")
    given = read_volume(image) if is_path else image
    # what is masked is a part of `valid`
    volume = check_volume(given.data if isinstance(given, np.ma.MaskedArray) else given)
    raw = _is_raw(volume, channels)
    inside, valid = _check_mask(mask, volume.shape[:3]), _valid(volume, given, nodata, raw)
    inside = valid if inside is None else inside if valid is None else np.logical_and(inside, valid)
    _check_values(volume, raw, inside)
    ranges = check_range(value_range, 1 if volume.ndim == 3 else volume.shape[3])
    if ranges is not None and not raw:
        raise ValueError(
            f'value_range is for volumes of gray or raw channels, got {given_text(value_range)}; pass channels="raw"'
        )
    size = volume[..., 0].size if volume.ndim == 4 else volume.size
    return TakenVolume(volume, raw, inside, size if inside is None else int(np.count_nonzero(inside)), ranges)


def _valid(volume: NDArray[Any], given: object, nodata: float | None, raw: bool) -> BoolArray | None:
    """Return where there is data, not masked and not `nodata`; None if that is everywhere."""
    missing = np.zeros(volume.shape[:3], bool)
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        masked = np.ma.getmaskarray(given)
        missing |= masked.any(axis=3) if masked.ndim == 4 else masked
    if nodata is not None:
        equal = equal_to(volume, nodata)
        missing |= equal if equal.ndim == 3 else equal.any(axis=3) if raw else equal.all(axis=3)
    if missing.all():
        what = "masked" if nodata is None else f"nodata ({nodata:g}) or masked"
        raise ValueError(f"a volume must have data, but all of its {missing.size} voxels are {what}; check nodata")
    return ~missing if missing.any() else None


def _is_raw(volume: NDArray[Any], channels: str) -> bool:
    """Settle whether channels are not colors: gray volumes are intensities whatever is asked for."""
    if channels == "raw" or volume.ndim == 3:
        return True
    if volume.shape[3] != 3:
        raise ValueError(
            f"a volume of colors must be of shape (D, H, W, 3), got {volume.shape}; "
            'pass channels="raw" for channels that are not colors'
        )
    return False


def _check_mask(mask: NDArray[Any] | None, shape: tuple[int, ...]) -> BoolArray | None:
    """Return what is inside as (D, H, W) of bool, or None for everything."""
    if mask is None:
        return None
    array = plain_array("mask", filled_mask(mask))
    if array.dtype.kind not in "biuf":
        raise TypeError(f"mask must be of bool or numbers, got {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"mask must be of the shape of the volume, {shape}, got {array.shape}; a voxel, a value")
    inside = inside_of(array)
    return None if inside.all() else inside


def _check_values(volume: NDArray[Any], raw: bool, inside: BoolArray | None) -> None:
    """Reject values inside that are not finite, and colors beyond 0..1."""
    if volume.dtype.kind != "f":
        return
    values = volume if inside is None else volume[inside]
    if not values.size:
        return
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        n_bad = int(np.count_nonzero(~np.isfinite(values)))
        raise ValueError(
            f"a volume must be finite, but {n_bad} of {values.size} values are NaN or infinite; "
            "leave them out by nodata=nan (--nodata nan) or a mask, or replace them first"
        )
    if not raw and (low < 0 or high > 1):
        raise ValueError(
            f"colors must be in 0..1 where they are floating point, got {low:g} to {high:g}; "
            'scale them, or pass channels="raw" for channels that are not colors'
        )
    if high - low > np.finfo(np.float64).max / 4:
        raise ValueError(f"a volume must span less than 1e307, got {low:g} to {high:g}; scale it")
