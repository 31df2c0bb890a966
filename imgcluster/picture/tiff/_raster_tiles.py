"""The tiles and strips of a raster: where they are, and how they are decoded, by libtiff or by imagecodecs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture.tiff._layout import BYTES, COMPRESSIONS, layout_of
from imgcluster.picture.tiff._raster_layout import Layout, page_of
from imgcluster.picture.tiff._samples import segment_of
from imgcluster.picture.tiff._tiles import Tag

_SEPARATE = 2  # planes
_NONE, _JPEG = (1,), (7,)
_BITS_OF_JPEG, _JPEG_TABLES, _UNDEFINED = 8, 347, 7
_STRIP_BYTES = 1 << 20  # of strips that lie one behind the other without compression


class NeedsCodec(Exception):
    """Tiles are compressed in a way that takes another package."""


@dataclass(frozen=True, eq=False)
class RasterTiles:
    """The tiles of one page; a strip is a tile as wide as the raster.

    Attributes
    ----------
    size : tuple of int
        Height and width of the raster, as stored.
    shape : tuple of int
        Height and width of a tile.
    n_planes, n_samples : int
        Planes, one behind the other, and the samples that each tile has of every pixel.
    offsets, n_bytes : list of int
        By plane, row and column of tiles; no bytes where a tile is left out.
    decode : callable
        Returns the values of a tile (h, w, n_samples) by its bytes and number; rows below the raster may be missing.
    """

    size: tuple[int, int]
    shape: tuple[int, int]
    n_planes: int
    n_samples: int
    offsets: list[int]
    n_bytes: list[int]
    decode: Callable[[bytes, int], NDArray[Any]]

    @property
    def grid(self) -> tuple[int, int]:
        """Count the tiles down and across."""
        return -(-self.size[0] // self.shape[0]), -(-self.size[1] // self.shape[1])

    @property
    def n_tiles(self) -> int:
        """Count the tiles of all planes."""
        return self.n_planes * self.grid[0] * self.grid[1]

    def touching(self, top: int, bottom: int, left: int, right: int) -> list[int]:
        """Return the numbers of the tiles that a rectangle of pixels touches."""
        (height, width), (down, across) = self.shape, self.grid
        rows, columns = range(top // height, -(-bottom // height)), range(left // width, -(-right // width))
        return [(plane * down + i) * across + j for plane in range(self.n_planes) for i in rows for j in columns]

    def place(self, number: int) -> tuple[int, int, int]:
        """Return the first band, row and column of a tile."""
        down, across = self.grid
        plane, i, j = number // (down * across), number // across % down, number % across
        return plane * self.n_samples, i * self.shape[0], j * self.shape[1]


def tiles_of_page(layout: Layout, number: int, order: str) -> RasterTiles:
    """Find the tiles of one of the pages of a layout, in a file of this byte order."""
    page, own = layout.page, layout.pages[number]
    is_separate = page.planarconfig == _SEPARATE and layout.n_samples > 1
    n_planes, n_samples = (layout.n_samples, 1) if is_separate else (1, layout.n_samples)
    height, width = layout.size
    shape = (page.tilelength, page.tilewidth) if page.is_tiled else (min(page.rowsperstrip, height), width)
    offsets, n_bytes = ([], []) if own is None else (list(own.dataoffsets), list(own.databytecounts))
    if page.compression in _NONE and not page.is_tiled and _is_one_piece(offsets, n_bytes):
        row = (width * n_samples * page.bitspersample + 7) // 8
        shape = (min(height, max(1, _STRIP_BYTES // row)), width)
        tops = range(0, height, shape[0])
        offsets = [offsets[0] + (plane * height + top) * row for plane in range(n_planes) for top in tops]
        n_bytes = [min(shape[0], height - top) * row for top in tops] * n_planes
    n_whole = height // shape[0]

    def n_rows_of(number: int) -> int:
        return int(shape[0] if page.is_tiled or number % -(-height // shape[0]) < n_whole else height % shape[0])

    decode = _decoder(page, (*shape, n_samples), order, n_rows_of)
    return RasterTiles((height, width), (int(shape[0]), int(shape[1])), n_planes, n_samples, offsets, n_bytes, decode)


def _is_one_piece(offsets: list[int], n_bytes: list[int]) -> bool:
    """Check whether strips lie one behind the other."""
    ends = map(int.__add__, offsets[:-1], n_bytes[:-1])
    is_whole = 0 < len(offsets) == len(n_bytes)
    return is_whole and all(end == start for end, start in zip(ends, offsets[1:], strict=True))


def _decoder(
    page: Any, shape: tuple[int, int, int], order: str, n_rows_of: Callable[[int], int]
) -> Callable[[bytes, int], NDArray[Any]]:
    """Return what decodes a tile of this shape; the last strip has fewer rows."""
    tags = page_of(page).tags
    layout = layout_of(tags)
    is_jpeg = page.compression in _JPEG and page.bitspersample == _BITS_OF_JPEG and shape[2] == 1
    if layout is None or not (is_jpeg or layout.compression in BYTES):
        return _by_tifffile(page, page.keyframe.jpegtables)
    tables = page.jpegtables
    jpeg_tables = [Tag(_JPEG_TABLES, _UNDEFINED, len(tables), tables)] if tables else []

    def decode(data: bytes, number: int) -> NDArray[Any]:
        return segment_of(data, (n_rows_of(number), *shape[1:]), layout, order, jpeg_tables)

    return decode


def _by_tifffile(page: Any, tables: Any) -> Callable[[bytes, int], NDArray[Any]]:
    """Return what decodes by tifffile, which has most of its codecs from imagecodecs."""

    def decode(data: bytes, number: int) -> NDArray[Any]:
        try:
            found = page.decode(data, number, jpegtables=tables)[0]
        except (ImportError, AttributeError, NotImplementedError, ValueError) as error:
            if "imagecodecs" in str(error):
                raise NeedsCodec(COMPRESSIONS.get(int(page.compression), f"method {int(page.compression)}")) from error
            raise
        return np.asarray(found[0])

    return decode
