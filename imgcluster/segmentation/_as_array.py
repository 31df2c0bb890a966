"""A segmentation in the place of its label map, for functions that take arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from imgcluster.types import Int32Array

_OF_ARRAYS = {
    "T",
    "all",
    "any",
    "astype",
    "base",
    "copy",
    "data",
    "flags",
    "flat",
    "flatten",
    "itemsize",
    "max",
    "min",
    "nbytes",
    "ravel",
    "reshape",
    "size",
    "strides",
    "sum",
    "take",
    "tolist",
    "transpose",
}


class AsArray(NDArrayOperatorsMixin):  # type: ignore[misc, unused-ignore]
    """What makes a label map of an object with `labels`, for `mark_boundaries`, `regionprops` and their like.

    Operators are those of the label map: ``segmentation == 3`` is a mask. Where labels begin at 0, some functions take
    segment 0 for background; `start_label=1` keeps it.
    """

    labels: Any  # (H, W) or (D, H, W), int32

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the label map."""
        shape: tuple[int, ...] = self.labels.shape
        return shape

    @property
    def ndim(self) -> int:
        """Number of axes of the label map."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[np.int32]:
        """Type of the label map, int32."""
        return np.dtype(np.int32)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the label map; NumPy calls this."""
        return np.array(self.labels, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Compute with the label map; NumPy calls this."""
        arrays = (value.labels if isinstance(value, AsArray) else value for value in inputs)
        return getattr(ufunc, method)(*arrays, **options)

    def __getattr__(self, name: str) -> Any:
        """Return what every array has."""
        if name in _OF_ARRAYS:
            return getattr(self.labels, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    __hash__ = object.__hash__  # operators compare labels, so that sets and dictionaries go by identity

    def __getitem__(self, key: Any) -> Any:
        """Return a part of the label map, as `labels[key]`."""
        labels: Int32Array = self.labels
        return labels[key]
