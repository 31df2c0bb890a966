"""TIFF: whole pictures as strips, indexed by our own encoder, others by Pillow, and bands as tiles by tifffile."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from imgcluster.facts import Loss
from imgcluster.picture._metadata import TIFF_TEXT, Metadata
from imgcluster.picture.formats._format import Effort, Format, Piece, Raster
from imgcluster.picture.formats._tiff_exif import directory_of_exif, with_exif

_DESCRIPTION, _XMP = 270, 700
_LARGE = 1 << 31  # bytes for which offsets of 32 bits suffice in any case
_KEYWORD_TAGS = {keyword: tag for tag, keyword in TIFF_TEXT.items()}


def _write(raster: Raster, effort: Effort) -> Iterable[Piece]:
    metadata, palette = raster.metadata, raster.palette
    if palette is not None and len(palette) <= 256 and palette.shape[1] == 3 and math.prod(raster.shape) < _LARGE:
        from imgcluster.picture.formats._tiff_indexed import encode_indexed_tiff

        indices, text = np.ascontiguousarray(raster.rows, np.uint8), _text_tags(metadata)
        tiff = encode_indexed_tiff(indices, palette, effort, dpi=metadata.dpi, xmp=metadata.xmp, text=text)
        return [with_exif(tiff, metadata.exif) if metadata.exif else tiff]
    options: dict[str, Any] = {"compression": "tiff_adobe_deflate"}
    if tags := _tags(metadata):
        options["tiffinfo"] = tags
    if metadata.dpi:
        options["dpi"] = metadata.dpi
    pieces = FORMAT.encode(raster.rgb_image(), **options)
    return [with_exif(b"".join(pieces), metadata.exif)] if metadata.exif else pieces


def _write_into(raster: Raster, effort: Effort, stream: BinaryIO) -> None:
    from imgcluster.picture.formats._tiff_tiles import write_tiff

    metadata = raster.metadata
    assert raster.palette is not None
    write_tiff(
        stream,
        raster.bands,
        raster.shape,
        raster.palette,
        effort.compress_level,
        effort.n_threads,
        dpi=metadata.dpi,
        xmp=metadata.xmp,
        text=_text_tags(metadata),
    )


def _tags(metadata: Metadata) -> Any:
    """Return tags for Pillow to write."""
    from PIL import Image

    tags = Image.Exif()
    for tag, text in _text_tags(metadata).items():
        tags[tag] = text
    if metadata.xmp:
        tags[_XMP] = metadata.xmp
    return tags


def _text_tags(metadata: Metadata) -> dict[int, bytes]:
    """Return text by tags in UTF-8, with other keywords as lines of the description."""
    lines: dict[int, list[str]] = {}
    for key, value in metadata.text:
        tag = _KEYWORD_TAGS.get(key, _DESCRIPTION)
        known = key in _KEYWORD_TAGS or key == "Comment"
        lines.setdefault(tag, []).append(value if known else f"{key}: {value}")
    for tag, value in _text_of_exif(metadata, lines).items():
        # EXIF has the same tags, and only one of each is in a file
        if value not in lines[tag]:
            lines[tag].insert(0, value)
    return {tag: "\n".join(values).replace("\0", "").encode() for tag, values in sorted(lines.items())}


def _text_of_exif(metadata: Metadata, tags: Iterable[int]) -> dict[int, str]:
    """Return the text that EXIF has in some tags."""
    from PIL import Image

    found = Image.Exif()
    if metadata.exif:
        found.load(metadata.exif)
    return {tag: text for tag in tags if isinstance(text := found.get(tag), str) and text.strip("\0 ")}


def _rejects(metadata: Metadata) -> frozenset[Loss]:
    """Name EXIF that cannot be taken apart, as it must be to become tags."""
    try:
        if metadata.exif:
            directory_of_exif(metadata.exif, "<", 8)
    except Exception:
        # Pillow raises many classes for that
        return frozenset({Loss.EXIF})
    return frozenset()


_KEEPS_IN_BANDS = frozenset({Loss.XMP, Loss.DPI, Loss.TEXT})

FORMAT = Format(
    name="TIFF",
    endings=(".tif", ".tiff"),
    # of slide scanners and of geographers, which are TIFF files
    also_read=(".btf", ".tf2", ".tf8", ".gtiff", ".svs", ".ndpi", ".scn", ".qptiff"),
    signatures=({0: b"II*\0"}, {0: b"MM\0*"}, {0: b"II+\0"}, {0: b"MM\0+"}),
    plugin="Tiff",
    banded=True,
    alpha="full",
    keeps=_KEEPS_IN_BANDS | {Loss.EXIF},
    keeps_in_bands=_KEEPS_IN_BANDS,
    rejects=_rejects,
    write=_write,
    write_into=_write_into,
)
