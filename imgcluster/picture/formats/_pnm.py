"""PBM, PGM, PPM and gray PFM, read in binary and in plain text; written as binary PGM or PPM (Netpbm)."""

from __future__ import annotations

from collections.abc import Iterator

from imgcluster.picture.formats._format import Effort, Format, Piece, Raster


def _write(raster: Raster, effort: Effort) -> Iterator[Piece]:
    pixels = raster.pixels()
    height, width = raster.shape
    yield f"P{5 if pixels.ndim == 2 else 6}\n{width} {height}\n255\n".encode()
    yield pixels.data.cast("B")


FORMAT = Format(
    name="PPM",
    title="PNM",
    endings=(".ppm", ".pgm", ".pbm", ".pnm"),
    also_read=(".pfm",),
    signatures=tuple({0: b"P%c%c" % (kind, space)} for kind in b"123456f" for space in b"\n\r\t #"),
    plugin="Ppm",
    sure=False,
    write=_write,
)
