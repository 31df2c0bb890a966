"""The input of writers, checked: pixels, palettes and indices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_pixels(pixels: NDArray[Any]) -> None:
    """Reject pixels that are not a picture."""
    if pixels.dtype != np.uint8:
        raise TypeError(f"pixels must be uint8, got {pixels.dtype}; scale to 0..255 and convert first")
    if pixels.shape[2:] not in ((), (3,), (4,)) or pixels.ndim < 2 or pixels.size == 0:
        raise ValueError(
            f"pixels must be of shape (H, W, 3), (H, W, 4) or (H, W) with at least one pixel, got {pixels.shape}"
        )


def check_palette(palette: NDArray[Any]) -> None:
    """Reject arrays that are not a palette."""
    if palette.dtype != np.uint8:
        raise TypeError(f"palette must be uint8, got {palette.dtype}; round and convert it first")
    if palette.ndim != 2 or palette.shape[1] not in (3, 4) or len(palette) == 0:
        raise ValueError(f"palette must be of shape (k, 3) or (k, 4) with k at least 1, got {palette.shape}")


def check_indices(indices: NDArray[Any], n_colors: int) -> None:
    """Reject indices that are not a picture."""
    if indices.dtype.kind not in "ui":
        raise TypeError(f"indices must be integers, got {indices.dtype}")
    if indices.ndim != 2 or indices.size == 0:
        raise ValueError(f"indices must be of shape (H, W) with at least one pixel, got {indices.shape}")
    low, high = int(indices.min()), int(indices.max())
    if low < 0 or high >= n_colors:
        got = low if low < 0 else high
        raise ValueError(f"indices must be between 0 and {n_colors - 1} for {n_colors} colors, got {got}")
