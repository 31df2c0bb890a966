"""The description of a palette format, and what the formats share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TypeAlias

Color: TypeAlias = tuple[int, int, int, int]  # sRGB and straight alpha, 0..255

MOST_COLORS = 1 << 16

TITLE = "imgcluster palette"  # the same for every file: the bytes depend on the colors alone

_HEX = re.compile("#?(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})")
_LINE_END = re.compile(r"\r\n|\n|\r")
_HEAD = 4096
_MOST_LINES = 1 << 18  # a line for each of 65536 colors, and comments
_SPACES = re.compile(r"\s+")


class Listing(NamedTuple):
    """What a palette file holds."""

    colors: list[Color]
    name: str = ""
    names: tuple[str, ...] = ()  # of the colors: none or one for each
    columns: int | None = None  # in which programs show them
    native: list[Color] | None = None  # what a device takes for each color


@dataclass(frozen=True)
class PaletteFormat:
    """A kind of palette file.

    Attributes
    ----------
    ending : str
        The ending of its files, with the dot.
    parse : function
        Bytes of a file -> Listing; raises BadPaletteError.
    format : function
        Listing -> bytes of a file.
    matches : function
        Bytes of a file of any kind -> whether they are of this one, for files without an ending.
    most : int
        Number of colors that it holds.
    alpha : {"any", "one", "none"}
        Whether it holds translucent colors, one clear color at most, or neither.
    keeps : str
        What it holds beside the colors and their order, for the documentation.
    """

    ending: str
    parse: Callable[[bytes], Listing]
    format: Callable[[Listing], bytes]
    matches: Callable[[bytes], bool]
    most: int = MOST_COLORS
    alpha: str = "any"
    keeps: str = ""


class BadPaletteError(ValueError):
    """A file is not a palette of its format.

    Parameters
    ----------
    problem, way_out : str
        What is wrong, and what to do about it.
    line : int or None
        Where, from 1.
    """

    def __init__(self, problem: str, way_out: str, line: int | None = None) -> None:
        super().__init__(problem, way_out, line)
        self.problem, self.way_out, self.line = problem, way_out, line


def text_of(data: bytes) -> str:
    """Decode a text in UTF-8 or, as its first bytes say, UTF-16; what is neither becomes replacement marks."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    # some programs leave the mark out; the first character of every palette is ASCII
    if len(data) > 1 and not (data[0] and data[1]):
        return data.decode("utf-16-be" if data[1] else "utf-16-le", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def bytes_of(text: str) -> bytes:
    """Encode a text; a name made from a file name may hold what UTF-8 cannot encode."""
    return text.encode("utf-8", errors="replace")


def head_of(data: bytes) -> str:
    """Decode the beginning of a file, to see what it is."""
    return text_of(data[:_HEAD]).lstrip()


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1.

    `str.splitlines` also ends lines at characters that are allowed in a name, such as U+2028.
    """
    start, ends = 0, (match.span() for match in _LINE_END.finditer(text))
    for i, (end, after) in enumerate(chain(ends, [(len(text), len(text))]), start=1):
        if i > _MOST_LINES:
            raise BadPaletteError(f"it has more than {_MOST_LINES} lines, so it is not a palette", "name another file")
        line = text[start:end].strip()
        if line:
            yield i, line
        start = after


def in_a_line(text: str) -> str:
    """Return a name without line ends and without spaces around it."""
    return _SPACES.sub(" ", text).strip()


def hex_of(color: Color) -> str:
    """Format a color as rrggbb, or rrggbbaa if it is not opaque."""
    return bytes(color if color[3] < 255 else color[:3]).hex()


def color_of_hex(text: str) -> Color | None:
    """Return RRGGBB or RRGGBBAA, with or without #, as a color, and None for anything else."""
    if not _HEX.fullmatch(text):
        return None
    red, green, blue, *alpha = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue, alpha[0] if alpha else 255


def color_of(values: Sequence[object]) -> Color | None:
    """Return three or four whole numbers in 0..255 as a color, and None for anything else."""
    numbers = [value for value in values if type(value) is int and 0 <= value <= 255]
    if len(values) not in (3, 4) or len(numbers) != len(values):
        return None
    red, green, blue, *alpha = numbers
    return red, green, blue, alpha[0] if alpha else 255


def named(listing: Listing) -> list[str]:
    """Return a name for each color, its hex where it has none, for formats where each has one."""
    names = listing.names or [""] * len(listing.colors)
    return [in_a_line(name) or f"#{hex_of(color)}" for color, name in zip(listing.colors, names, strict=True)]


def without_hex(colors: Sequence[Color], names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of colors, without those that only repeat the color."""
    return names_of(
        ["" if name.lower() == f"#{hex_of(color)}" else name for color, name in zip(colors, names, strict=True)]
    )


def names_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the colors, or none at all if no color has one."""
    return tuple(names) if any(names) else ()


def quoted(text: str) -> str:
    """Quote the beginning of a text from a file, printable."""
    return ascii(text if len(text) <= 40 else f"{text[:40]}...")
