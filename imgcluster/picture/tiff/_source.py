"""TIFF files: pictures through Pillow, whole or in bands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.parameters import check_int
from imgcluster.picture._limits import check_size
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._picture import Picture
from imgcluster.picture._reading import FileSource
from imgcluster.picture._tiff_pages import MASK_IGNORED, Page, masks_of, pictures_of
from imgcluster.picture.formats import Format
from imgcluster.picture.tiff._layout import COMPRESSIONS, layout_of
from imgcluster.types import Background

if TYPE_CHECKING:
    from imgcluster.picture.tiff._bands import TiffBands
    from imgcluster.picture.tiff._mask import PageMask

BIG_ENDIAN_BIGTIFF = b"MM\0+"  # Pillow 13 looks for the + in the wrong position
_PROFILE, _COMPRESSION, _JPEG = 34675, 259, 7
_WHOLE = 1 << 62  # pixels of a band


def open_tiff(stream: BinaryIO, head: bytes, name: str, format: Format, n_threads: int, *, is_ours: bool) -> TiffSource:
    """Open a TIFF or BigTIFF file."""
    kind = BigEndianSource if head.startswith(BIG_ENDIAN_BIGTIFF) else TiffSource
    return kind(stream, name, format, n_threads, is_ours=is_ours)


class TiffSource(FileSource):
    """An open TIFF or BigTIFF file, which can be read in bands.

    Attributes
    ----------
    heeds_masks : bool
        Whether pixels outside the mask of a page are transparent.
    """

    heeds_masks = True

    def __init__(self, stream: BinaryIO, name: str, format: Format, n_threads: int, *, is_ours: bool) -> None:
        self._n_threads = n_threads
        self._pages: dict[int, TiffBands] = {}
        self._mask_pages = masks_of(stream)
        self._masks: dict[int, PageMask] = {}
        self._pictures = pictures_of(stream) or [Page((0,), {})]
        self._is_beyond_pillow = False  # as its first page is, which may be a mask
        super().__init__(stream, name, format, is_ours=is_ours)

    def _opened(self) -> Any:
        try:
            return super()._opened()
        except Exception as error:
            from imgcluster.picture.tiff._bands import about_bands

            if self._pictures[0].place != (0,):
                self._is_beyond_pillow = True
            if self._is_banded(0):
                return None
            self._reject_compression(0, error)
            about, way_out = about_bands(self._stream), "read it with rasterio or tifffile, and pass its array"
            if about is None:
                raise
            raise ImageReadError(self.name, f"it holds {about}, which Pillow does not read", way_out) from error

    def _reject_compression(self, frame: int, error: Exception) -> None:
        """Name what a page that cannot be decoded is compressed by, if libtiff may be built without that."""
        code = (*self._pictures[frame].tags.get(_COMPRESSION, ()), 0)[0]
        if code in COMPRESSIONS and code != _JPEG:
            problem = f"it is compressed by {COMPRESSIONS[code]}, which Pillow does not read here"
            raise ImageReadError(
                self.name, problem, "store it anew with gdal_translate -co COMPRESS=DEFLATE"
            ) from error

    def values(self, frame: int | None = None, *, raw: bool = False) -> Picture:
        """Return a page at its full depth."""
        n = check_int("frame", 0 if frame is None else frame, 0, self.n_frames - 1)
        values = self._values(n, frame, raw=raw)
        is_left_out = (values.kind == "bands" or not self.heeds_masks) and self._has_mask(n)
        return replace(values, ignored=MASK_IGNORED) if is_left_out else values

    def _values(self, n: int, frame: int | None, *, raw: bool) -> Picture:
        """Return a page at its full depth, with its mask where it is read as colors."""
        if not self._is_banded(n):
            return super().values(frame, raw=raw)
        layout = layout_of(self._pictures[n].tags)
        lost = self._lost(frame)
        is_own = layout is not None and layout.is_own and (raw or layout.is_plain)
        if not is_own or (_PROFILE in self._pictures[n].tags and not raw):
            return self.read(frame, background="white")
        check_size(self.name, self._page(n).shape)
        return Picture(self._page(n).values(), kind="bands", metadata=self.metadata, lost=lost)

    def read(self, frame: int | None = None, *, background: Background | None = None) -> Picture:
        """Return a page as a picture; one that Pillow does not read, or not right, is its bands."""
        n = check_int("frame", 0 if frame is None else frame, 0, self.n_frames - 1)
        if not self._is_banded(n):
            mask = self._mask(n)
            if mask is None:
                return super().read(frame, background=background)
            (masked,) = mask.on([super().read(frame)], background)
            return masked
        check_size(self.name, self._page(n).shape)
        (band,) = self.bands(_WHOLE, frame, background=background)
        return band

    def bands(
        self, n_pixels: int, frame: int | None = None, *, background: Background | None = None
    ) -> Iterator[Picture]:
        """Yield a page from top to bottom, about `n_pixels` at a time, in whole tiles or strips."""
        n = frame or 0
        mask = self._mask(n)
        bands = self._page(n).bands(n_pixels, background=background if mask is None else None)
        bands = bands if mask is None else mask.on(bands, background)
        return bands if frame is None else (replace(band, lost=band.lost - {Loss.FRAMES}) for band in bands)

    def _page(self, frame: int) -> TiffBands:
        """Return a page, whose tiles are located once."""
        from imgcluster.picture.tiff._bands import TiffBands

        if frame not in self._pages:
            page, lost = self._pictures[frame], self._lost(None) if frame == 0 else frozenset[Loss]()
            self._pages[frame] = TiffBands(self._stream, self.name, self._n_threads, page, self.metadata, lost)
        return self._pages[frame]

    def _mask(self, frame: int) -> PageMask | None:
        """Return what says which pixels of a page are transparent, if anything does and it is heeded."""
        from imgcluster.picture.tiff._mask import PageMask

        if not self.heeds_masks or not self._has_mask(frame):
            return None
        if frame not in self._masks:
            picture = self._pictures[frame]
            page = self._mask_pages[picture.place]
            self._masks[frame] = PageMask(self._stream, self.name, self._n_threads, page, picture)
        return self._masks[frame]

    def _has_mask(self, frame: int) -> bool:
        return self._pictures[frame].place in self._mask_pages

    def _lost(self, frame: int | None) -> frozenset[Loss]:
        """Return what is lost by reading one page."""
        return frozenset({Loss.FRAMES} if frame is None and len(self._pictures) > 1 else ())

    @property
    def main_place(self) -> tuple[int, ...]:
        """Return the numbers of the page that is the picture."""
        return self._pictures[0].place

    @property
    def is_converted(self) -> bool:
        """Check whether the colors of the picture are not the values of its samples."""
        layout = layout_of(self._pictures[0].tags)
        return layout is not None and layout.is_own and layout.is_converted

    def _is_banded(self, frame: int) -> bool:
        """Check whether Pillow does not read a page, or not right."""
        page = self._pictures[frame]
        layout = layout_of(page.tags)
        return self._is_beyond_pillow or len(page.place) > 1 or (layout is not None and layout.is_own)

    def _look_at(self, image: Image.Image | None) -> None:
        self._n_frames = len(self._pictures)
        if image is not None:
            super()._look_at(image)
        if image is None or self._is_banded(0):
            is_other = image is None or len(self._pictures[0].place) > 1
            self.metadata = Metadata() if is_other else self.metadata
            self._has_bad_exif, self.shape = False, self._page(0).shape

    def _loaded(self, image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
        shown = image.tell()
        try:
            return super()._loaded(image)
        except OSError as error:
            frame = next((n for n, page in enumerate(self._pictures) if page.place == (shown,)), 0)
            self._reject_compression(frame, error)
            raise

    def _seek(self, image: Image.Image, frame: int) -> None:
        image.seek(self._pictures[frame].place[0])


class BigEndianSource(TiffSource):
    """An open BigTIFF file that Pillow cannot open: a whole page is its bands."""

    def _opened(self) -> Any:
        return None

    def _is_banded(self, frame: int) -> bool:
        return True
