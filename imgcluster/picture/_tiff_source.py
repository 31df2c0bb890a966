"""TIFF files: pictures through Pillow, whole or in bands, with their place on the map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture._decoding import check_size, decoding
from imgcluster.picture._georeference import GEO_TAGS, Georeference, georeference_of
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._picture import Picture
from imgcluster.picture._raster_names import GDAL_METADATA, band_names_of
from imgcluster.picture._reading import FileSource
from imgcluster.picture.formats import Format
from imgcluster.types import Background

if TYPE_CHECKING:
    from imgcluster.picture._tiff_bands import TiffBands

BIG_ENDIAN_BIGTIFF = b"MM\0+"  # Pillow 13 looks for the + in the wrong position
ORIENTATION = 274


def open_tiff(stream: BinaryIO, head: bytes, name: str, format: Format, n_threads: int, *, is_ours: bool) -> TiffSource:
    """Open a TIFF or BigTIFF file."""
    kind = BigEndianSource if head.startswith(BIG_ENDIAN_BIGTIFF) else TiffSource
    return kind(stream, name, format, n_threads, is_ours=is_ours)


class TiffSource(FileSource):
    """An open TIFF or BigTIFF file, which can be read in bands."""

    def __init__(self, stream: BinaryIO, name: str, format: Format, n_threads: int, *, is_ours: bool) -> None:
        self._n_threads = n_threads
        self._pages: dict[int, TiffBands] = {}
        super().__init__(stream, name, format, is_ours=is_ours)

    def _opened(self) -> Any:
        try:
            return super()._opened()
        except Exception as error:
            from imgcluster.picture._tiff_bands import about_bands

            about, way_out = about_bands(self._stream), "read it with rasterio or tifffile, and pass its array"
            if about is None:
                raise
            raise ImageReadError(self.name, f"it holds {about}, which Pillow does not read", way_out) from error

    def values(self, frame: int | None = None, *, raw: bool = False) -> Picture:
        """Return a page at its full depth, with its place on the map."""
        with decoding(self.name):
            tags = getattr(self._opened(), "tag_v2", {})
        picture = super().values(frame, raw=raw)
        if not any(tag in tags for tag in (*GEO_TAGS, GDAL_METADATA)):
            return picture
        place, names = self._about(frame or 0)
        return replace(picture, georeference=place, band_names=names)

    def _about(self, frame: int) -> tuple[Georeference | None, tuple[str, ...] | None]:
        """Return the place of a page on the map, upright, and the names of its bands."""
        from tifffile import TiffFile

        with decoding(self.name):
            self._stream.seek(0)
            with TiffFile(self._stream) as file:
                page = file.pages[frame].aspage()
                return georeference_of(page, page.tags.valueof(ORIENTATION, 1)), band_names_of(page)

    def bands(
        self, n_pixels: int, frame: int | None = None, *, background: Background | None = None
    ) -> Iterator[Picture]:
        """Yield a page from top to bottom, about `n_pixels` at a time, in whole tiles or strips."""
        bands = self._page(frame or 0).bands(n_pixels, background=background)
        return bands if frame is None else (replace(band, lost=band.lost - {Loss.FRAMES}) for band in bands)

    def _page(self, frame: int) -> TiffBands:
        """Return a page, whose tiles are located once."""
        from imgcluster.picture._tiff_bands import TiffBands

        if frame not in self._pages:
            self._pages[frame] = TiffBands(self._stream, self.name, self._n_threads, frame, self.metadata)
        return self._pages[frame]


class BigEndianSource(TiffSource):
    """An open BigTIFF file that Pillow cannot open: a whole page is its bands."""

    def _look_at(self, image: object) -> None:
        self.metadata = Metadata()
        self.shape, self._n_frames = self._page(0).shape, self._page(0).n_frames

    def _opened(self) -> Any:
        return None

    def values(self, frame: int | None = None, *, raw: bool = False) -> Picture:
        """Return a page as a picture of 8 bits."""
        return self.read(frame, background="white")

    def read(self, frame: int | None = None, *, background: Background | None = None) -> Picture:
        """Return a page as a picture."""
        check_size(self.name, self.shape)
        (band,) = self.bands(self.shape[0] * self.shape[1], frame, background=background)
        return band
