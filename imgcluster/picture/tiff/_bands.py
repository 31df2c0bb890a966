"""TIFF and BigTIFF files read band by band, where Pillow alone reads them as a whole.

tifffile finds the tiles; blocks of them are handed to Pillow as small TIFF files of their own, and so come out as
`read_image` would have them.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture._arrays import DepthError, turned
from imgcluster.picture._decoding import decoding
from imgcluster.picture._limits import check_memory
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._picture import Picture
from imgcluster.picture._pillow import lenient_pillow, open_picture
from imgcluster.picture._pixels import is_deep, picture_of_image, upright_shape
from imgcluster.picture._tiff_pages import ORIENTATION, Page, values_of
from imgcluster.picture.tiff._colors import picture_of_samples
from imgcluster.picture.tiff._layout import Layout, layout_of
from imgcluster.picture.tiff._samples import samples_of
from imgcluster.picture.tiff._tiles import Block, tiles_of
from imgcluster.threads import run
from imgcluster.types import Background, UInt8Array

_DECODING = 8  # bytes a pixel of a tile or strip, by Pillow
_AT_ONCE = 1 << 20  # pixels whose values become colors at a time

_PROFILE = 34675
_PALETTE = 3
_PLAIN = (0, 1, 2)  # kinds of colors: gray either way, and RGB
_FROM_THE_END, _SIDEWAYS = (3, 4, 7, 8), (5, 6, 7, 8)


class TiffBands:
    """A page of a TIFF file.

    Parameters
    ----------
    stream : BinaryIO
        Seekable; it must stay open.
    name : str
        Of the file, for messages.
    n_threads : int
        Threads that decode.
    page : Page
    metadata : Metadata
        What its bands carry.
    lost : frozenset of Loss
        What reading this page alone loses.

    Raises
    ------
    ImageReadError
        When the file is damaged or cut short, or its tiles are too large.
    """

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        n_threads: int,
        page: Page,
        metadata: Metadata,
        lost: frozenset[Loss] = frozenset(),
    ) -> None:
        self._stream, self._name, self._n_threads, self._page = stream, name, n_threads, page
        self._metadata, self._lost = metadata, lost
        self._own: Layout | None = None
        self._lock = threading.Lock()
        # otherwise Python prints what tifffile logs
        logging.getLogger("tifffile").addHandler(logging.NullHandler())
        try:
            self._parse()
            self._check()
        except ImageReadError:
            raise
        except Exception as error:
            # TiffFileError, struct.error, ValueError, KeyError and more
            raise self._unreadable("it is a damaged TIFF: its tags make no sense", "get a fresh copy") from error
        self.shape = upright_shape((self._tiles.size[1], self._tiles.size[0]), self._orientation)

    def bands(self, n_pixels: int, background: Background | None = None) -> Iterator[Picture]:
        """Yield the upright page from top to bottom, whole tiles at a time."""
        height, width = self.shape
        step = self._tiles.shape[self._orientation in _SIDEWAYS]
        rows = max(1, n_pixels // width // step) * step
        for top in range(0, height, rows):
            yield self.rows(top, min(top + rows, height), background)

    def values(self) -> NDArray[Any]:
        """Return the upright page as it is stored, (H, W) or (H, W, samples), but with black at 0."""
        assert self._own is not None
        height, width = self._tiles.size
        whole: NDArray[Any] | None = None
        for block in self._tiles.blocks(0, height, 0, width):
            with decoding(self._name):
                part = samples_of(self._tiles, block, self._own, self._fetch)
            top, bottom, left, right = self._tiles.place(block)
            if whole is None:
                whole = np.empty((height, width, part.shape[2]), part.dtype)
            whole[top:bottom, left:right] = part
        assert whole is not None
        if self._own.photometric == 0 and whole.dtype.kind != "i":
            whole = 1 - whole if self._own.is_float else whole.dtype.type((1 << self._own.bits) - 1) - whole
        return turned(whole[..., 0] if whole.shape[2] == 1 else whole, self._orientation)

    def _parse(self) -> None:
        """Read the properties of the picture from its tags."""
        from tifffile import TiffFile

        self._stream.seek(0)
        with TiffFile(self._stream) as file:
            number, order = self._page.place[0], file.byteorder
            page: Any = file.pages[number].aspage() if number else file.pages.first
            for below in self._page.place[1:]:
                page = page.pages[below].aspage()
            (orientation,) = values_of(self._page.tags, ORIENTATION, (1,))[:1]
            self._orientation = orientation if orientation in range(2, 9) else 1
            self._tiles = tiles_of(page, order, self._fetch)
            layout = layout_of(self._page.tags)
            if layout is not None and layout.is_own:
                self._own, self._profile = layout, page.tags.valueof(_PROFILE)
                self._palette = page.colormap.T if layout.photometric == _PALETTE else None

    def _check(self) -> None:
        """Reject what is evidently wrong before anything is decoded."""
        tiles = self._tiles
        if min(tiles.size) < 1 or min(tiles.shape) < 1:
            raise self._unreadable(f"it has no pixels ({tiles.size[1]} x {tiles.size[0]})", "get a fresh copy")
        n = tiles.n_planes * tiles.grid[0] * tiles.grid[1]
        if min(len(tiles.offsets), len(tiles.n_bytes)) < n or 0 in tiles.n_bytes:
            raise self._unreadable(f"some of its {n} {tiles.kind}s are missing", "get a fresh copy")
        end = max(map(int.__add__, tiles.offsets, tiles.n_bytes))
        size = self._stream.seek(0, io.SEEK_END)
        if end > size:
            raise self._unreadable(f"cut short: its pixels end at byte {end}, the file at {size}", "get a fresh copy")
        what, way_out = f"{tiles.kind}s", "store it in tiles of 256 x 256"
        own = self._own
        # decompressed, as values, and what makes them; 8-bit colors
        decoding = _DECODING if own is None else 3 * own.n_samples * own.bits / 8 + 3
        check_memory(self._name, tiles.shape, decoding, what=what, way_out=way_out)

    def rows(self, top: int, bottom: int, background: Background | None = None) -> Picture:
        """Read rows of the upright picture."""
        height, width = self.shape
        if self._orientation in _FROM_THE_END:
            top, bottom = height - bottom, height - top
        if self._orientation in _SIDEWAYS:
            region = _Region(0, self._tiles.size[0], top, bottom)
        else:
            region = _Region(top, bottom, 0, width)
        blocks = self._tiles.blocks(region.top, region.bottom, region.left, region.right)
        run(
            lambda i: self._put(region, blocks[i], background),
            len(blocks),
            self._n_threads,
        )
        alpha = None if region.alpha is None else turned(region.alpha, self._orientation)
        lost = region.lost | self._lost
        return Picture(turned(region.pixels, self._orientation), alpha, metadata=self._metadata, lost=frozenset(lost))

    def _put(self, region: _Region, block: Block, background: Background | None) -> None:
        """Decode a block of tiles, cut off at the border of the picture, and put it in its place."""
        try:
            with lenient_pillow():
                top, _, left, right = self._tiles.place(block)
                for picture in self._decoded(block, background):
                    end = top + picture.shape[0]
                    region.put(picture, (top, end, left, right))
                    top = end
        except DepthError as error:
            raise self._unreadable(error.problem, error.way_out) from error
        except MemoryError as error:
            raise self._unreadable("not enough memory", "store it in smaller tiles first") from error
        except Exception as error:
            number, kind = self._tiles.numbers(block)[0] + 1, self._tiles.kind
            raise self._unreadable(
                f"{kind} {number} or one beside it is damaged or of an unknown kind",
                "get a fresh copy or convert it to 8-bit RGB",
            ) from error

    def _decoded(self, block: Block, background: Background | None) -> Iterator[Picture]:
        """Yield the rows of a block from top to bottom."""
        if self._own is None:
            image = open_picture(io.BytesIO(self._tiles.as_tiff(block, self._fetch)), "TIFF")
            deep = frozenset({Loss.DEPTH} if is_deep(image) else ())
            image.load()
            picture = picture_of_image(image, background, self._metadata)
            yield replace(picture, lost=picture.lost | deep)
            return
        values = samples_of(self._tiles, block, self._own, self._fetch)
        n_rows = max(1, _AT_ONCE // values.shape[1])
        for top in range(0, len(values), n_rows):
            picture = picture_of_samples(values[top : top + n_rows], self._own, self._profile, self._palette)
            yield picture if background is None else picture.on(background)

    def _fetch(self, offset: int, n_bytes: int) -> bytes:
        """Read bytes of the file, on any thread."""
        with self._lock:
            self._stream.seek(offset)
            return self._stream.read(n_bytes)

    def _unreadable(self, problem: str, way_out: str) -> ImageReadError:
        return ImageReadError(self._name, problem, way_out)


def about_bands(stream: BinaryIO) -> str | None:
    """Return how many bands of which type the first page of a TIFF has; None if it cannot be parsed."""
    from tifffile import TiffFile

    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    try:
        stream.seek(0)
        with TiffFile(stream) as file:
            page = file.pages.first
            n_bands, kind = int(page.samplesperpixel), page.dtype
    except Exception:
        # TiffFileError, struct.error, ValueError, KeyError and more
        return None
    if kind is None or 0 in page.shape or page.photometric not in _PLAIN:
        return None
    return f"{n_bands} band{'' if n_bands == 1 else 's'} of {kind}"


class _Region:
    """A rectangle of the page as it is stored, filled block by block, on any thread."""

    def __init__(self, top: int, bottom: int, left: int, right: int) -> None:
        self.top, self.bottom, self.left, self.right = top, bottom, left, right
        self.pixels: UInt8Array = np.empty((bottom - top, right - left, 3), np.uint8)
        self.alpha: UInt8Array | None = None
        self.lost: set[Loss] = set()
        self._lock = threading.Lock()

    def put(self, block: Picture, place: tuple[int, int, int, int]) -> None:
        """Copy the part of a block that lies inside to its place."""
        block_top, block_bottom, block_left, block_right = place
        rows = slice(max(self.top, block_top), min(self.bottom, block_bottom))
        columns = slice(max(self.left, block_left), min(self.right, block_right))
        here = _shifted(rows, self.top), _shifted(columns, self.left)
        there = _shifted(rows, block_top), _shifted(columns, block_left)
        self.pixels[here] = block.pixels[there]
        with self._lock:
            self.lost |= block.lost
            if block.alpha is not None and self.alpha is None:
                self.alpha = np.full(self.pixels.shape[:2], 255, np.uint8)
        if block.alpha is not None and self.alpha is not None:
            self.alpha[here] = block.alpha[there]


def _shifted(span: slice, by: int) -> slice:
    return slice(span.start - by, span.stop - by)
