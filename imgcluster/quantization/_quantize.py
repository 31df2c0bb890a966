"""A photo goes in, a palette image comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from imgcluster.cluster import KMeans
from imgcluster.colors import Histogram, look_up_colors
from imgcluster.metrics import psnr_from_mse
from imgcluster.palette import (
    EFFORTS,
    MAX_COLORS,
    METHODS,
    Fit,
    Model,
    PaletteSource,
    as_palette,
    find_colors,
    nearest_colors,
)
from imgcluster.parameters import check_choice, check_int, check_random_state
from imgcluster.picture import read_image, write_indexed
from imgcluster.quantization._mapping import index_table
from imgcluster.quantization._memberships import Memberships
from imgcluster.threads import check_threads
from imgcluster.types import Float32Array, ImageSource, PathLike, RandomState, UInt8Array

if TYPE_CHECKING:
    from PIL import Image

COLOR_SPACES = ("rgb",)


@dataclass(frozen=True, eq=False)
class Quantized:
    """An image of few colors.

    Attributes
    ----------
    palette : ndarray of shape (k, 3), uint8
        sRGB colors, dark to light; a palette that was given is kept whole and in its order.
    indices : ndarray of shape (H, W), uint8 (uint16 for more than 256 colors)
        The palette entry of each pixel, the nearest by squared RGB distance.
    mse : float
        Mean over pixels of the squared RGB distance to the original, summed over the channels, of the 8-bit image.
    psnr : float
        Peak signal-to-noise ratio in dB, infinite when lossless.
    n_distinct : int
        Number of distinct colors of the original.
    lossless : bool
        Whether nothing was lost: the original had no more colors than were asked for, or all are in the palette given.
    model : KMeans, SoftKMeans, GaussianMixture or None
        The fit on the weighted distinct colors in Morton order, before rounding to 8 bits; None when all colors
        were kept or the palette was given.
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
        return f"<Quantized {width}x{height}, {len(self.palette)} colors, PSNR {self.psnr:.1f} dB>"

    def to_array(self) -> UInt8Array:
        """Return the image as (H, W, 3), uint8."""
        return self.palette[self.indices]

    def to_image(self) -> Image.Image:
        """Return the image for Pillow: mode "P", or "RGB" for more than 256 colors."""
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
            If the format holds fewer colors than the palette has.
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
    palette: PaletteSource | None = None,
    random_state: RandomState = 0,
    n_threads: int | None = None,
) -> Quantized:
    """Reduce an image to its best n_colors colors.

    The distinct colors and their counts are clustered, so that the objective is that of all pixels; pixels map to the
    nearest palette color as it is written (8 bits).

    Parameters
    ----------
    image : path, binary file object, PIL image or ndarray
        Arrays are (H, W), (H, W, 3) or (H, W, 4): uint8, uint16, or floating point in 0..1.
    n_colors : int
        Palette size, 1 to 65536; an indexed PNG or GIF holds at most 256. An image with no more distinct colors than
        this is kept without loss.
    method : {"kmeans", "soft-kmeans", "gmm"}
        What finds the palette: k-means; soft k-means; or a mixture of Gaussians with full covariances, whose means it
        takes (1/12, the variance of rounding to whole shades, is added to variances). The soft ones tell how far each
        pixel belongs to each cluster (`Quantized.responsibilities`), but k-means alone minimizes the error.
    color_space : {"rgb"}
        Where distances are measured.
    effort : {"default", "fast", "best"}
        How long to search for a better local minimum.
    palette : Palette, path or array-like of shape (k, 3), optional
        Colors to use instead of searching any, as `apply_palette` does; the parameters of the search, n_colors among
        them, are then without effect.
    random_state : int, numpy Generator or None
        Seed; the same seed gives the same bytes for any number of threads and any processor.
    n_threads : int or None
        Threads; None uses all processors.

    Returns
    -------
    Quantized

    Raises
    ------
    ImageReadError, PaletteReadError
        If the file cannot be read as an image, or as a palette.
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
    if palette is not None:
        return apply_palette(image, palette, n_threads=n_threads)
    pixels = read_image(image)
    histogram = Histogram.from_pixels(pixels, n_threads)
    return _quantized(pixels, histogram, find_colors(histogram, n_colors, method, effort, rng, n_threads), n_threads)


def apply_palette(image: ImageSource, palette: PaletteSource, *, n_threads: int | None = None) -> Quantized:
    """Give every pixel the nearest color of a palette.

    Nearest is exact, by squared RGB distance; among equals the first of the palette is taken.

    Parameters
    ----------
    image : path, binary file object, PIL image or ndarray
        As for `quantize`.
    palette : Palette, path or array-like of shape (k, 3)
        1 to 65536 colors: a `Palette`, a palette file (.gpl, .hex, .json), or whole numbers in 0..255.
    n_threads : int or None
        Threads; None uses all processors. The result does not depend on it.

    Returns
    -------
    Quantized
        With the palette as it was given, whole and in its order, duplicates included.

    Raises
    ------
    ImageReadError, PaletteReadError
        If the file cannot be read as an image, or as a palette.
    ValueError, TypeError
        If the palette has the wrong shape, values or type.

    Warns
    -----
    ConversionWarning
        If reading the image lost something, such as transparency.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> shades = np.arange(0, 256, 51, dtype=np.uint8)
    >>> web_safe = np.stack(np.meshgrid(shades, shades, shades, indexing="ij"), axis=-1).reshape(-1, 3)
    >>> result = ic.apply_palette("examples/coffee.jpg", web_safe)
    >>> len(result.palette), round(result.psnr, 1)
    (216, 25.1)
    """
    colors, n_threads = as_palette(palette).colors, check_threads(n_threads)
    pixels = read_image(image)
    histogram = Histogram.from_pixels(pixels, n_threads)
    return _quantized(pixels, histogram, nearest_colors(histogram, colors, n_threads), n_threads)


def _quantized(pixels: UInt8Array, histogram: Histogram, fit: Fit, n_threads: int) -> Quantized:
    """Map the pixels to the colors that their own became."""
    indices = look_up_colors(pixels, index_table(histogram, fit.labels, len(fit.colors)), n_threads)
    soft = None if fit.model is None or isinstance(fit.model, KMeans) else Memberships(fit.model, pixels)
    return Quantized(
        fit.colors, indices, fit.mse, psnr_from_mse(fit.mse), len(histogram), fit.mse == 0, fit.model, soft
    )
