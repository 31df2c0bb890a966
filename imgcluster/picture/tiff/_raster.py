"""A TIFF of any bands, read by rows at its full depth: what Pillow does not hold, and what must not be held twice."""

from __future__ import annotations

import io
import logging
import math
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageReadError
from imgcluster.kernels import empty
from imgcluster.picture._arrays import COMPLEX_WAY_OUT, turned
from imgcluster.picture._limits import check_memory
from imgcluster.picture._tiff_pages import pictures_of
from imgcluster.picture.tiff._raster_layout import NoSuchLevel, layout_of
from imgcluster.picture.tiff._raster_tiles import NeedsCodec, RasterTiles, tiles_of_page
from imgcluster.threads import run

_FROM_THE_END, _SIDEWAYS = (3, 4, 7, 8), (5, 6, 7, 8)
_AT_ONCE = 3  # as many bytes as a tile has: of it decompressed, its values, and those of the rows
_SAMPLES = 277
_FRESH = "get a fresh copy"


class Raster:
    """One level of a TIFF, upright.

    Parameters
    ----------
    stream : BinaryIO
        Seekable; it must stay open.
    name : str
        Of the file, for messages.
    n_threads : int
        Threads that decode.
    level : int
        Of a pyramid, the largest 0.
    frame : int
        Of several rasters in the file, the first 0.

    Raises
    ------
    ImageReadError
        When the file is damaged, cut short, or holds no real numbers.
    ValueError
        When it has not so many levels.
    """

    def __init__(self, stream: BinaryIO, name: str, n_threads: int, level: int = 0, frame: int = 0) -> None:
        self._stream, self._name, self._n_threads = stream, name, n_threads
        self._lock = threading.Lock()
        # otherwise Python prints what tifffile logs
        logging.getLogger("tifffile").addHandler(logging.NullHandler())
        try:
            self._parse_either_way(level, frame)
        except (ImageReadError, MemoryError, NoSuchLevel):
            raise
        except Exception as error:
            # TiffFileError, struct.error, ValueError, KeyError and more
            has_none = any(page.tags.get(_SAMPLES) == (0,) for page in pictures_of(stream))
            said = "it has 0 bands" if has_none else f"it is a damaged TIFF{_why(error)}"
            raise self._unreadable(said, _FRESH) from error
        height, width = self.layout.size
        self.shape = (width, height) if self.layout.orientation in _SIDEWAYS else (height, width)

    def _parse_either_way(self, level: int, frame: int) -> None:
        """Find the bands; where tags of microscopes say what cannot be, by the pages alone."""
        from tifffile import TIFF

        try:
            self._parse(level, frame)
        except (ImageReadError, MemoryError, NoSuchLevel):
            raise
        except Exception as error:
            # TiffFileError, struct.error, ValueError, KeyError and more
            try:
                self._parse(level, frame, **{f"is_{flag}": False for flag in TIFF.FILE_FLAGS})
            except Exception:
                raise error from None

    def _parse(self, level: int, frame: int, **flags: Any) -> None:
        """Find the bands, and where their tiles are; flags of tifffile turn off what it reads in tags of their own."""
        from tifffile import TiffFile

        self._stream.seek(0)
        with TiffFile(self._stream, **flags) as file:
            self.layout = layout_of(file, level, frame)
            self._order = file.byteorder
            if self.layout.is_raster:
                self._pages = [tiles_of_page(self.layout, i, self._order) for i in range(len(self.layout.pages))]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values, in the byte order of this machine."""
        assert self.layout.dtype is not None
        return self.layout.dtype

    def check(self) -> None:
        """Reject what is evidently wrong before anything is decoded."""
        layout = self.layout
        if min(layout.size) < 1:
            raise self._unreadable(f"it has no pixels ({layout.size[1]} x {layout.size[0]})", _FRESH)
        if layout.n_bands < 1:
            raise self._unreadable("it has 0 bands", _FRESH)
        if layout.dtype is None or layout.dtype.kind not in "biuf":
            kind = f"values of {layout.page.bitspersample} bits" if layout.dtype is None else str(layout.dtype)
            is_complex = layout.dtype is not None and layout.dtype.kind == "c"
            what = f"it holds complex numbers ({kind})" if is_complex else f"it holds {kind}, which are not read"
            raise self._unreadable(what, COMPLEX_WAY_OUT if is_complex else "convert it to 8 or 16 bits")
        missing = sum(page is None for page in layout.pages)
        if missing:
            said = f"{missing} of its {len(layout.pages)} channels lie in other files"
            raise self._unreadable(said, "export them into one file")
        size = self._stream.seek(0, io.SEEK_END)
        for tiles in self._pages:
            self._check_tiles(tiles, size)

    def _check_tiles(self, tiles: RasterTiles, size: int) -> None:
        """Reject tiles that cannot all be in a file of this size."""
        if min(tiles.shape) < 1:
            raise self._unreadable(f"it has tiles of {tiles.shape[1]} x {tiles.shape[0]} pixels", _FRESH)
        decoding = _AT_ONCE * tiles.n_samples * self.dtype.itemsize
        check_memory(self._name, tiles.shape, decoding, what="tiles", way_out="store it in tiles of 256 x 256")
        if min(len(tiles.offsets), len(tiles.n_bytes)) < tiles.n_tiles:
            raise self._unreadable(f"cut short: some of its {tiles.n_tiles} tiles are missing", _FRESH)
        end = max(map(int.__add__, tiles.offsets, tiles.n_bytes))
        if end > size:
            raise self._unreadable(f"cut short: its pixels end at byte {end}, the file at {size}", _FRESH)

    def read(self, top: int, bottom: int, make: Callable[..., NDArray[Any]] = np.empty) -> NDArray[Any]:
        """Return rows of the upright raster, (bottom - top, W, C) or (bottom - top, W), in an array made by `make`."""
        layout, (height, width) = self.layout, self.layout.size
        if layout.orientation in _FROM_THE_END:
            top, bottom = self.shape[0] - bottom, self.shape[0] - top
        box = (0, height, top, bottom) if layout.orientation in _SIDEWAYS else (top, bottom, 0, width)
        values = make((box[1] - box[0], box[3] - box[2], layout.n_bands), self.dtype)
        work = [(page, number) for page, tiles in enumerate(self._pages) for number in tiles.touching(*box)]
        run(lambda i: self._put(values, box, *work[i]), len(work), self._n_threads)
        values = values[:, :, 0] if layout.n_bands == 1 else values
        return values if layout.orientation == 1 else turned(values, layout.orientation)

    def rows(self, n_rows: int) -> Iterator[NDArray[Any]]:
        """Yield the upright raster from top to bottom, so many rows at a time; each tile is decoded once."""
        if n_rows >= self.shape[0]:
            yield self.read(0, self.shape[0], empty)
            return
        height, tile = self.shape[0], self._pages[0].shape[self.layout.orientation in _SIDEWAYS]
        step = max(tile, n_rows // tile * tile)
        # from the end a tile may be cut off at the top
        first = height % tile if self.layout.orientation in _FROM_THE_END else 0
        tops = [0, *range(first or step, height, step)]
        rest: NDArray[Any] | None = None
        for top, bottom in zip(tops, [*tops[1:], height], strict=True):
            found = self.read(top, bottom)
            rest = found if rest is None or not len(rest) else np.concatenate([rest, found])
            del found
            while len(rest) >= n_rows:
                yield rest[:n_rows]
                rest = rest[n_rows:]
        if rest is not None and len(rest):
            yield rest

    def _put(self, values: NDArray[Any], box: tuple[int, int, int, int], page: int, number: int) -> None:
        """Decode a tile, and copy the part of it that lies in a box to its place."""
        tiles = self._pages[page]
        band, tile_top, tile_left = tiles.place(number)
        band += page * self.layout.n_samples
        bottom, right = min(tile_top + tiles.shape[0], tiles.size[0]), min(tile_left + tiles.shape[1], tiles.size[1])
        rows = slice(max(box[0], tile_top), min(box[1], bottom))
        columns = slice(max(box[2], tile_left), min(box[3], right))
        here = values[
            rows.start - box[0] : rows.stop - box[0],
            columns.start - box[2] : columns.stop - box[2],
            band : band + tiles.n_samples,
        ]
        if not tiles.offsets or tiles.n_bytes[number] == 0:
            # GDAL leaves out tiles without data
            here[...] = self._filling()
            return
        decoded = self._decoded(tiles, number)
        there = decoded[
            rows.start - tile_top : rows.stop - tile_top, columns.start - tile_left : columns.stop - tile_left
        ]
        if there.shape != here.shape:
            raise self._unreadable(f"tile {number + 1} of {tiles.n_tiles} is cut short", _FRESH)
        here[...] = there

    def _decoded(self, tiles: RasterTiles, number: int) -> NDArray[Any]:
        """Return the values of a tile."""
        with self._lock:
            self._stream.seek(tiles.offsets[number])
            data = self._stream.read(tiles.n_bytes[number])
        try:
            return tiles.decode(data, number)
        except NeedsCodec as error:
            way_out = "pip install imagecodecs, or store it anew with gdal_translate -co COMPRESS=DEFLATE"
            raise self._unreadable(f"it is compressed by {error}, which takes imagecodecs to read", way_out) from error
        except MemoryError as error:
            raise self._unreadable("not enough memory", "store it in smaller tiles first") from error
        except Exception as error:
            said = f"tile {number + 1} of {tiles.n_tiles} is damaged"
            raise self._unreadable(said, _FRESH) from error

    def _filling(self) -> Any:
        """Return the value of pixels that the file leaves out."""
        nodata = self.layout.nodata
        if nodata is None or (self.dtype.kind != "f" and not math.isfinite(nodata)):
            return 0
        return np.array(nodata).astype(self.dtype)

    def _unreadable(self, problem: str, way_out: str) -> ImageReadError:
        return ImageReadError(self._name, problem, way_out)


def _why(error: Exception) -> str:
    """Return what an exception about tags means: reading beyond the end, or values that fit nothing."""
    text = str(error)
    is_cut = isinstance(error, IndexError | struct.error) or not text or "corrupted IFD" in text
    return ", cut short" if is_cut else ": its tags make no sense"
