"""Write pixels, or indices and a palette, to a picture file, whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageWriteError
from imgcluster.facts import Loss
from imgcluster.files import deliver, replacing, shown, write_error
from imgcluster.parameters import plain_array
from imgcluster.picture._alpha import held_by
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._output import check_encoding, check_output
from imgcluster.picture._raster_checks import check_indices, check_palette, check_pixels
from imgcluster.picture.formats import (
    Effort,
    Format,
    Raster,
)
from imgcluster.types import PathLike


def write_picture(
    rows: NDArray[Any] | Iterable[NDArray[Any]],
    target: PathLike | BinaryIO,
    *,
    palette: NDArray[np.uint8] | None = None,
    shape: tuple[int, int] | None = None,
    metadata: Metadata | None = None,
    format: str | None = None,
    compress_level: int = 6,
    optimize: int = 1,
    keep_order: bool = True,
    n_threads: int | None = None,
) -> frozenset[Loss]:
    """Write a picture with its metadata, and return what the format does not keep.

    Parameters
    ----------
    rows : ndarray of shape (H, W, 3), (H, W, 4) or (H, W), or an iterable of bands of rows
        Pixels in sRGB, uint8, RGB, RGB and straight alpha, or gray; with a palette, indices of any integer type.
        Bands are of indices, from top to bottom, of any heights.
    target : path or binary file object
        A file is replaced as a whole or left as it was; an open file, such as stdout, gets the bytes.
    palette : ndarray of shape (k, 3) or (k, 4), uint8, optional
        The colors of indices, the fourth column straight alpha.
    shape : tuple of int, optional
        Height and width of a picture in bands.
    metadata : Metadata, optional
        What came with the pixels. It is written as that of an upright sRGB picture: see `Metadata.upright`.
    format : str, optional
        An ending, with its dot or without; by default the ending of the file's name, and PNG for a file object.
    compress_level : int, optional
        zlib level of a PNG or TIFF, from 0 (none) to 9; `optimize` may raise it where that takes little time. At 9,
        indexed PNGs of any size are deflated into the fewest bytes that are found.
    optimize : int
        How much to try for a small PNG: 0, one way to code it; 1, filters, bits a pixel and orders of the palette are
        tried on a sample; 2, on all pixels, at level 9; 3, and oxipng compresses the result (not for bands), which
        needs the extra ``imgcluster[optimize]``.
    keep_order : bool
        Whether an indexed file must hold the palette as it is, in its order. If not, a PNG has the order that makes it
        small, or is a gray one without a palette.
    n_threads : int, optional
        Threads that deflate, by default as many as processors; the bytes do not depend on it.

    Returns
    -------
    frozenset of Loss
        What is not in the file: parts of the metadata, and of alpha. A GIF has clear and opaque pixels only, and alpha
        is rounded to these; for BMP and PNM, pixels are put on white.

    Raises
    ------
    ImageWriteError
        When the format is unknown or unsuitable, or the file cannot be written (no folder, no permission, disk full).
    ValueError, TypeError
        When pixels, indices or palette have a wrong shape or type, or the format holds fewer colors.

    Notes
    -----
    A color profile is not copied, as the pixels are sRGB; a PNG declares sRGB if the metadata has one.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from imgcluster.picture import Metadata, open_source, write_picture
    >>> stream = io.BytesIO()
    >>> scan = Metadata(dpi=(300, 300), text=(("Title", "Harbor"),))
    >>> write_picture(np.zeros((2, 3, 3), np.uint8), stream, metadata=scan)
    frozenset()
    >>> open_source(stream).metadata.text
    (('Title', 'Harbor'),)
    >>> write_picture(np.zeros((2, 3, 3), np.uint8), io.BytesIO(), metadata=scan, format="bmp")
    frozenset({<Loss.TEXT: 'text'>})
    """
    in_bands = not isinstance(rows, np.ndarray)
    chosen = check_output(target, format, None if palette is None else len(palette), in_bands=in_bands)
    effort = check_encoding(compress_level, optimize, n_threads)
    if palette is not None:
        check_palette(palette)
    if isinstance(rows, np.ndarray):
        _check_whole(rows, palette, chosen, target)
        height, width = rows.shape[:2]
    elif palette is None or shape is None:
        raise ValueError("bands must be of indices, with their palette and the shape of the whole picture")
    else:
        height, width = shape
    rows, palette, lost_alpha = held_by(chosen, rows, palette)
    if metadata is not None and not isinstance(metadata, Metadata):
        raise TypeError(f"metadata must be a Metadata, got {type(metadata).__name__}; read_metadata returns one")
    metadata = Metadata() if metadata is None else metadata.upright()
    lost = chosen.not_kept(metadata, in_bands=in_bands)
    raster = Raster(rows, (height, width), palette, metadata.without(lost), keep_order)
    if in_bands:
        _write_bands(raster, chosen, effort, target)
    else:
        _write_whole(raster, chosen, effort, target)
    return lost | lost_alpha


def encode_picture(
    rows: NDArray[Any],
    *,
    format: str = "png",
    palette: NDArray[np.uint8] | None = None,
    metadata: Metadata | None = None,
    compress_level: int = 6,
    optimize: int = 1,
    keep_order: bool = True,
    n_threads: int | None = None,
) -> bytes:
    """Return the bytes of the file that `write_picture` writes.

    Parameters
    ----------
    rows, format, palette, metadata, compress_level, optimize, keep_order, n_threads
        As for `write_picture`, of a whole picture.

    Returns
    -------
    bytes

    Raises
    ------
    ImageWriteError, ValueError, TypeError
        As `write_picture` does.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.picture import encode_picture
    >>> len(encode_picture(np.zeros((64, 64), np.uint8), palette=np.zeros((1, 3), np.uint8))) < 100
    True
    """
    stream = io.BytesIO()
    write_picture(
        rows,
        stream,
        palette=palette,
        metadata=metadata,
        format=format,
        compress_level=compress_level,
        optimize=optimize,
        keep_order=keep_order,
        n_threads=n_threads,
    )
    return stream.getvalue()


def write_image(
    pixels: NDArray[np.uint8],
    target: PathLike | BinaryIO,
    *,
    format: str | None = None,
    compress_level: int = 6,
    metadata: Metadata | None = None,
) -> None:
    """Write RGB, RGBA or gray pixels to a PNG, lossless WebP, TIFF, BMP or PNM file.

    Parameters
    ----------
    pixels : ndarray of shape (H, W, 3), (H, W, 4) or (H, W), uint8
        The picture, in sRGB; a fourth channel is straight alpha, put on white where the format has none.
    target : path or binary file object
        A file is replaced as a whole or left as it was; an open file, such as stdout, gets the bytes.
    format : str, optional
        "png", "webp", "tiff", "bmp" or "ppm"; by default as the extension says, and PNG for a file object.
    compress_level : int, optional
        zlib level of a PNG, from 0 (none) to 9.
    metadata : Metadata, optional
        What came with the pixels; what the format does not hold is left out.

    Raises
    ------
    ImageWriteError
        When the format is unknown or unsuitable, or the file cannot be written (no folder, no permission, disk full).

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from imgcluster.picture import read_image
    >>> stream = io.BytesIO()
    >>> write_image(np.zeros((2, 3, 3), np.uint8), stream)
    >>> read_image(stream).shape
    (2, 3, 3)
    """
    write_picture(
        plain_array("pixels", pixels),
        target,
        format=format,
        compress_level=compress_level,
        metadata=metadata,
        n_threads=1,
    )


def write_indexed(
    indices: NDArray[Any],
    palette: NDArray[np.uint8],
    target: PathLike | BinaryIO,
    *,
    format: str | None = None,
    compress_level: int = 6,
    optimize: int = 1,
    keep_order: bool = True,
    n_threads: int | None = None,
    metadata: Metadata | None = None,
) -> None:
    """Write palette indices and their palette: an indexed PNG or GIF, or the RGB picture as WebP, TIFF, BMP or PNM.

    Parameters
    ----------
    indices : ndarray of shape (H, W), integer
        The palette entry of every pixel.
    palette : ndarray of shape (k, 3) or (k, 4), uint8
        The colors, in sRGB, the fourth column straight alpha; see `write_picture`. A PNG gets exactly these, in this
        order unless `keep_order` is false; a GIF's table is padded with black to a power of two.
    target, format, compress_level, metadata
        As for `write_image`; `format` may also be "gif".
    optimize, keep_order
        As for `write_picture`.
    n_threads : int, optional
        Threads that deflate a PNG, by default as many as processors; the bytes do not depend on it.

    Raises
    ------
    ImageWriteError
        When the format is unknown or unsuitable, or the file cannot be written (no folder, no permission, disk full).
    ValueError
        When an index is outside the palette, or a PNG or GIF is asked to hold more than 256 colors.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from imgcluster.picture import read_image
    >>> stream = io.BytesIO()
    >>> write_indexed(np.array([[0, 1]]), np.array([[255, 0, 0], [0, 0, 255]], np.uint8), stream)
    >>> read_image(stream)
    array([[[255,   0,   0],
            [  0,   0, 255]]], dtype=uint8)
    """
    write_picture(
        plain_array("indices", indices),
        target,
        palette=plain_array("palette", palette),
        format=format,
        compress_level=compress_level,
        optimize=optimize,
        keep_order=keep_order,
        n_threads=n_threads,
        metadata=metadata,
    )


def _write_whole(raster: Raster, format: Format, effort: Effort, target: PathLike | BinaryIO) -> None:
    """Encode in memory, so that an encoder that fails leaves no trace, and write the bytes."""
    assert format.write is not None
    try:
        pieces = list(format.write(raster, effort))
    except Exception as error:
        raise write_error(target, error) from error
    deliver(pieces, target)


def _write_bands(raster: Raster, format: Format, effort: Effort, target: PathLike | BinaryIO) -> None:
    """Encode bands as they arrive."""
    assert format.write is not None
    if format.write_into is None:
        deliver(format.write(raster, effort), target)
        return
    with replacing(target) if isinstance(target, str | bytes | os.PathLike) else nullcontext(target) as stream:
        if not stream.seekable():
            raise ImageWriteError(shown(target), f"a {format.title} cannot go through a pipe", "write a PNG")
        format.write_into(raster, effort, stream)


def _check_whole(rows: NDArray[Any], palette: NDArray[Any] | None, format: Format, target: PathLike | BinaryIO) -> None:
    """Reject pixels and indices that are not a picture, or not one for that format."""
    if palette is None:
        check_pixels(rows)
        if not format.rgb:
            raise ImageWriteError(shown(target), f"a {format.title} needs a palette", "quantize first or write a PNG")
    else:
        check_indices(rows, len(palette))
    height, width = rows.shape[:2]
    if format.max_side is not None and max(height, width) > format.max_side:
        raise ImageWriteError(
            shown(target),
            f"{format.name} allows {format.max_side} pixels a side, got {width} x {height}",
            "write a PNG",
        )
