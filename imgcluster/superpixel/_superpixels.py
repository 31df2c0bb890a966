"""Superpixels: an image in small, compact, connected regions that follow its edges."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgcluster.colors import grid_features
from imgcluster.errors import ConversionWarning
from imgcluster.parameters import check_choice, check_int, check_number, check_random_state
from imgcluster.segmentation import Segmentation
from imgcluster.superpixel._boundary import CHROMA, COMPACTNESS, boundary_kmeans
from imgcluster.superpixel._efforts import EFFORTS
from imgcluster.superpixel._gmm import COMPACTNESS as PRIOR
from imgcluster.superpixel._gmm import local_mixture
from imgcluster.superpixel._inputs import check_image, check_labels, check_mask, check_seeds
from imgcluster.superpixel._slic import N_BLURS, slic
from imgcluster.threads import check_threads
from imgcluster.types import BoolArray, ImageSource, Int16Array, Int32Array, RandomState

METHODS = ("boundary", "slic", "gmm")
DEFAULT_SEGMENTS = 400
_ROUNDEST = 1e6  # compactness: color plays no part any more, and squares stay finite


def superpixels(
    image: ImageSource,
    n_segments: int | None = None,
    *,
    method: str = "boundary",
    effort: str = "default",
    compactness: float | None = None,
    mask: NDArray[Any] | None = None,
    seeds: NDArray[Any] | None = None,
    labels: NDArray[Any] | Segmentation | None = None,
    random_state: RandomState = 0,
    n_threads: int | None = None,
) -> Segmentation:
    """Cut an image into connected segments of similar color.

    Parameters
    ----------
    image : path, binary file object, PIL image or ndarray
        Arrays are (H, W) or (H, W, C), C = 1..16, of uint8, uint16, float32 or float64, and finite. Three channels are
        sRGB (floating point in 0..1) and compared in CIELAB; any other number are raw channels, each scaled by its
        range in the image. Files and PIL images are read as sRGB.
    n_segments : int, optional
        How many segments: 400, or as many as seeds or labels have. "boundary" makes exactly so many, unless the mask
        has more pieces than that; "slic" and "gmm" make about so many.
    method : {"boundary", "slic", "gmm"}
        Boundary k-means, from coarse blocks to pixels; SLIC, k-means in windows; or EM of a mixture of Gaussians in
        color and position, started from boundary k-means.
    effort : {"default", "fast", "best"}
        How long to search.
    compactness : float, optional
        How much position counts beside color: a distance of sqrt(H W / n_segments) pixels weighs as much as so large
        a difference in CIELAB. The more, the rounder. About 10 by default ("slic": 6); it means the same for color,
        gray and any range of values.
    mask : ndarray of shape (H, W), optional
        Pixels to segment: True, or not 0. The others get label -1.
    seeds : ndarray of shape (n, 2) or (H, W), optional
        Where segments begin: row and column of each, or a map with a mark that is not 0 on each (an image of two
        columns takes no map). They replace n_segments.
    labels : ndarray of shape (H, W), optional
        Segments to begin with, such as those of the frame before: 0..n_segments-1, -1 outside. The largest are divided
        if there are fewer than n_segments, and those that differ least joined if connecting them makes more.
    random_state : int, numpy Generator or None
        Nothing here is random; taken so that all tasks are called alike.
    n_threads : int or None
        Threads; None uses all processors. The result does not depend on it.

    Returns
    -------
    Segmentation
        Every segment is 4-connected, and labels are 0..n-1 without holes. With "gmm" it has `means` (n, C + 2) in
        CIELAB or scaled channels, row and column, `covariances`, `history`, and `responsibilities`.

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind, or the image holds values that are not finite.

    Warns
    -----
    ConversionWarning
        If there are fewer pixels than segments were asked for (each pixel is a segment then), if the mask is empty or
        has more pieces than segments were asked for, or if reading the image lost something.

    Notes
    -----
    About 35 ns a pixel and thread ("boundary", default), 20 bytes a pixel beside the image.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from skimage import data
    >>> result = ic.superpixels(data.coffee(), 300)
    >>> result.labels.shape, result.n_segments
    ((400, 600), 300)
    """
    pixels = check_image(image)
    shape = pixels.shape[:2]
    if n_segments is not None:
        n_segments = check_int("n_segments", n_segments, 1)
    check_choice("method", method, METHODS)
    check_choice("effort", effort, tuple(EFFORTS))
    if compactness is not None:
        compactness = min(check_number("compactness", compactness, 0), _ROUNDEST)
    if type(random_state) is not int or random_state < 0:  # a generator takes longer to make than all else to check
        check_random_state(random_state)
    n_threads = check_threads(n_threads)
    if seeds is not None and labels is not None:
        raise ValueError("seeds and labels both say where to begin; give one of them")
    inside = check_mask(mask, shape)
    given = None if labels is None else check_labels(labels, n_segments, shape)
    if given is not None:
        n_segments = n_segments or max(len(np.unique(given[given >= 0])), 1)
        inside, given = _started(inside, given)
    points = None if seeds is None else check_seeds(seeds, shape, inside)
    n_segments = len(points) if points is not None else n_segments or DEFAULT_SEGMENTS
    n_inside = shape[0] * shape[1] if inside is None else int(np.count_nonzero(inside))
    if n_inside == 0:
        _warn("nothing is inside the mask, so there are no segments")
        return Segmentation(np.full(shape, -1, np.int32), pixels)
    if n_segments > n_inside:
        _warn(f"n_segments is {n_segments}, but the pixels are {n_inside}: each is a segment")
        n_segments = n_inside
    found = _Search(effort, compactness, inside, points, given, n_threads).by(method, pixels, n_segments)
    if method == "boundary" and inside is not None and found.n_segments > n_segments:
        _warn(f"mask has {found.n_segments} pieces, and each is a segment, though n_segments is {n_segments}")
    return found


def _warn(what: str) -> None:
    """Warn the caller of superpixels()."""
    warnings.warn(what, ConversionWarning, stacklevel=3)


def _started(inside: BoolArray | None, given: Int32Array) -> tuple[BoolArray | None, Int32Array]:
    """Settle what is inside: the mask, if there is one, and new pixels in it get a label of their own."""
    if inside is None:
        known = given >= 0
        return (None if known.all() else known), given
    fresh = np.int32(given.max() + 1)
    return inside, np.where(inside, np.where(given < 0, fresh, given), np.int32(-1))


class _Search(NamedTuple):
    """How and where to search, the same for every method."""

    effort: str
    compactness: float | None
    inside: BoolArray | None
    seeds: Int32Array | None
    labels: Int32Array | None
    n_threads: int

    def by(self, method: str, pixels: NDArray[Any], n_segments: int) -> Segmentation:
        """Search by one of METHODS."""
        if method == "slic":
            return self.slic(pixels, n_segments)
        return self.gmm(pixels, n_segments) if method == "gmm" else self.boundary(pixels, n_segments)

    def boundary(self, pixels: NDArray[Any], n_segments: int) -> Segmentation:
        features = grid_features(pixels, chroma=CHROMA, n_blurs=EFFORTS[self.effort].n_blurs, n_threads=self.n_threads)
        return Segmentation.trusted(self._by_boundaries(features, n_segments), pixels)

    def slic(self, pixels: NDArray[Any], n_segments: int) -> Segmentation:
        features = grid_features(pixels, n_blurs=N_BLURS, n_threads=self.n_threads)
        labels = slic(
            features,
            n_segments,
            compactness=self.compactness,
            mask=self.inside,
            seeds=self.seeds,
            labels=self.labels,
            effort=self.effort,
            n_threads=self.n_threads,
        )
        return Segmentation.trusted(labels, pixels)

    def gmm(self, pixels: NDArray[Any], n_segments: int) -> Segmentation:
        features = grid_features(pixels, chroma=CHROMA, n_blurs=1, n_threads=self.n_threads)
        start = self._by_boundaries(features, n_segments)
        mixture = local_mixture(
            features,
            start,
            n_channels=1 if pixels.ndim == 2 else pixels.shape[2],
            chroma=CHROMA if pixels.ndim == 3 and pixels.shape[2] == 3 else 1.0,
            compactness=None if self.compactness is None else PRIOR * (self.compactness / COMPACTNESS) ** 2,
            effort=self.effort,
            n_threads=self.n_threads,
        )
        return Segmentation.trusted(mixture.labels, pixels, mixture)

    def _by_boundaries(self, features: Int16Array, n_segments: int) -> Int32Array:
        return boundary_kmeans(
            features,
            n_segments,
            compactness=COMPACTNESS if self.compactness is None else self.compactness,
            effort=EFFORTS[self.effort],
            mask=self.inside,
            seeds=self.seeds,
            labels=self.labels,
            n_threads=self.n_threads,
        )
