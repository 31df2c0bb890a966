"""PNG: indexed by our own encoder, RGB and gray by Pillow's, and metadata in chunks after the header."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import numpy as np

from imgcluster.facts import Loss
from imgcluster.picture._metadata import Metadata
from imgcluster.picture.formats._format import AnimatedRaster, Effort, Format, Piece, Raster

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = len(_SIGNATURE) + 25  # with IHDR
_INCH = 0.0254  # meters
_LONGEST_KEYWORD = 79


def _write(raster: Raster, effort: Effort) -> Iterable[Piece]:
    pieces = _encoded(raster, effort)
    if effort.optimize < 3 or raster.in_bands:
        return pieces
    from imgcluster.picture.formats._recompressed import recompressed

    # a picture without a palette has no order to keep
    keep_order = raster.keep_order and raster.palette is not None
    return [recompressed(b"".join(pieces), raster.shape[0] * raster.shape[1], keep_order=keep_order)]


def _encoded(raster: Raster, effort: Effort) -> Iterator[Piece]:
    """Encode a picture, with metadata after the header."""
    from imgcluster.picture.formats._indexed_png import encode_indexed_png

    chunks = b"".join(_metadata_chunks(raster.metadata))
    if raster.palette is not None:
        bands = (np.ascontiguousarray(band, np.uint8) for band in raster.bands)
        yield from encode_indexed_png(bands, raster.shape, raster.palette, effort, chunks, keep_order=raster.keep_order)
        return
    for encoded in FORMAT.encode(raster.image(), compress_level=effort.compress_level):
        yield encoded[:_HEADER_BYTES]
        yield chunks
        yield encoded[_HEADER_BYTES:]


def _write_frames(raster: AnimatedRaster, effort: Effort) -> Iterable[Piece]:
    from imgcluster.picture.formats._apng import write_apng

    return write_apng(raster, effort, b"".join(_metadata_chunks(raster.metadata)))


def _metadata_chunks(metadata: Metadata) -> Iterator[bytes]:
    """Yield chunks that may all stand between the header and the palette."""
    from imgcluster.picture.formats._indexed_png import chunk

    if metadata.icc:
        # its colors are sRGB now, by relative colorimetric conversion
        yield chunk(b"sRGB", b"\1")
    if metadata.dpi:
        across, down = (min(int(value / _INCH + 0.5), (1 << 31) - 1) for value in metadata.dpi)
        yield chunk(b"pHYs", struct.pack(">IIB", across, down, 1))
    if metadata.exif:
        yield chunk(b"eXIf", metadata.exif)
    if metadata.xmp:
        yield chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp)
    for key, value in metadata.text:
        keyword, value = _keyword(key), value.replace("\0", "")
        try:
            name, data = b"tEXt", keyword + b"\0" + value.encode("latin-1")
        except UnicodeEncodeError:
            name, data = b"iTXt", keyword + b"\0\0\0\0\0" + value.encode("utf-8", "replace")
        yield chunk(name, data)


def _keyword(key: str) -> bytes:
    """Return a keyword as PNG allows it: 1 to 79 printable characters of Latin-1, single spaces inside."""
    printable = "".join(c if c.isprintable() else " " for c in key)
    return " ".join(printable.split()).encode("latin-1", "replace")[:_LONGEST_KEYWORD].strip() or b"Comment"


FORMAT = Format(
    name="PNG",
    endings=(".png", ".apng"),
    signatures=({0: _SIGNATURE},),
    plugin="Png",
    for_web=True,
    max_colors=256,
    banded=True,
    alpha="full",
    keeps=frozenset({Loss.EXIF, Loss.XMP, Loss.DPI, Loss.TEXT}),
    write=_write,
    write_frames=_write_frames,
)
