"""From file to file: a picture that fits in memory is decoded once, a larger one goes through in bands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from imgcluster.facts import OF_THE_PIXELS, Loss
from imgcluster.metrics import psnr_from_mse
from imgcluster.palette import PaletteSource
from imgcluster.parameters import check_int
from imgcluster.picture import (
    BAND_PIXELS,
    Source,
    check_encoding,
    check_output,
    exceeds_memory,
    is_large,
    limits,
    open_source,
)
from imgcluster.quantization._byte_budget import reduce_whole
from imgcluster.quantization._opened import opened_in_bands, whole_of
from imgcluster.quantization._output import Kept, Output, usual_level
from imgcluster.quantization._reduced import Reduced, reduce_colors
from imgcluster.quantization._request import Request, check_request
from imgcluster.quantization._results import QuantizedFile, count_indices, shares_of
from imgcluster.types import Background, Float64Array, ImageSource, Int64Array, PathLike, RandomState, UInt8Array


def quantize_file(
    source: ImageSource,
    target: PathLike | BinaryIO,
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
    compress_level: int | None = None,
    optimize: int = 1,
    strip: bool = False,
    band_pixels: int = BAND_PIXELS,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> QuantizedFile:
    """Quantize a picture of any size, from file to file.

    A picture that fits in memory is decoded once and written as `quantize` and `Quantized.save` do. A larger one, for a
    PNG or TIFF, is read twice in bands, as `quantize_large` does. An animation stays one: see `quantize_animation`.

    Parameters
    ----------
    source : path, binary file object, PIL image or ndarray
        What `read_image` takes, or a .npy file.
    target : path or binary file object
        A PNG, GIF, lossless WebP, TIFF or BMP. A file is replaced as a whole or left as it was.
    n_colors, method, color_space, effort, palette, random_state, n_threads
    lock, background, dither, dither_strength, lossy, quality, target_psnr, max_bytes, frame, palette_per_frame
        As for `quantize`.
    format : str, optional
        By default as the extension says; "png" for a file object.
    compress_level : int, optional
        zlib level, 0 to 9, for PNG and TIFF; by default 6, or 9 after a lossy mapping.
    optimize : int
        How much to try for a small PNG, 0 to 3: see `imgcluster.picture.write_picture`.
    strip : bool
        Whether to leave out the metadata, as `Quantized.save` does.
    band_pixels : int
        Pixels to hold at a time if the picture does not fit in memory. The result does not depend on it.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    QuantizedFile

    Raises
    ------
    ImageReadError, PaletteReadError
        If the file cannot be read as an image, or as a palette; nothing is written then.
    ImageWriteError
        If the file cannot be written, or its format is a different one; an older file of that name is left as it was.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind, or the format holds fewer colors than the palette has.

    Warns
    -----
    ConversionWarning
        If reading the image lost something, such as transparency.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from imgcluster.quantization import quantize_file
    >>> stream = io.BytesIO()
    >>> result = quantize_file(np.array([[[250, 0, 0], [254, 0, 0], [0, 0, 9]]], np.uint8), stream, 2)
    >>> result.palette.tolist(), result.lossless, stream.getvalue()[1:4]
    ([[0, 0, 9], [252, 0, 0]], False, b'PNG')
    """
    with limits(max_pixels, max_memory):
        check_int("band_pixels", band_pixels, 1)
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
        level = usual_level(request.lossy) if compress_level is None else compress_level
        encoding = check_encoding(level, optimize, n_threads)
        output = Output(target, format, encoding, strip, request.palette is not None, request.n_threads)
        if _wants_bands(source, target, format, rather_whole=max_bytes is not None):
            return _in_bands(source, output, request, band_pixels, frame)
        with open_source(source, n_threads=1) as opened:
            if frame is None and opened.animation is not None:
                from imgcluster.quantization._animations import quantize_frames

                return quantize_frames(opened, target, request, format, encoding, strip, own_palettes=palette_per_frame)
            return _whole(opened, output, request, frame)


def quantize_large(
    source: ImageSource,
    target: PathLike | BinaryIO,
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
    compress_level: int | None = None,
    optimize: int = 1,
    strip: bool = False,
    band_pixels: int = BAND_PIXELS,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> QuantizedFile:
    """Quantize a picture larger than memory, from file to file.

    The picture is read twice, some rows at a time: once to count its colors exactly, and once to map its pixels,
    which are written as they arrive. Palette and pixels are those that `quantize` gives for the same picture.

    Parameters
    ----------
    source : path, ndarray, or what else `read_image` takes
        A TIFF or BigTIFF file (tiled or in strips), a .npy file or an array, such as a numpy.memmap: these are read in
        bands. Anything else is read as a whole; only the memory for the result is then saved.
    target : path or binary file object
        A PNG, or a TIFF in deflated tiles of 256 x 256, BigTIFF if it may exceed 4 GB; with a palette for up to 256
        colors, else RGB. A file is replaced as a whole or left as it was. A TIFF needs a file that can seek.
    n_colors : int or "auto", optional
        Palette size, 1 to 65536; at most 256 for a PNG. 256 by default, or all of the palette.
    method : {"kmeans", "soft-kmeans", "gmm"}
        What finds the palette, as for `quantize`.
    color_space : {"rgb", "oklab", "lab", "linear"}
        Where distances are measured.
    effort : {"default", "fast", "best"}
        How long to search for a better local minimum.
    palette : Palette, path or array-like of shape (k, 3) or (k, 4), optional
        Colors to use instead of searching any: all, or the best n_colors of them.
    lock, background, dither, dither_strength, lossy, quality, target_psnr : optional
        As for `quantize`.
    max_bytes : None
        For pictures that fit in memory only.
    frame, palette_per_frame : optional
        As for `quantize_file`.
    random_state : int, numpy Generator or None
        Seed.
    n_threads : int or None
        Threads; None uses all processors. The result does not depend on it.
    format : {"png", "tiff"}, optional
        By default as the extension says; "png" for a file object.
    compress_level : int, optional
        zlib level, 0 to 9; by default 6, or 9 after a lossy mapping.
    optimize : int
        How much to try for a small PNG, 0 to 3: see `imgcluster.picture.write_picture`.
    strip : bool
        Whether to leave out the metadata, as `Quantized.save` does.
    band_pixels : int
        Pixels to hold at a time, rounded to whole rows, and to whole tiles or strips of a TIFF. The result does not
        depend on it.
    max_pixels, max_memory : int, optional
        As for `quantize`.

    Returns
    -------
    QuantizedFile

    Raises
    ------
    ImageReadError, PaletteReadError
        If the file cannot be read as an image, or as a palette; nothing is written then.
    ImageWriteError
        If the file cannot be written, or its format is a different one; an older file of that name is left as it was.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind.

    Warns
    -----
    ConversionWarning
        If reading the image lost something, such as transparency.

    Notes
    -----
    Memory is that of a band (about 20 bytes a pixel), 150 MB for tables of all 24-bit colors, and 40 bytes for each
    distinct color up to 2 million, 24 beyond; less than 512 MB even if all 16.7 million occur. The soft methods
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
    with limits(max_pixels, max_memory):
        check_int("band_pixels", band_pixels, 1)
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
        level = usual_level(request.lossy) if compress_level is None else compress_level
        encoding = check_encoding(level, optimize, n_threads)
        output = Output(target, format, encoding, strip, request.palette is not None, request.n_threads)
        return _in_bands(source, output, request, band_pixels, frame)


