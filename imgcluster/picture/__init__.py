"""What a picture is, and how it is read and written: upright 8-bit sRGB pixels, whole or in bands of rows."""

from imgcluster.picture._headers import Header, read_header
from imgcluster.picture._imageio import output_format, read_image, read_image_and_losses, write_image, write_indexed
from imgcluster.picture._large import (
    BAND_PIXELS,
    BANDED_FORMATS,
    check_banded,
    exceeds_memory,
    is_large,
    open_bands,
    warn_of,
    write_bands,
)
from imgcluster.picture._pillow import import_plugin, kind_of, lenient_pillow, open_picture
from imgcluster.picture._pixels import pixels_of_image

__all__ = [
    "BANDED_FORMATS",
    "BAND_PIXELS",
    "Header",
    "check_banded",
    "exceeds_memory",
    "import_plugin",
    "is_large",
    "kind_of",
    "lenient_pillow",
    "open_bands",
    "open_picture",
    "output_format",
    "pixels_of_image",
    "read_header",
    "read_image",
    "read_image_and_losses",
    "warn_of",
    "write_bands",
    "write_image",
    "write_indexed",
]
