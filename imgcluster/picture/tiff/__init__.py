"""TIFF files of any layout: pictures in the right colors, whole or in bands of rows, and rasters at full depth."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.picture.tiff._layout import layout_of
    from imgcluster.picture.tiff._raster_source import RasterSource
    from imgcluster.picture.tiff._source import BIG_ENDIAN_BIGTIFF, open_tiff

__all__ = ["BIG_ENDIAN_BIGTIFF", "RasterSource", "layout_of", "open_tiff"]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_layout": ("layout_of",),
            "_raster_source": ("RasterSource",),
            "_source": ("BIG_ENDIAN_BIGTIFF", "open_tiff"),
        },
    )
