"""JSON, .json: {"name": ..., "colors": ["#rrggbb", ...], "names": [...], "columns": ...}; only "colors" must be there.

A color may also be [red, green, blue], "#rrggbbaa" or [red, green, blue, alpha], and the file the list of colors alone.
"""

from __future__ import annotations

import json
from typing import Any

from imgcluster.palette.formats._format import (
    TITLE,
    BadPaletteError,
    Color,
    Listing,
    PaletteFormat,
    bytes_of,
    color_of,
    color_of_hex,
    head_of,
    hex_of,
    names_of,
    quoted,
    text_of,
)

_MOST_COLUMNS = 1 << 16


def _parse(data: bytes) -> Listing:
    """Read {"name": ..., "colors": [...]}, or the list alone, of "#rrggbb" or [red, green, blue]."""
    found = _loaded(text_of(data))
    fields = found if isinstance(found, dict) else {"colors": found}
    items = fields.get("colors")
    if not isinstance(items, list):
        raise BadPaletteError("it does not hold a list of colors", 'write {"colors": ["#rrggbb", ...]}')
    colors = [_color(item, i, "colors") for i, item in enumerate(items)]
    name, names, columns = fields.get("name"), fields.get("names"), fields.get("columns")
    if not isinstance(names, list) or len(names) != len(colors):
        names = []
    return Listing(
        colors,
        name if isinstance(name, str) else "",
        names_of([name if isinstance(name, str) else "" for name in names]),
        columns if type(columns) is int and 0 < columns <= _MOST_COLUMNS else None,
        _native(fields.get("native"), colors),
    )


def _native(items: object, colors: list[Color]) -> list[Color] | None:
    """Return the colors that a device takes in place of the others, if there are any."""
    if items is None:
        return None
    if not isinstance(items, list) or len(items) != len(colors) or any(color[3] < 255 for color in colors):
        problem = f"native must be a list of {len(colors)} opaque colors, one for each of colors"
        raise BadPaletteError(problem, "correct it or leave it out")
    return [_color(item, i, "native") for i, item in enumerate(items)]


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadPaletteError(f"it is not valid JSON ({error.msg})", "correct the line", error.lineno) from None
    except (RecursionError, ValueError):
        raise BadPaletteError("it is not JSON of a palette", "save it again") from None


def _color(item: object, i: int, field: str) -> Color:
    color = None
    if isinstance(item, str):
        color = color_of_hex(item)
    elif isinstance(item, list):
        color = color_of(item)
    if color is None:
        problem = f'{field}[{i}] must be "#rrggbb" or three whole numbers in 0..255, got {quoted(str(item))}'
        raise BadPaletteError(problem, "correct it")
    return color


def _format(listing: Listing) -> bytes:
    fields: dict[str, Any] = {"name": listing.name or TITLE}
    fields["colors"] = [f"#{hex_of(color)}" for color in listing.colors]
    if listing.names:
        fields["names"] = list(listing.names)
    if listing.columns:
        fields["columns"] = listing.columns
    if listing.native:
        fields["native"] = [f"#{hex_of(color)}" for color in listing.native]
    return bytes_of(json.dumps(fields, indent=2) + "\n")


def _matches(data: bytes) -> bool:
    return head_of(data).startswith(("{", "["))


JSON = PaletteFormat(".json", _parse, _format, _matches, keeps="name, names, columns, native colors")
