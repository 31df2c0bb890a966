"""What is checked before any work is done for a picture: its format, and how hard its encoder tries."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, cast

from imgcluster.errors import ImageWriteError
from imgcluster.files import shown
from imgcluster.parameters import check_int, given_text
from imgcluster.picture.formats import (
    FORMATS,
    WRITABLE_ENDINGS,
    Effort,
    Format,
    check_optimizer,
    format_of_ending,
    formats_text,
)
from imgcluster.threads import check_threads
from imgcluster.types import PathLike


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
        if not isinstance(format, str):
            raise TypeError(f"format must be a name such as png, got {given_text(format)}")
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


def check_encoding(compress_level: int, optimize: int, n_threads: int | None) -> Effort:
    """Check what says how hard an encoder tries, before any work is done."""
    check_int("compress_level", compress_level, 0, 9)
    check_int("optimize", optimize, 0, 3)
    if optimize == 3:
        check_optimizer()
    return Effort(compress_level, check_threads(n_threads), optimize)
