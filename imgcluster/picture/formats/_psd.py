"""PSD: the flat picture of all layers is read, which Photoshop stores beside them; never written."""

from imgcluster.picture.formats._format import Format

FORMAT = Format(
    name="PSD",
    endings=(".psd",),
    signatures=({0: b"8BPS"},),
    plugin="Psd",
    read_only_because="PSD is only read; write .png or .tif instead",
)
