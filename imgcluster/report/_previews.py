"""Pictures of the inputs and outputs, small and in part at full size, and palette strips."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from imgcluster.files import is_url, read_bytes
from imgcluster.picture import (
    HEAD,
    READABLE_ENDINGS,
    kind_of,
    lenient_pillow,
    open_picture,
    open_source,
    picture_of_image,
    small_url,
    strip_url,
)
from imgcluster.report._crops import Crop, crop
from imgcluster.tasks import FileResult
from imgcluster.threads import run
from imgcluster.types import UInt8Array

# A preview of 480 pixels takes about 36 kB of URL and one of 160 pixels 6 kB, and a file has two: with these
# numbers the previews of a report of any number of files stay below 40 MB.
LARGE, N_LARGE = 480, 120
SMALL, N_SMALL = 160, 2000
N_ILLUSTRATED = N_LARGE + N_SMALL

# A crop of a photo takes 300 kB of URL before and 40 to 150 kB after; no more of them than these follow in the order of
# the files.
N_CROPPED = 40
MOST_CROP_CHARS = 20_000_000

# for what must be decoded as a whole: 200 MB of pixels, and half of that where both pictures are held
_MOST_PIXELS = 1 << 26
_MOST_CROPPED = 1 << 25
_TOO_LARGE = "too large for a preview"


@dataclass(frozen=True)
class Preview:
    """A small picture as a URL, its size in pixels, and whether something shines through it."""

    url: str
    width: int
    height: int
    is_clear: bool = False


@dataclass(frozen=True)
class Pair:
    """The pictures of a file: small ones before and after, and a part at full size if it is one of the first files."""

    before: Preview
    after: Preview
    crop: Crop | None = None


def previews(results: Sequence[FileResult], n_threads: int) -> dict[int, Pair]:
    """Make pictures before and after for the files that have both, by their position in `results`."""
    shown = [place for place, result in enumerate(results) if result.status != "failed" and _picture_of(result)]
    shown = shown[:N_ILLUSTRATED]

    def make(task: int) -> Pair | None:
        result = results[shown[task]]
        names = (result.input, _picture_of(result))
        side = LARGE if task < N_LARGE else SMALL
        in_full = _in_full(*names, side) if task < N_CROPPED else None
        return in_full or _pair(*names, side)

    pairs = run(make, len(shown), n_threads)
    return _within_bounds({place: pair for place, pair in zip(shown, pairs, strict=True) if pair})


def _within_bounds(pairs: dict[int, Pair]) -> dict[int, Pair]:
    """Leave out crops from the first one on that would make the page too large."""
    n_chars = 0
    for place, pair in pairs.items():
        n_chars += len(pair.crop.before) + len(pair.crop.after) if pair.crop else 0
        if n_chars > MOST_CROP_CHARS:
            pairs[place] = replace(pair, crop=None)
    return pairs


def _in_full(before: str, after: str, side: int) -> Pair | None:
    """Make the pictures of one of the first files, with a crop; None if they cannot be decoded as a whole."""
    with suppress(Exception):
        pixels, pixels_after = _pixels(before), _pixels(after)
        small, small_after = (_of_image(_shrunk(picture, side)) for picture in (pixels, pixels_after))
        return Pair(small, small_after, crop(pixels, pixels_after))
    return None


def _pair(before: str, after: str, side: int) -> Pair | None:
    small = _preview(after, side)
    large = small and _preview(before, side)
    return Pair(large, small) if small and large else None


def palette_strip(palette: Sequence[str]) -> str:
    """Draw the colors side by side, dark to bright, one pixel each; what is not opaque shows the ground."""
    colors = np.array([list(bytes.fromhex(color.removeprefix("#").ljust(8, "f"))) for color in palette], np.uint8)
    brightness = colors[:, :3] @ np.array([2126, 7152, 722])
    if colors[:, 3].min() == 255:
        colors = colors[:, :3]
    return strip_url(colors[np.argsort(brightness, kind="stable")][np.newaxis])


def _picture_of(result: FileResult) -> str:
    """Return the first output that is a picture; empty if none is."""
    return next((name for name in result.outputs if Path(name).suffix.lower() in READABLE_ENDINGS), "")


def _preview(name: str, side: int) -> Preview | None:
    """Shrink a picture into a square of that side; None if it cannot be read, because a report should not fail."""
    with suppress(Exception):
        return _of_image(_shrunk(_pixels(name, side), side))
    return None


def _of_image(small: Image.Image) -> Preview:
    return Preview(small_url(small), *small.size, is_clear=small.mode == "RGBA")


def _opened(name: str) -> BinaryIO:
    """Open a file by path or URL."""
    if is_url(name):
        return io.BytesIO(read_bytes(name))
    path = Path(os.fsdecode(os.fsencode(name)))
    # opening a pipe would wait for a writer
    if not path.is_file():
        raise ValueError("not a regular file")
    return path.open("rb")


def _pixels(name: str, side: int | None = None) -> UInt8Array:
    """Decode a picture to RGB or RGBA, at least as large as a square of that side."""
    most = _MOST_CROPPED if side is None else _MOST_PIXELS
    with _opened(name) as stream:
        if kind_of(stream.read(HEAD)) == "JPEG" and side is not None:
            return _jpeg_pixels(stream, side, most)
        with open_source(stream, n_threads=1) as source:
            if math.prod(source.shape) > most:
                raise ValueError(_TOO_LARGE)
            return source.read(0).to_array()


def _jpeg_pixels(stream: BinaryIO, side: int, most: int) -> UInt8Array:
    """Decode a JPEG at an eighth of its size or less: 12 megapixels in 30 ms instead of 200."""
    with lenient_pillow():
        image = open_picture(stream, "JPEG")
        image.draft(None, (side, side))
        if image.width * image.height > most:
            raise ValueError(_TOO_LARGE)
        image.load()
        return picture_of_image(image).to_array()


def _shrunk(pixels: UInt8Array, side: int) -> Image.Image:
    picture = Image.fromarray(pixels)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture
