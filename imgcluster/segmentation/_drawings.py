"""Pictures of segments for people: flat colors, outlines on the photo, labels in colors that tell them apart."""

from __future__ import annotations

import colorsys
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.colors import channel_ranges
from imgcluster.kernels import empty
from imgcluster.types import BoolArray, Float64Array, Int32Array, UInt8Array

_DIMMED = 0.35  # of its brightness is left to what lies outside of the mask
_LONGER_SIDE, _SEGMENT_SIDE = 800, 8  # of the picture and of a segment, in units of the thickness of lines
_ROWS = 128  # at a time: whole pictures of intermediate values would take more memory than the picture


def display_colors(values: NDArray[Any], low: Float64Array, high: Float64Array) -> UInt8Array:
    """Turn colors (..., C) into sRGB (..., 3), uint8: from `low` black to `high` white, (C,) each.

    One channel is gray, two are averaged, of more than three the first three are shown; what is not finite is black.
    """
    n_shown = min(values.shape[-1], 3)
    scale = np.where(high > low, 255 / np.where(high > low, high - low, 1.0), 0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        shown = np.nan_to_num((values[..., :n_shown] - low[:n_shown]) * scale[:n_shown])
    if n_shown == 2:
        shown = shown.mean(axis=-1, keepdims=True)
    shades = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(shades, (*shades.shape[:-1], 3)))


def display_range(
    image: NDArray[Any], value_range: Float64Array | None, inside: BoolArray | None, *, is_color: bool
) -> tuple[Float64Array, Float64Array]:
    """Return the values of each channel that are shown as black and white: (C,) both.

    Unless given these are 0 and 255 for uint8, 0 and 65535 for colors of uint16, 0 and 1 for floating point within
    them; channels of any other image go from their 0.2 % to their 99.8 % quantile inside.
    """
    n_channels = 1 if image.ndim == 2 else image.shape[2]
    if value_range is not None:
        return value_range[:, 0], value_range[:, 1]
    if image.dtype == np.uint8 or (image.dtype == np.uint16 and is_color):
        return np.zeros(n_channels), np.full(n_channels, float(np.iinfo(image.dtype).max))
    low, high = channel_ranges(image, inside).T
    if image.dtype.kind == "f" and low.min() >= 0 and high.max() <= 1:
        return np.zeros(n_channels), np.ones(n_channels)
    return low, high


def photo(image: NDArray[Any], low: Float64Array, high: Float64Array) -> UInt8Array:
    """Show an (H, W) or (H, W, C) image as (H, W, 3), uint8; a new array."""
    planes = image[..., None] if image.ndim == 2 else image
    if image.dtype == np.uint8 and planes.shape[2] == 3 and (low == 0).all() and (high == 255).all():
        copy: UInt8Array = empty(planes.shape, np.uint8)
        copy[...] = planes
        return copy
    out: UInt8Array = empty((*image.shape[:2], 3), np.uint8)
    for top in range(0, len(image), _ROWS):
        out[top : top + _ROWS] = display_colors(planes[top : top + _ROWS], low, high)
    return out


def dim_outside(picture: UInt8Array, labels: Int32Array) -> UInt8Array:
    """Darken, in place, what lies outside of the mask."""
    for top in range(0, len(picture), _ROWS):
        rows = picture[top : top + _ROWS]
        outside = labels[top : top + _ROWS] < 0
        rows[outside] = (rows[outside] * np.float32(_DIMMED)).astype(np.uint8)
    return picture


def color_in(labels: Int32Array, colors: UInt8Array) -> UInt8Array:
    """Give every pixel the color (n, 3) of its label, black outside: (H, W, 3)."""
    # the last entry is that of label -1
    table = np.concatenate([colors, np.zeros((1, 3), np.uint8)])
    return table.take(labels, axis=0, mode="wrap", out=empty((*labels.shape, 3), np.uint8))


def lines(labels: Int32Array, thickness: int) -> NDArray[np.bool_]:
    """Mark the borders between labels by lines of that many pixels: (H, W).

    One pixel marks the left or upper side of a border, two both sides; more widen these evenly.
    """
    marked, is_even = empty(labels.shape, np.bool_), thickness % 2 == 0
    marked.fill(False)
    for top in range(0, len(labels), _ROWS):
        rows, below = labels[top : top + _ROWS], labels[top + 1 : top + _ROWS + 1]
        across, down = rows[:, 1:] != rows[:, :-1], below != rows[: len(below)]
        marked[top : top + len(rows), :-1] |= across
        marked[top : top + len(below)] |= down
        if is_even:
            marked[top : top + len(rows), 1:] |= across
            marked[top + 1 : top + 1 + len(below)] |= down
    radius = (thickness - 1) // 2
    return _widened(_widened(marked, radius).T, radius).T


def _widened(marked: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Mark the pixels up to so many rows above and below those marked, too."""
    wide = empty(marked.shape, np.bool_)
    wide[...] = marked
    for shift in range(1, min(radius, len(marked) - 1) + 1):
        wide[shift:] |= marked[:-shift]
        wide[:-shift] |= marked[shift:]
    return wide


def line_thickness(labels: Int32Array, n_segments: int) -> int:
    """Choose a thickness of lines that show where the whole picture is scaled to a screen, and hide no segment."""
    side = math.sqrt(labels.size / max(n_segments, 1))
    thickness: int = round(min(max(labels.shape) / _LONGER_SIDE, side / _SEGMENT_SIDE))
    return max(1, thickness)


def _palette() -> UInt8Array:
    """Twenty-four colors that are easy to tell apart: twelve hues, light and dark."""
    turns = [(i * 5 % 12) / 12 for i in range(12)]
    tones = [(0.45, 0.97), (0.75, 0.68)]
    colors = [colorsys.hsv_to_rgb(turn, *tones[(i + half) % 2]) for half in range(2) for i, turn in enumerate(turns)]
    shades: UInt8Array = np.rint(np.array(colors) * 255).astype(np.uint8)
    return shades


def distinct_colors(neighbors: Int32Array, n_segments: int) -> UInt8Array:
    """Choose a color for each segment that none of its neighbors has: (n, 3), uint8.

    Segments with the most neighbors choose first (Welsh and Powell, The Computer Journal 10 (1967),
    doi:10.1093/comjnl/10.1.85); where all colors are taken, it is the one taken least often.
    """
    palette = _palette()
    both = np.concatenate([neighbors, neighbors[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    degrees = np.bincount(both[:, 0], minlength=n_segments)
    begins = np.concatenate([[0], degrees.cumsum()])
    chosen = np.full(n_segments, -1)
    for segment in np.argsort(-degrees, kind="stable"):
        around = chosen[both[begins[segment] : begins[segment + 1], 1]]
        taken = np.bincount(around[around >= 0], minlength=len(palette))
        # each starts from the next color, so that all are used; in the palette's order these are far apart
        order = np.roll(np.arange(len(palette)), -int(segment))
        chosen[segment] = order[taken[order].argmin()]
    picked: UInt8Array = palette[chosen]
    return picked
