"""Tiled TIFF and BigTIFF of few colors, written band by band (TIFF 6.0, Adobe 1992)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture._bands import regrouped
from imgcluster.types import UInt8Array, UInt16Array

_TILE = 256
_BUFFER = 1 << 24  # bytes of tiles that are deflated in parallel
_MOST_BYTES = (1 << 32) - (1 << 26)  # offsets of a classic TIFF have 32 bits; the rest is for what surrounds the tiles

_BYTE, _ASCII = 1, 2  # types of tags
_XMP = 700


def write_tiff(
    stream: BinaryIO,
    bands: Iterable[NDArray[Any]],
    shape: tuple[int, int],
    palette: UInt8Array,
    compress_level: int,
    n_threads: int,
    *,
    dpi: tuple[float, float] | None = None,
    xmp: bytes | None = None,
    text: Mapping[int, bytes] | None = None,
) -> None:
    """Write indices below len(palette): with their palette, or as RGB for more than 256 colors, or RGBA.

    A palette in a TIFF has 16 bits a color: v is stored as 257 v, which is v again in readers that scale and in readers
    that take the upper byte.
    """
    from tifffile import FileHandle, TiffWriter

    n_channels = palette.shape[1]
    indexed = len(palette) <= 256 and n_channels == 3
    # a name, because a stream over a descriptor has a number for one, which tifffile does not expect
    handle = FileHandle(stream, name="picture", size=0)
    with TiffWriter(handle, bigtiff=shape[0] * shape[1] * (1 if indexed else n_channels) > _MOST_BYTES) as writer:
        writer.write(
            _tiles(bands if indexed else (palette[band] for band in bands)),
            shape=shape if indexed else (*shape, n_channels),
            dtype=np.uint8,
            tile=(_TILE, _TILE),
            photometric="palette" if indexed else "rgb",
            extrasamples=("unassalpha",) if n_channels == 4 else None,
            colormap=_colormap(palette) if indexed else None,
            compression="zlib",
            compressionargs={"level": compress_level},
            maxworkers=n_threads,
            buffersize=_BUFFER,
            metadata=None,
            software=False,
            resolution=dpi,
            resolutionunit="inch" if dpi else None,
            extratags=[
                *((tag, _ASCII, 0, value, True) for tag, value in (text or {}).items()),
                *([(_XMP, _BYTE, len(xmp), xmp, True)] if xmp else []),
            ],
        )


def _colormap(palette: UInt8Array) -> UInt16Array:
    """Return the colors as a TIFF stores them, padded with black."""
    colormap = np.zeros((3, 256), np.uint16)
    colormap[:, : len(palette)] = palette.T.astype(np.uint16) * 257
    return colormap


def _tiles(bands: Iterable[UInt8Array]) -> Iterator[UInt8Array]:
    """Cut rows into tiles, from left to right and from top to bottom, the outermost padded with zeros."""
    for band in regrouped(bands, _TILE):
        height, width = band.shape[:2]
        for top in range(0, height, _TILE):
            for left in range(0, width, _TILE):
                part = band[top : top + _TILE, left : left + _TILE]
                tile = np.zeros((_TILE, _TILE, *band.shape[2:]), np.uint8)
                tile[: part.shape[0], : part.shape[1]] = part
                yield tile
