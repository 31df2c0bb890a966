"""Segments as annotations, in the formats of tools in which people look at pictures and correct them."""

from __future__ import annotations

import colorsys
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.segmentation.polygons import Columns, Outlines, trace
from imgcluster.types import BoolArray, Int32Array

_GOLDEN = 0.618033988749895  # turns of the hue from class to class: all differ
UNNAMED = "segment"
"""The class of segments without classes."""


@dataclass(frozen=True, eq=False)
class Annotations:
    """What is written of segments as annotations.

    Attributes
    ----------
    labels : ndarray of shape (H, W), int32
        0..n-1, each of them used, negative outside.
    boxes : ndarray of shape (n, 4), int32
        First row and column, and those behind the last ones.
    areas : ndarray of shape (n,), int64
        Numbers of pixels.
    columns : dict of str to ndarray of shape (n,)
        Measurements; the column label holds the labels that the user knows.
    classes : list of str
        The class of each segment.
    image_path : str
        The picture, as the format names it.
    scale : tuple of two float
        How many pixels of the full picture are as wide and high as one of labels.
    """

    labels: Int32Array
    boxes: Int32Array
    areas: NDArray[np.integer[Any]]
    columns: Columns
    classes: list[str]
    image_path: str
    scale: tuple[float, float] = (1.0, 1.0)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the full picture."""
        height, width = self.labels.shape
        return round(width * self.scale[0]), round(height * self.scale[1])

    @cached_property
    def names(self) -> list[str]:
        """Names of the classes, each once, in the order of segments."""
        return list(dict.fromkeys(self.classes))

    def parts(self) -> Iterator[Outlines]:
        """Yield the outlines of segments, some at a time."""
        return trace(self.labels, self.boxes[:, 2] - 1)

    def full_parts(self) -> Iterator[Outlines]:
        """Yield the outlines of segments in pixels of the full picture."""
        for part in self.parts():
            is_full = self.scale == (1.0, 1.0)
            yield part if is_full else replace(part, corners=(part.corners * np.array(self.scale)).round(2))

    def full_box(self, segment: int) -> tuple[int, int, int, int]:
        """Return the first row and column of a segment in the full picture, and those behind its last ones."""
        top, left, bottom, right = self.boxes[segment].tolist()
        x, y = self.scale
        return _first(top, y), _first(left, x), _first(bottom, y), _first(right, x)

    def mask(self, segment: int) -> BoolArray:
        """Return the pixels of a segment in its full box: each has the label of where its center lies."""
        top, left, bottom, right = self.boxes[segment].tolist()
        inside: BoolArray = self.labels[top:bottom, left:right] == segment
        if self.scale == (1.0, 1.0):
            return inside
        rows, columns = (
            np.array([_first(i, s) for i in range(first, last + 1)])
            for first, last, s in ((top, bottom, self.scale[1]), (left, right, self.scale[0]))
        )
        full: BoolArray = inside.repeat(np.diff(rows), axis=0).repeat(np.diff(columns), axis=1)
        return full

    def full_areas(self) -> list[float]:
        """Return the areas of segments in pixels of the full picture."""
        areas: list[float] = (self.areas if self.scale == (1.0, 1.0) else self.areas * math.prod(self.scale)).tolist()
        return areas

    def full_columns(self) -> Columns:
        """Return the measurements in pixels of the full picture: areas, places and lengths."""
        if self.scale == (1.0, 1.0):
            return self.columns
        x, y = self.scale
        factors = {"area": x * y, "bbox_top": y, "bbox_bottom": y, "bbox_left": x, "bbox_right": x}
        factors |= dict.fromkeys(("perimeter", "axis_major_length", "axis_minor_length"), math.sqrt(x * y))
        found = {name: column * factors[name] if name in factors else column for name, column in self.columns.items()}
        for name, factor in (("centroid_row", y), ("centroid_column", x)):  # of centers of pixels
            found[name] = (self.columns[name] + 0.5) * factor - 0.5
        return found


def _first(i: int, scale: float) -> int:
    """Return the first pixel of the full picture whose center lies in or behind pixel i."""
    return math.ceil(i * scale - 0.5)


def colors(names: Iterable[str]) -> dict[str, tuple[int, int, int]]:
    """Return a color for each class, all different: red, green and blue from 0 to 255."""
    found = {}
    for i, name in enumerate(names):
        red, green, blue = colorsys.hsv_to_rgb((0.6 + i * _GOLDEN) % 1, 0.75, 0.9)
        found[name] = (round(255 * red), round(255 * green), round(255 * blue))
    return found


def runs(mask: BoolArray) -> list[int]:
    """Return the lengths of runs in a flat mask: outside, inside, outside, ...; the last one is left out if empty."""
    ends = np.flatnonzero(mask[1:] != mask[:-1]) + 1
    begin = [0, 0] if mask[0] else [0]
    lengths: list[int] = np.diff(np.concatenate([begin, ends, [len(mask)]])).tolist()
    return lengths


def has_hole(part: Outlines) -> list[bool]:
    """Check of each segment whether it has a hole: more rings than polygons."""
    n_rings = np.diff(part.polygons[part.segments])
    holes: list[bool] = (n_rings > np.diff(part.segments)).tolist()
    return holes


def as_json(about: dict[str, Any], name: str, items: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the text of a JSON object whose last member is a long list, an item a line."""
    yield f'{_text(about)[:-1]}{"," if about else ""}"{name}":['.encode()
    pieces = map(_text, items)
    yield from (piece.encode() for piece in chain([next(pieces, "")], (",\n" + piece for piece in pieces)))
    yield b"]}\n"


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
