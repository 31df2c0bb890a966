"""The part of each frame that changes: what an animation has to store of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.types import UInt8Array, UInt32Array


@dataclass(frozen=True, eq=False)
class Frame:
    """A whole frame, as the input of encoders.

    Attributes
    ----------
    indices : ndarray of shape (H, W), integer
    palette : ndarray of shape (k, 3) or (k, 4), uint8
        Its colors; the same array for all frames if they share one.
    kept : ndarray of shape (H, W), bool, or None
        Pixels that stay as they are shown; their index is that of the clear color. For a GIF, None in a frame in
        which pixels become clear.
    """

    indices: NDArray[Any]
    palette: UInt8Array
    kept: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Patch:
    """A rectangle to draw."""

    left: int
    top: int
    indices: NDArray[Any]  # (h, w)
    palette: UInt8Array
    colors: UInt32Array  # (h, w), RGBA in one number: those of the indices, or what is kept
    changed: NDArray[np.bool_]  # (h, w): what is not there already
    clears: bool  # whether the rectangle must be cleared before the next frame

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.indices.shape
        return width, height

    def rgba(self) -> UInt8Array:
        """Return the pixels, (h, w, 4)."""
        return np.ascontiguousarray(self.colors).view(np.uint8).reshape(*self.indices.shape, 4)


def patches(frames: Iterable[Frame], *, can_clear: bool, even: bool = False) -> Iterator[Patch]:
    """Yield what changes from frame to frame.

    A format that can only draw over what is there (`can_clear` is False) has a rectangle cleared after the frame before
    if pixels become transparent. With `even`, rectangles begin at even coordinates.
    """
    ahead = iter(frames)
    frame = next(ahead, None)
    if frame is None:
        return
    colors = words_of(frame.palette).take(frame.indices)
    changed: NDArray[np.bool_] = np.ones(colors.shape, np.bool_)
    while frame is not None:
        after = next(ahead, None)
        next_colors = colors if after is None else _drawn(after, colors)
        cleared = None if can_clear else (next_colors == 0) & (colors != 0)
        clears = cleared is not None and bool(cleared.any())
        top, bottom, left, right = _bounds(changed | cleared if clears and cleared is not None else changed)
        if even:
            top, left = top & ~1, left & ~1
        place = slice(top, bottom), slice(left, right)
        yield Patch(left, top, frame.indices[place], frame.palette, colors[place], changed[place], clears)
        there = colors
        if clears:
            there = colors.copy()
            there[place] = 0
        frame, colors = after, next_colors
        changed = colors != there


def words_of(palette: UInt8Array) -> UInt32Array:
    """Return the colors of a palette as RGBA in one number each; a clear one is 0."""
    rgba = np.full((len(palette), 4), 255, np.uint8)
    rgba[:, : palette.shape[1]] = palette
    rgba[rgba[:, 3] == 0] = 0
    words: UInt32Array = rgba.view(np.uint32)[:, 0]
    return words


def clear_entry(palette: UInt8Array) -> int | None:
    """Return the index of the fully clear color."""
    if palette.shape[1] == 3:
        return None
    found = np.flatnonzero(palette[:, 3] == 0)
    return int(found[0]) if len(found) else None


def _drawn(frame: Frame, before: UInt32Array) -> UInt32Array:
    """Return the colors of a frame that follows another."""
    colors = words_of(frame.palette).take(frame.indices)
    return colors if frame.kept is None else np.where(frame.kept, before, colors)


def _bounds(changed: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return the rectangle of what changes, at least a pixel: top, bottom, left, right."""
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not len(rows):
        return 0, 1, 0, 1
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
