"""The tiles and strips of a raster, decoded: values of any type, by zlib, by Pillow's libtiff, or by imagecodecs."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgcluster.picture._pillow import lenient_pillow, open_picture
from imgcluster.picture._raster_layout import Layout
from imgcluster.picture._tiles import Block, Tag, Tiles

_SEPARATE = 2  # planes
_NONE, _DEFLATE, _JPEG = (1,), (8, 32946, 50013), (7,)
_BY_LIBTIFF = (5, 32773, 34925, 50000)  # LZW, PackBits, LZMA and Zstandard: bytes to bytes
_NO_PREDICTOR, _HORIZONTAL, _FLOATING = 1, 2, 3
_PLAIN_ORDER = 1  # of bits in bytes
_JPEG_TABLES, _FILL_ORDER = 347, 266
_STRIP_BYTES = 1 << 20  # of strips that lie one behind the other without compression
_NAMES = {34887: "LERC", 33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 50002: "JPEG XL", 34892: "JPEG"}


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
    stored = page.dtype.newbyteorder(order)
    if page.compression in _NONE and not page.is_tiled and _is_one_piece(offsets, n_bytes):
        row = width * n_samples * stored.itemsize
        shape = (min(height, max(1, _STRIP_BYTES // row)), width)
        tops = range(0, height, shape[0])
        offsets = [offsets[0] + (plane * height + top) * row for plane in range(n_planes) for top in tops]
        n_bytes = [min(shape[0], height - top) * row for top in tops] * n_planes
    n_whole = height // shape[0]

    def n_rows_of(number: int) -> int:
        return int(shape[0] if page.is_tiled or number % -(-height // shape[0]) < n_whole else height % shape[0])

    decode = _decoder(page, (*shape, n_samples), stored, n_rows_of)
    return RasterTiles((height, width), (int(shape[0]), int(shape[1])), n_planes, n_samples, offsets, n_bytes, decode)


def _is_one_piece(offsets: list[int], n_bytes: list[int]) -> bool:
    """Check whether strips lie one behind the other."""
    ends = map(int.__add__, offsets[:-1], n_bytes[:-1])
    return bool(offsets) and all(end == start for end, start in zip(ends, offsets[1:], strict=True))


def _decoder(
    page: Any, shape: tuple[int, int, int], stored: np.dtype[Any], n_rows_of: Callable[[int], int]
) -> Callable[[bytes, int], NDArray[Any]]:
    """Return what decodes a tile of this shape; the last strip has fewer rows."""
    if page.compression in _JPEG and stored == np.uint8 and shape[2] == 1:
        return lambda data, _: _by_pillow(data, page, shape)
    is_known = page.compression in (*_NONE, *_DEFLATE, *_BY_LIBTIFF) and page.fillorder == _PLAIN_ORDER
    if not is_known or page.predictor not in (_NO_PREDICTOR, _HORIZONTAL, _FLOATING):
        return _by_tifffile(page, page.keyframe.jpegtables)

    def decode(data: bytes, number: int) -> NDArray[Any]:
        row = shape[1] * shape[2] * stored.itemsize
        plain = _plain(data, int(page.compression), row * n_rows_of(number))
        n_rows = min(shape[0], len(plain) // row)
        values = np.frombuffer(plain, np.uint8, n_rows * row)
        return _unpredicted(values, (n_rows, *shape[1:]), stored, int(page.predictor))

    return decode


def _plain(data: bytes, compression: int, n_bytes: int) -> bytes:
    """Decompress a tile."""
    if compression in _NONE:
        return data
    if compression in _DEFLATE:
        return zlib.decompressobj().decompress(data, n_bytes)
    codes = ((258, 8), (259, compression), (262, 1), (277, 1))
    tags = [Tag(code, 3, 1, struct.pack("<H", value)) for code, value in codes]
    # libtiff takes the bytes for a row of gray pixels
    row = Tiles("<", False, (1, n_bytes), (1, n_bytes), 1, [0], [len(data)], tags)
    return _opened(row.as_tiff(Block(0, 1, 0, 1), lambda *_: data)).tobytes()


def _opened(tiff: bytes) -> Image.Image:
    with lenient_pillow():
        image = open_picture(io.BytesIO(tiff), "TIFF")
        image.load()
    return image


def _unpredicted(values: NDArray[Any], shape: tuple[int, ...], stored: np.dtype[Any], predictor: int) -> NDArray[Any]:
    """Return values of their type, of bytes that a predictor may have replaced by differences."""
    if predictor == _FLOATING:
        # TIFF Technical Note 3: bytes by significance, as differences along a row
        rows = np.cumsum(values.reshape(shape[0], -1, shape[2]), axis=1, dtype=np.uint8)
        n = stored.itemsize
        planes = rows.reshape(shape[0], n, shape[1] * shape[2])
        mixed = np.ascontiguousarray(planes.transpose(0, 2, 1))
        found: NDArray[Any] = mixed.view(stored.newbyteorder(">")).reshape(shape)
        return found
    found = values.view(stored).reshape(shape)
    if predictor == _HORIZONTAL:
        native = found.astype(stored.newbyteorder("="))
        integers = native.view(f"u{stored.itemsize}")
        return np.cumsum(integers, axis=1, dtype=integers.dtype).view(native.dtype)
    return found


def _by_pillow(data: bytes, page: Any, shape: tuple[int, int, int]) -> NDArray[Any]:
    """Decode a JPEG of a single band."""
    codes = ((258, 8), (259, int(page.compression)), (262, 1), (277, 1))
    tags = [Tag(code, 3, 1, struct.pack("<H", value)) for code, value in codes]
    if tables := page.jpegtables:
        tags.append(Tag(_JPEG_TABLES, 7, len(tables), tables))
    tile = Tiles("<", True, shape[:2], shape[:2], 1, [0], [len(data)], tags)
    return np.asarray(_opened(tile.as_tiff(Block(0, 1, 0, 1), lambda *_: data)))[:, :, np.newaxis]


def _by_tifffile(page: Any, tables: Any) -> Callable[[bytes, int], NDArray[Any]]:
    """Return what decodes by tifffile, which has most of its codecs from imagecodecs."""

    def decode(data: bytes, number: int) -> NDArray[Any]:
        try:
            found = page.decode(data, number, jpegtables=tables)[0]
        except (ImportError, AttributeError, NotImplementedError, ValueError) as error:
            if "imagecodecs" in str(error):
                raise NeedsCodec(_NAMES.get(int(page.compression), f"method {int(page.compression)}")) from error
            raise
        return np.asarray(found[0])

    return decode
