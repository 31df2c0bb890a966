"""How well the contours of superpixels fit those that people drew."""

from __future__ import annotations

import math

import numpy as np

from imgcluster.metrics._label_maps import BoolArray, Labels, neighbors, same_pixels
from imgcluster.parameters import check_int
from imgcluster.types import Int64Array


def boundary_recall(labels: Labels, truth: Labels, *, tolerance: int | None = None) -> float:
    """Return the part of the true contours that superpixels follow.

    Rec = |{p in bd(G): bd(S) has a pixel in the square of 2r + 1 pixels around p}| / |bd(G)|. A pixel belongs to the
    boundary bd when one of its 4 neighbors has another label, so contours are two pixels thick.

    Parameters
    ----------
    labels : array of int, shape (H, W), or Segmentation
        The superpixels; negative values are left out.
    truth : array of int, shape (H, W), or Segmentation
        The true regions; negative values are left out.
    tolerance : int, optional
        r, in pixels, at least 0; by default 0.0025 of the diagonal, rounded (1 for 481 x 321).

    Returns
    -------
    float
        From 0 to 1, higher is better; 1 where the truth has no contour.

    Raises
    ------
    TypeError
        When a map does not hold whole numbers, or tolerance is not a whole number.
    ValueError
        When the maps are not (H, W) arrays of the same shape, no pixel is inside both, or tolerance is negative.

    Notes
    -----
    Ragged contours alone raise it: read it beside `compactness`.

    References
    ----------
    Martin, Fowlkes, Malik, "Learning to detect natural image boundaries using local brightness, color, and texture
    cues", IEEE TPAMI 26(5), 2004. https://doi.org/10.1109/TPAMI.2004.1273918

    Stutz, Hermans, Leibe, "Superpixels: an evaluation of the state-of-the-art", Computer Vision and Image
    Understanding 166, 2018. https://doi.org/10.1016/j.cviu.2017.03.007

    Examples
    --------
    The true contour lies between columns 1 and 2, the superpixels' between columns 2 and 3:

    >>> from imgcluster import metrics
    >>> truth = [[0, 0, 1, 1]] * 4
    >>> labels = [[0, 0, 0, 1]] * 4
    >>> metrics.boundary_recall(labels, truth, tolerance=0), metrics.boundary_recall(labels, truth, tolerance=1)
    (0.5, 1.0)
    """
    found, true, radius = _contours(labels, truth, tolerance)
    n_true = np.count_nonzero(true)
    return float(np.count_nonzero(true & _widened(found, radius)) / n_true) if n_true else 1.0


def boundary_precision(labels: Labels, truth: Labels, *, tolerance: int | None = None) -> float:
    """Return the part of the superpixels' contours that are true ones.

    Prec = TP / (TP + FP), where TP counts the pixels of the true boundary that have a pixel of the superpixels'
    boundary in the square of 2r + 1 pixels around them, and FP the pixels of the superpixels' boundary without a pixel
    of the true boundary in theirs. Boundaries are those of `boundary_recall`.

    Parameters
    ----------
    labels : array of int, shape (H, W), or Segmentation
        The superpixels; negative values are left out.
    truth : array of int, shape (H, W), or Segmentation
        The true regions; negative values are left out.
    tolerance : int, optional
        r, in pixels, at least 0; by default 0.0025 of the diagonal, rounded (1 for 481 x 321).

    Returns
    -------
    float
        From 0 to 1; 0 where the superpixels have no contour. More superpixels than regions keep it low.

    Raises
    ------
    TypeError
        When a map does not hold whole numbers, or tolerance is not a whole number.
    ValueError
        When the maps are not (H, W) arrays of the same shape, no pixel is inside both, or tolerance is negative.

    References
    ----------
    Stutz, Hermans, Leibe, "Superpixels: an evaluation of the state-of-the-art", Computer Vision and Image
    Understanding 166, 2018. https://doi.org/10.1016/j.cviu.2017.03.007

    Examples
    --------
    >>> from imgcluster import metrics
    >>> metrics.boundary_precision([[0, 1, 2, 3, 4, 5]], [[0, 0, 0, 1, 1, 1]], tolerance=0)
    0.3333333333333333
    """
    found, true, radius = _contours(labels, truth, tolerance)
    hits = np.count_nonzero(true & _widened(found, radius))
    false = np.count_nonzero(found & ~_widened(true, radius))
    return float(hits / (hits + false)) if hits + false else 0.0


def _contours(labels: Labels, truth: Labels, tolerance: int | None) -> tuple[BoolArray, BoolArray, int]:
    """Return the boundaries of the superpixels and of the true regions, and the tolerance in pixels."""
    found, true = same_pixels(labels, truth)
    default = int(0.0025 * math.hypot(*found.shape) + 0.5)
    return _boundary(found), _boundary(true), default if tolerance is None else check_int("tolerance", tolerance, 0)


def _boundary(regions: Int64Array) -> BoolArray:
    """Mark the pixels with a 4-neighbor of another label, both of them inside."""
    marked = np.zeros(regions.shape, bool)
    for (one, other), (mark, mark_other) in zip(neighbors(regions), neighbors(marked), strict=True):
        facing = (one != other) & (one >= 0) & (other >= 0)
        mark |= facing  # views of the picture: marked in place
        mark_other |= facing
    return marked


def _widened(marked: BoolArray, radius: int) -> BoolArray:
    """Mark every pixel with a marked one in the square of 2 radius + 1 pixels around it."""
    for axis in (0, 1):
        # a window as a difference of running counts: the cost does not grow with the radius
        counts = np.cumsum(np.insert(marked, 0, False, axis=axis), axis=axis, dtype=np.int32)
        size = marked.shape[axis]
        reach = min(radius, size)
        after, before = (np.clip(np.arange(size) + shift, 0, size) for shift in (reach + 1, -reach))
        marked = np.take(counts, after, axis=axis) != np.take(counts, before, axis=axis)
    return marked
