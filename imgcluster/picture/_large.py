"""Deciding which pictures are too large to be read as a whole."""

from __future__ import annotations

import os
from pathlib import Path

from imgcluster.files import open_file, shown
from imgcluster.picture._memory import check_largest
from imgcluster.picture._pillow import kind_of, lenient_pillow, open_picture
from imgcluster.picture._streams import NPY
from imgcluster.picture._tiff_pages import pictures_of
from imgcluster.picture.formats import FORMATS
from imgcluster.picture.tiff import BIG_ENDIAN_BIGTIFF, layout_of
from imgcluster.types import PathLike

# from here on a picture is read band by band: as a whole it takes 7 bytes a pixel and more
LARGE_PIXELS = 1 << 25
_ANIMATED = ("GIF", "PNG", "WEBP")
BAND_PIXELS = 1 << 22  # 12 MB


def is_large(path: PathLike, *, rather_whole: bool = False) -> bool:
    """Check whether a file should be read band by band: a .npy file, a TIFF too new for Pillow, or a large picture.

    With `rather_whole` only a .npy file or a TIFF, which need not be decoded as a whole, is large.
    """
    if not _can_be_read_twice(path):
        return False
    try:
        with open_file(path, shown(path)) as stream:
            head = stream.read(16)
            if head.startswith((NPY, BIG_ENDIAN_BIGTIFF)):
                return True
            kind = kind_of(head)
            if kind is not None and kind != "TIFF":
                if rather_whole:
                    return False
                if (size_of := FORMATS[kind].size_of) is not None:
                    # opening it would decode it
                    height, width = size_of(stream) or (0, 0)
                    return exceeds_memory(width * height)
                check_largest(stream, "", FORMATS[kind])
                with lenient_pillow():
                    image = open_picture(stream, kind)
                is_animated = kind in _ANIMATED and getattr(image, "is_animated", False)
                return not is_animated and exceeds_memory(image.width * image.height)
            if kind is None:
                return False
            pages = pictures_of(stream)
            if not pages or not ((layout := layout_of(pages[0].tags)) and layout.is_own):
                with lenient_pillow():
                    width, height = open_picture(stream, "TIFF").size
            else:
                width, height = pages[0].size
    except Exception:
        # whatever is wrong, and Pillow has six classes or more for it: read_image reports it best
        return False
    return exceeds_memory(width * height)


def exceeds_memory(n_pixels: int) -> bool:
    """Check whether a picture has too many pixels to be read as a whole."""
    return n_pixels > LARGE_PIXELS


def _can_be_read_twice(path: PathLike) -> bool:
    """Check whether it is an existing file, not a pipe."""
    try:
        return Path(os.fsdecode(path)).is_file()
    except ValueError:
        # a null byte in the name
        return False
