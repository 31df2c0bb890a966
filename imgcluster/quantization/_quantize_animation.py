"""From animation to animation, with few colors."""

from __future__ import annotations

from typing import BinaryIO

from imgcluster.palette import PaletteSource
from imgcluster.quantization._quantize_file import quantize_file
from imgcluster.quantization._results import QuantizedFile
from imgcluster.types import Background, ImageSource, PathLike, RandomState


def quantize_animation(
    source: ImageSource,
    target: PathLike | BinaryIO,
    n_colors: int | str | None = None,
    *,
    palette_per_frame: bool = False,
    frame: int | None = None,
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
    random_state: RandomState = 0,
    n_threads: int | None = None,
    format: str | None = None,
    compress_level: int = 6,
    strip: bool = False,
    max_pixels: int | None = None,
    max_memory: int | None = None,
) -> QuantizedFile:
    """Reduce an animated GIF, PNG or WebP to few colors, as any of the three.

    All frames, their times and the number of plays are kept. Pixels that do not change from one frame to the next
    do not change in the result either, dithered or not. Each frame is stored as the part of it that changes.

    Parameters
    ----------
    source : path, binary file object or PIL image
        A single picture is taken, too, and stays one.
    target : path or binary file object
        A GIF, a PNG or a lossless WebP. A file is replaced as a whole or left as it was.
    n_colors : int or "auto", optional
        Colors of the palette that all frames share, 256 by default, or all of a given palette. In a GIF or PNG one of
        them may be a transparent one that stands for what is shown already.
    palette_per_frame : bool
        Whether each frame gets a palette of its own, for what changes in it. For GIF and WebP.
    frame : int, optional
        The only frame to take, from 0, as a picture.
    method, color_space, effort, palette, lock, background, dither, dither_strength, lossy : optional
        As for `quantize`.
    quality, target_psnr, random_state, n_threads : optional
        As for `quantize`.
    format : str, optional
        By default as the extension says; "png" for a file object.
    compress_level : int
        zlib level, 0 to 9, for PNG.
    strip : bool
        Whether to leave out the metadata.
    max_pixels, max_memory : int, optional
        As for `quantize`; of all frames together sixteen times as many pixels are allowed.

    Returns
    -------
    QuantizedFile
        Its error is the mean over all frames; its palette is the shared one, or that of the first frame.

    Raises
    ------
    ImageReadError, PaletteReadError
        If the file cannot be read as an image, or as a palette; nothing is written then.
    ImageWriteError
        If the file cannot be written, or its format holds a single picture.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind.

    Warns
    -----
    ConversionWarning
        If reading the frames lost something; a GIF keeps no partial transparency.

    Notes
    -----
    The frames are read twice, one at a time: however many there are, three are in memory. A GIF counts time in units
    of 10 ms: the ends of frames are rounded, so that the animation does not become faster. With `palette_per_frame`,
    a GIF frame in which something becomes transparent is drawn anew as a whole, and may change everywhere.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> from PIL import Image
    >>> reds = [Image.fromarray(np.full((4, 4, 3), (red, 0, 0), np.uint8)) for red in (10, 90, 250)]
    >>> film = io.BytesIO()
    >>> reds[0].save(film, "PNG", save_all=True, append_images=reds[1:], duration=80)
    >>> result = ic.quantize_animation(film, io.BytesIO(), 8, format="gif")
    >>> result.n_frames, result.lossless
    (3, True)
    """
    return quantize_file(
        source,
        target,
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
        frame=frame,
        palette_per_frame=palette_per_frame,
        random_state=random_state,
        n_threads=n_threads,
        format=format,
        compress_level=compress_level,
        strip=strip,
        max_pixels=max_pixels,
        max_memory=max_memory,
    )
