"""JPEG 2000: read, never written (ISO/IEC 15444-1: files and bare codestreams)."""

from imgcluster.picture.formats._format import Format

FORMAT = Format(
    name="JPEG2000",
    title="JPEG 2000",
    endings=(".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"),
    also_read=(".jph", ".jhc", ".j2h"),
    signatures=({0: b"\0\0\0\x0cjP  \r\n\x87\n"}, {0: b"\xff\x4f\xff\x51"}),
    plugin="Jpeg2K",
    lossy=True,
    read_only_because="JPEG 2000 holds no palette as PNG does; write .png or lossless .webp instead",
)
