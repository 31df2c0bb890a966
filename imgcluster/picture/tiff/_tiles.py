"""The tiles or strips of a TIFF or BigTIFF file, and TIFF files made from a few of them (TIFF 6.0, Adobe 1992)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tifffile import TiffPage

# What the bytes of a tile mean: bits, compression, photometric interpretation, fill order, samples, planes, CCITT
# options, predictor, colors, inks, extra samples, sample format, JPEG tables, YCbCr, ICC profile.
_MEANING = (258, 259, 262, 266, 277, 284, 292, 293, 317, 320, 332, 338, 339, 347, 529, 530, 531, 532, 34675)
_WIDTH, _LENGTH, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_LENGTH = 256, 257, 278, 322, 323
_STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES = 273, 279, 324, 325
_SHORT, _LONG = 3, 4  # types of a tag: 16 and 32 bits
_COLORS, _MASK, _BLACK_IS_ZERO = 262, 4, 1  # a mask is read as gray
_SEPARATE = 2  # planes
_BLOCK_PIXELS = 1 << 18  # opening a TIFF takes as long as inflating 10,000 pixels


class Block(NamedTuple):
    """Neighboring tiles: rows and columns of the grid, half-open."""

    top: int
    bottom: int
    left: int
    right: int


class Tag(NamedTuple):
    """A tag as it is in the file."""

    code: int
    type: int
    n_values: int
    data: bytes


class Tiles(NamedTuple):
    """The tiles of a picture, row by row, plane after plane; a strip is a tile as wide as the picture."""

    order: str  # of bytes: "<" or ">"
    tiled: bool
    size: tuple[int, int]  # height and width of the picture
    shape: tuple[int, int]  # of a tile
    n_planes: int
    offsets: Sequence[int]
    n_bytes: Sequence[int]
    meaning: list[Tag]

    @property
    def kind(self) -> str:
        """Return "tile" or "strip"."""
        return "tile" if self.tiled else "strip"

    @property
    def grid(self) -> tuple[int, int]:
        """Count the tiles down and across."""
        return -(-self.size[0] // self.shape[0]), -(-self.size[1] // self.shape[1])

    def numbers(self, block: Block) -> list[int]:
        """Return the numbers of the tiles of a block."""
        down, across = self.grid
        rows, columns = range(block.top, block.bottom), range(block.left, block.right)
        return [(plane * down + i) * across + j for plane in range(self.n_planes) for i in rows for j in columns]

    def where(self, number: int) -> tuple[int, int, int]:
        """Return the plane of a tile, and its top and left in pixels."""
        down, across = self.grid
        plane, at = divmod(number, down * across)
        return plane, at // across * self.shape[0], at % across * self.shape[1]

    def blocks(self, top: int, bottom: int, left: int, right: int) -> list[Block]:
        """Cut the tiles that a rectangle of pixels touches into blocks of moderate size."""
        height, width = self.shape
        rows, columns = range(top // height, -(-bottom // height)), range(left // width, -(-right // width))
        n = max(1, _BLOCK_PIXELS // (height * width))
        if len(columns) == 1:
            return [Block(i, min(i + n, rows.stop), columns.start, columns.stop) for i in rows[::n]]
        return [Block(i, i + 1, j, min(j + n, columns.stop)) for i in rows for j in columns[::n]]

    def place(self, block: Block) -> tuple[int, int, int, int]:
        """Return top, bottom, left and right of a block in pixels."""
        height, width = self.shape
        bottom, right = min(block.bottom * height, self.size[0]), min(block.right * width, self.size[1])
        return block.top * height, bottom, block.left * width, right

    def as_tiff(self, block: Block, read: Callable[[int, int], bytes]) -> bytes:
        """Make a TIFF file of a block, with bytes that `read` fetches by offset and number."""
        segments = [read(self.offsets[i], self.n_bytes[i]) for i in self.numbers(block)]
        top, bottom, left, right = self.place(block)
        layout = [
            (_WIDTH, right - left),
            (_LENGTH, bottom - top),
            *zip((_TILE_LENGTH, _TILE_WIDTH) if self.tiled else (_ROWS_PER_STRIP,), self.shape, strict=False),
        ]
        tags = [*self.meaning, *(integers(self.order, code, [value]) for code, value in layout)]
        codes = (_TILE_OFFSETS, _TILE_BYTES) if self.tiled else (_STRIP_OFFSETS, _STRIP_BYTES)
        return assembled(self.order, tags, codes, segments)


def tiles_of(page: TiffPage, order: str, read: Callable[[int, int], bytes]) -> Tiles:
    """Find the tiles of a page; consecutive uncompressed strips are regrouped, as they may be huge."""
    tags, size = page.tags, (page.imagelength, page.imagewidth)
    meaning = [
        Tag(code, int(tag.dtype), tag.count, read(tag.valueoffset, tag.valuebytecount))
        for code in _MEANING
        if (tag := tags.get(code)) is not None
    ]
    if page.photometric == _MASK:
        gray = Tag(_COLORS, _SHORT, 1, struct.pack(f"{order}H", _BLACK_IS_ZERO))
        meaning = [*(tag for tag in meaning if tag.code != _COLORS), gray]
    n_planes = page.samplesperpixel if page.planarconfig == _SEPARATE else 1
    shape = (page.tilelength, page.tilewidth) if page.is_tiled else (min(page.rowsperstrip, size[0]), size[1])
    found = Tiles(order, page.is_tiled, size, shape, n_planes, page.dataoffsets, page.databytecounts, meaning)
    if page.is_tiled or page.is_subsampled or not page.is_contiguous:
        return found
    n_rows, row = max(1, _BLOCK_PIXELS // size[1]), page.nbytes // (size[0] * n_planes)
    tops = range(0, size[0], n_rows)
    offsets = [page.dataoffsets[0] + (plane * size[0] + top) * row for plane in range(n_planes) for top in tops]
    n_bytes = [min(n_rows, size[0] - top) * row for top in tops] * n_planes
    return found._replace(shape=(n_rows, size[1]), offsets=offsets, n_bytes=n_bytes)


def integers(order: str, code: int, values: list[int]) -> Tag:
    """Make a tag of 32-bit integers."""
    return Tag(code, _LONG, len(values), struct.pack(f"{order}{len(values)}I", *values))


def assembled(order: str, tags: list[Tag], codes: tuple[int, int], segments: list[bytes]) -> bytes:
    """Assemble a TIFF file: header, tags, their long values, segments (whose offsets and sizes go by two codes)."""
    lengths = [len(segment) for segment in segments]
    tags = [*tags, integers(order, codes[1], lengths), integers(order, codes[0], lengths)]
    start = 8 + 2 + 12 * len(tags) + 4
    at = start + sum(len(tag.data) for tag in tags if len(tag.data) > 4)
    offsets = [at]
    for length in lengths[:-1]:
        offsets.append(offsets[-1] + length)
    tags[-1] = integers(order, codes[0], offsets)
    head, values = [struct.pack(f"{order}2sHIH", b"II" if order == "<" else b"MM", 42, 8, len(tags))], b""
    for tag in sorted(tags):
        field = tag.data.ljust(4, b"\0")
        if len(tag.data) > 4:
            field = struct.pack(f"{order}I", start + len(values))
            values += tag.data
        head.append(struct.pack(f"{order}HHI4s", tag.code, tag.type, tag.n_values, field))
    return b"".join([*head, bytes(4), values, *segments])
