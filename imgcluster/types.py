"""Names of the array types that the package passes around."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

UInt8Array: TypeAlias = NDArray[np.uint8]
Int16Array: TypeAlias = NDArray[np.int16]
UInt16Array: TypeAlias = NDArray[np.uint16]
UInt32Array: TypeAlias = NDArray[np.uint32]
BoolArray: TypeAlias = NDArray[np.bool_]
Int32Array: TypeAlias = NDArray[np.int32]
Int64Array: TypeAlias = NDArray[np.int64]
IntpArray: TypeAlias = NDArray[np.intp]
Float32Array: TypeAlias = NDArray[np.float32]
Float64Array: TypeAlias = NDArray[np.float64]
FloatArray: TypeAlias = NDArray[Any]  # float32 or float64, the same throughout one fit

PathLike: TypeAlias = str | bytes | os.PathLike[str]
ImageSource: TypeAlias = "PathLike | BinaryIO | Image.Image | NDArray[Any]"
Background: TypeAlias = str | Sequence[int]
RandomState: TypeAlias = "int | np.random.Generator | np.random.RandomState | None"
