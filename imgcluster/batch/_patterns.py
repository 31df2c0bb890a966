"""Names of outputs by a pattern such as {stem}.png: checked before any work, as it may collide or lead elsewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from imgcluster.files import is_url, place, shown

FIELDS = ("{stem}", "{name}", "{ext}", "{parent}", "{k}")
"""What a pattern may hold: the input's stem, a stem that tells inputs apart, its ending, its folder, the colors."""

_FIELD = re.compile(r"\{[^{}]*\}")


def check_pattern(pattern: str) -> str:
    """Reject a pattern with unknown fields, one that leaves the folder of outputs, or one without an ending."""
    from imgcluster.picture import WRITABLE_ENDINGS

    for field in _FIELD.findall(pattern):
        if field not in FIELDS:
            raise ValueError(f"name may hold {', '.join(FIELDS)}, got {field}; write one of these or leave it out")
    if os.path.isabs(pattern) or is_url(pattern) or os.pardir in pattern.split("/"):  # noqa: PTH117
        raise ValueError(f"name must stay in the folder of outputs, got {pattern!r}; output_dir (-d) names another one")
    ending = os.path.splitext(pattern)[1].lower()  # noqa: PTH122
    if ending not in (".{ext}", *WRITABLE_ENDINGS):
        allowed = ", ".join(WRITABLE_ENDINGS)
        raise ValueError(f"name must end in .{{ext}} or one of {allowed}, got {pattern!r}; try '{{stem}}.png'")
    return pattern


def expanded(pattern: str, path: str, stem: str, folder: str, k: str) -> str:
    """Return the name for an input: below its mirrored folder, unless the pattern names the folder itself."""
    whole = path if is_url(path) else os.path.abspath(path)  # noqa: PTH100 (resolve() would follow links)
    above, name = os.path.split(whole)
    own, extension = os.path.splitext(name)  # noqa: PTH122
    values = {
        "{stem}": own,
        "{name}": os.path.basename(stem),  # noqa: PTH119
        "{ext}": extension.removeprefix("."),
        "{parent}": os.path.basename(above) or "root",  # noqa: PTH119
        "{k}": k,
    }
    filled = _FIELD.sub(lambda found: values[found[0]], pattern)
    return filled if "{parent}" in pattern else os.path.join(folder, filled)  # noqa: PTH118


def check_apart(pattern: str, pictures: Sequence[tuple[str, str]], key: Callable[[str], str]) -> None:
    """Reject a pattern that gives two inputs the same name, from the inputs and their pictures."""
    owners: dict[str, str] = {}
    for path, picture in pictures:
        owner = owners.setdefault(key(place(picture)), path)
        if owner != path:
            raise ValueError(
                f"name {pattern!r} gives {shown(picture)} for both {shown(owner)} and {shown(path)}; "
                "add {ext} or {parent}, or write {name}, which tells inputs apart"
            )


def number_of(parameters: Mapping[str, object], default: str = "") -> str:
    """Return what {k} stands for: the number of colors or segments that was asked for."""
    palette: Any = parameters.get("palette")
    if palette is not None and parameters.get("n_colors") is None:
        from imgcluster.palette import as_palette

        return str(len(as_palette(palette)))
    names = ("n_colors", "n_segments", "n_clusters")
    return next((str(parameters[name]) for name in names if parameters.get(name) is not None), default)
