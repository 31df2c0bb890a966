"""Scanlines of a PNG: packed indices, filtered (PNG specification, third edition, W3C 2025, chapter 9)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.types import UInt8Array

NONE, SUB, UP, AVERAGE, PAETH = range(5)
ADAPTIVE = 5  # for each row the filter whose bytes, as signed numbers, have the least sum
_STRIP_BYTES = 1 << 16  # temporary arrays of a strip stay in the cache


def packed(values: UInt8Array, bits: int) -> UInt8Array:
    """Return rows of values of 1, 2, 4 or 8 bits, leftmost highest, the last byte padded with zeros."""
    if bits == 8:
        return values
    height, width = values.shape
    per_byte = 8 // bits
    rows = np.zeros((height, -(-width // per_byte)), np.uint8)
    for position in range(per_byte):
        part = values[:, position::per_byte]
        rows[:, : part.shape[1]] |= part << np.uint8(8 - bits * (position + 1))
    return rows


def scanlines(rows: UInt8Array, above: UInt8Array | None, kind: int) -> memoryview:
    """Return rows, each after its filter type; `above` is the row before the first, zeros at the top of a picture."""
    height, n_bytes = rows.shape
    lines = np.empty((height, n_bytes + 1), np.uint8)
    if kind <= UP:
        _fill(lines, rows, above, kind)
        return lines.data.cast("B")
    step = max(1, _STRIP_BYTES // n_bytes)
    for top in range(0, height, step):
        strip = slice(top, top + step)
        before = rows[top - 1] if top else above
        if kind == ADAPTIVE:
            lines[strip] = _adaptive(rows[strip], before)
        else:
            _fill(lines[strip], rows[strip], before, kind)
    return lines.data.cast("B")


def _fill(lines: UInt8Array, rows: UInt8Array, above: UInt8Array | None, kind: int) -> None:
    """Filter rows into lines, all by one filter."""
    lines[:, 0] = kind
    filtered = lines[:, 1:]
    if kind == NONE:
        filtered[:] = rows
    elif kind == SUB:
        filtered[:, 0] = rows[:, 0]
        np.subtract(rows[:, 1:], rows[:, :-1], out=filtered[:, 1:])
    elif kind == UP:
        filtered[0] = rows[0] if above is None else rows[0] - above
        np.subtract(rows[1:], rows[:-1], out=filtered[1:])
    else:
        np.subtract(rows, _predicted(rows, above, kind), out=filtered)


def _predicted(rows: UInt8Array, above: UInt8Array | None, kind: int) -> UInt8Array:
    """Return the average of the left and the upper byte, or what Paeth's rule takes of these and the one between."""
    height, n_bytes = rows.shape
    known = np.zeros((height + 1, n_bytes + 1), np.int16)
    known[1:, 1:] = rows
    if above is not None:
        known[0, 1:] = above
    left, up, corner = known[1:, :-1], known[:-1, 1:], known[:-1, :-1]
    if kind == AVERAGE:
        return ((left + up) >> 1).astype(np.uint8)
    to_left, to_up = up - corner, left - corner
    to_corner = np.abs(to_left + to_up)
    to_left, to_up = np.abs(to_left), np.abs(to_up)
    best = np.where(to_up <= to_corner, up, corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, best).astype(np.uint8)


def _adaptive(rows: UInt8Array, above: UInt8Array | None) -> UInt8Array:
    """Filter each row by all filters, and take the least."""
    height, n_bytes = rows.shape
    lines = np.empty((PAETH + 1, height, n_bytes + 1), np.uint8)
    sums = np.empty((PAETH + 1, height), np.int64)
    for kind in range(PAETH + 1):
        _fill(lines[kind], rows, above, kind)
        signed: NDArray[Any] = lines[kind, :, 1:].view(np.int8)
        # -128 stays what it is, and is 128 as an unsigned number
        np.abs(signed).view(np.uint8).sum(axis=1, dtype=np.int64, out=sums[kind])
    chosen: UInt8Array = lines[sums.argmin(axis=0), np.arange(height)]
    return chosen
