"""The page of a TIFF that says which pixels of another are transparent (TIFF 6.0, Adobe 1992, NewSubfileType)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.picture._metadata import Metadata
from imgcluster.picture._picture import Picture
from imgcluster.picture._tiff_pages import COLORS, ORIENTATION, Page, values_of
from imgcluster.picture.tiff._bands import TiffBands
from imgcluster.types import Background, UInt8Array

_GRAY = 1


class PageMask:
    """The mask of a page, of one bit a pixel; it lies as the page does.

    Parameters
    ----------
    stream : BinaryIO
        Seekable; it must stay open.
    name : str
        Of the file, for messages.
    n_threads : int
    page, picture : Page
        The mask, and what it is of.
    """

    def __init__(self, stream: BinaryIO, name: str, n_threads: int, page: Page, picture: Page) -> None:
        self._bands: TiffBands | None = None
        if page.n_bits != 1:
            return
        tags = {**page.tags, COLORS: (_GRAY,), ORIENTATION: values_of(picture.tags, ORIENTATION, (1,))}
        try:
            self._bands = TiffBands(stream, name, n_threads, Page(page.place, tags), Metadata())
        except ImageReadError:
            return  # damaged, or of tiles that are missing: the picture is not

    def on(self, bands: Iterable[Picture], background: Background | None) -> Iterator[Picture]:
        """Yield the bands of the upright picture, transparent where the mask is 0."""
        top = 0
        for band in bands:
            bottom = top + band.shape[0]
            picture = self._masked(band, top, bottom)
            yield picture if background is None else picture.on(background)
            top = bottom

    def _masked(self, band: Picture, top: int, bottom: int) -> Picture:
        inside = self._inside(top, bottom, band.shape[1])
        if inside is None:
            return replace(band, lost=band.lost | {Loss.ALPHA})
        alpha = inside if band.alpha is None else np.minimum(band.alpha, inside)
        return replace(band, alpha=np.ascontiguousarray(alpha))

    def _inside(self, top: int, bottom: int, width: int) -> UInt8Array | None:
        """Return rows of the mask, 0 or 255; None if they cannot be read or it lies otherwise than the picture."""
        if self._bands is None or self._bands.shape[1] != width or self._bands.shape[0] < bottom:
            return None
        try:
            return self._bands.rows(top, bottom).pixels[..., 0]
        except ImageReadError:
            return None
