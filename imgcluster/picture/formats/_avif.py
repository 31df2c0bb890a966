"""AVIF: read, never written (AV1 Image File Format, Alliance for Open Media)."""

import struct

from imgcluster.picture.formats._format import Format

_OF_ANY_CODEC = (b"mif1", b"msf1", b"mif2", b"miaf")


def _is_compatible(head: bytes) -> bool:
    """Check for a file of a general brand that names AVIF among those it is compatible with."""
    if head[4:8] != b"ftyp" or head[8:12] not in _OF_ANY_CODEC:
        return False
    (length,) = struct.unpack_from(">I", head)
    brands = head[16 : min(length, len(head))]
    return any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4))


FORMAT = Format(
    name="AVIF",
    endings=(".avif", ".avifs"),
    signatures=({4: b"ftypavif"}, {4: b"ftypavis"}),
    recognizes=_is_compatible,
    plugin="Avif",
    for_web=True,
    lossy=True,
    read_only_because="AVIF holds no palette and would change the colors; write .png or lossless .webp instead",
)
