"""Write pixels, or indices and a palette, to a picture file, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageWriteError
from imgcluster.facts import Loss
from imgcluster.files import deliver, replacing, shown, write_error
from imgcluster.parameters import check_int
from imgcluster.picture._alpha import held_by
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._raster_checks import check_indices, check_palette, check_pixels
from imgcluster.picture.formats import (
    FORMATS,
    WRITABLE_ENDINGS,
    Effort,
    Format,
    Raster,
    format_of_ending,
    formats_text,
)
from imgcluster.threads import check_threads
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
        zlib level of a PNG, and of a TIFF in bands, from 0 (none) to 9.
    keep_order : bool
        Whether an indexed file must hold the palette in its order. If not, colors that are not opaque come first in a
        PNG, which shortens it.
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
    check_int("compress_level", compress_level, 0, 9)
    effort = Effort(compress_level, check_threads(n_threads))
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
    metadata = Metadata() if metadata is None else metadata.upright()
    lost = chosen.not_kept(metadata, in_bands=in_bands)
    raster = Raster(rows, (height, width), palette, metadata.without(lost), keep_order)
    if in_bands:
        _write_bands(raster, chosen, effort, target)
    else:
        _write_whole(raster, chosen, effort, target)
    return lost | lost_alpha


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
        np.asarray(pixels), target, format=format, compress_level=compress_level, metadata=metadata, n_threads=1
    )


def write_indexed(
    indices: NDArray[Any],
    palette: NDArray[np.uint8],
    target: PathLike | BinaryIO,
    *,
    format: str | None = None,
    compress_level: int = 6,
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
        order, with 1, 2, 4 or 8 bits a pixel, as few as k needs; a GIF's table is padded with black to a power of two.
    target, format, compress_level, metadata
        As for `write_image`; `format` may also be "gif".
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
        np.asarray(indices),
        target,
        palette=np.asarray(palette),
        format=format,
        compress_level=compress_level,
        n_threads=n_threads,
        metadata=metadata,
    )


def check_output(
    target: PathLike | BinaryIO, format: str | None = None, n_colors: int | None = None, *, in_bands: bool = False
) -> Format:
    """Return the format that a picture would be written in, or reject it before any work is done.

    Parameters
    ----------
    target : path or binary file object
    format : str, optional
        An ending, as for `write_picture`.
    n_colors : int, optional
        Of the palette.
    in_bands : bool
        Whether the picture is to be written some rows at a time.

    Raises
    ------
    ImageWriteError
        When the format is unknown, cannot be written, or not in bands.
    ValueError
        When the format holds fewer colors.
    TypeError
        When the target is neither a path nor a file.
    """
    chosen = _format_for(target, format)
    if in_bands and not chosen.banded:
        banded = [format for format in FORMATS.values() if format.banded]
        raise ImageWriteError(
            shown(target),
            f"a picture read band by band becomes a {formats_text(tuple(f.name for f in banded))}, not {chosen.name}",
            f"write {' or '.join(f.endings[0] for f in banded)}",
        )
    if n_colors is not None and chosen.max_colors is not None and n_colors > chosen.max_colors:
        way_out = "write a TIFF instead" if in_bands else "write lossless WebP instead"
        raise ValueError(
            f"n_colors must be between 1 and {chosen.max_colors} for an indexed {chosen.name}, "
            f"got {n_colors}; {way_out}"
        )
    return chosen


def _format_for(target: PathLike | BinaryIO, format: str | None) -> Format:
    """Return the format that was asked for, by its name or by an ending."""
    is_path = isinstance(target, str | bytes | os.PathLike)
    if not is_path and not hasattr(target, "write"):
        raise TypeError(f"target must be a path or a binary file, got {type(target).__name__}")
    if format is not None:
        ending = f".{format.removeprefix('.')}".lower()
    else:
        ending = Path(os.fsdecode(cast(PathLike, target))).suffix.lower() if is_path else ".png"
    found = format_of_ending(ending)
    if found is None:
        what = f"unknown extension {shown(ending)!r}" if ending else "no extension"
        raise ImageWriteError(shown(target), f"{what}; use one of {', '.join(WRITABLE_ENDINGS)}")
    if found.write is None:
        raise ImageWriteError(shown(target), found.read_only_because)
    return found


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
