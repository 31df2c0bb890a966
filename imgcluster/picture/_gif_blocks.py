"""What a GIF carries in application blocks that Pillow does not read: a color profile and XMP."""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO

_BLOCK = b"!\xff\x0b"  # an application block, whose name has 11 bytes
_PROFILE, _XMP = _BLOCK + b"ICCRGBG1012", _BLOCK + b"XMP DataXMP"
_TRAILER = bytes([1, *range(255, 251, -1)])  # of XMP, which stands in the file as it is (XMP specification, part 3)


def gif_info(stream: BinaryIO) -> dict[str | tuple[int, int], bytes]:
    """Return the profile and XMP of a GIF by the names that Pillow has for them; damaged ones are left out."""
    stream.seek(0)
    data = stream.read()
    found: dict[str | tuple[int, int], bytes] = {}
    with suppress(IndexError):
        if (at := data.find(_PROFILE)) >= 0:
            found["icc_profile"] = _joined(data, at + len(_PROFILE))
    with suppress(IndexError):
        if (at := data.find(_XMP)) >= 0:
            start = at + len(_XMP)
            end = data.find(_TRAILER, start)
            # some programs write it in blocks like any other data
            packet = _joined(data, start) if end < 0 or data[start] != ord("<") else data[start:end]
            if packet.lstrip(b"\xef\xbb\xbf \n\r\t").startswith(b"<"):
                found["xmp"] = packet
    return found


def _joined(data: bytes, at: int) -> bytes:
    """Join blocks of up to 255 bytes."""
    parts = []
    while n := data[at]:
        parts.append(data[at + 1 : at + 1 + n])
        at += 1 + n
    return b"".join(parts)
