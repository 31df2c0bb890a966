"""Segments as polygons: their outlines from the label map, on the map, and in files of GIS."""

from imgcluster.segmentation.polygons._files import check_place, check_polygons, save_polygons
from imgcluster.segmentation.polygons._outlines import Outlines, trace
from imgcluster.segmentation.polygons._polygons import Columns, Layer, geometries, polygons_of, rows_of

__all__ = [
    "Columns",
    "Layer",
    "Outlines",
    "check_place",
    "check_polygons",
    "geometries",
    "polygons_of",
    "rows_of",
    "save_polygons",
    "trace",
]
