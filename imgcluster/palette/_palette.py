"""Palettes independent of a picture: colors with a name, in files that other programs can read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imgcluster.cards import card, swatches
from imgcluster.parameters import check_int, given_text, items_of, plain_array
from imgcluster.types import PathLike, UInt8Array

MAX_COLORS = 65536


@dataclass(frozen=True, eq=False)
class Palette:
    """An ordered list of colors, from a file, an array or `extract_palette`.

    Attributes
    ----------
    colors : ndarray of shape (k, 3) or (k, 4), uint8
        sRGB; 1 to 65536 of them, duplicates are allowed. The fourth column is alpha, straight (not premultiplied);
        it is there only if a color is not opaque, and a fully clear color is always (0, 0, 0, 0). Given as any array of
        whole numbers in 0..255; kept as a copy that cannot be written to.
    name : str
        The name that programs show for the palette.
    names : tuple of str
        Names of the colors: none, or one for each, which may be empty.
    columns : int or None
        Number of columns in which programs show the colors; None lets them choose.
    native : ndarray of shape (k, 3), uint8, or None
        What is written for each color into quantized pictures, if a device takes other colors than it shows: pixels
        are compared with `colors`.

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
    names: tuple[str, ...] = ()
    columns: int | None = None
    native: UInt8Array | None = None

    def __post_init__(self) -> None:
        colors = _checked(plain_array("palette", self.colors))
        names = _texts(self.names)
        if not isinstance(self.name, str):
            raise TypeError(f"name must be a str, got {given_text(self.name)}")
        if not all(isinstance(name, str) for name in names):
            raise TypeError(f"names must be a str for each color, got {next(n for n in names if type(n) is not str)!r}")
        if len(names) not in (0, len(colors)):
            raise ValueError(f"names must be one for each of {len(colors)} colors or none, got {len(names)}")
        if self.columns is not None:
            object.__setattr__(self, "columns", check_int("columns", self.columns, 1, MAX_COLORS))
        if self.native is not None:
            native = _checked(plain_array("native", self.native))
            if native.shape != colors.shape:
                raise ValueError(f"native must have a color for each of {len(colors)} opaque ones, got {native.shape}")
            object.__setattr__(self, "native", native)
        object.__setattr__(self, "colors", colors)
        object.__setattr__(self, "names", names)

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a palette file.

        Parameters
        ----------
        path : path
            ``.gpl`` (GIMP, Krita, Inkscape, Aseprite), ``.aco``, ``.ase`` and ``.act`` (Adobe), ``.pal`` (JASC's text
            or Microsoft's RIFF), ``.hex`` (a line RRGGBB or RRGGBBAA for each color, as Lospec writes it), ``.css``
            (custom properties), ``.json`` ({"name": ..., "colors": ["#rrggbb", ...]}, also [red, green, blue], also the
            list alone), ``.png`` (the table of an indexed one) or any other picture (its distinct colors). A file with
            another ending or none is recognized by its content; "-" is standard input.

        Raises
        ------
        PaletteReadError
            If the file cannot be read or a part of it is not a color; the message names the line.
        """
        from imgcluster.palette._files import read_listing

        listing = read_listing(path, MAX_COLORS)
        native = None if listing.native is None else np.array(listing.native, np.uint8)[:, :3]
        return cls(np.array(listing.colors, np.uint8), listing.name, listing.names, listing.columns, native)

    @classmethod
    def of(
        cls,
        colors: ArrayLike,
        name: str = "",
        *,
        names: Sequence[str] = (),
        columns: int | None = None,
        native: ArrayLike | None = None,
    ) -> Self:
        """Return the palette of colors given as any array-like, such as nested lists.

        Parameters
        ----------
        colors, name, names, columns, native
            As the attributes.

        Examples
        --------
        >>> from imgcluster import Palette
        >>> Palette.of([(0, 0, 0), (255, 255, 255)], "ink", names=["black", "white"]).names
        ('black', 'white')
        """
        given = None if native is None else plain_array("native", native)
        return cls(plain_array("palette", colors), name, _texts(names), columns, given)

    def save(self, path: PathLike, *, riff: bool = False) -> None:
        """Write a palette file, as a whole or not at all; an older file is replaced.

        Parameters
        ----------
        path : path
            Its ending chooses the format: ``.gpl``, ``.hex``, ``.json``, ``.css``, ``.aco``, ``.ase``, ``.act``,
            ``.pal`` or ``.png`` (a picture of swatches).
        riff : bool
            Write Microsoft's RIFF into a .pal in place of JASC's text.

        Raises
        ------
        ImageWriteError
            If the ending is a different one, the format cannot hold the colors (.act at most 256; .aco, .ase and .pal
            no alpha), or the file cannot be written.

        Notes
        -----
        All formats keep the colors and their order. The name of the palette is kept by .gpl, .json, .css, .ase and
        .png, names of colors by .gpl, .json, .css, .ase and .aco, columns by .gpl and .json, native colors by .json. A
        .png of more than 256 colors keeps each color once.
        """
        from imgcluster.palette._files import write_listing
        from imgcluster.palette.formats import Listing

        if riff and not os.fsdecode(path).lower().endswith(".pal"):
            raise ValueError(f"riff is for .pal files, got {os.fsdecode(path)!r}; leave it out")
        native = None if self.native is None else _rgba(self.native)
        listing = Listing(_rgba(self.colors), self.name, self.names, self.columns, native)
        write_listing(path, listing, "riff" if riff else None)

    def opaque(self) -> Palette:
        """Return the palette for formats without alpha: without clear colors, translucent ones on white.

        Returns
        -------
        Palette
            Itself if every color is opaque; the clear color as white if there is no other.

        Examples
        --------
        >>> from imgcluster import Palette
        >>> Palette.of([[0, 0, 0, 0], [255, 0, 0, 255], [0, 0, 0, 128]]).opaque().hex
        ('#ff0000', '#7f7f7f')
        """
        if self.colors.shape[1] == 3:
            return self
        kept = self.colors[:, 3] > 0
        kept = kept if kept.any() else ~kept
        color, alpha = self.colors[kept, :3].astype(np.int32), self.colors[kept, 3:].astype(np.int32)
        names = [name for name, is_kept in zip(self.names, kept, strict=True) if is_kept] if self.names else []
        colors = (color * alpha + 255 * (255 - alpha) + 127) // 255
        return Palette(colors.astype(np.uint8), self.name, tuple(names), self.columns)

    @property
    def hex(self) -> tuple[str, ...]:
        """The colors as "#rrggbb", or "#rrggbbaa" if they are not opaque."""
        from imgcluster.palette.formats import hex_of

        return tuple(f"#{hex_of(color)}" for color in _rgba(self.colors))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the colors; NumPy calls this."""
        return np.array(self.colors, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.colors)

    def _repr_html_(self) -> str:
        """Show the colors in a notebook."""
        device = [("device", "takes other colors")] if self.native is not None else []
        facts = [("colors", f"{len(self):,}"), *device]
        return card(f"Palette {self.name}".rstrip(), facts, swatches(self.colors.tolist(), self.names))

    def __repr__(self) -> str:
        count = f"{len(self):,} color{'' if len(self) == 1 else 's'}"
        return f"<Palette {f'{self.name!r}, ' if self.name else ''}{count}>"


def _texts(names: object) -> tuple[Any, ...]:
    """Return names as a tuple."""
    if isinstance(names, str):
        return (names,)
    found = items_of(names)
    if found is None:
        raise TypeError(f"names must be a str for each color, got {given_text(names)}")
    return found


def _checked(colors: NDArray[Any]) -> UInt8Array:
    """Return colors as a read-only copy: with alpha only if one is not opaque, clear ones all the same."""
    if colors.dtype.kind not in "ui":
        raise TypeError(f"palette must be whole numbers in 0..255, got {colors.dtype}; round and convert it first")
    if colors.ndim != 2 or colors.shape[1] not in (3, 4) or not 1 <= len(colors) <= MAX_COLORS:
        shapes = f"(k, 3) or (k, 4) with k between 1 and {MAX_COLORS}"
        raise ValueError(f"palette must be of shape {shapes}, got {colors.shape}")
    if colors.min() < 0 or colors.max() > 255:
        raise ValueError(f"palette must be in 0..255, got {colors.min()} to {colors.max()}; scale it to 8 bits")
    if colors.shape[1] == 4 and (colors[:, 3] == 255).all():
        colors = colors[:, :3]
    checked = np.array(colors, np.uint8, order="C")
    if checked.shape[1] == 4:
        checked[checked[:, 3] == 0] = 0
    checked.flags.writeable = False
    return checked


def _rgba(colors: UInt8Array) -> list[tuple[int, int, int, int]]:
    """Return colors with their alpha."""
    return [(r, g, b, alpha[0] if alpha else 255) for r, g, b, *alpha in colors.tolist()]
