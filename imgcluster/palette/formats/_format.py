"""The description of a palette format, and what the formats share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Color: TypeAlias = tuple[int, int, int]

TITLE = "imgcluster palette"  # the same for every file: the bytes depend on the colors alone

_HEX = re.compile("#?[0-9A-Fa-f]{6}")


class Listing(NamedTuple):
    """What a palette file holds."""

    colors: list[Color]
    name: str


@dataclass(frozen=True)
class PaletteFormat:
    """A kind of palette file.

    Attributes
    ----------
    ending : str
        The ending of its files, with the dot.
    parse : function
        Text of a file -> Listing; raises BadPaletteError.
    format : function
        Listing -> text of a file.
    """

    ending: str
    parse: Callable[[str], Listing]
    format: Callable[[Listing], str]


class BadPaletteError(ValueError):
    """A text is not a palette of its format.

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


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    for i, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield i, line.strip()


def hex_of(color: Color) -> str:
    """Format a color as rrggbb."""
    return "{:02x}{:02x}{:02x}".format(*color)


def color_of_hex(text: str) -> Color | None:
    """Return RRGGBB or #RRGGBB as a color, and None for anything else."""
    if not _HEX.fullmatch(text):
        return None
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def color_of(values: Sequence[object]) -> Color | None:
    """Return three whole numbers in 0..255 as a color, and None for anything else."""
    numbers = [value for value in values if type(value) is int and 0 <= value <= 255]
    if len(values) != 3 or len(numbers) != 3:
        return None
    red, green, blue = numbers
    return red, green, blue


def quoted(text: str) -> str:
    """Quote the beginning of a text from a file, printable."""
    return ascii(text if len(text) <= 40 else f"{text[:40]}...")
