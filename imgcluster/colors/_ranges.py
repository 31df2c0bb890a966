"""The lowest and highest values of channels: quantiles, so that a hot pixel does not flatten the rest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.kernels import bands
from imgcluster.types import BoolArray, Float64Array, Int64Array

TAIL = 0.002  # of the values at either end lie beyond the range of a channel
_LEAST = 100  # pixels; of fewer, none is beyond
_SAMPLE = 1 << 18  # pixels of a larger image that are looked at, in rows and columns of equal distance
_FEW = 1 << 12  # of these inside a mask: then its pixels are counted out


def channel_ranges(image: NDArray[Any], inside: BoolArray | None = None) -> Float64Array:
    """Return the range of each channel: its 0.2 % and 99.8 % quantiles inside, or lowest and highest where these agree.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
        Values that are not finite are left out.
    inside : ndarray of shape (H, W), bool, optional

    Returns
    -------
    ndarray of shape (C, 2), float64
        The quantiles are values of the image: of a sample of 512 x 512 pixels if it is larger.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.tile(np.arange(100), (10, 1))
    >>> image[3, 4] = 65535
    >>> channel_ranges(image).tolist()
    [[0.0, 99.0]]
    """
    planes = image[..., None] if image.ndim == 2 else image
    values = sample_inside(planes, inside)
    n, n_channels = values.shape
    if n == 0:
        return np.tile([0.0, 1.0], (n_channels, 1))
    if image.dtype.kind == "f" and not np.isfinite(values).all():
        ranges = np.concatenate([_quantiles(column[np.isfinite(column)][:, None]) for column in values.T])
    else:
        ranges = _quantiles(values)
    for channel in np.flatnonzero(ranges[:, 0] == ranges[:, 1]):
        ranges[channel] = _limits(planes[..., channel], inside)
    return ranges


def _limits(plane: NDArray[Any], inside: BoolArray | None) -> tuple[float, float]:
    """Return the lowest and the highest of the finite values inside; 0 and 1 if there are none."""
    low, high = math.inf, -math.inf
    for rows in bands(plane):
        values = plane[rows] if inside is None else plane[rows][inside[rows]]
        values = values[np.isfinite(values)] if plane.dtype.kind == "f" else values
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    return (low, high) if low <= high else (0.0, 1.0)


def _quantiles(values: NDArray[Any]) -> Float64Array:
    """Return the quantiles of each column of (n, C): (C, 2); zeros if there is none."""
    n, n_channels = values.shape
    if n == 0:
        return np.zeros((n_channels, 2))
    tail = math.ceil(n * TAIL) if n >= _LEAST else 0
    ordered = np.partition(values, (tail, n - 1 - tail), axis=0)
    return np.stack([ordered[tail], ordered[n - 1 - tail]], axis=1).astype(np.float64)


def sample_inside(planes: NDArray[Any], inside: BoolArray | None) -> NDArray[Any]:
    """Return the channels of all pixels inside, or of enough of them: (n, C)."""
    height, width, n_channels = planes.shape
    step = math.isqrt(max(height * width - 1, 0) // _SAMPLE) + 1
    some = planes[step // 2 :: step, step // 2 :: step]
    if inside is None:
        return some.reshape(-1, n_channels)
    found = some[inside[step // 2 :: step, step // 2 :: step]]
    if step > 1 and len(found) < _FEW:
        rows, columns = np.divmod(_every(int(np.count_nonzero(inside)) // _SAMPLE + 1, inside), width)
        found = planes[rows, columns]
    return found


def _every(step: int, inside: BoolArray) -> Int64Array:
    """Return every so-manyth pixel inside, in the flat image."""
    found, n_before, width = [], 0, inside.shape[1]
    for rows in bands(inside):
        places = np.flatnonzero(inside[rows])
        found.append(places[-n_before % step :: step] + rows.start * width)
        n_before += len(places)
    return np.concatenate(found)
