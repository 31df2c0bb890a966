"""Principal components of many channels: as many as the kernels take, with most of what tells pixels apart."""

from __future__ import annotations

import numpy as np

from imgcluster.types import Float64Array, Int64Array

_UNIT = 1 << 12  # of the entries of the axes: rounded, so that no last bit of an eigenvector reaches a feature


def principal_axes(values: Int64Array, n_axes: int) -> tuple[Int64Array, Int64Array]:
    """Return the middle of values (n, C) and their leading axes (C, n_axes), in units of 1 / 4096.

    Sums are of whole numbers, so the same in any order; of each axis the entry of the largest size is positive.
    """
    n = max(len(values), 1)
    middle = values.sum(axis=0) // n
    centered: Float64Array = (values - middle).astype(np.float64)
    _, vectors = np.linalg.eigh(centered.T @ centered)
    axes = vectors[:, ::-1][:, :n_axes]
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1, 1)
    return middle, np.rint(axes * _UNIT).astype(np.int64)


def projected(values: Float64Array, middle: Int64Array, axes: Int64Array) -> Float64Array:
    """Return the components (..., n_axes) of whole numbers (..., C), rounded; exact: the products stay below 2^53."""
    shape = values.shape[:-1]
    flat = (values - middle).reshape(-1, len(middle)) @ axes.astype(np.float64)
    components: Float64Array = np.rint(flat / _UNIT).reshape(*shape, axes.shape[1])
    return components
