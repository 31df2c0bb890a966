"""AVIF: read, never written (AV1 Image File Format, Alliance for Open Media)."""

from imgcluster.picture.formats._format import Format

FORMAT = Format(
    name="AVIF",
    endings=(".avif", ".avifs"),
    signatures=({4: b"ftypavif"}, {4: b"ftypavis"}),
    plugin="Avif",
    for_web=True,
    lossy=True,
    read_only_because="AVIF holds no palette and would change the colors; write .png or lossless .webp instead",
)
