"""TGA: read, never written (Truevision TGA File Format Specification 2.0)."""

import struct

from imgcluster.picture.formats._format import Format

_KINDS = (1, 2, 3, 9, 10, 11)
_DEPTHS = (1, 8, 15, 16, 24, 32)
_COLOR_MAPS = (15, 16, 24, 32)
_MAPPED = (1, 9)


def _is_tga(head: bytes) -> bool:
    """Check the header of a file that has no magic number: nothing in it may be without a meaning."""
    if len(head) < 18:
        return False
    _, has_map, kind, _, _, map_depth, _, _, width, height, depth, _ = struct.unpack_from("<BBBHHBHHHHBB", head)
    if has_map not in (0, 1) or kind not in _KINDS or depth not in _DEPTHS or not (width and height):
        return False
    return (not has_map or map_depth in _COLOR_MAPS) and (kind not in _MAPPED or bool(has_map) or depth == 8)


FORMAT = Format(
    name="TGA",
    endings=(".tga",),
    also_read=(".icb", ".vda", ".vst"),
    signatures=(),
    recognizes=_is_tga,
    plugin="Tga",
    sure=False,
    read_only_because="TGA is only read; write .png, .bmp or .tif instead",
)
