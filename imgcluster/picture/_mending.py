"""Files opened and loaded where Pillow gives up or errs: damage that costs no pixel, and light colors of 16 bits."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image, ImageChops

from imgcluster.facts import Loss
from imgcluster.picture._arrays import strip_rows
from imgcluster.picture._color_tags import BITS
from imgcluster.picture._jpeg2000 import with_lightest
from imgcluster.picture._libtiff import hearing
from imgcluster.picture._png_chunks import LOST, describe, has_too_much_text, is_damaged, mended
from imgcluster.picture._psd import with_transparency

# Pillow keeps the upper byte: of the other order, the lower; of gray and alpha there is no other order, but 4 bytes
_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L", "LA;16B": "RGBA"}
_NOT_AS_PILLOW = ("PNG", "TIFF", "JPEG", "JPEG2000")  # formats of which more is read than Pillow decodes
_MOST_COPIED = 1 << 28  # bytes
_END = b"\xff\xd9"
# entropy-coded data of no meaning, and the same with every bit changed
_NOISE = bytes(range(17, 239, 7)) * 8
_OTHER_NOISE = bytes(255 - byte for byte in _NOISE)


def open_png(stream: BinaryIO) -> Image.Image:
    """Open a PNG, with all that its colors depend on in its info."""
    try:
        if has_too_much_text(stream):
            raise ValueError("it holds more text than is read")
        return _opened(stream)
    except Exception:
        image = next(_mended_png(stream), None)
        if image is None:
            raise
        return image


def loaded(image: Image.Image, stream: BinaryIO, kind: str) -> tuple[Image.Image, Image.Image | None]:
    """Load a picture that was opened from a file, or what is whole of it, and the lower bytes of its 16-bit colors.

    Its info lists what was lost.
    """
    lost = frozenset({Loss.DAMAGE} if kind == "PNG" and _is_damaged(stream) else ())
    try:
        with hearing() as heard:
            _load(image)
        if heard and kind == "TIFF":
            lost |= {Loss.DAMAGE}
    except Exception:
        other = next(_mended(stream, kind), None)
        if other is None:
            raise
        image = other
        image.load()
    if kind == "JPEG2000":
        image = with_lightest(image, stream)
    if kind == "PSD":
        image = with_transparency(image, stream)
    if kind == "XBM":
        image = _of_ink(image)
    if lost:
        image.info[LOST] = image.info.get(LOST, frozenset()) | lost
    return image, _lower_bytes(stream) if is_wide(image) else None


def _of_ink(image: Image.Image) -> Image.Image:
    """Return a bitmap of X, whose bits are ink (X Window System, Xlib), in black on white."""
    inked = ImageChops.invert(image)
    inked.info, inked.format = image.info, image.format
    return inked


def _load(image: Any) -> None:
    """Load an image; of a WebP without what Pillow keeps for further frames, 12 bytes a pixel."""
    if image.format != "WEBP" or getattr(image, "n_frames", 2) > 1:
        image.load()
        return
    decode = image._get_next

    def decode_once() -> Any:
        found, image._decoder = decode(), None
        return found

    image._get_next = decode_once
    image.load()
    image.fp = None


def is_wide(image: Image.Image) -> bool:
    """Check whether an image has colors of 16 bits, of which Pillow keeps the upper byte."""
    return image.format == "PNG" and image.info.get(BITS) == 16 and image.mode in ("RGB", "RGBA")


def _lower_bytes(stream: BinaryIO) -> Image.Image:
    """Decode the lower bytes of 16-bit colors."""
    image = open_png(stream)
    low_bytes_of(image)
    image.load()
    return image


def _is_damaged(stream: BinaryIO) -> bool:
    """Check a PNG between opening and loading, which goes on where opening ended."""
    place = stream.tell()
    found = is_damaged(stream)
    stream.seek(place)
    return found


def _mended(stream: BinaryIO, kind: str) -> Iterator[Image.Image]:
    """Yield what can be made of a file that does not load."""
    if kind == "PNG":
        yield from _mended_png(stream)
    if kind == "JPEG":
        yield from _mended_jpeg(stream)


def low_bytes_of(image: Image.Image) -> None:
    """Let an image of 16-bit colors, not loaded yet, decode the lower byte of each value."""
    tile: list[Any] = image.tile  # type: ignore[attr-defined]
    image.tile = [part._replace(args=_LOW_BYTES[part.args]) for part in tile]  # type: ignore[attr-defined]


def undecoded_file_of(image: Image.Image) -> BinaryIO | None:
    """Return a copy of the file that an image will be decoded from; None if it was, or shows another frame."""
    file = getattr(image, "fp", None)
    if image.format not in _NOT_AS_PILLOW or not getattr(image, "tile", None) or image.tell() or file is None:
        return None
    try:
        place = file.tell()
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        data = file.read() if size <= _MOST_COPIED else None
        file.seek(place)
    except (OSError, ValueError):
        # closed, or it cannot seek
        return None
    return None if data is None else io.BytesIO(data)


def _opened(stream: BinaryIO) -> Image.Image:
    stream.seek(0)
    image = Image.OPEN["PNG"][0](stream, "")
    describe(image, stream)
    return image


def _mended_png(stream: BinaryIO) -> Iterator[Image.Image]:
    """Yield the same PNG with less in it, if one can be opened."""
    for bare in (False, True):
        try:
            data, info = mended(stream, bare=bare)
            image = _opened(io.BytesIO(data))
        except Exception:  # of as many classes as those of Pillow
            continue
        image.info.update(info)
        yield image


def _mended_jpeg(stream: BinaryIO) -> Iterator[Image.Image]:
    """Yield a JPEG with an end marker, if that is all that it lacked: no pixel depends on what is before the marker."""
    stream.seek(0)
    # half a marker is none
    data = stream.read().rstrip(b"\xff")
    image, digests = None, set[bytes]()
    for tail in (_OTHER_NOISE + _END, _NOISE + _END, _END):
        # one at a time: each is as large as the picture
        image = Image.OPEN["JPEG"][0](io.BytesIO(data + tail), "")
        image.load()
        digests.add(_digest(image))
        if len(digests) > 1:
            return
    if image is not None:
        image.info[LOST] = frozenset({Loss.DAMAGE})
        yield image


def _digest(image: Image.Image) -> bytes:
    """Return what tells pixels apart, some rows at a time."""
    digest, (width, height) = hashlib.sha256(), image.size
    for top in range(0, height, n_rows := strip_rows(width)):
        digest.update(image.crop((0, top, width, min(top + n_rows, height))).tobytes())
    return digest.digest()
