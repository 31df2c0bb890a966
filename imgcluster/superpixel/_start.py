"""Where a search begins: how many segments, in which pixels, from which seeds or labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.segmentation import Segmentation
from imgcluster.superpixel._inputs import check_labels, check_mask, check_seeds
from imgcluster.types import BoolArray, Int32Array

DEFAULT_SEGMENTS = 400


@dataclass(frozen=True, eq=False)
class Start:
    """What a search begins with, all checked against the image."""

    n_segments: int  # wanted, which may be more than there are pixels
    n_inside: int  # pixels to segment
    inside: BoolArray | None  # (H, W); None: everything
    seeds: Int32Array | None  # (n, 2)
    labels: Int32Array | None  # (H, W), -1 outside
    n_given: int = 0  # labels that were given are below


def check_start(
    shape: tuple[int, ...],
    n_segments: int | None,
    mask: NDArray[Any] | None,
    seeds: NDArray[Any] | None,
    labels: NDArray[Any] | Segmentation | None,
) -> Start:
    """Check mask, seeds and labels against the shape of the image, and settle how many segments there should be."""
    if seeds is not None and labels is not None:
        raise ValueError("seeds and labels both say where to begin; give one of them")
    inside = check_mask(mask, shape)
    if labels is not None:
        given = check_labels(labels, n_segments, shape)
        n_given = max(len(np.unique(given[given >= 0])), 1)
        limit = int(given.max()) + 1
        inside, given = _settle(inside, given)
        return Start(n_segments or n_given, _count(inside, shape), inside, None, given, limit)
    points = None if seeds is None else check_seeds(seeds, shape, inside)
    wanted = n_segments or DEFAULT_SEGMENTS if points is None else len(points)
    return Start(wanted, _count(inside, shape), inside, points, None)


def _settle(inside: BoolArray | None, given: Int32Array) -> tuple[BoolArray | None, Int32Array]:
    """Settle which pixels are inside: those of the mask, where new ones share a new label, or all that have a label."""
    if inside is None:
        known = given >= 0
        return (None if known.all() else known), given
    fresh = np.int32(given.max() + 1)
    return inside, np.where(inside, np.where(given < 0, fresh, given), np.int32(-1))


def _count(inside: BoolArray | None, shape: tuple[int, ...]) -> int:
    return shape[0] * shape[1] if inside is None else int(np.count_nonzero(inside))
