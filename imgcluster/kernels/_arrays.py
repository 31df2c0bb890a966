"""Where large arrays lie: in memory, or wherever a caller has them made; and work on them some rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Empty: TypeAlias = Callable[[tuple[int, ...], DTypeLike], NDArray[Any]]
"""What makes an array of a shape and type that holds anything."""

_MAKER: ContextVar[Empty] = ContextVar("maker", default=np.empty)
_BAND = 1 << 18  # elements at a time: they fit in the cache


@contextmanager
def made_by(maker: Empty) -> Iterator[None]:
    """Let `empty` make arrays by `maker` within the block, on this thread; those on other threads lie in memory."""
    token = _MAKER.set(maker)
    try:
        yield
    finally:
        _MAKER.reset(token)


def in_memory() -> bool:
    """Check whether `empty` makes arrays in memory."""
    return _MAKER.get() is np.empty


def empty(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Make an array that may be as large as a picture, where the caller wants it."""
    return _MAKER.get()((shape,) if isinstance(shape, int) else shape, dtype)


def bands(array: NDArray[Any], n_elements: int = _BAND) -> Iterator[slice]:
    """Yield the rows of an array, some at a time, so that what is made of them stays small."""
    n_rows = max(1, n_elements // max(array[:1].size, 1))
    for top in range(0, len(array), n_rows):
        yield slice(top, min(top + n_rows, len(array)))


def by_bands(function: Callable[..., NDArray[Any]], dtype: DTypeLike, *arrays: NDArray[Any]) -> NDArray[Any]:
    """Return what an elementwise function makes of arrays of as many rows, computed some rows at a time."""
    made: NDArray[Any] | None = None
    for rows in bands(arrays[0]):
        band = function(*(array[rows] for array in arrays))
        if made is None:
            made = empty((len(arrays[0]), *band.shape[1:]), dtype)
        made[rows] = band
    return empty(arrays[0].shape, dtype) if made is None else made
