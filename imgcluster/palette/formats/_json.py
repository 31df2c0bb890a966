"""JSON, .json: {"name": ..., "colors": ["#rrggbb", ...]}; also [red, green, blue] for a color, also the list alone."""

from __future__ import annotations

import json
from typing import Any

from imgcluster.palette.formats._format import (
    TITLE,
    BadPaletteError,
    Color,
    Listing,
    PaletteFormat,
    color_of,
    color_of_hex,
    hex_of,
    quoted,
)


def _parse(text: str) -> Listing:
    """Read {"name": ..., "colors": [...]}, or the list alone, of "#rrggbb" or [red, green, blue]."""
    found = _loaded(text)
    items = found.get("colors") if isinstance(found, dict) else found
    if not isinstance(items, list):
        raise BadPaletteError("it does not hold a list of colors", 'write {"colors": ["#rrggbb", ...]}')
    name = found.get("name") if isinstance(found, dict) else None
    return Listing([_color(item, i) for i, item in enumerate(items)], name if isinstance(name, str) else "")


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadPaletteError(f"it is not valid JSON ({error.msg})", "correct the line", error.lineno) from None
    except (RecursionError, ValueError):
        raise BadPaletteError("it is not JSON of a palette", "save it again") from None


def _color(item: object, i: int) -> Color:
    color = None
    if isinstance(item, str):
        color = color_of_hex(item)
    elif isinstance(item, list):
        color = color_of(item)
    if color is None:
        problem = f'colors[{i}] must be "#rrggbb" or three whole numbers in 0..255, got {quoted(str(item))}'
        raise BadPaletteError(problem, "correct it")
    return color


def _format(listing: Listing) -> str:
    colors = [f"#{hex_of(color)}" for color in listing.colors]
    return json.dumps({"name": listing.name or TITLE, "colors": colors}, indent=2) + "\n"


JSON = PaletteFormat(".json", _parse, _format)
