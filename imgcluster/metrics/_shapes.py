"""How even the color of superpixels is and how round they are: scores that need no truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.metrics._label_maps import Labels, distinct_labels, inside_of, label_map, neighbors
from imgcluster.parameters import plain_array


def explained_variation(labels: Labels, image: ArrayLike) -> float:
    """Return the part of an image's variance that is left when every superpixel takes its mean color.

    EV = sum_j |S_j| ||mu_j - mu||^2 / sum_p ||I_p - mu||^2, where mu_j is the mean color of superpixel S_j and mu that
    of all pixels, in the image's own units and with all channels alike.

    Parameters
    ----------
    labels : array of int, shape (H, W), or Segmentation
        The superpixels; negative values are left out.
    image : array, shape (H, W) or (H, W, C)
        Numbers of any kind.

    Returns
    -------
    float
        From 0 to 1, higher is better; 1 for an image of a single color.

    Raises
    ------
    TypeError
        When labels does not hold whole numbers, or the image no real ones.
    ValueError
        When the shapes do not fit, no pixel is inside, or the image has NaN or infinity in it.

    References
    ----------
    Moore, Prince, Warrell, Mohammed, Jones, "Superpixel lattices", CVPR 2008.
    https://doi.org/10.1109/CVPR.2008.4587471

    Examples
    --------
    >>> from imgcluster import metrics
    >>> image = [[0, 0, 2, 4]]
    >>> round(metrics.explained_variation([[0, 0, 1, 1]], image), 6)
    0.818182
    """
    regions = label_map("labels", labels)
    inside = inside_of(regions)
    colors = _colors(image, regions.shape)
    _, segments, areas = distinct_labels(regions[inside])
    explained = total = 0.0
    for channel in range(colors.shape[2]):
        values = colors[..., channel][inside].astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("image has NaN or infinity in it; replace them, or mark their pixels with label -1")
        values -= values.mean()
        means = np.bincount(segments, weights=values) / areas
        explained += float((areas * means**2).sum())
        total += float(values @ values)
    return explained / total if total > 0 else 1.0


def compactness(labels: Labels) -> float:
    """Return how round superpixels are.

    CO = 1/N sum_j |S_j| 4 pi |S_j| / P_j^2, the mean isoperimetric quotient weighted by area. The perimeter P_j counts
    the pixel sides of S_j that face another label, the image's border or a pixel that is left out.

    Parameters
    ----------
    labels : array of int, shape (H, W), or Segmentation
        The superpixels; negative values are left out.

    Returns
    -------
    float
        Above 0; pi / 4 for squares, the most that is made of pixels.

    Raises
    ------
    TypeError
        When labels does not hold whole numbers.
    ValueError
        When labels is not an (H, W) array, or no pixel is inside.

    References
    ----------
    Schick, Fischer, Stiefelhagen, "An evaluation of the compactness of superpixels", Pattern Recognition Letters 43,
    2014. https://doi.org/10.1016/j.patrec.2013.09.013

    Examples
    --------
    >>> from imgcluster import metrics
    >>> round(metrics.compactness([[0, 0, 1, 1]] * 2), 6), round(metrics.compactness([[0, 1]] * 8), 6)
    (0.785398, 0.310281)
    """
    regions = label_map("labels", labels)
    inside = inside_of(regions)
    _, segments, areas = distinct_labels(regions[inside])
    # one number for everything outside, the frame around the picture too
    framed = np.full((regions.shape[0] + 2, regions.shape[1] + 2), len(areas), np.intp)
    framed[1:-1, 1:-1][inside] = segments
    sides = np.zeros(len(areas) + 1, np.intp)
    for one, other in neighbors(framed):
        facing = one != other
        sides += np.bincount(one[facing], minlength=len(sides)) + np.bincount(other[facing], minlength=len(sides))
    perimeters = sides[:-1].astype(np.float64)
    return float((4 * np.pi * areas.astype(np.float64) ** 2 / perimeters**2).sum() / areas.sum())


def _colors(image: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.generic]:
    """Return an image as (H, W, C) of the shape of its labels."""
    colors = plain_array("image", image)
    if colors.dtype.kind not in "biuf":
        raise TypeError(f"image must hold numbers, got {colors.dtype}")
    if colors.ndim not in (2, 3) or colors.shape[:2] != shape or colors.size == 0:
        raise ValueError(f"image must be {shape} or {(*shape, 'C')} as its labels are, got shape {colors.shape}")
    return colors.reshape(*shape, -1)
