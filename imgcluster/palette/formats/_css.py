"""Custom properties of CSS, .css: ``--sky-blue: #87ceeb;`` (https://www.w3.org/TR/css-variables-1/).

Other declarations are left out, also properties that are not colors; colors like oklch(...) are an error. Variables
of SCSS ($name) and Less (@name) are read as well. A comment after a color is its name before it became a property's;
the first one is the palette's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from imgcluster.palette.formats._format import (
    MOST_COLORS,
    TITLE,
    BadPaletteError,
    Color,
    Listing,
    PaletteFormat,
    bytes_of,
    head_of,
    hex_of,
    in_a_line,
    lines_of,
    names_of,
    quoted,
    text_of,
)
from imgcluster.palette.formats._words import color_of_word

_NOT_IN_A_NAME = re.compile(r"[^0-9a-z]+")
_NUMBERED = re.compile("color-[0-9]+")
_PREFIXES = ("--", "$", "@")
_BETWEEN = re.compile("[;{}]")
_OTHER = re.compile(r"(?:hwb|lab|lch|oklab|oklch|color)\(", re.IGNORECASE)


def _parse(data: bytes) -> Listing:
    """Read the declarations whose values are colors."""
    colors: list[Color] = []
    names: list[str] = []
    title = ""
    for code, comment in _split(text_of(data)):
        declarations = (part for part in _BETWEEN.split(code) if ":" in part)
        every = (color for color in map(_declared, declarations) if color is not None)
        found = list(islice(every, MOST_COLORS + 1))
        for name, color in found:
            colors.append(color)
            names.append("" if _NUMBERED.fullmatch(name) else name)
        if len(colors) > MOST_COLORS:
            break
        if comment and found:
            names[-1] = comment
        elif comment and not colors and not title:
            title = comment
    return Listing(colors, title, names_of(names))


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Yield the code of each line and the comment in it."""
    inside = False  # a comment of several lines
    for _, line in lines_of(text):
        if inside:
            _, end, line = line.partition("*/")
            inside = not end
        code, start, rest = ("", "", "") if inside else line.partition("/*")
        comment, end, after = rest.partition("*/")
        inside = inside or bool(start and not end)
        yield f"{code};{after}", comment.strip().replace("*\\/", "*/")


def _declared(declaration: str) -> tuple[str, Color] | None:
    """Return the name and color of a declaration, None if it is not one of a variable."""
    name, _, value = declaration.strip().partition(":")
    prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)
    color = None if prefix is None else color_of_word(value.strip())
    if prefix is not None and color is None and _OTHER.match(value.strip()):
        raise BadPaletteError(f"{quoted(declaration.strip())} is of a color space that is not read", "write #rrggbb")
    return None if prefix is None or color is None else (name.strip().removeprefix(prefix), color)


def _format(listing: Listing) -> bytes:
    """Write a rule for the root of a page; properties have different names."""
    lines, taken = [f"/* {_comment(listing.name) or TITLE} */", ":root {"], set[str]()
    names = [in_a_line(name) for name in listing.names] or [""] * len(listing.colors)
    for i, (color, name) in enumerate(zip(listing.colors, names, strict=True), start=1):
        short = _NOT_IN_A_NAME.sub("-", name.lower()).strip("-")
        if not short or short in taken or _NUMBERED.fullmatch(short):
            short = f"color-{i}"
        taken.add(short)
        comment = f" /* {_comment(name)} */" if name and name != short else ""
        lines.append(f"  --{short}: #{hex_of(color)};{comment}")
    return bytes_of("\n".join([*lines, "}", ""]))


def _comment(name: str) -> str:
    """Return a name that does not end the comment it is in."""
    return in_a_line(name).replace("*/", "*\\/")


def _matches(data: bytes) -> bool:
    head = head_of(data)
    return bool(re.search(r"(?:--|\$|@)[\w-]{1,99}\s{0,9}:", head)) and not head.startswith(("{", "["))


CSS = PaletteFormat(".css", _parse, _format, _matches, keeps="name, names")
