"""TIFF and BigTIFF files read band by band, where Pillow alone reads them as a whole.

tifffile finds the tiles; blocks of them are handed to Pillow as small TIFF files of their own, and so come out as
`read_image` would have them.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from imgcluster.errors import ImageReadError
from imgcluster.picture._pillow import lenient_pillow, open_picture
from imgcluster.picture._pixels import Pixels, pixels_of_image
from imgcluster.picture._tiles import Block, tiles_of
from imgcluster.threads import run

MOST_PIXELS = 1 << 30  # of a tile or strip: decoding takes 7 bytes each

_ORIENTATION = 274
_FROM_THE_END, _SIDEWAYS = (3, 4, 7, 8), (5, 6, 7, 8)


class TiffBands:
    """The first picture of a TIFF file.

    Parameters
    ----------
    stream : BinaryIO
        Seekable; it must stay open.
    name : str
        Of the file, for messages.
    warn : callable
        Is told what is lost.
    n_threads : int
        Threads that decode.

    Raises
    ------
    ImageReadError
        When the file is damaged or cut short, or its tiles are too large.
    """

    def __init__(self, stream: BinaryIO, name: str, warn: Callable[[str], None], n_threads: int) -> None:
        self._stream, self._name, self._warn, self._n_threads = stream, name, warn, n_threads
        self._lock = threading.Lock()
        # else Python prints what tifffile logs, where nobody listens
        logging.getLogger("tifffile").addHandler(logging.NullHandler())
        try:
            self._parse()
        except Exception as error:
            # TiffFileError, struct.error, ValueError, KeyError and more
            raise self._unreadable(f"damaged or of an unknown kind ({_said(error)}); get a fresh copy") from error
        self._check()
        height, width = self._tiles.size
        self.height, self.width = (width, height) if self._orientation in _SIDEWAYS else (height, width)

    def read(self, n_pixels: int) -> Iterator[Pixels]:
        """Yield the upright pixels from top to bottom, whole tiles at a time."""
        step = self._tiles.shape[self._orientation in _SIDEWAYS]
        rows = max(1, n_pixels // self.width // step) * step
        for top in range(0, self.height, rows):
            yield self._upright(top, min(top + rows, self.height))

    def _parse(self) -> None:
        """Find out about the picture from its tags."""
        from tifffile import TiffFile

        self._stream.seek(0)
        with TiffFile(self._stream) as file:
            page, n_pages, order = file.pages.first, len(file.pages), file.byteorder
            if n_pages > 1:
                self._warn(f"only the first of its {n_pages} frames is used")
            orientation = page.tags.valueof(_ORIENTATION, 1)
            self._orientation = orientation if orientation in range(2, 9) else 1
            self._tiles = tiles_of(page, order, self._fetch)

    def _check(self) -> None:
        """Refuse what can be seen to be wrong before anything is decoded."""
        tiles = self._tiles
        if min(tiles.size) < 1 or min(tiles.shape) < 1:
            raise self._unreadable(f"it has no pixels ({tiles.size[1]} x {tiles.size[0]}); get a fresh copy")
        n = tiles.n_planes * tiles.grid[0] * tiles.grid[1]
        if min(len(tiles.offsets), len(tiles.n_bytes)) < n or 0 in tiles.n_bytes:
            raise self._unreadable(f"some of its {n} {tiles.kind}s are missing; get a fresh copy")
        end = max(map(int.__add__, tiles.offsets, tiles.n_bytes))
        size = self._stream.seek(0, io.SEEK_END)
        if end > size:
            raise self._unreadable(f"cut short: its pixels end at byte {end}, the file at {size}; get a fresh copy")
        if tiles.shape[0] * tiles.shape[1] > MOST_PIXELS:
            raise self._unreadable(
                f"{tiles.shape[1]} x {tiles.shape[0]} pixels in a {tiles.kind} are more than the limit of "
                f"{MOST_PIXELS}; store it in tiles of 256 x 256"
            )

    def _upright(self, top: int, bottom: int) -> Pixels:
        """Read rows of the upright picture."""
        if self._orientation in _FROM_THE_END:
            top, bottom = self.height - bottom, self.height - top
        if self._orientation in _SIDEWAYS:
            region = self._region(0, self._tiles.size[0], top, bottom)
        else:
            region = self._region(top, bottom, 0, self.width)
        return np.ascontiguousarray(_turned(region, self._orientation))

    def _region(self, top: int, bottom: int, left: int, right: int) -> Pixels:
        """Read a rectangle of the picture as it is stored."""
        region = np.empty((bottom - top, right - left, 3), np.uint8)
        blocks = self._tiles.blocks(top, bottom, left, right)

        def put(i: int) -> None:
            block_top, block_bottom, block_left, block_right = self._tiles.place(blocks[i])
            rows = slice(max(top, block_top), min(bottom, block_bottom))
            columns = slice(max(left, block_left), min(right, block_right))
            region[_shifted(rows, top), _shifted(columns, left)] = self._decode(blocks[i])[
                _shifted(rows, block_top), _shifted(columns, block_left)
            ]

        run(put, len(blocks), self._n_threads)
        return region

    def _decode(self, block: Block) -> Pixels:
        """Decode a block of tiles, cut off at the border of the picture."""
        try:
            with lenient_pillow():
                image = open_picture(io.BytesIO(self._tiles.as_tiff(block, self._fetch)), "TIFF")
                image.load()
                return pixels_of_image(image, self._warn)
        except MemoryError as error:
            raise self._unreadable("not enough memory; store it in smaller tiles first") from error
        except Exception as error:
            number, kind = self._tiles.numbers(block)[0] + 1, self._tiles.kind
            raise self._unreadable(
                f"{kind} {number} or one beside it is damaged or of an unknown kind ({_said(error)}); "
                "get a fresh copy or convert it to 8-bit RGB"
            ) from error

    def _fetch(self, offset: int, n_bytes: int) -> bytes:
        """Read bytes of the file, on any thread."""
        with self._lock:
            self._stream.seek(offset)
            return self._stream.read(n_bytes)

    def _unreadable(self, why: str) -> ImageReadError:
        return ImageReadError(f"cannot read {self._name}: {why}")


def _turned(region: Pixels, orientation: int) -> Pixels:
    """Turn stored pixels upright, as their EXIF orientation says."""
    if orientation in (2, 3, 7):
        region = region[:, ::-1]
    if orientation in (3, 4, 7):
        region = region[::-1]
    if orientation in (5, 7):
        return region.swapaxes(0, 1)
    return np.rot90(region, {6: -1, 8: 1}.get(orientation, 0))


def _shifted(span: slice, by: int) -> slice:
    return slice(span.start - by, span.stop - by)


def _said(error: BaseException) -> str:
    """Return what an exception says, in one line."""
    return " ".join(str(error).split()) or type(error).__name__
