"""The color code points of AVIF files, which Pillow does not hand on (ISO/IEC 23000-22, 7.3.6.4; ITU-T H.273)."""

from __future__ import annotations

import struct
from typing import BinaryIO

_MOST = 1 << 16  # bytes in which the boxes before the pixels lie
_NAME = b"colrnclx"
_UNSPECIFIED, _BT709, _SRGB = 2, 1, 13
# stills are shown with sRGB's curve where they name that of a camera
_OF_CAMERAS = (1, 6, 14, 15)


def code_points_of(stream: BinaryIO) -> tuple[int, int, int, int] | None:
    """Return primaries and transfer, of RGB in full range; None if a file says nothing of them."""
    stream.seek(0)
    boxes = stream.read(_MOST).partition(b"mdat")[0]
    at = boxes.find(_NAME)
    if at < 0 or len(boxes) < at + len(_NAME) + 4:
        return None
    primaries, transfer = struct.unpack_from(">HH", boxes, at + len(_NAME))
    primaries = _BT709 if primaries == _UNSPECIFIED else primaries
    transfer = _SRGB if transfer == _UNSPECIFIED or transfer in _OF_CAMERAS else transfer
    return primaries, transfer, 0, 1
