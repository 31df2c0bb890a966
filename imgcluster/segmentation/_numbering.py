"""Numbers of segments that others gave or want: any integers in, any values out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.files import by_label, read_by_label, shown
from imgcluster.parameters import from_zero, given_text, plain_array
from imgcluster.types import Int32Array, PathLike


def numbered(labels: Any, outside: int | None, nodata: float | None = None) -> tuple[Int32Array, NDArray[Any]]:
    """Return a map of any integers renumbered from 0 by their size, -1 where it is `outside`, and the integers."""
    array = plain_array("labels", from_zero(labels))
    if array.dtype.kind not in "biu":
        raise TypeError(f"labels must be integers, got {array.dtype}; convert them with .astype(int)")
    if array.size == 0:
        raise ValueError(f"labels must have at least one pixel, got shape {array.shape}")
    array = array.astype(np.uint8) if array.dtype == bool else array.astype(array.dtype.newbyteorder("="), copy=False)
    values = _distinct(array)
    kept = values
    if outside is not None and (isinstance(outside, bool) or not isinstance(outside, int | np.integer)):
        raise TypeError(f"outside must be a whole number or None, got {given_text(outside)}")
    if outside is not None:
        kept = values[(values != outside) & (values != (outside if nodata is None else nodata))]
    return _places(array, kept), kept


def _distinct(array: NDArray[Any]) -> NDArray[Any]:
    """Return the distinct integers of a map in ascending order, from where they change along rows: these are few."""
    flat = array.reshape(-1)
    is_new = np.ones(flat.size, bool)
    np.not_equal(flat[1:], flat[:-1], out=is_new[1:])
    return np.unique(flat[is_new])


def _places(array: NDArray[Any], values: NDArray[Any]) -> Int32Array:
    """Return where each integer stands among ascending ones, -1 if it is none of them."""
    if len(values) == 0:
        return np.full(array.shape, -1, np.int32)
    low, width = int(values[0]), int(values[-1]) - int(values[0]) + 1
    if width <= 4 * array.size and array.dtype != np.uint64:
        table = np.full(width + 1, -1, np.int32)  # the last one is for all others
        table[values.astype(np.int64) - low] = np.arange(len(values))
        at = array.astype(np.int64) - low
        return table[np.where((at >= 0) & (at < width), at, width)]
    found = np.minimum(np.searchsorted(values, array), len(values) - 1)
    return np.where(values[found] == array, found, -1).astype(np.int32)


def values_by_segment(table: ArrayLike | Mapping[int, Any] | PathLike, n: int, start_label: int) -> NDArray[Any]:
    """Return the value of each segment, (n, ...), from a table by place or by label."""
    table = _read(table)
    if not isinstance(table, Mapping):
        values = plain_array("table", table)
        if values.shape[:1] != (n,):
            got = "a single value" if values.ndim == 0 else f"{len(values)}"
            raise ValueError(f"table must have a value for each of {n} segments, got {got}; to_table has their order")
        return values
    labels = range(start_label, start_label + n)
    _check_labels(table, labels)
    missing = [label for label in labels if label not in table]
    if missing:
        raise ValueError(f"table must have a value for each of {n} segments, but {missing_of(missing)}")
    values = np.asarray([table[label] for label in labels])
    return values if n else np.zeros(0, np.int64)


def classes_by_segment(
    table: ArrayLike | Mapping[int, Any] | PathLike, n: int, start_label: int, most: int = np.iinfo(np.int32).max - 1
) -> Int32Array:
    """Return the number of the class of each segment, which label files can hold beside what is outside: (n,)."""
    values = values_by_segment(table, n, start_label)
    if values.ndim != 1 or (n and values.dtype.kind not in "biu"):
        raise TypeError(f"table must hold a whole number for each segment, got {values.dtype} of shape {values.shape}")
    wrong = values[(values < start_label) | (values > most)]
    if len(wrong):
        raise ValueError(f"table must hold numbers from {start_label} to {most}, got {wrong[0]}; number classes anew")
    return values.astype(np.int32)


def groups_of(
    table: ArrayLike | Mapping[int, Any] | PathLike, n: int, start_label: int
) -> tuple[Int32Array, NDArray[Any]]:
    """Return the group of each segment, numbered by its lowest segment, (n,), and the values of groups.

    A mapping need not name all: others stay for themselves, unless their label is the value of a group.
    """
    table = _read(table)
    if isinstance(table, Mapping):
        labels = range(start_label, start_label + n)
        _check_labels(table, labels)
        table = {label: table.get(label, label) for label in labels}
    values = values_by_segment(table, n, start_label)
    if values.ndim != 1 or values.dtype.kind not in "biu":
        raise TypeError(f"table must hold a whole number for each segment, got {values.dtype} of shape {values.shape}")
    distinct, first, groups = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    numbers = np.empty(len(order), np.int32)
    numbers[order] = np.arange(len(order))
    return numbers[groups.reshape(-1)], distinct[order]


def _read(table: Any) -> Any:
    """Return a table as an array or a mapping from labels; of a file values are numbers."""
    if not isinstance(table, str | bytes | os.PathLike):
        return by_label(table)
    texts, column = read_by_label(table)
    try:
        values = {label: float(text.partition("#")[0]) for label, text in texts.items()}
    except ValueError:
        label, text = next((label, text) for label, text in texts.items() if not _is_number(text))
        said = f"{shown(os.fsdecode(table))} must hold numbers in {column}, got {text!r} for label {label}"
        raise ValueError(f"{said}; number the classes, in a last column of their own") from None
    return (
        {label: int(value) for label, value in values.items()}
        if all(map(float.is_integer, values.values()))
        else values
    )


def _is_number(text: str) -> bool:
    try:
        float(text.partition("#")[0])
    except ValueError:
        return False
    return True


def missing_of(labels: list[int]) -> str:
    """Return what to say of labels that a table leaves out."""
    if len(labels) == 1:
        return f"{labels[0]} is missing; add it"
    first = ", ".join(map(str, labels[:5])) + (", ..." if len(labels) > 5 else "")
    return f"{len(labels)} are missing: {first}; add them, as with a class of their own"


def _check_labels(table: Mapping[int, Any], labels: range) -> None:
    """Reject a table with labels that no segment has."""
    unknown = next((label for label in table if label not in labels), None)
    if unknown is not None:
        last = f"{labels.start} to {labels.stop - 1}" if labels else "none"
        raise ValueError(f"table must hold labels of segments, which are {last}, got {unknown!r}; leave it out")


def spread(values: NDArray[Any], indices: Int32Array, outside: Any) -> NDArray[Any]:
    """Give every pixel the value of its segment: (H, W, ...)."""
    if (indices < 0).any():
        kind = None if values.dtype.kind == "U" else values.dtype  # texts are as long as the longest
        last = np.full((1, *values.shape[1:]), str(outside) if kind is None else _fitting(outside, kind), kind)
        values = np.concatenate([values, last])
    return values[indices]


def _fitting(outside: Any, dtype: np.dtype[Any]) -> Any:
    """Return the value of what is outside, if the type can hold it."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if not (float(outside).is_integer() and limits.min <= outside <= limits.max):
            raise ValueError(f"outside must fit {dtype}, got {outside}; choose another, or convert the table")
    return outside
