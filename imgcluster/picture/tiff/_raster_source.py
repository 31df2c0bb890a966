"""Files of bands: TIFFs whose values are read as they are stored, with their place, names and levels of a pyramid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.kernels import empty
from imgcluster.parameters import check_int
from imgcluster.picture._array_source import ArraySource
from imgcluster.picture._bands import regrouped
from imgcluster.picture._georeference import Georeference
from imgcluster.picture._limits import check_size
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._picture import Picture, in_bands
from imgcluster.picture.formats import FORMATS
from imgcluster.picture.tiff._bands import TiffBands
from imgcluster.picture.tiff._raster import Raster
from imgcluster.picture.tiff._raster_layout import NoSuchLevel, page_of, sizes_text
from imgcluster.picture.tiff._source import TiffSource, open_tiff
from imgcluster.types import Background

_BITS_OF_COLORS = 8
_INVERTED = (np.uint8, np.uint16)
_QUICK = (1, 8, 32946)  # compressions that are read as fast as Pillow does: none, and deflate
_WHOLE = 1 << 62  # pixels
_MOST_AT_ONCE = 1 << 24  # pixels that Pillow decodes as a whole: they take 7 bytes each


class RasterSource:
    """An open TIFF at one level of its pyramid.

    Parameters
    ----------
    stream : BinaryIO
    head : bytes
        How it begins.
    name : str
        For messages.
    n_threads : int
        Threads that decode.
    level : int
        0 is the largest.
    is_ours : bool
        Whether to close the file at the end.

    Raises
    ------
    ImageReadError
        When the file is damaged or cut short, or does not hold real numbers.
    ValueError
        When it has not so many levels.
    """

    animation = None

    def __init__(self, stream: BinaryIO, head: bytes, name: str, n_threads: int, level: int, *, is_ours: bool) -> None:
        self.name, self.format = name, FORMATS["TIFF"]
        self._stream, self._n_threads, self._level, self._is_ours = stream, n_threads, level, is_ours
        self._raster = self._opened(0)
        self._layout = self._raster.layout
        self._pictures = self._opened_as_pictures(head)
        if self._pictures is None or self._layout.is_raster:
            self._raster.check()
        self.metadata = Metadata() if self._pictures is None else self._pictures.metadata
        self.shape, self.n_frames = self._raster.shape, self._layout.n_frames
        self._is_other = not level and self._pictures is not None and not self._is_main
        if self._is_other and self._pictures is not None:
            self.shape, self.n_frames = self._pictures.shape, self._pictures.n_frames

    @property
    def georeference(self) -> Georeference | None:
        """Where the picture lies on the map, as far as the file says."""
        return None if self._is_other else self._layout.georeference

    def _opened(self, frame: int) -> Raster:
        """Find the bands of a frame."""
        try:
            return Raster(self._stream, self.name, self._n_threads, self._level, frame)
        except NoSuchLevel:
            sizes = Raster(self._stream, self.name, self._n_threads).layout.sizes
            allowed = f"between 0 and {len(sizes) - 1}" if len(sizes) > 1 else "0"
            raise ValueError(
                f"level must be {allowed} for {self.name}, which has {sizes_text(sizes)} pixels, got {self._level}"
            ) from None

    def _opened_as_pictures(self, head: bytes) -> TiffSource | None:
        """Open the file by Pillow if its bands are colors; None if it cannot, and they are read in any case."""
        if self._layout.is_raster and not self._layout.is_color:
            return None
        try:
            pictures = open_tiff(self._stream, head, self.name, self.format, self._n_threads, is_ours=False)
        except ImageReadError:
            if not self._layout.is_raster:
                raise
            return None
        pictures.heeds_masks = False  # what has no data is reported
        return pictures

    def _instead(self, *, raw: bool = False) -> TiffSource | None:
        """Return what shows the picture if that is another page, or not what its bands hold; None else."""
        pictures = self._pictures
        if pictures is None or self._level or self._layout.georeference is not None:
            return None
        return pictures if self._is_other or (pictures.is_converted and not raw) else None

    def read(self, frame: int | None = None, *, background: Background | None = None) -> Picture:
        """Return a frame as a picture of 8 bits, if its bands are colors."""
        if (pictures := self._instead()) is not None:
            return pictures.read(frame, background=background)
        if self._pictures is not None and self._layout.is_color:
            (picture,) = self._colors(self.shape[0] * self.shape[1], frame, background)
            return picture
        values = self.values(frame, raw=True)
        try:
            colors = ArraySource(values.pixels, self.name).read(background=background)
        except (ValueError, TypeError) as error:
            raise ImageReadError(self.name, f"its bands are no colors: {error}", "choose three of them") from error
        return replace(colors, metadata=self.metadata, lost=colors.lost | values.lost)

    def values(self, frame: int | None = None, *, raw: bool = False) -> Picture:
        """Return a frame at its full depth, with its place on the map."""
        if (pictures := self._instead(raw=raw)) is not None:
            return pictures.values(frame, raw=raw)
        check_size(self.name, self.shape)
        n_pixels = self.shape[0] * self.shape[1]
        if n_pixels <= _MOST_AT_ONCE or not self._are_colors(raw=raw):
            (picture,) = self.value_bands(self.shape[0], frame, raw=raw)
            return picture
        pixels, top = empty((*self.shape, 3), np.uint8), 0
        for picture in self.value_bands(max(1, _MOST_AT_ONCE // self.shape[1]), frame, raw=raw):
            pixels[top : top + len(picture.pixels)] = picture.pixels
            top += len(picture.pixels)
        return replace(picture, pixels=pixels)

    def value_bands(self, n_rows: int, frame: int | None = None, *, raw: bool = False) -> Iterator[Picture]:
        """Yield the rows of `values` from top to bottom, so many at a time."""
        if (pictures := self._instead(raw=raw)) is not None:
            yield from in_bands(pictures.values(frame, raw=raw), n_rows * self.shape[1])
            return
        number = check_int("frame", frame or 0, 0, self.n_frames - 1)
        layout = self._layout
        about: dict[str, Any] = {
            "nodata": layout.nodata,
            "georeference": layout.georeference,
            "band_names": layout.names,
            "metadata": self.metadata,
            "ignored": layout.ignored(raw=raw),
        }
        lost = frozenset({Loss.FRAMES} if frame is None and self.n_frames > 1 else ())
        if self._are_colors(raw=raw):
            for picture in self._color_rows(n_rows, frame, raw=raw):
                yield replace(picture, **about)
            return
        raster = self._opened(number) if number else self._raster
        axes = None if layout.is_color else layout.axes
        for values in raster.rows(n_rows):
            values, about["nodata"] = self._shown(values, raw=raw)
            yield Picture(values, kind="bands", lost=lost, axes=axes, **about)

    def _are_colors(self, *, raw: bool) -> bool:
        """Check whether Pillow makes colors of the pixels: of 8 bits, or by a profile."""
        layout = self._layout
        if self._pictures is None:
            return False
        return not layout.is_raster or (not raw and layout.is_color and self._is_for_pillow())

    def _is_for_pillow(self) -> bool:
        """Check whether colors are not what the file holds: on white, of gray, or by a profile."""
        layout = self._layout
        is_plain = layout.n_bands == 3 and int(layout.page.compression) in _QUICK
        return layout.has_profile or (layout.dtype == np.uint8 and not is_plain)

    def _shown(self, values: NDArray[Any], *, raw: bool) -> tuple[NDArray[Any], float | None]:
        """Return values with black at 0, without what is no color, and the value of "no data"."""
        layout, nodata = self._layout, self._layout.nodata
        if not raw and layout.is_color and layout.n_bands == 4 and not layout.has_alpha:
            return values[..., :3], nodata
        if layout.is_white_at_0 and values.dtype in _INVERTED:
            top = values.dtype.type(np.iinfo(values.dtype).max)
            return top - values, None if nodata is None else float(top) - nodata
        return values, nodata

    def _color_rows(self, n_rows: int, frame: int | None, *, raw: bool) -> Iterator[Picture]:
        """Yield colors on white, or what Pillow makes of the values of other pages, so many rows at a time."""
        height, width = self.shape
        if n_rows >= height or raw or self._layout.page.bitspersample != _BITS_OF_COLORS:
            yield from in_bands(self._whole(frame, raw=raw), n_rows * width)
            return
        lost: frozenset[Loss] = frozenset()

        def pixels() -> Iterator[NDArray[np.uint8]]:
            nonlocal lost
            for band in self._colors(n_rows * width, frame, "white"):
                lost = band.lost
                yield band.pixels

        for rows in regrouped(pixels(), n_rows):
            yield from in_bands(Picture(rows, lost=lost), n_rows * width)

    def _whole(self, frame: int | None, *, raw: bool) -> Picture:
        """Return the values of a page by Pillow, or by the tiles of one that Pillow does not read."""
        if self._is_main:
            assert self._pictures is not None
            return self._with_frames(self._pictures.values(frame, raw=raw), frame)
        (picture,) = self._colors(self.shape[0] * self.shape[1], frame, "white")
        return picture

    @property
    def _is_main(self) -> bool:
        """Check whether the page is the one that Pillow reads."""
        return self._pictures is not None and self._pictures.main_place == tuple(self._layout.page.treeindex)

    def _with_frames(self, picture: Picture, frame: int | None) -> Picture:
        """Return a picture that has lost other frames if there are some."""
        found = {Loss.FRAMES} if frame is None and self.n_frames > 1 else set()
        return replace(picture, lost=picture.lost - {Loss.FRAMES} | found)

    def _colors(self, n_pixels: int, frame: int | None, background: Background | None) -> Iterator[Picture]:
        """Yield the pixels of a page in colors, from top to bottom."""
        assert self._pictures is not None
        is_whole = n_pixels >= self.shape[0] * self.shape[1]
        if self._is_main and is_whole:
            bands = iter([self._pictures.read(frame, background=background)])
        else:
            page = page_of(self._layout.page)
            tiles = TiffBands(self._stream, self.name, self._n_threads, page, self.metadata)
            bands = tiles.bands(_WHOLE if is_whole else n_pixels, background)
        for band in bands:
            yield self._with_frames(band, frame)

    def frames(self, *, background: Background | None = None) -> Iterator[Picture]:
        """Yield the picture."""
        yield self.read(background=background)

    def bands(
        self, n_pixels: int, frame: int | None = None, *, background: Background | None = None
    ) -> Iterator[Picture]:
        """Yield a frame from top to bottom, about `n_pixels` at a time."""
        if (pictures := self._instead()) is not None:
            yield from pictures.bands(n_pixels, frame, background=background)
        elif self._pictures is not None and self._layout.is_color:
            yield from self._colors(n_pixels, frame, background)
        else:
            yield from in_bands(self.read(frame, background=background), n_pixels)

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self._is_ours:
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
