"""Palette files: GIMP's .gpl, .hex (a line RRGGBB for each color) and .json, read with an error for each bad line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from imgcluster.errors import ImageWriteError, PaletteReadError
from imgcluster.files import deliver, shown
from imgcluster.types import PathLike

MAX_COLORS = 65536
ENDINGS = (".gpl", ".hex", ".json")

Color = tuple[int, int, int]

_MOST_BYTES = 1 << 24  # 65536 colors with long names fit several times
_TITLE = "imgcluster palette"  # the same for every file: the bytes depend on the colors alone
_HEX = re.compile("#?[0-9A-Fa-f]{6}")
_IN_A_LINE = re.compile(r"\s+")


class Listing(NamedTuple):
    """What a palette file holds."""

    colors: list[Color]
    name: str


def palette_ending(path: PathLike) -> str:
    """Return the ending that names a palette format, or raise ValueError."""
    ending = Path(os.fsdecode(path)).suffix.lower()
    if ending not in ENDINGS:
        what = f"unknown extension {shown(ending)!r}" if ending else "no extension"
        raise ValueError(f"{what}; use one of {', '.join(ENDINGS)}")
    return ending


def read_listing(path: PathLike) -> Listing:
    """Read a palette file; raises PaletteReadError."""
    try:
        parse = _PARSERS[palette_ending(path)]
    except ValueError as error:
        _refuse(path, str(error))
    listing = parse(path, _read_text(path))
    if not listing.colors:
        _refuse(path, "it holds no colors; write at least one")
    if len(listing.colors) > MAX_COLORS:
        _refuse(path, f"it holds {len(listing.colors)} colors, {MAX_COLORS} are allowed; leave some out")
    return listing


def write_listing(path: PathLike, listing: Listing) -> None:
    """Write a palette file as a whole or not at all; raises ImageWriteError."""
    try:
        text = _FORMATTERS[palette_ending(path)](listing)
    except ValueError as error:
        raise ImageWriteError(f"cannot write {shown(path)}: {error}") from None
    # a name made from a file's may hold what UTF-8 cannot
    deliver([text.encode("utf-8", errors="replace")], path)


def hex_of(color: Color) -> str:
    """Write a color as rrggbb."""
    return "{:02x}{:02x}{:02x}".format(*color)


def _refuse(path: PathLike, problem: str, line: int | None = None) -> NoReturn:
    where = shown(path) if line is None else f"{shown(path)}, line {line}"
    raise PaletteReadError(f"cannot read {where}: {problem}")


def _read_text(path: PathLike) -> str:
    """Read the file; bytes that are no UTF-8 may stand in names, where a mark takes their place."""
    try:
        with Path(os.fsdecode(path)).open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        _refuse(path, "no such file; check the name")
    except IsADirectoryError:
        _refuse(path, f"it is a folder; name a palette file in it ({', '.join(ENDINGS)})")
    except (OSError, ValueError) as error:
        # a null byte in the name is a ValueError
        _refuse(path, f"{getattr(error, 'strerror', None) or error}; check the name and its permissions")
    if len(data) > _MOST_BYTES:
        _refuse(path, f"it is larger than {_MOST_BYTES >> 20} MB, so no palette; name another file")
    return data.decode("utf-8-sig", errors="replace")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1."""
    for i, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield i, line.strip()


def _read_gpl(path: PathLike, text: str) -> Listing:
    """Read lines of red, green and blue in 0..255 and perhaps a name, after a head of a few lines."""
    colors: list[Color] = []
    name, lines = "", _lines(text)
    first, title = next(lines, (1, ""))
    if title != "GIMP Palette":
        _refuse(path, f"a .gpl file begins with GIMP Palette, got {_quoted(title)}; save it as .gpl again", first)
    for i, line in lines:
        key, colon, value = line.partition(":")
        if not colors and colon and key in ("Name", "Columns", "Channels"):
            name = value.strip() if key == "Name" else name
        elif not line.startswith("#"):
            fields = line.split(None, 3)[:3]
            color = _color([int(field) for field in fields if re.fullmatch("[0-9]{1,9}", field)])
            if color is None:
                _refuse(path, f"a color is three whole numbers between 0 and 255, got {_quoted(line)}; mend it", i)
            colors.append(color)
    return Listing(colors, name)


def _read_hex(path: PathLike, text: str) -> Listing:
    """Read lines of RRGGBB."""
    colors = []
    for i, line in _lines(text):
        if not _HEX.fullmatch(line):
            _refuse(path, f"a color is six hexadecimal digits RRGGBB, got {_quoted(line)}; mend it", i)
        colors.append(_from_hex(line))
    return Listing(colors, "")


def _read_json(path: PathLike, text: str) -> Listing:
    """Read {"name": ..., "colors": [...]}, or the list alone, of "#rrggbb" or [red, green, blue]."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        _refuse(path, f"it is no JSON ({error.msg}); mend it", error.lineno)
    except (RecursionError, ValueError):
        _refuse(path, "it is no JSON of a palette; save it again")
    items = found.get("colors") if isinstance(found, dict) else found
    if not isinstance(items, list):
        _refuse(path, 'it holds no list of colors; write {"colors": ["#rrggbb", ...]}')
    colors = []
    for i, item in enumerate(items):
        if isinstance(item, str):
            color = _from_hex(item) if _HEX.fullmatch(item) else None
        else:
            color = _color(item) if isinstance(item, list) else None
        if color is None:
            _refuse(path, f'colors[{i}] must be "#rrggbb" or three whole numbers in 0..255, got {_quoted(str(item))}')
        colors.append(color)
    name = found.get("name") if isinstance(found, dict) else None
    return Listing(colors, name if isinstance(name, str) else "")


def _from_hex(text: str) -> Color:
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def _color(values: list[Any]) -> Color | None:
    """Return three whole numbers in 0..255 as a color, and None for anything else."""
    if len(values) != 3 or not all(type(value) is int and 0 <= value <= 255 for value in values):
        return None
    red, green, blue = values
    return red, green, blue


def _quoted(text: str) -> str:
    """Quote the beginning of what a file says, printable."""
    return ascii(text if len(text) <= 40 else f"{text[:40]}...")


def _gpl(listing: Listing) -> str:
    name = _IN_A_LINE.sub(" ", listing.name).strip() or _TITLE
    lines = [f"{red:3d} {green:3d} {blue:3d}\t#{hex_of((red, green, blue))}" for red, green, blue in listing.colors]
    return "\n".join(["GIMP Palette", f"Name: {name}", "Columns: 16", "#", *lines, ""])


def _hex(listing: Listing) -> str:
    return "".join(f"{hex_of(color)}\n" for color in listing.colors)


def _json(listing: Listing) -> str:
    colors = [f"#{hex_of(color)}" for color in listing.colors]
    return json.dumps({"name": listing.name or _TITLE, "colors": colors}, indent=2) + "\n"


_PARSERS: dict[str, Callable[[PathLike, str], Listing]] = {".gpl": _read_gpl, ".hex": _read_hex, ".json": _read_json}
_FORMATTERS: dict[str, Callable[[Listing], str]] = {".gpl": _gpl, ".hex": _hex, ".json": _json}
