"""The values of a tile or strip of a TIFF, at full depth and in any arrangement.

libtiff decompresses, through Pillow, for which a segment is a gray picture of bytes; then bits, byte order, predictor
and planes are a matter of array shapes (TIFF 6.0, Adobe 1992; TIFF Technical Note 3 on floating point, Adobe 2005).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture._pillow import import_plugin
from imgcluster.picture.tiff._layout import Layout
from imgcluster.picture.tiff._tiles import Block, Tag, Tiles, assembled, integers

_STRIP_OFFSETS, _STRIP_BYTES = 273, 279
_JPEG, _JPEG_TABLES = 7, 347
_DIFFERENCES, _FLOAT_DIFFERENCES = 2, 3


def samples_of(tiles: Tiles, block: Block, layout: Layout, read: Callable[[int, int], bytes]) -> NDArray[Any]:
    """Return the values (h, w, samples) of a block, in the byte order of this machine."""
    top, bottom, left, right = tiles.place(block)
    n_planes = tiles.n_planes
    values: NDArray[Any] | None = None
    jpeg_tables = [tag for tag in tiles.meaning if tag.code == _JPEG_TABLES]
    for number in tiles.numbers(block):
        plane, row, column = tiles.where(number)
        n_rows = tiles.shape[0] if tiles.tiled else min(tiles.shape[0], tiles.size[0] - row)
        data = read(tiles.offsets[number], tiles.n_bytes[number])
        shape = n_rows, tiles.shape[1], layout.n_samples // n_planes
        part = segment_of(data, shape, layout, tiles.order, jpeg_tables)
        if values is None:
            values = np.empty((bottom - top, right - left, layout.n_samples), part.dtype)
        part = part[: bottom - row, : right - column]
        place = slice(row - top, row - top + len(part)), slice(column - left, column - left + part.shape[1])
        values[(*place, slice(plane, plane + 1) if n_planes > 1 else slice(None))] = part
    assert values is not None
    return values


def segment_of(
    data: bytes, shape: tuple[int, int, int], layout: Layout, order: str, jpeg_tables: Sequence[Tag] = ()
) -> NDArray[Any]:
    """Return the values of a tile or strip of this shape, in a file of this byte order."""
    rows, columns, n = shape
    row_bytes = (columns * n * layout.bits + 7) // 8
    raw = np.frombuffer(_decompressed(data, rows, row_bytes, layout, order, jpeg_tables), np.uint8)
    if raw.size < rows * row_bytes:
        raise ValueError(f"it holds {raw.size} bytes instead of {rows * row_bytes}")
    raw = raw[: rows * row_bytes].reshape(rows, row_bytes)
    if layout.predictor == _FLOAT_DIFFERENCES:
        return _of_float_differences(raw, shape, layout.bits)
    if layout.bits not in (8, 16, 32, 64):
        values = _unpacked(raw, columns * n, layout.bits).reshape(shape)
    else:
        kind = {1: "u", 2: "i", 3: "f"}[layout.sample_format]
        # of integers for now: differences of floats are differences of their bits
        values = raw.view(f"{order}u{layout.bits // 8}").reshape(shape)
        values = values.astype(values.dtype.newbyteorder("="), copy=False)
        if layout.predictor == _DIFFERENCES:
            values = np.cumsum(values, axis=1, dtype=values.dtype)
        return values.view(f"{kind}{layout.bits // 8}")
    return values


def _decompressed(
    data: bytes, rows: int, row_bytes: int, layout: Layout, order: str, jpeg_tables: Sequence[Tag]
) -> bytes:
    """Return the bytes of a tile or strip, not more than it should have."""
    if layout.fill_order == 1:
        if layout.compression == 1:
            return data
        if layout.compression in (8, 32946):
            return zlib.decompressobj().decompress(data, rows * row_bytes)
    return _by_libtiff(data, rows, row_bytes, layout, order, jpeg_tables)


def _by_libtiff(
    data: bytes, rows: int, row_bytes: int, layout: Layout, order: str, jpeg_tables: Sequence[Tag]
) -> bytes:
    """Let libtiff decompress bytes as a gray picture of one strip."""
    from PIL import Image

    codes = {
        256: row_bytes,
        257: rows,
        258: 8,
        259: layout.compression,
        262: 1,
        266: layout.fill_order,
        277: 1,
        278: rows,
        284: 1,
    }
    tags = [integers(order, code, [value]) for code, value in codes.items()]
    tags += jpeg_tables if layout.compression == _JPEG else ()
    import_plugin("TIFF")
    file = io.BytesIO(assembled(order, tags, (_STRIP_OFFSETS, _STRIP_BYTES), [data]))
    image: Image.Image = Image.OPEN["TIFF"][0](file, "")
    return image.tobytes()


def _of_float_differences(raw: NDArray[np.uint8], shape: tuple[int, int, int], bits: int) -> NDArray[Any]:
    """Undo differences of bytes, which lie highest bytes first, one byte of all values after the other."""
    rows, columns, n = shape
    summed = np.cumsum(raw.reshape(rows, -1, n), axis=1, dtype=np.uint8)
    ordered = np.ascontiguousarray(summed.reshape(rows, bits // 8, columns * n).swapaxes(1, 2))
    values = ordered.view(f">f{bits // 8}").reshape(shape)
    return values.astype(values.dtype.newbyteorder("="))


def _unpacked(raw: NDArray[np.uint8], n: int, bits: int) -> NDArray[Any]:
    """Return values of any number of bits, the highest first, of rows that begin at bytes."""
    each = np.unpackbits(raw, axis=1)[:, : n * bits].reshape(len(raw), n, bits)
    values = np.zeros(each.shape[:2], np.uint8 if bits < 8 else np.uint16)
    for i in range(bits):
        values = values << 1 | each[..., i]
    return values
