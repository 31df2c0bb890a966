"""Pictures read and written: file formats (`formats`), upright sRGB pixels, alpha, color profiles, EXIF, metadata.

A picture of any kind is opened by `open_source` and written by `write_picture`, whole or in bands. A new
file format is a module in `picture.formats` and a line in its table. Alpha is split off in `_pixels`, kept and put on a
background in `_picture`.
"""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.picture._animation import Animation
    from imgcluster.picture._arrays import channels_of, check_array
    from imgcluster.picture._data_urls import lossless_url, preview, small_url, strip_url
    from imgcluster.picture._georeference import Georeference, check_same_place
    from imgcluster.picture._headers import Header, read_header
    from imgcluster.picture._large import BAND_PIXELS, exceeds_memory, is_large
    from imgcluster.picture._limits import Limits, check_memory, current_limits, limits
    from imgcluster.picture._metadata import Metadata
    from imgcluster.picture._nodata import equal_to
    from imgcluster.picture._output import check_encoding, check_output
    from imgcluster.picture._picture import Picture, rgb_of
    from imgcluster.picture._pillow import import_plugin, kind_of, lenient_pillow, open_picture
    from imgcluster.picture._pixels import picture_of_image
    from imgcluster.picture._source import Source, open_source, read_georeference, read_image, warn_lost
    from imgcluster.picture._volumes import read_volume
    from imgcluster.picture._writing import (
        encode_picture,
        write_image,
        write_indexed,
        write_picture,
    )
    from imgcluster.picture._writing_frames import check_animated_output, write_animation
    from imgcluster.picture.formats import (
        FORMATS,
        HEAD,
        LEFT_OUT,
        READABLE_ENDINGS,
        WRITABLE_ENDINGS,
        Effort,
        Format,
        Frame,
        format_of_ending,
        format_of_head,
        formats_text,
        is_readable,
        left_out_by_ending,
    )

__all__ = [
    "BAND_PIXELS",
    "FORMATS",
    "HEAD",
    "LEFT_OUT",
    "READABLE_ENDINGS",
    "WRITABLE_ENDINGS",
    "Animation",
    "Effort",
    "Format",
    "Frame",
    "Georeference",
    "Header",
    "Limits",
    "Metadata",
    "Picture",
    "Source",
    "channels_of",
    "check_animated_output",
    "check_array",
    "check_encoding",
    "check_memory",
    "check_output",
    "check_same_place",
    "current_limits",
    "encode_picture",
    "equal_to",
    "exceeds_memory",
    "format_of_ending",
    "format_of_head",
    "formats_text",
    "import_plugin",
    "is_large",
    "is_readable",
    "kind_of",
    "left_out_by_ending",
    "lenient_pillow",
    "limits",
    "lossless_url",
    "open_picture",
    "open_source",
    "picture_of_image",
    "preview",
    "read_georeference",
    "read_header",
    "read_image",
    "read_volume",
    "rgb_of",
    "small_url",
    "strip_url",
    "warn_lost",
    "write_animation",
    "write_image",
    "write_indexed",
    "write_picture",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_animation": ("Animation",),
            "_arrays": ("channels_of", "check_array"),
            "_data_urls": ("lossless_url", "preview", "small_url", "strip_url"),
            "_georeference": ("Georeference", "check_same_place"),
            "_headers": ("Header", "read_header"),
            "_large": ("BAND_PIXELS", "exceeds_memory", "is_large"),
            "_limits": ("Limits", "check_memory", "current_limits", "limits"),
            "_metadata": ("Metadata",),
            "_picture": ("Picture", "rgb_of"),
            "_pillow": ("import_plugin", "kind_of", "lenient_pillow", "open_picture"),
            "_pixels": ("picture_of_image",),
            "_source": ("Source", "open_source", "read_georeference", "read_image", "warn_lost"),
            "_volumes": ("read_volume",),
            "_nodata": ("equal_to",),
            "_output": ("check_encoding", "check_output"),
            "_writing": (
                "encode_picture",
                "write_image",
                "write_indexed",
                "write_picture",
            ),
            "_writing_frames": ("check_animated_output", "write_animation"),
            "formats": (
                "FORMATS",
                "HEAD",
                "LEFT_OUT",
                "READABLE_ENDINGS",
                "WRITABLE_ENDINGS",
                "Effort",
                "Format",
                "Frame",
                "format_of_ending",
                "format_of_head",
                "formats_text",
                "is_readable",
                "left_out_by_ending",
            ),
        },
    )
