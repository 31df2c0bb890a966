"""What becomes of alpha in a format that holds all of it, clear pixels only, or none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imgcluster.facts import Loss
from imgcluster.picture._picture import composited
from imgcluster.picture.formats import Format
from imgcluster.types import UInt8Array

Rows: TypeAlias = "NDArray[Any] | Iterable[NDArray[Any]]"

_WHITE = 255, 255, 255
_OPAQUE_FROM = 128  # of a mask
_NOTHING = frozenset[Loss]()


def held_by(format: Format, rows: Rows, palette: UInt8Array | None) -> tuple[Rows, UInt8Array | None, frozenset[Loss]]:
    """Return rows and palette with what a format holds of their alpha, four channels only if some are not opaque."""
    if palette is not None:
        return _indices_held(format, rows, palette)
    if isinstance(rows, np.ndarray) and rows.shape[2:] == (4,):
        pixels, lost = _held(format, rows)
        return pixels, None, lost
    return rows, None, _NOTHING


def _indices_held(format: Format, rows: Rows, palette: UInt8Array) -> tuple[Rows, UInt8Array, frozenset[Loss]]:
    """Return indices and palette with what a format holds of alpha; the clear entry of a mask is a single one."""
    if palette.shape[1] == 3:
        return rows, palette, _NOTHING
    used = np.ones(len(palette), np.bool_)
    if isinstance(rows, np.ndarray) and format.alpha != "full":
        used[:] = np.bincount(rows.ravel(), minlength=len(palette)) > 0
    colors, _ = _held(format, palette[np.newaxis])
    _, lost = _held(format, palette[np.newaxis, used])
    palette = np.ascontiguousarray(colors[0])
    if format.alpha == "mask" and palette.shape[1] == 4:
        return _with_one_clear_entry(rows, palette), palette, lost
    return rows, palette, lost


def _held(format: Format, pixels: UInt8Array) -> tuple[UInt8Array, frozenset[Loss]]:
    """Return (h, w, 4) pixels with what a format holds of their alpha, and whether that lost something."""
    alpha = pixels[:, :, 3]
    if alpha.min() == 255:
        return np.ascontiguousarray(pixels[:, :, :3]), _NOTHING
    if format.alpha == "full":
        return pixels, _NOTHING
    if format.alpha is None:
        return composited(pixels[:, :, :3], alpha, _WHITE), frozenset({Loss.ALPHA})
    mask = np.where(alpha < _OPAQUE_FROM, 0, 255).astype(np.uint8)
    lost = frozenset({Loss.PARTIAL_ALPHA}) if (mask != alpha).any() else _NOTHING
    return _held_mask(np.dstack([pixels[:, :, :3], mask])), lost


def _held_mask(pixels: UInt8Array) -> UInt8Array:
    """Drop a mask that covers nothing."""
    return pixels if pixels[:, :, 3].min() == 0 else np.ascontiguousarray(pixels[:, :, :3])


def _with_one_clear_entry(rows: Rows, palette: UInt8Array) -> Rows:
    """Give clear pixels the first of the clear entries, the only one that is clear in the file."""
    clear = palette[:, 3] == 0
    if clear.sum() == 1:
        return rows
    merged = np.where(clear, clear.argmax(), np.arange(len(palette))).astype(np.min_scalar_type(len(palette) - 1))
    return merged[rows] if isinstance(rows, np.ndarray) else (merged[band] for band in rows)
