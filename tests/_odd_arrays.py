"""Arrays as callers have them: of every type, layout and subclass, and what a call may do with them."""

from __future__ import annotations

import ast
import functools
import linecache
import tempfile
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image

import imgcluster
from imgcluster.errors import ImgclusterError

PACKAGE = str(Path(imgcluster.__file__).parent)
REAL = ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "g"]
OTHER = ["c8", "c16", "O", "M8[s]", "m8[D]", "U3", "S2", "V4", [("red", "u1"), ("green", "f4")]]
PIL_MODES = [
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBX",
    "RGBa",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "I;16",
    "F",
]


class OwnArray(np.ndarray):
    """A subclass that adds nothing."""


class FrameLike:
    """Not an array, but it can be made one, as those of pandas and xarray can."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._values = values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self._values, dtype=dtype)


def plain(shape: Any, dtypes: list[Any] | None = None) -> st.SearchStrategy[NDArray[Any]]:
    """Draw a plain array of the shapes; of floating point mostly in 0..1, but also not a number, infinite, or huge."""
    return st.sampled_from(REAL + OTHER if dtypes is None else dtypes).flatmap(
        lambda dtype: shape.flatmap(lambda size: _filled(size, np.dtype(dtype)))
    )


def _filled(size: tuple[int, ...], dtype: np.dtype[Any]) -> st.SearchStrategy[NDArray[Any]]:
    if dtype.kind in "OMmUSV":
        return st.just(np.zeros(size, dtype))
    if dtype.kind == "f":
        inside = st.integers(0, 255).map(lambda value: value / 255)
        elements = st.one_of(*[inside] * 8, st.sampled_from([0.0, 1.0, np.nan, np.inf, -np.inf, -0.5, 2.0, 255.0, 6e4]))
        return st.one_of(_seeded(size, dtype), arrays.arrays(dtype, size, elements=elements))
    return _seeded(size, dtype)


def _seeded(size: tuple[int, ...], dtype: np.dtype[Any]) -> st.SearchStrategy[NDArray[Any]]:
    def make(seed: int) -> NDArray[Any]:
        rng = np.random.default_rng(seed)
        top = {"b": 2, "f": 1}.get(dtype.kind) or (100 if dtype.itemsize == 1 else 30000)
        return (rng.random(size) * top).astype(dtype)

    return st.integers(0, 9).map(make)


def _swapped(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(array.dtype.newbyteorder("S")) if array.dtype.kind in "iufcMm" else array


def _memmap(array: NDArray[Any]) -> Any:
    if array.dtype.hasobject or array.size == 0:
        return array
    with tempfile.TemporaryFile() as file:
        mapped = np.memmap(file, array.dtype, "w+", shape=array.shape)
    mapped[...] = array
    return mapped


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array = array.copy()
    array.flags.writeable = False
    return array


def _strided(array: NDArray[Any]) -> NDArray[Any]:
    wide = np.zeros(tuple(2 * side for side in array.shape), array.dtype)
    part = tuple(slice(None, None, 2) for _ in array.shape)
    wide[part] = array
    return wide[part]


def _unaligned(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.hasobject or array.size == 0:
        return array
    return np.frombuffer(b"x" + array.tobytes(), array.dtype, offset=1).reshape(array.shape)


# the same values, differently held; what holds none of the kind is given as it is
DRESSES: dict[str, Callable[[NDArray[Any]], Any]] = {
    "plain": lambda array: array,
    "columns first": np.asfortranarray,
    "strided": _strided,
    "reversed": lambda array: array[tuple(slice(None, None, -1) for _ in array.shape)].copy()[
        tuple(slice(None, None, -1) for _ in array.shape)
    ],
    "read only": _read_only,
    "other byte order": _swapped,
    "unaligned": _unaligned,
    "subclass": lambda array: array.view(OwnArray),
    "matrix": lambda array: array.view(np.matrix) if array.ndim == 2 else array,
    "record array": lambda array: array.view(np.recarray),
    "memory map": _memmap,
    "nothing masked": np.ma.masked_array,
    "lists": lambda array: array.tolist(),
    "frame": FrameLike,
}


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or its error if that is one of the package's own, in one line; others are raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return call()
    except (ValueError, TypeError, ImgclusterError) as caught:
        error = caught
    said = str(error)
    assert said, f"{type(error).__name__} without a word"
    assert "\n" not in said, said
    assert _is_meant(error), "".join(traceback.format_exception(error)[-6:])
    return error


def _is_meant(error: Exception) -> bool:
    """Check that an error comes from a line of the package that raises, and not out of what it called."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return last.filename.startswith(PACKAGE) and last.lineno in _raising(last.filename)


@functools.cache
def _raising(file: str) -> frozenset[int]:
    """Return the lines of a file that are part of a raise statement."""
    tree = ast.parse("".join(linecache.getlines(file)))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    return frozenset(line for node in nodes for line in range(node.lineno, (node.end_lineno or node.lineno) + 1))


def pil_image(mode: str, size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Return a small image of a mode."""
    rng = np.random.default_rng(seed)
    rgb = (
        Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), np.uint8)) if min(size) else Image.new("RGB", size)
    )
    if mode == "F":
        return Image.fromarray(rng.random((size[1], size[0]), np.float32))  # in 0..1
    try:
        return rgb.convert(mode)
    except ValueError:
        between = {"PA": "LA", "La": "LA", "RGBa": "RGBA", "LAB": None, "I;16": "I", "RGBX": "RGB"}[mode]
        return Image.new(mode, size) if between is None else rgb.convert(between).convert(mode)
