"""What is taken for a palette: a file, a picture, standard input, a list of colors, or the name of a known one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.errors import PaletteReadError
from imgcluster.files import STREAM
from imgcluster.palette._palette import Palette
from imgcluster.palette._presets import PRESETS, preset
from imgcluster.parameters import plain_array
from imgcluster.types import PathLike

PaletteSource: TypeAlias = "Palette | PathLike | ArrayLike"


def as_palette(source: PaletteSource) -> Palette:
    """Return a palette as it is, or from what stands for it.

    Parameters
    ----------
    source : Palette, str, path or array-like of shape (k, 3) or (k, 4)
        A text is, in this order, the name of a known palette (`PRESETS`), "-" for standard input, a file that is
        there, or a list of colors, such as "#fff, #000" or "red,#12345678". A path is always a file: of a palette, or
        a picture, whose distinct colors are taken.

    Returns
    -------
    Palette

    Raises
    ------
    PaletteReadError
        If there is no such file, or a part of it or of the list is not a color.
    ValueError, TypeError
        If an array has the wrong shape, values or type.

    Examples
    --------
    >>> from imgcluster.palette import as_palette
    >>> as_palette("#fff, red, #12345678").hex
    ('#ffffff', '#ff0000', '#12345678')
    >>> as_palette("game-boy")
    <Palette 'game-boy', 4 colors>
    """
    if isinstance(source, Palette):
        return source
    if isinstance(source, bytes | os.PathLike):
        return Palette.read(source)
    if not isinstance(source, str):
        return Palette(plain_array("palette", source))
    if source in PRESETS:
        return preset(source)
    if source == STREAM or _is_file(source):
        return Palette.read(source)
    found = _listed(source)
    return _not_there(source) if found is None else found


def for_device(
    palette: PaletteSource | None, *, measured: PaletteSource | None = None, native: PaletteSource | None = None
) -> Palette:
    """Return a palette for a device that shows other colors than it is sent.

    Parameters
    ----------
    palette : Palette or what stands for one, or None
        The colors that take the place of `measured` or of `native` where that is None.
    measured : Palette or what stands for one, optional
        The colors that the device shows, with which pixels are compared.
    native : Palette or what stands for one, optional
        The colors that it is sent, which are written; as many, and in the same order.

    Returns
    -------
    Palette

    Raises
    ------
    ValueError
        If colors are missing, are not as many, or are not opaque.

    Examples
    --------
    >>> from imgcluster.palette import for_device
    >>> palette = for_device(None, measured="#222,#bcc8c8", native="black,white")
    >>> palette.hex, palette.native.tolist()
    (('#222222', '#bcc8c8'), [[0, 0, 0], [255, 255, 255]])
    """
    given = None if palette is None else as_palette(palette)
    shown = given if measured is None else as_palette(measured)
    sent = given if native is None else as_palette(native)
    if shown is None or sent is None:
        missing, way_out = ("measured", "or a palette") if shown is None else ("native", "or a palette")
        raise ValueError(f"{missing} must be given together with the other, {way_out}, got None; name a file")
    colors = sent.colors if native is not None or sent.native is None else sent.native
    if len(colors) != len(shown):
        raise ValueError(f"native must be as many colors as measured, {len(shown)}, got {len(colors)}; leave some out")
    names = shown.names or sent.names
    return Palette(shown.colors, shown.name or sent.name, names, shown.columns, colors)


def palette_file(source: object) -> str | None:
    """Return the name of the file that a palette is read from and can be read from again, None if there is none."""
    if isinstance(source, bytes | os.PathLike) or (isinstance(source, str) and source not in PRESETS):
        name = os.fsdecode(source)
        return name if _is_file(name) and Path(name).is_file() else None
    return None


def _is_file(name: str) -> bool:
    """Check whether there is a file or pipe of that name."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def _listed(text: str) -> Palette | None:
    """Return the colors of a list, None for a text that is not meant as one."""
    from imgcluster.palette.formats import color_of_word

    words = [word.strip() for word in text.split(",")]
    colors = [color_of_word(word) for word in words]
    if len(words) == 1 and not text.startswith("#") and colors[0] is None:
        return None
    if all(color is None for color in colors) and not text.startswith("#"):
        return None
    for word, color in zip(words, colors, strict=True):
        if color is None:
            problem = f"{word!a} is not a color" if word else "a color is missing between commas"
            raise PaletteReadError(f"palette {text!a}", problem, "write #rgb, #rrggbb, #rrggbbaa or a name of CSS")
    return Palette(np.array(colors, np.uint8))


def _not_there(source: str) -> Palette:
    """Read a file that does not exist, for its error; a word that is like the name of a palette is asked about."""
    from difflib import get_close_matches

    like = get_close_matches(source.lower(), PRESETS, 1, 0.6)
    if like:
        raise PaletteReadError(source, "no such file or palette", f"did you mean {like[0]}?")
    return Palette.read(source)
