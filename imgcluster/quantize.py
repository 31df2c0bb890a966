"""A photo goes in, a palette image comes out."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

import numpy as np

from imgcluster.cluster import (
    GaussianMixture,
    KMeans,
    OctreePoints,
    SoftKMeans,
    initial_centers,
    lloyd,
    random_swaps,
)
from imgcluster.errors import ConvergenceWarning
from imgcluster.features import ColorFeatures, bits_for, color_features
from imgcluster.histogram import Histogram
from imgcluster.imageio import read_image, write_indexed
from imgcluster.kernels import check_threads
from imgcluster.memberships import Memberships
from imgcluster.metrics import psnr_from_mse
from imgcluster.parameters import check_choice, check_int, check_random_state
from imgcluster.reconstruct import map_pixels
from imgcluster.types import Float32Array, Float64Array, ImageSource, Int64Array, PathLike, RandomState, UInt8Array

if TYPE_CHECKING:
    from PIL import Image

Model: TypeAlias = KMeans | SoftKMeans | GaussianMixture

MAX_COLORS = 65536
METHODS = ("kmeans", "soft-kmeans", "gmm")
_ROUNDING = 1 / 12  # variance of rounding to whole shades: without it a flat area would be a component of no width
COLOR_SPACES = ("rgb",)


class _Effort(NamedTuple):
    """How long to search: first on bins of colours, then on the colours themselves."""

    bins_per_color: int  # swaps are tried on at most so many bins
    n_swaps: int  # trials for 256 colours
    max_iter: int  # Lloyd iterations on all colours

    def n_trials(self, n_colors: int) -> int:
        """Try more swaps where there are fewer colours: a trial is cheaper and a swap matters more."""
        return round(self.n_swaps * math.sqrt(max(1.0, 256 / n_colors)))


_EFFORTS = {
    "fast": _Effort(bins_per_color=0, n_swaps=0, max_iter=4),
    "default": _Effort(bins_per_color=160, n_swaps=45, max_iter=12),
    "best": _Effort(bins_per_color=300, n_swaps=320, max_iter=50),
}
_START_BINS = 10_000  # the start needs no more: what it misses, swaps find
_START_ITER = 10
EFFORTS = tuple(_EFFORTS)


@dataclass(frozen=True, eq=False)
class Quantized:
    """An image of few colours.

    Attributes
    ----------
    palette : ndarray of shape (k, 3), uint8
        sRGB colours, dark to light.
    indices : ndarray of shape (H, W), uint8 (uint16 for more than 256 colours)
        The palette entry of each pixel, the nearest by squared RGB distance.
    mse : float
        Mean over pixels of the squared RGB distance to the original, summed over the channels, of the 8-bit image.
    psnr : float
        Peak signal-to-noise ratio in dB, infinite when lossless.
    n_distinct : int
        Number of distinct colours of the original.
    lossless : bool
        Whether the original had no more colours than were asked for, so that nothing was lost.
    model : KMeans, SoftKMeans, GaussianMixture or None
        The fit on the weighted distinct colours in Morton order, before rounding to 8 bits; None when lossless.
    memberships : Memberships or None
        What `responsibilities` looks up, where the method is a soft one.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster import quantize
    >>> result = quantize(np.array([[[250, 0, 0], [254, 0, 0], [0, 0, 9]]], np.uint8), 2)
    >>> result.palette.tolist(), result.indices.tolist(), result.lossless
    ([[0, 0, 9], [252, 0, 0]], [[1, 1, 0]], False)
    """

    palette: UInt8Array
    indices: UInt8Array
    mse: float
    psnr: float
    n_distinct: int
    lossless: bool
    model: Model | None
    memberships: Memberships | None = None

    def responsibilities(self, k: int) -> Float32Array:
        """Return how far each pixel belongs to cluster k.

        Parameters
        ----------
        k : int
            Index of the palette entry.

        Returns
        -------
        ndarray of shape (H, W), float32
            In 0..1; over all k they sum to 1. With k-means each is 0 or 1.

        Raises
        ------
        ValueError
            If k is no index of the palette.
        """
        k = check_int("k", k, 0, len(self.palette) - 1)
        if self.memberships is not None:
            return self.memberships.of(k)
        hard: Float32Array = (self.indices == k).astype(np.float32)
        return hard

    def __repr__(self) -> str:
        height, width = self.indices.shape
        return f"<Quantized {width}x{height}, {len(self.palette)} colours, PSNR {self.psnr:.1f} dB>"

    def to_array(self) -> UInt8Array:
        """Return the image as (H, W, 3), uint8."""
        return self.palette[self.indices]

    def to_image(self) -> Image.Image:
        """Return the image for Pillow: mode "P", or "RGB" for more than 256 colours."""
        from PIL import Image

        if len(self.palette) > 256:
            return Image.fromarray(self.to_array())
        image = Image.fromarray(self.indices)
        image.putpalette(self.palette.tobytes())
        return image

    def save(
        self,
        target: PathLike | BinaryIO,
        *,
        format: str | None = None,
        compress_level: int = 6,
        n_threads: int | None = None,
    ) -> None:
        """Write the image: indexed PNG or GIF, lossless WebP, TIFF or BMP.

        Parameters
        ----------
        target : path or binary file object
        format : str, optional
            By default what the extension says; "png" for a file object.
        compress_level : int
            Of zlib, 0 to 9, for PNG.
        n_threads : int or None
            Threads that deflate a PNG; None uses all processors. The bytes do not depend on it.

        Raises
        ------
        ImageWriteError
            If the file cannot be written; an older file of that name is then left as it was.
        ValueError
            If the format holds fewer colours than the palette has.
        """
        write_indexed(
            self.indices, self.palette, target, format=format, compress_level=compress_level, n_threads=n_threads
        )


def quantize(
    image: ImageSource,
    n_colors: int = 256,
    *,
    method: str = "kmeans",
    color_space: str = "rgb",
    effort: str = "default",
    random_state: RandomState = 0,
    n_threads: int | None = None,
) -> Quantized:
    """Reduce an image to its best n_colors colours.

    The distinct colours and their counts are clustered, so that the objective is that of all pixels; pixels map to the
    nearest palette colour as it is written (8 bits).

    Parameters
    ----------
    image : path, binary file object, PIL image or ndarray
        Arrays are (H, W), (H, W, 3) or (H, W, 4): uint8, uint16, or floating point in 0..1.
    n_colors : int
        Palette size, 1 to 65536; an indexed PNG or GIF holds at most 256. An image with no more distinct colours than
        this is kept without loss.
    method : {"kmeans", "soft-kmeans", "gmm"}
        What finds the palette: k-means; soft k-means; or a mixture of Gaussians with full covariances, whose means it
        takes (1/12, the variance of rounding to whole shades, is added to variances). The soft ones tell how far each
        pixel belongs to each cluster (`Quantized.responsibilities`), but k-means alone minimises the error.
    color_space : {"rgb"}
        Where distances are measured.
    effort : {"default", "fast", "best"}
        How long to search for a better local minimum.
    random_state : int, numpy Generator or None
        Seed; the same seed gives the same bytes for any number of threads and any processor.
    n_threads : int or None
        Threads; None uses all processors.

    Returns
    -------
    Quantized

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind.

    Warns
    -----
    ConversionWarning
        If reading the image lost something, such as transparency.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from skimage import data
    >>> result = ic.quantize(data.astronaut(), 16)
    >>> result.palette.shape, result.indices.shape, result.psnr > 25
    ((16, 3), (512, 512), True)
    """
    n_colors = check_int("n_colors", n_colors, 1, MAX_COLORS)
    check_choice("method", method, METHODS)
    check_choice("color_space", color_space, COLOR_SPACES)
    check_choice("effort", effort, EFFORTS)
    rng, n_threads = check_random_state(random_state), check_threads(n_threads)
    pixels = read_image(image)
    histogram = Histogram.from_pixels(pixels, n_threads)
    if len(histogram) <= n_colors:
        return _lossless(pixels, histogram, n_threads)
    centers = _search(histogram, n_colors, _EFFORTS[effort], rng, n_threads)
    points = _octree(color_features(histogram), n_threads)
    model, centers = _fit(points, centers, method, _EFFORTS[effort].max_iter, n_threads)
    # the means of a soft fit are what was asked for; only k-means' own may move to a better place among 8-bit colours
    palette, mse = _round_palette(points, centers, refit=method == "kmeans")
    indices = map_pixels(pixels, histogram, points.labels, len(palette), n_threads)
    memberships = None if isinstance(model, KMeans) else Memberships(model, pixels)
    return Quantized(palette, indices, mse, psnr_from_mse(mse), len(histogram), False, model, memberships)


def _lossless(pixels: UInt8Array, histogram: Histogram, n_threads: int) -> Quantized:
    """Keep every colour."""
    order = _dark_to_light(histogram.colors)
    labels = np.empty(len(order), np.int32)
    labels[order] = np.arange(len(order))
    indices = map_pixels(pixels, histogram, labels, len(order), n_threads)
    return Quantized(histogram.colors[order], indices, 0.0, psnr_from_mse(0.0), len(order), lossless=True, model=None)


def _search(
    histogram: Histogram, n_colors: int, effort: _Effort, rng: np.random.Generator, n_threads: int
) -> Float64Array:
    """Search for good centres on bins of colours, where a pass is cheap; they come dark to light."""
    bits = bits_for(histogram, max(_START_BINS, 4 * n_colors))
    coarse = _octree(color_features(histogram, bits), n_threads)
    start = initial_centers(coarse, n_colors, "k-means++", rng)
    centers = lloyd(coarse, start, _START_ITER).centers
    if effort.n_swaps:
        finer = bits_for(histogram, effort.bins_per_color * n_colors)
        if finer > bits:
            coarse = _octree(color_features(histogram, finer), n_threads)
        centers = random_swaps(coarse, centers, effort.n_trials(n_colors), rng)
    return centers[_dark_to_light(centers)]


def _fit(
    points: OctreePoints, centers: Float64Array, method: str, max_iter: int, n_threads: int
) -> tuple[Model, Float64Array]:
    """Fit the model to all colours, from centres found before: model and centres."""
    k = len(centers)
    if method == "kmeans":
        hard = KMeans(k, init=centers, max_iter=max_iter, tol=0.0, n_threads=n_threads).fit_points(points)
        return hard, hard.cluster_centers_.astype(np.float64)
    X = points.X.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a palette needs no last digit
        if method == "soft-kmeans":
            soft = SoftKMeans(k, init=centers, max_iter=4 * max_iter, tol=1e-5, n_threads=n_threads)
            return soft.fit(X, sample_weight=points.weights), soft.cluster_centers_
        mixture = GaussianMixture(
            k, init=centers, max_iter=4 * max_iter, reg_covar=_ROUNDING, random_state=0, n_threads=n_threads
        )
        return mixture.fit(X, sample_weight=points.weights), mixture.means_


def _octree(features: ColorFeatures, n_threads: int) -> OctreePoints:
    return OctreePoints(features.X, features.weights, features.keys, features.bits, n_threads)


def _dark_to_light(colors: UInt8Array | Float64Array) -> Int64Array:
    """Order of colours by luma."""
    red, green, blue = colors.T.astype(np.float64)
    return np.argsort(0.299 * red + 0.587 * green + 0.114 * blue, kind="stable")


def _round_palette(points: OctreePoints, centers: Float64Array, *, refit: bool) -> tuple[UInt8Array, float]:
    """Round centres to 8 bits and refit them there while that helps: palette and mse; points.labels agree with it.

    For given labels the best 8-bit colour is the rounded mean, so each round can only lower the error of what is saved.
    """
    palette = np.clip(np.rint(centers), 0, 255)
    best = palette, points.assign(palette)
    for _ in range(3 if refit else 0):
        step = best[1]
        filled = step.counts > 0
        palette = np.where(filled[:, None], np.rint(step.sums / np.maximum(step.counts, 1)[:, None]), best[0])
        if (palette == best[0]).all():
            break
        step = points.assign(palette)
        if step.objective >= best[1].objective:
            points.assign(best[0])
            break
        best = palette, step
    mse = best[1].objective / float(points.weights.sum())
    return best[0].astype(np.uint8), mse
