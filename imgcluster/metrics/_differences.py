"""How far one picture is from another, pixel by pixel and as people see it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from imgcluster.parameters import plain_array
from imgcluster.types import Float32Array, UInt8Array

_SIGMA, _WINDOW = 1.5, 11  # of Wang et al. (2004)
_STRIP = 1 << 17  # pixels at a time: the formula of 2000 needs 30 arrays


def squared_error(a: UInt8Array, b: UInt8Array) -> float:
    """Return the mean over pixels of the squared RGB distance, summed over the channels.

    Parameters
    ----------
    a, b : ndarray of shape (H, W, 3), uint8

    Returns
    -------
    float
        Not negative.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import metrics
    >>> metrics.squared_error(np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 2, np.uint8))
    12.0
    """
    _check_pair(a, b)
    total = sum(int((np.subtract(x, y, dtype=np.int32) ** 2).sum()) for x, y in zip(a, b, strict=True))
    return total / int(a.shape[0] * a.shape[1])


def ssim(a: UInt8Array, b: UInt8Array) -> float:
    """Return the mean structural similarity of the luma of two pictures.

    Parameters
    ----------
    a, b : ndarray of shape (H, W, 3), uint8
        In sRGB. Sides below 11 pixels are mirrored up to that.

    Returns
    -------
    float
        At most 1, for equal pictures.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity", 2004,
    doi:10.1109/TIP.2003.819861: a Gaussian window of 11 x 11 pixels with a standard deviation of 1.5.

    Examples
    --------
    >>> from imgcluster import metrics
    >>> from skimage import data
    >>> metrics.ssim(data.coffee(), data.coffee())
    1.0
    """
    measures: Any = import_module("skimage.metrics")
    _check_pair(a, b)
    x, y = _luma(a), _luma(b)
    missing = [max(0, _WINDOW - side) for side in x.shape]
    if any(missing):
        pads = [(n // 2, n - n // 2) for n in missing]
        x, y = np.pad(x, pads, "symmetric"), np.pad(y, pads, "symmetric")
    found = measures.structural_similarity(
        x, y, data_range=255, gaussian_weights=True, sigma=_SIGMA, use_sample_covariance=False
    )
    return float(found)


def delta_e_2000(a: UInt8Array, b: UInt8Array) -> Float32Array:
    """Return the color difference CIEDE2000 of each pixel; about 1 is just noticeable.

    Parameters
    ----------
    a, b : ndarray of shape (H, W, 3), uint8
        In sRGB.

    Returns
    -------
    ndarray of shape (H, W), float32

    References
    ----------
    Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula", 2005, doi:10.1002/col.20070.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import metrics
    >>> gray = np.full((1, 1, 3), 128, np.uint8)
    >>> round(float(metrics.delta_e_2000(gray, gray + np.uint8(1))[0, 0]), 2)
    0.38
    """
    spaces: Any = import_module("skimage.color")
    _check_pair(a, b)
    found = np.zeros(a.shape[:2], np.float32)
    rows = max(1, _STRIP // a.shape[1])
    for top in range(0, len(a), rows):
        x, y = a[top : top + rows], b[top : top + rows]
        # equal pixels are at 0, and often most of them
        differs = (x != y).any(axis=2)
        if differs.any():
            one, other = (spaces.rgb2lab(pixels[differs]) for pixels in (x, y))
            found[top : top + rows][differs] = spaces.deltaE_ciede2000(one, other)
    return found


def _luma(pixels: UInt8Array) -> Float32Array:
    """Return the luma of Rec. 601."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    luma: Float32Array = pixels.astype(np.float32) @ weights
    return luma


def _check_pair(a: UInt8Array, b: UInt8Array) -> None:
    """Reject arrays that are not two pictures of the same size."""
    for name, pixels in (("a", a), ("b", b)):
        if not isinstance(pixels, np.ndarray):
            raise TypeError(f"{name} must be an array, got {type(pixels).__name__}")
        plain_array(name, pixels)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
            raise ValueError(f"{name} must be uint8 of shape (H, W, 3), got {pixels.dtype} {pixels.shape}; convert it")
    if a.shape != b.shape:
        (h, w), (other_h, other_w) = a.shape[:2], b.shape[:2]
        raise ValueError(f"both pictures must have one size, got {w} x {h} and {other_w} x {other_h}; scale one first")
