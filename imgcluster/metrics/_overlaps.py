"""How well superpixels fit into the regions that people drew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgcluster.metrics._label_maps import Labels, distinct_labels, same_pixels
from imgcluster.parameters import check_choice
from imgcluster.types import IntpArray

DEFINITIONS = ("neubert-protzel", "corrected", "levinshtein")


def undersegmentation_error(labels: Labels, truth: Labels, *, definition: str = "neubert-protzel") -> float:
    r"""Return how far superpixels leak over the true regions.

    =================  ============================================================================================
    definition         formula
    =================  ============================================================================================
    "neubert-protzel"  1/N sum_i sum_j min(\|S_j & G_i\|, \|S_j \\ G_i\|): each leak counts by its smaller side
    "corrected"        1/N sum_j min_i \|S_j \\ G_i\| = 1 - `achievable_segmentation_accuracy`
    "levinshtein"      mean over i of (sum of \|S_j\| over the S_j that touch G_i, less \|G_i\|) / \|G_i\|
    =================  ============================================================================================

    Parameters
    ----------
    labels : array of int, shape (H, W), or Segmentation
        The superpixels; negative values are left out.
    truth : array of int, shape (H, W), or Segmentation
        The true regions; negative values are left out.
    definition : {"neubert-protzel", "corrected", "levinshtein"}
        The first is what most papers after 2012 report.

    Returns
    -------
    float
        0 when no superpixel crosses a region's border; lower is better. Below 1 for "corrected", without bound for
        "levinshtein".

    Raises
    ------
    TypeError
        When a map does not hold whole numbers.
    ValueError
        When the maps are not (H, W) arrays of the same shape, no pixel is inside both, or the definition is unknown.

    References
    ----------
    Neubert, Protzel, "Superpixel benchmark and comparison", Forum Bildverarbeitung, 2012.

    Levinshtein et al., "TurboPixels: fast superpixels using geometric flows", IEEE TPAMI 31(12), 2009.
    https://doi.org/10.1109/TPAMI.2009.96

    Stutz, Hermans, Leibe, "Superpixels: an evaluation of the state-of-the-art", Computer Vision and Image
    Understanding 166, 2018. https://doi.org/10.1016/j.cviu.2017.03.007

    Examples
    --------
    >>> from imgcluster import metrics
    >>> truth = [[0, 0, 1, 1]] * 4
    >>> labels = [[0, 0, 0, 1]] * 4
    >>> metrics.undersegmentation_error(labels, truth)
    0.5
    >>> metrics.undersegmentation_error(labels, truth, definition="corrected")
    0.25
    >>> metrics.undersegmentation_error(labels, truth, definition="levinshtein")
    0.75
    """
    check_choice("definition", definition, DEFINITIONS)
    overlaps = _overlaps(labels, truth)
    if definition == "corrected":
        return float((overlaps.total - overlaps.largest().sum()) / overlaps.total)
    whole = overlaps.segment_areas[overlaps.segments]
    if definition == "levinshtein":
        touching = np.bincount(overlaps.regions, weights=whole)
        return float(((touching - overlaps.region_areas) / overlaps.region_areas).mean())
    return float(np.minimum(overlaps.areas, whole - overlaps.areas).sum() / overlaps.total)


def achievable_segmentation_accuracy(labels: Labels, truth: Labels) -> float:
    """Return the accuracy that is left when every superpixel takes the region that covers most of it.

    ASA = 1/N sum_j max_i |S_j & G_i|.

    Parameters
    ----------
    labels : array of int, shape (H, W), or Segmentation
        The superpixels; negative values are left out.
    truth : array of int, shape (H, W), or Segmentation
        The true regions; negative values are left out.

    Returns
    -------
    float
        Above 0, up to 1; higher is better.

    Raises
    ------
    TypeError
        When a map does not hold whole numbers.
    ValueError
        When the maps are not (H, W) arrays of the same shape, or no pixel is inside both.

    References
    ----------
    Liu, Tuzel, Ramalingam, Chellappa, "Entropy rate superpixel segmentation", CVPR 2011.
    https://doi.org/10.1109/CVPR.2011.5995323

    Examples
    --------
    >>> from imgcluster import metrics
    >>> metrics.achievable_segmentation_accuracy([[0, 0, 0, 1]] * 4, [[0, 0, 1, 1]] * 4)
    0.75
    """
    overlaps = _overlaps(labels, truth)
    return float(overlaps.largest().sum() / overlaps.total)


@dataclass(frozen=True)
class _Overlaps:
    """The pairs of a superpixel and a true region that share pixels, in the order of the superpixels."""

    segments: IntpArray  # (m,) the superpixel of a pair
    regions: IntpArray  # (m,) its region
    areas: IntpArray  # (m,) the pixels that they share, at least 1
    segment_areas: IntpArray
    region_areas: IntpArray

    @property
    def total(self) -> int:
        """N."""
        return int(self.segment_areas.sum())

    def largest(self) -> IntpArray:
        """Return each superpixel's largest overlap."""
        starts = np.searchsorted(self.segments, np.arange(len(self.segment_areas)))
        largest: IntpArray = np.maximum.reduceat(self.areas, starts)
        return largest


def _overlaps(labels: Labels, truth: Labels) -> _Overlaps:
    """Count the pixels that each superpixel shares with each true region."""
    found, true = same_pixels(labels, truth)
    inside = found >= 0
    _, segments, segment_areas = distinct_labels(found[inside])
    _, regions, region_areas = distinct_labels(true[inside])
    pairs, _, areas = distinct_labels(segments * len(region_areas) + regions)
    return _Overlaps(*np.divmod(pairs, len(region_areas)), areas, segment_areas, region_areas)