def wants_bands(source: PathLike, target: PathLike, *, rather_whole: bool = False) -> bool:
    """Check whether `quantize_file` reads a file in bands: too large for memory, with a PNG or TIFF as its target."""
    return _wants_bands(source, target, None, rather_whole=rather_whole)


def _wants_bands(source: ImageSource, target: PathLike | BinaryIO, format: str | None, *, rather_whole: bool) -> bool:
    if not check_output(target, format).banded:
        return False
    if isinstance(source, np.ndarray):
        return source.ndim >= 2 and exceeds_memory(source.shape[0] * source.shape[1])
    return isinstance(source, str | bytes | os.PathLike) and is_large(source, rather_whole=rather_whole)


def _whole(source: Source, output: Output, request: Request, frame: int | None) -> QuantizedFile:
    """Quantize a picture that fits in memory, to a file of any format."""
    picture = whole_of(source, request.transparency(check_output(output.target, output.format)), frame)
    kept = Kept(picture.shape, picture.metadata)
    reduced, indices = reduce_whole(picture, request, lambda indices, palette: output.size_of(indices, palette, kept))
    shares = shares_of(indices, len(reduced.palette))
    # 36 MB of a 12-megapixel photo that the encoder can use
    del picture
    return _result(reduced, kept.shape, output.write(indices, reduced.palette, kept), shares)


def _in_bands(
    source: ImageSource, output: Output, request: Request, band_pixels: int, frame: int | None
) -> QuantizedFile:
    """Quantize a picture of any size: read once to count colors, and once to map pixels."""
    if request.max_bytes is not None:
        raise ValueError(
            f"max_bytes is for pictures that fit in memory, got {request.max_bytes} with one read in bands; "
            "use quality or n_colors"
        )
    format = check_output(output.target, output.format, request.most_colors, in_bands=True)
    with opened_in_bands(source, request.transparency(format), band_pixels, request.n_threads, frame) as picture:
        reduced = reduce_colors(picture, request)
        counts = np.zeros(len(reduced.palette), np.int64)
        indices = _counting(reduced.mapping.indices(picture.bands()), counts)
        lost = output.write(indices, reduced.palette, Kept(picture.shape, picture.metadata))
    return _result(reduced, picture.shape, lost, counts / counts.sum())


def _counting(bands: Iterator[UInt8Array], counts: Int64Array) -> Iterator[UInt8Array]:
    """Yield bands of indices, and count the pixels of each color."""
    for band in bands:
        counts += count_indices(band, len(counts))
        yield band


def _result(reduced: Reduced, shape: tuple[int, int], lost: frozenset[Loss], shares: Float64Array) -> QuantizedFile:
    return QuantizedFile(
        *shape,
        reduced.palette,
        reduced.mse,
        psnr_from_mse(reduced.mse),
        reduced.n_distinct,
        reduced.lossless and not lost & OF_THE_PIXELS,
        reduced.fit.model,
        reduced.lost | lost,
        shares,
    )
