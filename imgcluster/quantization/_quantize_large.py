"""Pictures larger than memory, quantized band by band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from imgcluster.colors import Histogram, look_up_colors
from imgcluster.metrics import psnr_from_mse
from imgcluster.palette import (
    EFFORTS,
    MAX_COLORS,
    METHODS,
    Model,
    PaletteSource,
    as_palette,
    find_colors,
    nearest_colors,
)
from imgcluster.parameters import check_choice, check_int, check_random_state
from imgcluster.picture import (
    BAND_PIXELS,
    BANDED_FORMATS,
    check_banded,
    is_large,
    open_bands,
    output_format,
    warn_of,
    write_bands,
)
from imgcluster.quantization._mapping import index_table
from imgcluster.threads import check_threads
from imgcluster.types import ImageSource, PathLike, RandomState, UInt8Array


@dataclass(frozen=True, eq=False)
class QuantizedFile:
    """What became of a picture that was quantized from file to file.

    Attributes
    ----------
    height, width : int
        Of the upright picture, in pixels.
    palette : ndarray of shape (k, 3), uint8
        sRGB colors, as in `Quantized`.
    mse : float
        Mean over pixels of the squared RGB distance to the original, summed over the channels.
    psnr : float
        Peak signal-to-noise ratio in dB, infinite when lossless.
    n_distinct : int
        Number of distinct colors of the original.
    lossless : bool
        Whether nothing was lost.
    model : KMeans, SoftKMeans, GaussianMixture or None
        The fit, as in `Quantized`.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> result = ic.quantize_large(np.array([[[250, 0, 0], [254, 0, 0], [0, 0, 9]]], np.uint8), io.BytesIO(), 2)
    >>> result.width, result.palette.tolist(), result.n_distinct
    (3, [[0, 0, 9], [252, 0, 0]], 3)
    """

    height: int
    width: int
    palette: UInt8Array
    mse: float
    psnr: float
    n_distinct: int
    lossless: bool
    model: Model | None


def quantize_large(
    source: ImageSource,
    target: PathLike | BinaryIO,
    n_colors: int = 256,
    *,
    method: str = "kmeans",
    effort: str = "default",
    palette: PaletteSource | None = None,
    random_state: RandomState = 0,
    n_threads: int | None = None,
    format: str | None = None,
    compress_level: int = 6,
    band_pixels: int = BAND_PIXELS,
) -> QuantizedFile:
    """Quantize a picture larger than memory, from file to file.

    The picture is read twice, some rows at a time: once to count its colors, exactly, and once to map its pixels,
    which are written as they come. Palette and pixels are those that `quantize` gives for the same picture.

    Parameters
    ----------
    source : path, ndarray, or what else `read_image` takes
        A TIFF or BigTIFF file (tiled or in strips), a .npy file or an array, such as a numpy.memmap: these are read in
        bands. Anything else is read as a whole, and then only the result is spared.
    target : path or binary file object
        A PNG, or a TIFF of tiles of 256 x 256, deflated, BigTIFF where it may exceed 4 GB; with a palette for up to 256
        colors, else RGB. A file is replaced as a whole or left as it was. A TIFF needs a file that can seek.
    n_colors : int
        Palette size, 1 to 65536, of a PNG at most 256.
    method : {"kmeans", "soft-kmeans", "gmm"}
        What finds the palette, as for `quantize`.
    effort : {"default", "fast", "best"}
        How long to search for a better local minimum.
    palette : Palette, path or array-like of shape (k, 3), optional
        Colors to use instead of searching any.
    random_state : int, numpy Generator or None
        Seed.
    n_threads : int or None
        Threads; None uses all processors. The result does not depend on it.
    format : {"png", "tiff"}, optional
        By default what the extension says; "png" for a file object.
    compress_level : int
        Of zlib, 0 to 9.
    band_pixels : int
        Pixels to hold at a time, rounded to whole rows, and to whole tiles or strips of a TIFF. The result does not
        depend on it.

    Returns
    -------
    QuantizedFile

    Raises
    ------
    ImageReadError, PaletteReadError
        If the file cannot be read as an image, or as a palette; nothing is written then.
    ImageWriteError
        If the file cannot be written, or its format is another; an older file of that name is left as it was.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind.

    Warns
    -----
    ConversionWarning
        If reading the image lost something, such as transparency.

    Notes
    -----
    Memory is that of a band (about 20 bytes a pixel), 150 MB for tables of all 24-bit colors, and 40 bytes for each
    distinct color up to 2 million, 24 beyond; less than 512 MB even where all 16.7 million occur. The soft methods
    take 100 bytes a distinct color and more. A TIFF in one compressed strip cannot be read in parts.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> from tempfile import TemporaryDirectory
    >>> from skimage import data
    >>> with TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/coffee.npy", data.coffee())
    ...     result = ic.quantize_large(f"{folder}/coffee.npy", f"{folder}/coffee.tif", 16)
    ...     same = ic.read_image(f"{folder}/coffee.tif") == ic.quantize(data.coffee(), 16).to_array()
    >>> result.height, result.width, len(result.palette), bool(same.all())
    (400, 600, 16, True)
    """
    n_colors = check_int("n_colors", n_colors, 1, MAX_COLORS)
    check_choice("method", method, METHODS)
    check_choice("effort", effort, EFFORTS)
    check_int("compress_level", compress_level, 0, 9)
    check_int("band_pixels", band_pixels, 1)
    rng, n_threads = check_random_state(random_state), check_threads(n_threads)
    given = None if palette is None else as_palette(palette).colors
    kind = check_banded(target, format, n_colors if given is None else len(given))
    lost: dict[str, None] = {}
    with open_bands(source, lost.setdefault, n_threads) as picture:
        histogram = Histogram.merge(Histogram.from_pixels(band, n_threads) for band in picture.read(band_pixels))
        warn_of(source, lost)
        if given is None:
            fit = find_colors(histogram, n_colors, method, effort, rng, n_threads)
        else:
            fit = nearest_colors(histogram, given, n_threads)
        n_distinct, table = len(histogram), index_table(histogram, fit.labels, len(fit.colors))
        del histogram
        shape = picture.height, picture.width
        indices = (look_up_colors(band, table, n_threads) for band in picture.read(band_pixels))
        write_bands(target, kind, indices, shape, fit.colors, compress_level, n_threads)
    return QuantizedFile(*shape, fit.colors, fit.mse, psnr_from_mse(fit.mse), n_distinct, fit.mse == 0, fit.model)


def wants_bands(source: PathLike, target: PathLike) -> bool:
    """Tell whether a file is for `quantize_large`: too large to read as a whole, and to become a PNG or TIFF."""
    return is_large(source) and output_format(target) in BANDED_FORMATS
