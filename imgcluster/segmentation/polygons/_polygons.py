"""Polygons of segments in the coordinates of pixels or of a map, as GeoJSON (RFC 7946) and as well-known binary."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imgcluster.picture import Georeference
from imgcluster.segmentation.polygons._outlines import Outlines, trace
from imgcluster.types import Float64Array, Int32Array, Int64Array

_DIGITS = 9  # of degrees: a tenth of a millimeter
_LONLAT = ("EPSG:4326", "OGC:CRS84")
_POLYGON, _MULTI_POLYGON = 3, 6  # in well-known binary
PIXELS = "pixels: x to the right, y down, [0, 0] is the outer corner of the first pixel"

Columns: TypeAlias = dict[str, NDArray[Any]]
Corners: TypeAlias = Int32Array | Float64Array


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
        for part in self._turned():
            yield replace(part, corners=self._on_map(part.corners))

    def _turned(self) -> Iterator[Outlines]:
        """Yield the polygons in pixels; where the map is mirrored to these, rings are turned around."""
        a, b, _, d, e, _ = self._transform
        for part in trace(self.labels, self.last_rows):
            if a * e - b * d >= 0:
                yield part
            else:
                ends = np.repeat(part.rings[:-1] + part.rings[1:] - 1, np.diff(part.rings))
                yield replace(part, corners=part.corners[ends - np.arange(len(ends))])

    @property
    def _transform(self) -> tuple[float, float, float, float, float, float]:
        place = None if self.georeference is None else self.georeference.transform
        return (1.0, 0.0, 0.0, 0.0, 1.0, 0.0) if place is None else place

    def _on_map(self, corners: Corners) -> Corners:
        """Return corners of pixels in map coordinates, if there is a map."""
        if not self.is_on_map:
            return corners
        a, b, c, d, e, f = self._transform
        x, y = corners.T.astype(np.float64)
        return np.stack([a * x + b * y + c, d * x + e * y + f], axis=1)

    def _lonlat(self) -> Iterator[tuple[Outlines, Corners, Int64Array]]:
        """Yield polygons, in longitude and latitude on WGS 84 or in pixels where there is no map: corners, and which.

        Each corner is converted once, though most are of several segments.
        """
        converted = converter(self.crs) if self.is_on_map else _as_they_are
        for part in self._turned():
            x, y = part.corners.astype(np.int64).T
            keys = y << 32 | x
            keys, which = np.unique(keys, return_inverse=True)
            corners = converted(self._on_map(np.stack([keys & 0xFFFFFFFF, keys >> 32], axis=1).astype(np.int32)))
            if self.is_on_map and len(corners) and float(np.ptp(corners[:, 0])) > 180:
                corners = _across(part, corners[which])
                which = np.arange(len(corners))
            yield part, corners, which

    def features(self) -> Iterator[dict[str, Any]]:
        """Yield the features of GeoJSON."""
        for part, corners, which in self._lonlat():
            shapes = geometries(replace(part, corners=corners[which]))
            for geometry, about in zip(shapes, self._properties(part), strict=True):
                yield {"type": "Feature", "properties": about, "geometry": geometry}

    def _properties(self, part: Outlines) -> Iterator[dict[str, Any]]:
        """Yield the fields of some segments."""
        return rows_of({name: column[part.first : part.first + len(part)] for name, column in self.columns.items()})

    def members(self) -> dict[str, Any]:
        """Return the members of a GeoJSON FeatureCollection besides its features: pixels are no degrees."""
        height, width = self.labels.shape
        about = {} if self.is_on_map else {"coordinate_system": PIXELS, "image_size": [width, height]}
        return {"type": "FeatureCollection", **about}

    def geojson(self) -> Iterator[bytes]:
        """Yield the text of a GeoJSON FeatureCollection: that of `features`, in a third of the time."""
        between = json.dumps(self.members(), separators=(",", ":"))[:-1] + ',"features":['
        for part, corners, which in self._lonlat():
            texts = np.array([f"[{x},{y}]" for x, y in corners.tolist()], object)[which].tolist()
            for shape, about in zip(_geometry_texts(part, texts), self._properties(part), strict=True):
                properties = json.dumps(about, separators=(",", ":"), allow_nan=False)
                yield f'{between}{{"type":"Feature","properties":{properties},"geometry":{shape}}}'.encode()
                between = ",\n"
        yield (between if not len(self.last_rows) else "").encode() + b"]}\n"


def _geometry_texts(part: Outlines, corners: list[str]) -> Iterator[str]:
    """Yield the geometry of each segment as text, from those of corners."""
    rings = [",".join(corners[start:end]) for start, end in pairwise(part.rings.tolist())]
    polygons = ["[[" + "],[".join(rings[start:end]) + "]]" for start, end in pairwise(part.polygons.tolist())]
    for start, end in pairwise(part.segments.tolist()):
        if end == start + 1:
            yield f'{{"type":"Polygon","coordinates":{polygons[start]}}}'
        else:
            yield f'{{"type":"MultiPolygon","coordinates":[{",".join(polygons[start:end])}]}}'


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


def _as_they_are(corners: Corners) -> Corners:
    return corners


def converter(crs: str | None) -> Callable[[Corners], Corners]:
    """Return what converts coordinates to longitude and latitude on WGS 84."""
    if crs is None:
        raise ValueError(
            "GeoJSON is in longitude and latitude, but the raster does not say its coordinate reference system; "
            "give it one, as with: gdal_edit.py -a_srs EPSG:32633 FILE, or write .gpkg"
        )
    if crs in _LONLAT:
        return _rounded
    try:
        from rasterio.warp import transform
    except ImportError as error:
        said = f"GeoJSON is in longitude and latitude, and to convert {crs} takes rasterio"
        raise ValueError(f"{said}; install it with: pip install 'imgcluster[geo]'") from error

    def converted(corners: Corners) -> Corners:
        lonlat = np.stack(transform(crs, _LONLAT[0], *corners.T), axis=1)
        if not np.isfinite(lonlat).all():
            raise ValueError(f"corners of the raster lie outside of what {crs} covers; write .gpkg, which keeps them")
        return _rounded(lonlat)

    return converted


def _rounded(degrees: Corners) -> Float64Array:
    """Leave out digits of degrees that mean nothing."""
    rounded: Float64Array = degrees.astype(np.float64).round(_DIGITS)
    return rounded


def _across(part: Outlines, corners: Corners) -> Corners:
    """Let segments that lie across the 180th meridian go on beyond it, so that they do not go around the world."""
    starts = part.rings[part.polygons[part.segments[:-1]]]
    low, high = np.minimum.reduceat(corners[:, 0], starts), np.maximum.reduceat(corners[:, 0], starts)
    is_across = np.repeat(high - low > 180, np.diff(np.append(starts, len(corners))))
    corners[is_across & (corners[:, 0] < 0), 0] += 360
    return corners
