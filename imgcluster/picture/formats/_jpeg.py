"""JPEG: read, never written."""

from imgcluster.picture.formats._format import Format

FORMAT = Format(
    name="JPEG",
    endings=(".jpg", ".jpeg", ".jpe", ".jfif"),
    also_read=(".jfi", ".jif", ".mpo"),
    signatures=({0: b"\xff\xd8\xff"},),
    plugin="Jpeg",
    for_web=True,
    lossy=True,
    read_only_because="JPEG is lossy and would change the colors; write .png or lossless .webp instead",
)
