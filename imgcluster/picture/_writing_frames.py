"""Write an animation of palette indices to a file, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import BinaryIO

from imgcluster.errors import ImageWriteError
from imgcluster.facts import Loss
from imgcluster.files import deliver, shown
from imgcluster.picture._animation import Animation
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._output import check_encoding, check_output
from imgcluster.picture.formats import FORMATS, AnimatedRaster, Format, Frame, formats_text
from imgcluster.types import PathLike


def write_animation(
    frames: Iterable[Frame],
    target: PathLike | BinaryIO,
    shape: tuple[int, int],
    animation: Animation,
    *,
    metadata: Metadata | None = None,
    format: str | None = None,
    compress_level: int = 6,
    optimize: int = 1,
    n_threads: int | None = None,
) -> frozenset[Loss]:
    """Write an animation as GIF, animated PNG or lossless WebP; return what of the metadata the format does not keep.

    Parameters
    ----------
    frames : iterable of Frame
        Taken one by one, as many as the animation has.
    target : path or binary file object
        A file is replaced as a whole or left as it was; an open file, such as stdout, gets the bytes.
    shape : tuple of int
        Height and width.
    animation : Animation
        A GIF rounds times to 10 ms, a WebP to 1 ms.
    metadata : Metadata, optional
        What came with the pixels.
    format : str, optional
        An ending, by default that of the file's name, and PNG for a file object.
    compress_level : int, optional
        zlib level of a PNG, from 0 (none) to 9.
    optimize : int, optional
        0 to 3: how many ways to code the frames of a PNG are tried, as in `write_indexed`.
    n_threads : int, optional

    Raises
    ------
    ImageWriteError
        When the format holds no frames, or the file cannot be written (no folder, no permission, disk full).
    ValueError
        When an animated PNG would need several palettes.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> from imgcluster.picture import Animation, Frame, open_source, write_animation
    >>> stream, colors = io.BytesIO(), np.array([[255, 0, 0], [0, 0, 255]], np.uint8)
    >>> frames = [Frame(np.array([[0, i]]), colors) for i in range(2)]
    >>> write_animation(frames, stream, (1, 2), Animation((40, 500), plays=3), format="gif")
    frozenset()
    >>> open_source(stream).animation
    Animation(durations=(40.0, 500.0), plays=3)
    """
    chosen = check_animated_output(target, format, animation.n_frames)
    effort = check_encoding(compress_level, optimize, n_threads)
    if chosen.max_side is not None and max(shape) > chosen.max_side:
        problem = f"{chosen.name} allows {chosen.max_side} pixels a side, got {shape[1]} x {shape[0]}"
        raise ImageWriteError(shown(target), problem, "write an animated PNG")
    metadata = Metadata() if metadata is None else metadata.upright()
    lost = chosen.not_kept(metadata)
    raster = AnimatedRaster(frames, shape, animation, metadata.without(lost))
    assert chosen.write_frames is not None
    pieces = chosen.write_frames(raster, effort)
    if not isinstance(target, str | bytes | os.PathLike):
        # an encoder that fails leaves no trace; a file is replaced once it is complete
        pieces = list(pieces)
    deliver(pieces, target)
    return lost


def check_animated_output(
    target: PathLike | BinaryIO, format: str | None, n_frames: int, n_colors: int | None = None
) -> Format:
    """Return the format that an animation would be written in, or reject one that holds a single picture."""
    chosen = check_output(target, format, n_colors)
    if chosen.write_frames is None:
        names = tuple(found.name for found in FORMATS.values() if found.write_frames)
        # others write several pages into a TIFF
        holds = f"imgcluster writes one picture into a {chosen.title}" if chosen.name == "TIFF" else None
        raise ImageWriteError(
            shown(target),
            f"{holds or f'a {chosen.title} holds one picture'}, not {n_frames} frames",
            f"write a {formats_text(names)}, or take one frame (frame=0, --frame 0)",
        )
    return chosen
