"""GIF: palettes of up to 256 colors."""

from __future__ import annotations

from collections.abc import Iterable

from imgcluster.facts import Loss
from imgcluster.picture.formats._format import Effort, Format, Piece, Raster


def _write(raster: Raster, effort: Effort) -> Iterable[Piece]:
    text = raster.metadata.text
    # a comment has no keyword
    lines = [value if key == "Comment" else f"{key}: {value}" for key, value in text]
    options = {"comment": "\n".join(lines).encode()} if lines else {}
    # optimize, the default, drops unused colors and renumbers the rest; interlacing only costs bytes
    return FORMAT.encode(raster.image(), optimize=False, interlace=False, **options)


FORMAT = Format(
    name="GIF",
    endings=(".gif",),
    signatures=({0: b"GIF87a"}, {0: b"GIF89a"}),
    plugin="Gif",
    max_colors=256,
    rgb=False,
    max_side=65535,
    keeps=frozenset({Loss.TEXT}),
    write=_write,
)
