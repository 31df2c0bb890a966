"""The file formats of pictures: one module per format, and one line in the table."""

from __future__ import annotations

from imgcluster.picture.formats._avif import FORMAT as AVIF
from imgcluster.picture.formats._bmp import FORMAT as BMP
from imgcluster.picture.formats._format import AnimatedRaster, Effort, Format, Raster
from imgcluster.picture.formats._gif import FORMAT as GIF
from imgcluster.picture.formats._ico import FORMAT as ICO
from imgcluster.picture.formats._jpeg import FORMAT as JPEG
from imgcluster.picture.formats._jpeg2000 import FORMAT as JPEG2000
from imgcluster.picture.formats._left_out import LEFT_OUT, LeftOut, left_out_by_ending, left_out_by_head
from imgcluster.picture.formats._patches import Frame
from imgcluster.picture.formats._png import FORMAT as PNG
from imgcluster.picture.formats._pnm import FORMAT as PNM
from imgcluster.picture.formats._psd import FORMAT as PSD
from imgcluster.picture.formats._recompressed import check_optimizer
from imgcluster.picture.formats._tga import FORMAT as TGA
from imgcluster.picture.formats._tiff import FORMAT as TIFF
from imgcluster.picture.formats._webp import FORMAT as WEBP

__all__ = [
    "FORMATS",
    "LEFT_OUT",
    "READABLE_ENDINGS",
    "WRITABLE_ENDINGS",
    "AnimatedRaster",
    "Effort",
    "Format",
    "Frame",
    "LeftOut",
    "Raster",
    "check_optimizer",
    "format_of_ending",
    "format_of_head",
    "formats_text",
    "left_out_by_ending",
    "left_out_by_head",
]

FORMATS = {
    format.name: format
    for format in (
        PNG,
        JPEG,
        WEBP,
        GIF,
        TIFF,
        BMP,
        PNM,
        AVIF,
        JPEG2000,
        PSD,
        TGA,
        ICO,
    )
}
"""Every format by its name, in the order in which messages list them."""

READABLE_ENDINGS = tuple(ending for format in FORMATS.values() for ending in format.endings)
"""Endings of file names that can be read."""

WRITABLE_ENDINGS = tuple(ending for format in FORMATS.values() if format.write for ending in format.endings)
"""Endings of file names that can be written."""

_BY_ENDING = {ending: format for format in FORMATS.values() for ending in format.endings}


def format_of_ending(ending: str) -> Format | None:
    """Return the format of an ending, with its dot or without, in any case."""
    return _BY_ENDING.get(f".{ending.removeprefix('.')}".lower())


def format_of_head(head: bytes) -> Format | None:
    """Return the format of a file by its first 16 bytes."""
    return next((format for format in FORMATS.values() if format.begins(head)), None)


def formats_text(names: tuple[str, ...] = tuple(FORMATS)) -> str:
    """List formats as people write them: PNG, WebP or TIFF."""
    *most, last = [FORMATS[name].title for name in names]
    return f"{', '.join(most)} or {last}" if most else last
