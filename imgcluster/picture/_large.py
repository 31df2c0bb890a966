"""Deciding which pictures are too large to be read as a whole."""

from __future__ import annotations

import os
from pathlib import Path

from imgcluster.files import open_file, shown
from imgcluster.picture._pillow import kind_of, lenient_pillow, open_picture
from imgcluster.picture._streams import NPY
from imgcluster.picture._tiff_pages import pictures_of
from imgcluster.picture.tiff import BIG_ENDIAN_BIGTIFF, layout_of
from imgcluster.types import PathLike

# from here on a TIFF is read band by band: as a whole it takes 7 bytes a pixel
LARGE_PIXELS = 1 << 25
BAND_PIXELS = 1 << 22  # 12 MB


def is_large(path: PathLike) -> bool:
    """Check whether a file should be read band by band: a .npy file, or a TIFF too large or too new for Pillow."""
    if not _can_be_read_twice(path):
        return False
    try:
        with open_file(path, shown(path)) as stream:
            head = stream.read(16)
            if head.startswith((NPY, BIG_ENDIAN_BIGTIFF)):
                return True
            if kind_of(head) != "TIFF":
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
