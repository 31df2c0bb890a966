"""EXIF in the directory of a TIFF file, where Pillow's compressing writer omits it (TIFF 6.0; CIPA DC-008)."""

from __future__ import annotations

import struct

_POINTERS = (0x8769, 0x8825)  # to the directories of EXIF and GPS
# how the pixels of a thumbnail or of the first file were stored, and what has a writer of its own
_OF_STORAGE = {
    *(254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 280, 281, 284, 301, 317, 318, 319, 320),
    *(322, 323, 324, 325, 330, 338, 339, 347, 513, 514, 529, 530, 531, 532, 700, 33723, 34377, 34675),
}


def directory_of_exif(exif: bytes, order: str, at: int) -> bytes:
    """Return the directory of a block of EXIF, with what belongs to it, for an offset of a file."""
    from PIL import Image

    found = Image.Exif()
    found.load(exif)
    for pointer in _POINTERS:
        found.get_ifd(pointer)
    found.endian = order
    return found.tobytes(at)[14:]


def with_exif(tiff: bytes, exif: bytes) -> bytes:
    """Add EXIF to a TIFF file: a second copy of its directory, at its end, takes the place of the first."""
    order = "<" if tiff[:2] == b"II" else ">"
    data = bytearray(tiff + bytes(len(tiff) % 2))
    ours = _entries(data, order, struct.unpack_from(f"{order}I", data, 4)[0])
    start = len(data)
    data += directory_of_exif(exif, order, start)
    theirs = _entries(data, order, start)
    merged = {tag: entry for tag, entry in theirs.items() if tag not in _OF_STORAGE} | ours
    data += bytes(len(data) % 2)
    struct.pack_into(f"{order}I", data, 4, len(data))
    data += struct.pack(f"{order}H", len(merged))
    data += b"".join(merged[tag] for tag in sorted(merged))
    return bytes(data + bytes(4))


def _entries(data: bytearray, order: str, at: int) -> dict[int, bytes]:
    """Return the entries of a directory by their tags."""
    (n,) = struct.unpack_from(f"{order}H", data, at)
    entries = [bytes(data[place : place + 12]) for place in range(at + 2, at + 2 + 12 * n, 12)]
    return {struct.unpack(f"{order}H", entry[:2])[0]: entry for entry in entries}
