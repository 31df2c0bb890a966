"""Quantizing a picture in memory, with a palette searched or given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgcluster.cluster import KMeans
from imgcluster.metrics import psnr_from_mse
from imgcluster.palette import PaletteSource, as_palette
from imgcluster.picture import Format, check_output, encode_picture, limits
from imgcluster.quantization._byte_budget import reduce_whole
from imgcluster.quantization._opened import read_whole
from imgcluster.quantization._output import usual_level
from imgcluster.quantization._request import Request, check_request
from imgcluster.quantization._results import Quantized
from imgcluster.types import Background, ImageSource, RandomState, UInt8Array

if TYPE_CHECKING:
    from imgcluster.cluster import GaussianMixture, SoftKMeans
    from imgcluster.colors import ColorSpace
    from imgcluster.quantization._memberships import Memberships


def quantize(
    image: ImageSource,
    n_colors: int | str | None = None,
    *,
    method: str = "kmeans",
    color_space: str = "rgb",
    effort: str = "default",
    palette: PaletteSource | None = None,
    lock: PaletteSource | None = None,
    background: Background | None = None,
    dither: str = "none",
    dither_strength: float | None = None,
    lossy: float = 0.0,
    quality: tuple[int, int] | int | None = None,
    target_psnr: float | None = None,
    max_bytes: int | None = None,
    frame: int | None = None,
    palette_per_frame: bool = False,
    random_state: RandomState = 0,
    n_threads: int | None = None,
    format: str | None = None,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> Quantized:
    """Reduce an image to its best n_colors colors.

    The distinct colors and their counts are clustered, so that the objective is that of all pixels; pixels map to the
    nearest palette color as it is written (8 bits).

    Parameters
    ----------
    image : path, binary file object, PIL image or ndarray
        Arrays are (H, W), (H, W, 3), or with alpha (H, W, 2) or (H, W, 4): uint8, uint16, or floating point in 0..1.
    n_colors : int or "auto", optional
        Palette size, 1 to 65536, 256 by default; an indexed PNG or GIF holds at most 256. An image with no more
        distinct colors than this is kept without loss. "auto" takes the fewest that reach quality 85.
    method : {"kmeans", "soft-kmeans", "gmm"}
        What finds the palette: k-means; soft k-means; or a mixture of Gaussians with full covariances, whose means it
        takes (1/12, the variance of rounding to whole shades, is added to variances). The soft ones show how far each
        pixel belongs to each cluster (`Quantized.responsibilities`), but only k-means minimizes the error.
    color_space : {"rgb", "oklab", "lab", "linear"}
        Where distances are measured and colors averaged. "rgb" keeps the squared error of the stored values (PSNR)
        least; "oklab" the difference that is seen [1]_, at 12 to 30 % more squared error; "lab" that of CIELAB (delta E
        1976); "linear" that of the light itself, which favors light tones. The palette is written in sRGB in any case.
    effort : {"default", "fast", "best"}
        How long to search for a better local minimum.
    palette : Palette, str, path or array-like of shape (k, 3) or (k, 4), optional
        Colors to use instead of searching any, as `apply_palette` does: all of them, or if n_colors is given the best
        n_colors of them. The other parameters of the search are then without effect.
    lock : Palette, path or array-like of shape (l, 3) or (l, 4), optional
        Colors that the palette must hold exactly; the others are searched. They count in n_colors.
    background : str or (red, green, blue), optional
        A color to put transparent parts on, such as "white" or "#1e90ff"; by default transparency is kept, unless the
        format does not hold it (then it is put on white).
    dither : {"none", "floyd-steinberg", "blue-noise", "ordered", "auto"}
        How to mix colors that the palette lacks from neighboring pixels; "auto" dithers smooth areas only.
    dither_strength : float, optional
        0 to 1; by default what suits the kind of dithering.
    lossy : float
        Per cent that the mean error may grow, as distance in the color space, for a smaller PNG or GIF: rows take the
        colors that cost least, error and size together. 5 is hardly seen; at most 256 colors.
    quality : int or (int, int), optional
        0 to 100, as users of pngquant know it: the fewest colors, at most n_colors, that reach it. Of two numbers the
        first is the lowest allowed: if n_colors do not reach that, `TargetError` names the best that they reach.
    target_psnr : float, optional
        The same in dB.
    max_bytes : int, optional
        The most that the file may have: the largest palette for that, at most n_colors. The file is that of `format`,
        PNG by default, as `Quantized.save` writes it.
    frame : int, optional
        The frame of an animation or the page of a TIFF to take, from 0; by default the first one, and the loss of the
        others is reported.
    palette_per_frame : bool
        For `quantize_animation`; a single picture has one palette.
    random_state : int, numpy Generator or None
        Seed; the same seed gives the same bytes for any number of threads and any processor.
    n_threads : int or None
        Threads; None uses all processors.
    format : str, optional
        The ending of the file that the picture will be saved as, if that is known: transparency that the format does
        not hold is then dealt with before colors are chosen.
    max_pixels : int, optional
        The most pixels that a picture may have, as its header says; by default 2**30 of what is decoded as a whole.
    max_memory : int, optional
        The most bytes that the picture may take, by default 2**30; one that needs more is rejected from its header.

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

    References
    ----------
    .. [1] B. Ottosson, "A perceptual color space for image processing", 2020,
       https://bottosson.github.io/posts/oklab/.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from skimage import data
    >>> result = ic.quantize(data.astronaut(), 16)
    >>> result.palette.shape, result.indices.shape, result.psnr > 25
    ((16, 3), (512, 512), True)
    """
    with limits(max_pixels, max_memory):
        request = check_request(
            n_colors,
            method=method,
            color_space=color_space,
            effort=effort,
            palette=palette,
            lock=lock,
            background=background,
            dither=dither,
            dither_strength=dither_strength,
            lossy=lossy,
            quality=quality,
            target_psnr=target_psnr,
            max_bytes=max_bytes,
            random_state=random_state,
            n_threads=n_threads,
        )
        return _quantized(image, request, None if format is None else check_output(format, format), frame)


def apply_palette(
    image: ImageSource,
    palette: PaletteSource,
    n_colors: int | None = None,
    *,
    color_space: str = "rgb",
    background: Background | None = None,
    dither: str = "none",
    dither_strength: float | None = None,
    lossy: float = 0.0,
    n_threads: int | None = None,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> Quantized:
    """Give every pixel the nearest color of a palette.

    Nearest is exact, by squared distance in the color space; among equals the first one in the palette is taken. A
    palette without a clear color gets one at its end if the picture has clear pixels.

    Parameters
    ----------
    image : path, binary file object, PIL image or ndarray
        As for `quantize`.
    palette : Palette, str, path or array-like of shape (k, 3) or (k, 4)
        1 to 65536 colors: a `Palette`, a palette file or a picture (see `Palette.read`), a list such as "#fff,#000",
        the name of a known palette (`imgcluster.palette.PRESETS`, such as "pico-8"), or whole numbers in 0..255.
    n_colors : int, optional
        Take only so many of its colors, those with the least error together, such as 4 of 40 threads [1]_. By default
        the palette is taken whole.
    color_space, background, dither, dither_strength, lossy : optional
        As for `quantize`.
    n_threads : int or None
        Threads; None uses all processors. The result does not depend on it.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    Quantized
        With the palette as it was given, in its order, duplicates included; its native colors if it has them, while the
        error is that of the colors that pixels were compared with.

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

    References
    ----------
    .. [1] E. Schubert, P. J. Rousseeuw, "Fast and eager k-medoids clustering: O(k) runtime improvement of the PAM,
       CLARA, and CLARANS algorithms", Information Systems 101, 2021, doi:10.1016/j.is.2021.101804.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> shades = np.arange(0, 256, 51, dtype=np.uint8)
    >>> web_safe = np.stack(np.meshgrid(shades, shades, shades, indexing="ij"), axis=-1).reshape(-1, 3)
    >>> result = ic.apply_palette("examples/coffee.jpg", web_safe)
    >>> len(result.palette), round(result.psnr, 1)
    (216, 25.1)
    >>> len(ic.apply_palette("examples/coffee.jpg", web_safe, 4).palette)
    4
    """
    with limits(max_pixels, max_memory):
        request = check_request(
            n_colors,
            palette=as_palette(palette),
            color_space=color_space,
            background=background,
            dither=dither,
            dither_strength=dither_strength,
            lossy=lossy,
            n_threads=n_threads,
        )
        return _quantized(image, request)


def _quantized(
    image: ImageSource, request: Request, format: Format | None = None, frame: int | None = None
) -> Quantized:
    """Quantize a picture in memory: a single band."""
    picture = read_whole(image, request.transparency(format), frame)

    def size_of(indices: UInt8Array, palette: UInt8Array) -> int:
        return len(
            encode_picture(
                indices,
                format=".png" if format is None else format.endings[0],
                palette=palette,
                metadata=picture.metadata,
                compress_level=usual_level(request.lossy),
                keep_order=request.palette is not None,
            )
        )

    reduced, indices = reduce_whole(picture, request, size_of)
    (pixels,) = picture.bands()
    model = reduced.fit.model
    return Quantized(
        reduced.palette,
        indices,
        reduced.mse,
        psnr_from_mse(reduced.mse),
        reduced.n_distinct,
        reduced.lossless,
        model,
        None if model is None or isinstance(model, KMeans) else _memberships(model, pixels, request.space),
        reduced.lost,
        picture.metadata,
        request.palette is not None,
        request.lossy,
    )


def _memberships(model: SoftKMeans | GaussianMixture, pixels: UInt8Array, space: ColorSpace) -> Memberships:
    """Return what looks up how far pixels belong to the clusters of a soft fit."""
    from imgcluster.quantization._memberships import Memberships

    return Memberships(model, pixels, space)
