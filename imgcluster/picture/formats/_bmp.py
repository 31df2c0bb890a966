"""BMP, written without compression: indices of 1, 4 or 8 bits with their palette, or RGB (BITMAPINFOHEADER)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import numpy as np

from imgcluster.facts import Loss
from imgcluster.picture.formats._format import Effort, Format, Piece, Raster
from imgcluster.types import UInt8Array

_FILE_HEADER, _INFO_HEADER = 14, 40  # bytes
_METER = 39.3701  # inches, as Pillow has it


def _write(raster: Raster, effort: Effort) -> Iterable[Piece]:
    if raster.palette is not None and len(raster.palette) <= 256:
        return _indexed(raster, raster.palette)
    dpi = raster.metadata.dpi
    return FORMAT.encode(raster.rgb_image(), **({"dpi": dpi} if dpi else {}))


def _indexed(raster: Raster, palette: UInt8Array) -> Iterator[Piece]:
    """Yield headers, the palette as it is, and rows from the last to the first, each of whole 32-bit words."""
    from imgcluster.picture.formats._png_lines import packed

    height, width = raster.shape
    # 2 bits are for Windows CE alone
    bits = next(bits for bits in (1, 4, 8) if len(palette) <= 1 << bits)
    plain = packed(np.ascontiguousarray(raster.rows, np.uint8), bits)
    rows = np.zeros((height, -(-plain.shape[1] // 4) * 4), np.uint8)
    rows[:, : plain.shape[1]] = plain[::-1]
    start = _FILE_HEADER + _INFO_HEADER + 4 * len(palette)
    across, down = (int(value * _METER + 0.5) for value in raster.metadata.dpi or (0, 0))
    yield b"BM" + struct.pack("<IHHI", start + rows.size, 0, 0, start)
    shape = (_INFO_HEADER, width, height, 1, bits, 0, rows.size)
    yield struct.pack("<IiiHHIIiiII", *shape, across, down, len(palette), len(palette))
    colors = np.zeros((len(palette), 4), np.uint8)
    colors[:, :3] = palette[:, ::-1]
    yield colors.tobytes()
    yield rows.data.cast("B")


FORMAT = Format(
    name="BMP",
    endings=(".bmp",),
    signatures=({0: b"BM"},),
    plugin="Bmp",
    sure=False,
    keeps=frozenset({Loss.DPI}),
    write=_write,
)
