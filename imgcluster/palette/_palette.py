"""Palettes independent of a picture: colors with a name, in files that other programs can read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.types import PathLike, UInt8Array

MAX_COLORS = 65536


@dataclass(frozen=True, eq=False)
class Palette:
    """An ordered list of colors, from a file, an array or `extract_palette`.

    Attributes
    ----------
    colors : ndarray of shape (k, 3), uint8
        sRGB; 1 to 65536 of them, duplicates are allowed. Given as any array of whole numbers in 0..255; kept as a
        copy that cannot be written to.
    name : str
        The name that programs show for the palette.

    Examples
    --------
    >>> from imgcluster import Palette
    >>> palette = Palette([[0, 0, 9], [252, 0, 0]], "night")
    >>> palette.hex
    ('#000009', '#fc0000')
    >>> palette.save("night.gpl")
    >>> Palette.read("night.gpl")
    <Palette 'night', 2 colors>
    """

    colors: UInt8Array
    name: str = ""

    def __post_init__(self) -> None:
        colors = np.asarray(self.colors)
        if colors.dtype.kind not in "ui":
            raise TypeError(f"palette must be whole numbers in 0..255, got {colors.dtype}; round and convert it first")
        if colors.ndim != 2 or colors.shape[1] != 3 or not 1 <= len(colors) <= MAX_COLORS:
            raise ValueError(f"palette must be of shape (k, 3) with k between 1 and {MAX_COLORS}, got {colors.shape}")
        if colors.min() < 0 or colors.max() > 255:
            raise ValueError(f"palette must be in 0..255, got {colors.min()} to {colors.max()}; scale it to 8 bits")
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a str, got {self.name!r}")
        colors = np.array(colors, np.uint8, order="C")
        colors.flags.writeable = False
        object.__setattr__(self, "colors", colors)

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a palette file.

        Parameters
        ----------
        path : path
            ``.gpl`` (GIMP; also Krita, Inkscape and Aseprite), ``.hex`` (a line RRGGBB for each color, as Lospec writes
            it) or ``.json`` ({"name": ..., "colors": ["#rrggbb", ...]}, also [red, green, blue], also the list alone).

        Raises
        ------
        PaletteReadError
            If the file cannot be read or a line of it is not a color; the message names the line.
        """
        from imgcluster.palette._files import read_listing

        colors, name = read_listing(path, MAX_COLORS)
        return cls(np.array(colors, np.uint8), name)

    def save(self, path: PathLike) -> None:
        """Write a palette file, as a whole or not at all; an older file is replaced.

        Parameters
        ----------
        path : path
            Its ending chooses the format: ``.gpl``, ``.hex`` (which has no place for the name) or ``.json``.

        Raises
        ------
        ImageWriteError
            If the ending is a different one or the file cannot be written.
        """
        from imgcluster.palette._files import write_listing
        from imgcluster.palette.formats import Listing

        write_listing(path, Listing([(int(r), int(g), int(b)) for r, g, b in self.colors], self.name))

    @property
    def hex(self) -> tuple[str, ...]:
        """The colors as "#rrggbb"."""
        from imgcluster.palette.formats import hex_of

        return tuple(f"#{hex_of((r, g, b))}" for r, g, b in self.colors)

    def __len__(self) -> int:
        return len(self.colors)

    def __repr__(self) -> str:
        count = f"{len(self):,} color{'' if len(self) == 1 else 's'}"
        return f"<Palette {f'{self.name!r}, ' if self.name else ''}{count}>"


PaletteSource: TypeAlias = "Palette | PathLike | ArrayLike"


def as_palette(source: PaletteSource) -> Palette:
    """Return a palette as it is, from its file, or from an array."""
    if isinstance(source, Palette):
        return source
    if isinstance(source, str | bytes | os.PathLike):
        return Palette.read(source)
    return Palette(np.asarray(source))
