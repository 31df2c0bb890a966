"""EXIF blocks changed in place: anything unknown here, such as maker notes, stays where it is."""

from __future__ import annotations

import struct

EXIF_HEADER = b"Exif\0\0"  # before a block in a JPEG, and only there

_ORIENTATION, _EXIF_POINTER, _COLOR_SPACE = 0x0112, 0x8769, 0xA001
_THUMBNAIL, _THUMBNAIL_BYTES = 0x0201, 0x0202
_SHORT = 3  # type of a tag: 16 bits
_SRGB = 1


def is_exif(block: bytes) -> bool:
    """Check whether a block begins like EXIF."""
    return block[:4] in (b"II*\0", b"MM\0*")


def upright_exif(block: bytes) -> bytes:
    """Return the block marked as upright and sRGB, without its thumbnail; a damaged one is returned unchanged."""
    if not is_exif(block):
        return block
    data, order = bytearray(block), "<" if block[:2] == b"II" else ">"
    try:
        first = struct.unpack_from(f"{order}I", data, 4)[0]
        entries = _entries(data, order, first)
        _set_short(data, order, entries.get(_ORIENTATION), 1)
        if pointer := entries.get(_EXIF_POINTER):
            inner = _entries(data, order, struct.unpack_from(f"{order}I", data, pointer + 8)[0])
            _set_short(data, order, inner.get(_COLOR_SPACE), _SRGB)
        _drop_thumbnail(data, order, first + 2 + 12 * struct.unpack_from(f"{order}H", data, first)[0])
    except struct.error:
        return block
    return bytes(data)


def _entries(data: bytearray, order: str, at: int) -> dict[int, int]:
    """Return the offsets of the entries of a directory, by their tags."""
    (n,) = struct.unpack_from(f"{order}H", data, at)
    places = range(at + 2, at + 2 + 12 * n, 12)
    return {struct.unpack_from(f"{order}HHI4s", data, place)[0]: place for place in places}


def _set_short(data: bytearray, order: str, place: int | None, value: int) -> None:
    """Change the value of an existing entry."""
    if place is not None:
        struct.pack_into(f"{order}HIHH", data, place + 2, _SHORT, 1, value, 0)


def _drop_thumbnail(data: bytearray, order: str, link: int) -> None:
    """Unlink the second directory, and remove the picture that it points to."""
    (second,) = struct.unpack_from(f"{order}I", data, link)
    struct.pack_into(f"{order}I", data, link, 0)
    if not second:
        return
    entries = _entries(data, order, second)
    if _THUMBNAIL in entries and _THUMBNAIL_BYTES in entries:
        start = struct.unpack_from(f"{order}I", data, entries[_THUMBNAIL] + 8)[0]
        end = start + struct.unpack_from(f"{order}I", data, entries[_THUMBNAIL_BYTES] + 8)[0]
        if end >= len(data):
            del data[start:]
        else:
            data[start:end] = bytes(end - start)
