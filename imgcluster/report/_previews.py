"""Small pictures of the inputs and outputs, and palette strips, as data: URLs inside the page."""

from __future__ import annotations

import io
import os
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from imgcluster.files import is_url, read_bytes
from imgcluster.picture import READABLE_ENDINGS, import_plugin, kind_of, lenient_pillow, open_picture, picture_of_image
from imgcluster.tasks import FileResult
from imgcluster.threads import run

# A preview of 480 pixels takes about 36 kB of URL and one of 160 pixels 6 kB, and a file has two: with these
# numbers the pictures of a report of any number of files stay below 40 MB.
LARGE, N_LARGE = 480, 120
SMALL, N_SMALL = 160, 2000
N_ILLUSTRATED = N_LARGE + N_SMALL
_QUALITY = 80

# for formats that must be decoded as a whole: 200 MB of pixels
_MOST_PIXELS = 1 << 26


@dataclass(frozen=True)
class Preview:
    """A small picture as a URL, and its size in pixels."""

    url: str
    width: int
    height: int


Pair = tuple[Preview, Preview]


def previews(results: Sequence[FileResult], n_threads: int) -> dict[int, Pair]:
    """Make pictures before and after for the files that have both, by their position in `results`."""
    shown = [place for place, result in enumerate(results) if result.status != "failed" and _picture_of(result)]
    shown = shown[:N_ILLUSTRATED]

    def make(task: int) -> Pair | None:
        result = results[shown[task]]
        side = LARGE if task < N_LARGE else SMALL
        after = _preview(_picture_of(result), side)
        before = after and _preview(result.input, side)
        return (before, after) if before and after else None

    pairs = run(make, len(shown), n_threads)
    return {place: pair for place, pair in zip(shown, pairs, strict=True) if pair}


def palette_strip(palette: Sequence[str]) -> str:
    """Draw the colors side by side, dark to bright, one pixel each."""
    colors = np.array([list(bytes.fromhex(color.removeprefix("#"))) for color in palette], np.uint8)
    brightness = colors @ np.array([2126, 7152, 722])
    return _address(Image.fromarray(colors[np.argsort(brightness, kind="stable")][np.newaxis]), "PNG")


def _picture_of(result: FileResult) -> str:
    """Return the first output that is a picture; empty if none is."""
    return next((name for name in result.outputs if Path(name).suffix.lower() in READABLE_ENDINGS), "")


def _preview(name: str, side: int) -> Preview | None:
    """Shrink a picture into a square of that side; None if it cannot be read, because a report should not fail."""
    with suppress(Exception):
        with _opened(name) as stream, lenient_pillow():
            small = _shrunk(open_picture(stream, kind_of(stream.read(16)) or ""), side)
        return Preview(_address(small, "WEBP"), *small.size)
    return None


def _opened(name: str) -> BinaryIO:
    """Open a file by path or URL."""
    if is_url(name):
        return io.BytesIO(read_bytes(name))
    path = Path(os.fsdecode(os.fsencode(name)))
    # opening a pipe would wait for a writer
    if not path.is_file():
        raise ValueError("not a regular file")
    return path.open("rb")


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    # a JPEG is decoded at an eighth of its size or less: 12 megapixels in 30 ms instead of 200
    image.draft(None, (side, side))
    if image.width * image.height > _MOST_PIXELS:
        raise ValueError("too large for a preview")
    image.load()
    picture = Image.fromarray(picture_of_image(image, "white").pixels)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture


def _address(picture: Image.Image, kind: str) -> str:
    """Encode a picture as a data: URL."""
    stream = io.BytesIO()
    import_plugin(kind)
    options = {"quality": _QUALITY, "method": 2} if kind == "WEBP" else {"optimize": True}
    picture.save(stream, kind, **options)
    return f"data:image/{kind.lower()};base64,{b64encode(stream.getvalue()).decode('ascii')}"
