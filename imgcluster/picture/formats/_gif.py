"""GIF: palettes of up to 256 colors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from imgcluster.facts import Loss
from imgcluster.picture._metadata import Metadata
from imgcluster.picture.formats._embedded import size_with_first_frame
from imgcluster.picture.formats._format import AnimatedRaster, Effort, Format, Piece, Raster


def _write(raster: Raster, effort: Effort) -> Iterable[Piece]:
    comment, palette = comment_of(raster.metadata), raster.palette
    options: dict[str, Any] = {"comment": comment} if comment else {}
    if palette is not None and palette.shape[1] == 4:
        options["transparency"] = int(palette[:, 3].argmin())
        raster = replace(raster, palette=np.ascontiguousarray(palette[:, :3]))
    # optimize, the default, drops unused colors and renumbers the rest; interlacing only costs bytes
    return FORMAT.encode(raster.image(), optimize=False, interlace=False, **options)


def _write_frames(raster: AnimatedRaster, effort: Effort) -> Iterable[Piece]:
    from imgcluster.picture.formats._gif_frames import write_gif_frames

    return write_gif_frames(raster, comment_of(raster.metadata))


def comment_of(metadata: Metadata) -> bytes:
    """Join the text of a picture, as a comment has no keyword."""
    return "\n".join(value if key == "Comment" else f"{key}: {value}" for key, value in metadata.text).encode()


FORMAT = Format(
    name="GIF",
    endings=(".gif",),
    signatures=({0: b"GIF87a"}, {0: b"GIF89a"}),
    plugin="Gif",
    largest=size_with_first_frame,
    for_web=True,
    max_colors=256,
    rgb=False,
    max_side=65535,
    alpha="mask",
    keeps=frozenset({Loss.TEXT}),
    write=_write,
    write_frames=_write_frames,
)
