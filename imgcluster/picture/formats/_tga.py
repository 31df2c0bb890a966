"""TGA: read, never written (Truevision TGA File Format Specification 2.0)."""

from imgcluster.picture.formats._format import Format

# it has no magic number: no color map, the kinds of pixels (plain or packed true color or gray), an empty map; or a map
# of 16, 24 or 32 bits from its start
_PLAIN = tuple({1: b"\0%c\0\0\0\0\0" % kind} for kind in (2, 3, 10, 11))
_MAPPED = tuple({1: b"\1%c\0\0" % kind, 7: b"%c" % bits} for kind in (1, 9) for bits in (16, 24, 32))

FORMAT = Format(
    name="TGA",
    endings=(".tga",),
    signatures=(*_PLAIN, *_MAPPED),
    plugin="Tga",
    read_only_because="TGA is only read; write .png, .bmp or .tif instead",
)
