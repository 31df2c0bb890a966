"""Segments as annotations, in the formats of tools in which people look at pictures and correct them."""

from __future__ import annotations

import colorsys
import json
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
        """Width and height of the picture."""
        height, width = self.labels.shape
        return width, height

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

    def mask(self, segment: int) -> BoolArray:
        """Return the pixels of a segment in its box."""
        top, left, bottom, right = self.boxes[segment].tolist()
        inside: BoolArray = self.labels[top:bottom, left:right] == segment
        return inside


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
