"""Where a search begins: how many segments, in which pixels, from which seeds or labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.kernels import by_bands
from imgcluster.segmentation import Segmentation
from imgcluster.superpixel._inputs import check_labels, check_mask, check_seeds
from imgcluster.superpixel._specks import Specks, split_specks
from imgcluster.types import BoolArray, Int32Array

DEFAULT_SEGMENTS = 400


@dataclass(frozen=True, eq=False)
class Start:
    """What a search begins with, all checked against the image."""

    n_segments: int  # wanted, which may be more than there are pixels
    n_inside: int  # pixels to segment
    inside: BoolArray | None  # (H, W), without specks; None: everything
    seeds: Int32Array | None  # (n, 2)
    labels: Int32Array | None  # (H, W), -1 outside
    everything: BoolArray | None = None  # inside, specks and all
    specks: Specks | None = None  # pieces too small for a segment of their own, which are on top of n_segments
    n_given: int = 0  # labels that were given are below


def check_start(
    shape: tuple[int, ...],
    n_segments: int | None,
    mask: NDArray[Any] | None,
    seeds: NDArray[Any] | None,
    labels: NDArray[Any] | Segmentation | None,
    valid: BoolArray | None = None,
) -> Start:
    """Check mask, seeds and labels against the shape of the image, and settle how many segments there should be.

    What is not `valid` is outside, too.
    """
    if seeds is not None and labels is not None:
        raise ValueError("seeds and labels both say where to begin; give one of them")
    inside, given = check_mask(mask, shape), None
    if labels is not None:
        given = check_labels(labels, n_segments, shape)
        n_segments = n_segments or max(len(np.unique(given[given >= 0])), 1)
    known = None if given is None else given >= 0
    if inside is None and known is not None and not known.all():
        inside = known
    inside = inside if valid is None else valid if inside is None else by_bands(np.logical_and, np.bool_, inside, valid)
    points = None if seeds is None else check_seeds(seeds, shape, inside)
    wanted = n_segments or DEFAULT_SEGMENTS if points is None else len(points)
    everything, n_inside, specks = inside, _count(inside, shape), None
    if everything is not None and n_inside:
        inside, specks = split_specks(everything, min(wanted, n_inside), points, known)
    n_given = 0 if given is None else int(given.max()) + 1
    given = None if given is None else _settle(everything, given)
    return Start(wanted, n_inside, inside, points, given, everything, specks, n_given)


def _settle(inside: BoolArray | None, given: Int32Array) -> Int32Array:
    """Return labels of what is inside, where pixels without one share a new one; -1 outside."""
    if inside is None:
        return given
    fresh = np.int32(given.max() + 1)
    return np.where(inside, np.where(given < 0, fresh, given), np.int32(-1))


def _count(inside: BoolArray | None, shape: tuple[int, ...]) -> int:
    return shape[0] * shape[1] if inside is None else int(np.count_nonzero(inside))
