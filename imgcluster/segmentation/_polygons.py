"""Polygons of segments in the coordinates of pixels or of a map, as GeoJSON (RFC 7946) and as well-known binary."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture import Georeference
from imgcluster.segmentation._outlines import Outlines, trace
from imgcluster.types import Float64Array, Int32Array, Int64Array

_DIGITS = 9  # of degrees: a tenth of a millimeter
_LONLAT = ("EPSG:4326", "OGC:CRS84")
_POLYGON, _MULTI_POLYGON = 3, 6  # in well-known binary
PIXELS = "pixels: x to the right, y down, [0, 0] is the outer corner of the first pixel"

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Layer:
    """Segments as a layer of polygons, which are traced when they are asked for.

    Attributes
    ----------
    labels : ndarray of shape (H, W), int32
        0..n-1, each of them used, negative outside; it may be a mapped file.
    last_rows : ndarray of shape (n,)
        The last row of each segment.
    columns : dict of str to ndarray of shape (n,)
        The fields of the polygons.
    georeference : Georeference or None
        Where the labels lie on the map.
    """

    labels: Int32Array
    last_rows: Int32Array | Int64Array
    columns: Columns
    georeference: Georeference | None = None

    @property
    def crs(self) -> str | None:
        """The coordinate reference system, if the layer is on the map."""
        return self.georeference.crs if self.is_on_map and self.georeference is not None else None

    @property
    def is_on_map(self) -> bool:
        """Check whether coordinates are those of a map."""
        return self.georeference is not None and self.georeference.transform is not None

    def outlines(self) -> Iterator[Outlines]:
        """Yield the polygons in map coordinates, or those of pixels, outer rings counter-clockwise by the numbers."""
        for part in trace(self.labels, self.last_rows):
            yield _on_map(part, self.georeference) if self.is_on_map and self.georeference is not None else part

    def lonlat(self) -> Iterator[Outlines]:
        """Yield the polygons in longitude and latitude on WGS 84, or those of pixels where there is no map."""
        crs = self.crs
        if not self.is_on_map:
            return self.outlines()
        if crs is None:
            raise ValueError(
                "GeoJSON is in longitude and latitude, but the raster does not say its coordinate reference system; "
                "give it one, as with: gdal_edit.py -a_srs EPSG:32633 FILE, or write .gpkg"
            )
        if crs in _LONLAT:
            return (replace(part, corners=_rounded(part.corners)) for part in self.outlines())
        return _to_lonlat(self.outlines(), crs)

    def features(self) -> Iterator[dict[str, Any]]:
        """Yield the features of GeoJSON."""
        for part in self.lonlat():
            of_part = {name: column[part.first : part.first + len(part)] for name, column in self.columns.items()}
            for geometry, about in zip(geometries(part), rows_of(of_part), strict=True):
                yield {"type": "Feature", "properties": about, "geometry": geometry}

    def members(self) -> dict[str, Any]:
        """Return the members of a GeoJSON FeatureCollection besides its features: pixels are no degrees."""
        height, width = self.labels.shape
        about = {} if self.is_on_map else {"coordinate_system": PIXELS, "image_size": [width, height]}
        return {"type": "FeatureCollection", **about}

    def geojson(self) -> Iterator[bytes]:
        """Yield the text of a GeoJSON FeatureCollection."""
        features = self.features()
        first = next(features, None)
        yield json.dumps(self.members(), separators=(",", ":"))[:-1].encode() + b',"features":['
        if first is not None:
            yield _text(first)
        for feature in features:
            yield b",\n" + _text(feature)
        yield b"]}\n"


def _text(feature: dict[str, Any]) -> bytes:
    return json.dumps(feature, separators=(",", ":"), allow_nan=False).encode()


def rows_of(columns: Columns) -> Iterator[dict[str, Any]]:
    """Yield a row after the other, with None for numbers that are not finite, which JSON cannot hold."""
    names = list(columns)
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        yield dict(zip(names, (value if math.isfinite(value) else None for value in row), strict=True))


def polygons_of(part: Outlines) -> Iterator[list[list[list[list[float]]]]]:
    """Yield the polygons of each segment, each a list of rings, which are lists of corners [x, y]."""
    corners = part.corners.tolist()
    rings = [corners[start:end] for start, end in pairwise(part.rings.tolist())]
    polygons = [rings[start:end] for start, end in pairwise(part.polygons.tolist())]
    for start, end in pairwise(part.segments.tolist()):
        yield polygons[start:end]


def geometries(part: Outlines) -> Iterator[dict[str, Any]]:
    """Yield the geometry of each segment: a Polygon, or a MultiPolygon where it has several pieces."""
    for polygons in polygons_of(part):
        if len(polygons) == 1:
            yield {"type": "Polygon", "coordinates": polygons[0]}
        else:
            yield {"type": "MultiPolygon", "coordinates": polygons}


def well_known_binary(part: Outlines, *, is_multi: bool = False) -> list[bytes]:
    """Return the geometry of each segment in well-known binary: polygons, or multi-polygons where these are needed."""
    data = memoryview(part.corners.astype("<f8").tobytes())
    rings = [
        struct.pack("<I", end - start) + data[16 * start : 16 * end] for start, end in pairwise(part.rings.tolist())
    ]
    polygons = [
        struct.pack("<BII", 1, _POLYGON, end - start) + b"".join(rings[start:end])
        for start, end in pairwise(part.polygons.tolist())
    ]
    return [
        polygons[start]
        if end == start + 1 and not is_multi
        else struct.pack("<BII", 1, _MULTI_POLYGON, end - start) + b"".join(polygons[start:end])
        for start, end in pairwise(part.segments.tolist())
    ]


def _on_map(part: Outlines, place: Georeference) -> Outlines:
    """Return polygons in map coordinates; where these are mirrored, rings are turned around."""
    assert place.transform is not None
    a, b, c, d, e, f = place.transform
    corners = part.corners
    if a * e - b * d < 0:
        sizes = np.diff(part.rings)
        corners = corners[np.repeat(part.rings[:-1] + part.rings[1:] - 1, sizes) - np.arange(len(corners))]
    x, y = corners.T.astype(np.float64)
    return replace(part, corners=np.stack([a * x + b * y + c, d * x + e * y + f], axis=1))


def _to_lonlat(parts: Iterator[Outlines], crs: str) -> Iterator[Outlines]:
    """Turn polygons in some coordinates into longitude and latitude on WGS 84."""
    try:
        from rasterio.warp import transform
    except ImportError as error:
        way_out = "install it with: pip install 'imgcluster[geo]', or write .gpkg"
        raise ValueError(
            f"GeoJSON is in longitude and latitude, and to convert {crs} takes rasterio; {way_out}"
        ) from error
    for part in parts:
        keys, at = np.unique(part.corners, axis=0, return_inverse=True)
        lonlat = np.stack(transform(crs, _LONLAT[0], *keys.T), axis=1)
        if not np.isfinite(lonlat).all():
            raise ValueError(f"corners of the raster lie outside of what {crs} covers; write .gpkg, which keeps them")
        yield replace(part, corners=_across(part, _rounded(lonlat)[at.reshape(-1)]))


def _rounded(degrees: NDArray[Any]) -> Float64Array:
    """Leave out digits of degrees that mean nothing."""
    rounded: Float64Array = np.round(degrees, _DIGITS)
    return rounded


def _across(part: Outlines, corners: Float64Array) -> Float64Array:
    """Let segments that lie across the 180th meridian go on beyond it, so that they do not go around the world."""
    if len(corners) == 0 or np.ptp(corners[:, 0]) <= 180:
        return corners
    starts = part.rings[part.polygons[part.segments[:-1]]]
    low, high = np.minimum.reduceat(corners[:, 0], starts), np.maximum.reduceat(corners[:, 0], starts)
    is_across = np.repeat(high - low > 180, np.diff(np.append(starts, len(corners))))
    corners[is_across & (corners[:, 0] < 0), 0] += 360
    return corners
