"""BMP, written without compression."""

from __future__ import annotations

from collections.abc import Iterable

from imgcluster.facts import Loss
from imgcluster.picture.formats._format import Effort, Format, Piece, Raster


def _write(raster: Raster, effort: Effort) -> Iterable[Piece]:
    dpi = raster.metadata.dpi
    return FORMAT.encode(raster.rgb_image(), **({"dpi": dpi} if dpi else {}))


FORMAT = Format(
    name="BMP",
    endings=(".bmp",),
    signatures=({0: b"BM"},),
    plugin="Bmp",
    sure=False,
    keeps=frozenset({Loss.DPI}),
    write=_write,
)
