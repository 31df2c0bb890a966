"""GIF: palettes of up to 256 colors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from imgcluster.facts import Loss
from imgcluster.picture.formats._format import Effort, Format, Piece, Raster


def _write(raster: Raster, effort: Effort) -> Iterable[Piece]:
    text = raster.metadata.text
    # a comment has no keyword
    lines = [value if key == "Comment" else f"{key}: {value}" for key, value in text]
    options: dict[str, Any] = {"comment": "\n".join(lines).encode()} if lines else {}
    palette = raster.palette
    if palette is not None and palette.shape[1] == 4:
        options["transparency"] = int(palette[:, 3].argmin())
        raster = replace(raster, palette=np.ascontiguousarray(palette[:, :3]))
    # optimize, the default, drops unused colors and renumbers the rest; interlacing only costs bytes
    return FORMAT.encode(raster.image(), optimize=False, interlace=False, **options)


FORMAT = Format(
    name="GIF",
    endings=(".gif",),
    signatures=({0: b"GIF87a"}, {0: b"GIF89a"}),
    plugin="Gif",
    for_web=True,
    max_colors=256,
    rgb=False,
    max_side=65535,
    alpha="mask",
    keeps=frozenset({Loss.TEXT}),
    write=_write,
)
