"""How much memory Pillow takes to decode a picture, by what its header says."""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO

from PIL import Image

from imgcluster.picture._limits import check_memory, check_size
from imgcluster.picture._mending import is_wide
from imgcluster.picture.formats import Format

# bytes a pixel of an image of Pillow, where they are not 4
_STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
# at the peak, measured on 16 megapixels: decoders that hold the picture several times
_AT_ONCE = {"WEBP": 12, "AVIF": 12, "HEIF": 12, "JXL": 16}
_JPEG2000 = 5.2  # for each channel
_COEFFICIENTS = 2  # of a progressive JPEG, for each channel


def decoding_bytes(image: Image.Image, made: int) -> float:
    """Return the bytes a pixel at the peak, of decoding or while `made` bytes a pixel are made of what was decoded."""
    stored = _STORED.get(image.mode, 4) * (2 if is_wide(image) else 1)
    at_once = float(_AT_ONCE.get(image.format or "", stored))
    n_channels = len(image.getbands())
    if image.format == "JPEG2000":
        at_once += _JPEG2000 * n_channels
    if image.format in ("JPEG", "MPO") and image.info.get("progressive"):
        at_once += _COEFFICIENTS * n_channels
    return max(at_once, stored + made)


def check_largest(stream: BinaryIO, name: str, format: Format) -> None:
    """Reject a file whose parts take more memory than its size shows, before Pillow opens it."""
    need = None
    if format.largest is not None:
        with suppress(Exception):  # what is wrong with it, Pillow will say
            need = format.largest(stream)
    if need is not None and min(need[:2]) > 0:
        check_size(name, need[:2])
        check_memory(name, need[:2], need[2])
