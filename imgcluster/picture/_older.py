"""What other rooms call until they use `open_source`, `check_output` and `write_picture`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image

from imgcluster.errors import ConversionWarning
from imgcluster.facts import Loss
from imgcluster.files import shown
from imgcluster.picture._pixels import picture_of_image
from imgcluster.picture._source import Source, open_source
from imgcluster.picture._writing import check_output, write_picture
from imgcluster.picture.formats import FORMATS
from imgcluster.types import ImageSource, PathLike, UInt8Array

BANDED_FORMATS = tuple(format.name for format in FORMATS.values() if format.banded)

_WORDS = {
    Loss.ALPHA: "partly transparent; put on a white background",
    Loss.FRAMES: "only the first of its frames is used",
    Loss.PROFILE: "its color profile cannot be used; taken as sRGB",
    Loss.ORIENTATION: "its EXIF data is broken; taken as upright",
}


def read_image_and_losses(source: ImageSource) -> tuple[UInt8Array, list[str]]:
    """Read a picture as `read_image` does, and return what was lost in words."""
    with open_source(source, n_threads=1) as opened:
        picture = opened.read(background="white")
    return picture.pixels, _words(picture.lost)


def pixels_of_image(image: Image.Image, warn: Callable[[str], None]) -> UInt8Array:
    """Turn a loaded PIL image into (H, W, 3) uint8 pixels; `warn` is told what was lost."""
    picture = picture_of_image(image, "white")
    for what in _words(picture.lost):
        warn(what)
    return picture.pixels


@dataclass(frozen=True)
class Bands:
    """A picture that can be read again and again, some rows at a time."""

    source: Source
    warn: Callable[[str], None]

    @property
    def height(self) -> int:
        """Of the upright picture."""
        return self.source.shape[0]

    @property
    def width(self) -> int:
        """Of the upright picture."""
        return self.source.shape[1]

    def read(self, n_pixels: int) -> Iterator[UInt8Array]:
        """Yield the upright (h, W, 3) sRGB pixels from top to bottom, about `n_pixels` at a time."""
        for band in self.source.bands(n_pixels, background="white"):
            for what in _words(band.lost):
                self.warn(what)
            yield band.pixels


@contextmanager
def open_bands(source: ImageSource, warn: Callable[[str], None], n_threads: int) -> Iterator[Bands]:
    """Open a picture to be read band by band."""
    with open_source(source, n_threads=n_threads) as opened:
        yield Bands(opened, warn)


def warn_of(source: ImageSource, lost: Iterable[str]) -> None:
    """Warn of what reading lost, where the function that asks for the warnings was called."""
    name = "the array" if isinstance(source, np.ndarray) else shown(source)
    for what in lost:
        warnings.warn(f"{name}: {what}", ConversionWarning, stacklevel=3)


def output_format(target: PathLike | BinaryIO, format: str | None = None) -> str:
    """Name the format a picture would be written in, or raise ImageWriteError."""
    return check_output(target, format).name


def check_banded(target: PathLike | BinaryIO, format: str | None, n_colors: int) -> str:
    """Name the format to write, refusing one that cannot be written band by band or cannot hold the colors."""
    return check_output(target, format, n_colors, in_bands=True).name


def write_bands(
    target: PathLike | BinaryIO,
    kind: str,
    bands: Iterable[UInt8Array],
    shape: tuple[int, int],
    palette: UInt8Array,
    compress_level: int,
    n_threads: int,
) -> None:
    """Write indices that come in bands of rows, as a whole or not at all."""
    ending = FORMATS[kind].endings[0]
    write_picture(
        iter(bands),
        target,
        palette=palette,
        shape=shape,
        format=ending,
        compress_level=compress_level,
        n_threads=n_threads,
    )


def _words(lost: Iterable[Loss]) -> list[str]:
    return [_WORDS[loss] for loss in sorted(lost) if loss in _WORDS]
