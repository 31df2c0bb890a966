"""A picture opened for quantization: upright pixels, whole or in bands, and what reading them lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imgcluster.facts import Loss
from imgcluster.picture import Metadata, Picture, Source, check_memory, open_source, warn_lost
from imgcluster.types import Background, ImageSource, UInt8Array

_WHOLE, _TABLES = 8, 200_000_000  # bytes a pixel, and beside: pixels, their indices and what is written; colors


@dataclass(frozen=True)
class Transparency:
    """What becomes of transparent parts.

    Attributes
    ----------
    background : Background or None
        What they are put on; None keeps them.
    as_mask : bool
        Whether only clear and opaque can be kept, and nothing between.
    """

    background: Background | None = None
    as_mask: bool = False

    def of(self, picture: Picture) -> Picture:
        """Return the picture with the alpha that can be kept."""
        return picture.with_mask() if self.as_mask else picture


class Opened:
    """A picture that can be read repeatedly.

    Parameters
    ----------
    source : Source
    transparency : Transparency
    whole : Picture or None
        The picture in memory, which is a single band.
    band_pixels : int
        Pixels of a band, if it is not in memory.
    frame : int or None
        The page to read in bands.
    """

    def __init__(
        self,
        source: Source,
        transparency: Transparency,
        whole: Picture | None = None,
        band_pixels: int = 0,
        frame: int | None = None,
    ) -> None:
        self.name, self.shape = source.name, source.shape if whole is None else whole.shape
        self._source, self._transparency, self._band_pixels, self._frame = source, transparency, band_pixels, frame
        self._metadata = source.metadata if whole is None else whole.metadata
        self._whole = None if whole is None else whole.to_array()
        self._lost = frozenset[Loss]() if whole is None else whole.lost

    @property
    def metadata(self) -> Metadata:
        """What came with the pixels."""
        return self._metadata

    @property
    def lost(self) -> frozenset[Loss]:
        """What has been lost so far; more may be found while bands are read."""
        return self._lost

    def bands(self) -> Iterator[UInt8Array]:
        """Yield the pixels from top to bottom: (h, W, 3) where all are opaque, else (h, W, 4)."""
        if self._whole is not None:
            yield self._whole
            return
        for band in self._source.bands(self._band_pixels, self._frame, background=self._transparency.background):
            kept = self._transparency.of(band)
            self._lost |= kept.lost
            yield kept.to_array()

    def warn(self) -> None:
        """Warn about what was lost."""
        warn_lost(self.name, self.lost)


class OpenedFrames(Opened):
    """An animation that can be read repeatedly: each frame is a band."""

    def bands(self) -> Iterator[UInt8Array]:
        """Yield the frames one by one: (H, W, 3) where all pixels are opaque, else (H, W, 4)."""
        for frame in self._source.frames(background=self._transparency.background):
            kept = self._transparency.of(frame)
            self._lost |= kept.lost
            yield kept.to_array()


def read_whole(image: ImageSource, transparency: Transparency, frame: int | None = None) -> Opened:
    """Read a picture into memory, or one frame of several."""
    with open_source(image, n_threads=1) as source:
        return whole_of(source, transparency, frame)


def whole_of(source: Source, transparency: Transparency, frame: int | None = None) -> Opened:
    """Read an open picture into memory, if there is room for what will be made of it."""
    if source.format is not None:
        check_memory(source.name, source.shape, _WHOLE, _TABLES if min(source.shape) > 1000 else 0)
    return Opened(source, transparency, transparency.of(source.read(frame, background=transparency.background)))


@contextmanager
def opened_in_bands(
    image: ImageSource, transparency: Transparency, band_pixels: int, n_threads: int, frame: int | None = None
) -> Iterator[Opened]:
    """Open a picture of which about `band_pixels` pixels are in memory at a time."""
    with open_source(image, n_threads=n_threads) as source:
        yield Opened(source, transparency, band_pixels=band_pixels, frame=frame)
