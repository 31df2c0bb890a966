"""The file formats of pictures: one module per format, and one line in the table."""

from __future__ import annotations

from functools import cache

from imgcluster.picture.formats._avif import FORMAT as AVIF
from imgcluster.picture.formats._bmp import FORMAT as BMP
from imgcluster.picture.formats._format import HEAD, AnimatedRaster, Effort, Format, Raster
from imgcluster.picture.formats._gif import FORMAT as GIF
from imgcluster.picture.formats._heif import FORMAT as HEIF
from imgcluster.picture.formats._ico import FORMAT as ICO
from imgcluster.picture.formats._jpeg import FORMAT as JPEG
from imgcluster.picture.formats._jpeg2000 import FORMAT as JPEG2000
from imgcluster.picture.formats._jxl import FORMAT as JXL
from imgcluster.picture.formats._left_out import LEFT_OUT, LeftOut, left_out_by_head
from imgcluster.picture.formats._left_out import left_out_by_ending as _by_ending
from imgcluster.picture.formats._others import OTHERS
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
    "HEAD",
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
    "is_readable",
    "left_out_by_ending",
    "left_out_by_head",
    "needed",
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
        HEIF,
        JXL,
        *OTHERS,
    )
}
"""Every format by its name, in the order in which messages list them."""

_USUAL = tuple(FORMATS)[: -len(OTHERS) - 2]

READABLE_ENDINGS = tuple(
    ending for format in FORMATS.values() if not format.extra for ending in (*format.endings, *format.also_read)
)
"""Endings of file names that can be read, with no extra installed."""

WRITABLE_ENDINGS = tuple(ending for format in FORMATS.values() if format.write for ending in format.endings)
"""Endings of file names that can be written."""

_BY_ENDING = {ending: format for format in FORMATS.values() for ending in format.endings}
_READ_BY_ENDING = {ending: format for format in FORMATS.values() for ending in (*format.endings, *format.also_read)}


def format_of_ending(ending: str) -> Format | None:
    """Return the format of an ending, with its dot or without, in any case."""
    return _BY_ENDING.get(f".{ending.removeprefix('.')}".lower())


def is_readable(ending: str) -> bool:
    """Check whether files of an ending with its dot, in any case, are read; of extras, those that are installed."""
    format = _READ_BY_ENDING.get(ending.lower())
    return format is not None and _is_installed(format)


@cache
def _is_installed(format: Format) -> bool:
    return format.is_installed


def format_of_head(head: bytes) -> Format | None:
    """Return the format of a file by its first `HEAD` bytes, those with a certain signature first."""
    if left_out_by_head(head) is not None:
        return None
    begun = [format for format in FORMATS.values() if format.begins(head)]
    return next((format for format in begun if format.sure), begun[0] if begun else None)


def left_out_by_ending(ending: str) -> LeftOut | None:
    """Return the format of an ending with its dot, in any case, if it is one that is not read, or not without more."""
    format = _READ_BY_ENDING.get(ending.lower())
    if format is not None and not _is_installed(format):
        return needed(format)
    return _by_ending(ending)


def needed(format: Format) -> LeftOut:
    """Describe a format whose extra is not installed."""
    return LeftOut(format.title, (*format.endings, *format.also_read), format.signatures, format.way_in)


def formats_text(names: tuple[str, ...] = _USUAL) -> str:
    """List formats as people write them: PNG, WebP or TIFF."""
    *most, last = [FORMATS[name].title for name in names]
    return f"{', '.join(most)} or {last}" if most else last
