"""Colors of more than 8 bits in JPEG 2000 (ISO/IEC 15444-1), the lightest of which Pillow turns to 0."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
from PIL import Image

from imgcluster.picture._arrays import DepthError
from imgcluster.picture._color_tags import BITS

_START = b"\xff\x4f\xff\x51"  # of a codestream: SOC and SIZ
_N_CHANNELS, _DEPTH, _STEP = 40, 42, 3  # where its channels are counted, and the depth of each is
_MOST = 1 << 14  # channels
_PIECE = 1 << 16


def bits_of(stream: BinaryIO) -> int:
    """Return the bits of a value, of the channel that has most; 8 if that cannot be found."""
    place = stream.tell()
    stream.seek(0)
    data = b""
    try:
        while piece := stream.read(_PIECE):
            data = data[-len(_START) :] + piece
            if (at := data.find(_START)) >= 0:
                header = data[at:] + stream.read(_DEPTH + _STEP * _MOST)
                n_channels = int.from_bytes(header[_N_CHANNELS:_DEPTH], "big")
                return max(((depth & 127) + 1 for depth in header[_DEPTH::_STEP][:n_channels]), default=8)
        return 8
    finally:
        stream.seek(place)


def with_lightest(image: Image.Image, stream: BinaryIO) -> Image.Image:
    """Return a loaded image, whose info has its bits, as its file has it.

    Pillow rounds values of more than 8 bits up before it cuts them off, and of the lightest nothing is left: white
    turns black, and what is opaque clear. Where a value is 0, imagecodecs is asked.

    Raises
    ------
    DepthError
        When imagecodecs is not installed.
    """
    bits = image.info[BITS]
    if bits <= 8 or image.mode.startswith("I") or all(np.asarray(channel).min() for channel in image.split()):
        return image
    try:
        from imagecodecs import jpeg2k_decode  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        problem = f"its colors have {bits} bits, of which Pillow takes white for black"
        raise DepthError(problem, "pip install imagecodecs, or convert it to a 16-bit PNG first") from None
    stream.seek(0)
    values = np.asarray(jpeg2k_decode(stream.read()))
    if values.shape != (image.height, image.width, len(image.getbands())) or values.dtype != np.uint16:
        problem = f"its colors of {bits} bits are stored in a way that is not read"
        raise DepthError(problem, "convert it to a 16-bit PNG first")
    top = (1 << bits) - 1
    whole = Image.fromarray(((values.astype(np.uint32) * 255 + top // 2) // top).astype(np.uint8))
    whole.info, whole.format = image.info, image.format
    return whole
