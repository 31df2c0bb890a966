"""The value that means "no data", as a type holds it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.types import BoolArray

_HUGE = 1e37  # a "no data" of this size is the end of float32, and often written with fewer digits
_DIGITS = 1e-3


def equal_to(values: NDArray[Any], nodata: float) -> BoolArray:
    """Return where values are `nodata`, as their type holds it."""
    kind = values.dtype.newbyteorder("=")
    if math.isnan(nodata):
        return np.isnan(values) if kind.kind == "f" else np.zeros(values.shape, bool)
    if kind.kind != "f":
        found: BoolArray = values == (int(nodata) if float(nodata).is_integer() else nodata)
        return found
    if abs(nodata) > _HUGE:
        near: BoolArray = np.abs(values.astype(np.float64) / nodata - 1) < _DIGITS
        return near
    with np.errstate(over="ignore"):
        same: BoolArray = values == kind.type(nodata)
    return same
