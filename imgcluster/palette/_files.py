"""Reading and writing palette files of any format."""

from __future__ import annotations

import os
from pathlib import Path

from imgcluster.errors import ImageWriteError, PaletteReadError
from imgcluster.files import deliver, shown
from imgcluster.palette.formats import ENDINGS, FORMATS, BadPaletteError, Listing
from imgcluster.types import PathLike

_MOST_BYTES = 1 << 24  # 65536 colors with long names fit several times


def palette_ending(path: PathLike) -> str:
    """Return the ending that names a palette format, or raise ValueError."""
    ending, problem, way_out = _ending(path)
    if problem:
        raise ValueError(f"{problem}; {way_out}")
    return ending


def read_listing(path: PathLike, most: int) -> Listing:
    """Read a palette file; raises PaletteReadError."""
    ending, problem, way_out = _ending(path)
    if problem:
        raise PaletteReadError(shown(path), problem, way_out)
    try:
        listing = FORMATS[ending].parse(_read_bytes(path))
    except BadPaletteError as error:
        name = shown(path) if error.line is None else f"{shown(path)}, line {error.line}"
        raise PaletteReadError(name, error.problem, error.way_out) from None
    if not listing.colors:
        raise PaletteReadError(shown(path), "it holds no colors", "write at least one")
    if len(listing.colors) > most:
        problem = f"it holds {len(listing.colors)} colors, {most} are allowed"
        raise PaletteReadError(shown(path), problem, "leave some out")
    return listing


def write_listing(path: PathLike, listing: Listing) -> None:
    """Write a palette file as a whole or not at all; raises ImageWriteError."""
    ending, problem, way_out = _ending(path)
    if problem:
        raise ImageWriteError(shown(path), problem, way_out)
    deliver([FORMATS[ending].format(listing)], path)


def _ending(path: PathLike) -> tuple[str, str, str]:
    """Return the ending of a file, and the problem with it and the way out, empty if there is no problem."""
    ending = Path(os.fsdecode(path)).suffix.lower()
    if ending in FORMATS:
        return ending, "", ""
    problem = f"unknown extension {shown(ending)!r}" if ending else "no extension"
    return ending, problem, f"use one of {', '.join(ENDINGS)}"


def _read_bytes(path: PathLike) -> bytes:
    """Read the file, unless it is so large that it cannot be a palette."""
    name = shown(path)
    try:
        with Path(os.fsdecode(path)).open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise PaletteReadError(name, "no such file", "check the name") from None
    except IsADirectoryError:
        way_out = f"name a palette file in it ({', '.join(ENDINGS)})"
        raise PaletteReadError(name, "it is a folder", way_out) from None
    except (OSError, ValueError) as error:
        # a null byte in the name is a ValueError
        problem = f"{getattr(error, 'strerror', None) or error}"
        raise PaletteReadError(name, problem, "check the name and its permissions") from None
    if len(data) > _MOST_BYTES:
        problem = f"it is larger than {_MOST_BYTES >> 20} MB, so it is not a palette"
        raise PaletteReadError(name, problem, "name another file")
    return data
