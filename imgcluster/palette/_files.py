"""Reading and writing palette files of any format."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

from imgcluster.errors import ImageWriteError, PaletteReadError
from imgcluster.files import STREAM, deliver, shown
from imgcluster.palette.formats import ENDINGS, FORMATS, VARIANTS, BadPaletteError, Listing, PaletteFormat, sniff
from imgcluster.types import PathLike, UInt8Array
from imgcluster.wording import system_text

_MOST_BYTES = 1 << 24  # 65536 colors with long names fit several times
_MOST_PICTURE_BYTES = 1 << 30


def palette_ending(path: PathLike) -> str:
    """Return the ending that names a palette format, or raise ValueError."""
    ending, problem, way_out = _ending(path)
    if problem:
        raise ValueError(f"{problem}; {way_out}")
    return ending


def read_listing(path: PathLike, most: int) -> Listing:
    """Read a palette file, a picture, or standard input if the path is "-"; raises PaletteReadError."""
    name = "stdin" if path == STREAM else shown(path)
    data = _read_bytes(path, name)
    try:
        listing = _format_of(path, data, name).parse(data)
    except BadPaletteError as error:
        place = name if error.line is None else f"{name}, line {error.line}"
        raise PaletteReadError(place, error.problem, error.way_out) from None
    if not listing.colors:
        raise PaletteReadError(name, "it holds no colors", "write at least one")
    if len(listing.colors) > most:
        problem = f"it holds {len(listing.colors)} colors, {most} are allowed"
        raise PaletteReadError(name, problem, "leave some out")
    return listing


def write_listing(path: PathLike, listing: Listing, variant: str | None = None) -> None:
    """Write a palette file as a whole or not at all; raises ImageWriteError."""
    ending, problem, way_out = _ending(path)
    if problem:
        raise ImageWriteError(shown(path), problem, way_out)
    format = FORMATS[ending] if variant is None else VARIANTS[variant]
    _check_fits(listing, format, shown(path))
    deliver([format.format(listing)], path)


def holds_alpha(path: PathLike, colors: UInt8Array) -> bool:
    """Check whether a file of such a name holds the alpha of colors, (k, 3) or (k, 4)."""
    alphas = [] if colors.shape[1] == 3 else [alpha for alpha in colors[:, 3].tolist() if alpha < 255]
    return _held(FORMATS[palette_ending(path)], alphas)


def _held(format: PaletteFormat, alphas: list[int]) -> bool:
    """Check whether a format holds the alpha of colors that are not opaque."""
    return {"any": True, "one": alphas in ([], [0]), "none": not alphas}[format.alpha]


def _check_fits(listing: Listing, format: PaletteFormat, name: str) -> None:
    """Reject colors that a format cannot hold."""
    n_colors, alphas = len(listing.colors), [color[3] for color in listing.colors if color[3] < 255]
    if n_colors > format.most:
        way_out = "write .gpl, .hex or .json"
        raise ImageWriteError(name, f"{format.ending} holds at most {format.most} colors, got {n_colors}", way_out)
    if not _held(format, alphas):
        holds = "one clear color and no translucent ones" if format.alpha == "one" else "opaque colors only"
        problem = f"{format.ending} holds {holds}, got {len(alphas)} with alpha"
        raise ImageWriteError(name, problem, "write .gpl, .hex, .css, .json or .png")


def _ending(path: PathLike) -> tuple[str, str, str]:
    """Return the ending of a file, and the problem with it and the way out, empty if there is no problem."""
    ending = Path(os.fsdecode(path)).suffix.lower()
    if ending in FORMATS:
        return ending, "", ""
    problem = f"unknown extension {shown(ending)!r}" if ending else "no extension"
    return ending, problem, f"use one of {', '.join(ENDINGS)}"


def _format_of(path: PathLike, data: bytes, name: str) -> PaletteFormat:
    """Return the format of a file by its ending, or by its content if that says more."""
    ending, problem, way_out = _ending(path)
    if not problem:
        return FORMATS[ending]
    found = sniff(data)
    if found is None:
        if not ending:
            problem = f"{problem}, and no palette or picture in it" if data else "it is empty"
        raise PaletteReadError(name, problem, way_out)
    return found


def _read_bytes(path: PathLike, name: str) -> bytes:
    """Read the file, unless it is so large that it cannot be a palette or a picture."""
    try:
        if path == STREAM:
            return _limited(_stdin(name), name)
        with Path(os.fsdecode(path)).open("rb") as stream:
            return _limited(stream, name)
    except FileNotFoundError:
        raise PaletteReadError(name, "no such file", "check the name") from None
    except IsADirectoryError:
        way_out = f"name a palette file in it ({', '.join(ENDINGS)})"
        raise PaletteReadError(name, "it is a folder", way_out) from None
    except (OSError, ValueError) as error:
        # a null byte in the name is a ValueError
        raise PaletteReadError(name, system_text(error), "check the name and its permissions") from None


def _stdin(name: str) -> BinaryIO:
    if sys.stdin is None:
        raise PaletteReadError(name, "it is closed", "pipe a palette in or name a file")
    return sys.stdin.buffer


def _limited(stream: BinaryIO, name: str) -> bytes:
    """Read a stream to its end."""
    data = stream.read(_MOST_BYTES + 1)
    most = _MOST_BYTES
    if len(data) > most and FORMATS[".png"].matches(data):
        most = _MOST_PICTURE_BYTES
        data += stream.read(most + 1 - len(data))
    if len(data) > most:
        raise PaletteReadError(name, f"it is larger than {most >> 20} MB, so it is not a palette", "name another file")
    return data
