"""Segments as polygons, for maps and for tools of annotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imgcluster.files import replacing
from imgcluster.segmentation import _polygon_files
from imgcluster.segmentation._graph import Graph
from imgcluster.segmentation._polygons import Layer
from imgcluster.types import PathLike


class Outlined(Graph):
    """A measured segmentation that gives its outlines; `Segmentation` adds how segments merge and look."""

    def _layer(self, **of_table: Any) -> Layer:
        """Return the segments as a layer of polygons with the columns of `to_table`."""
        last_rows = self._regions.shapes.boxes[:, 2] - 1
        return Layer(self.indices, last_rows, self.to_table(**of_table), self.georeference)

    def to_geojson(
        self,
        *,
        layers: Mapping[str, Any] | None = None,
        percentiles: Sequence[float] | float = (),
        band_names: Sequence[str] | str | None = None,
    ) -> dict[str, Any]:
        """Return the segments as a GeoJSON FeatureCollection of polygons that tile the image without gaps.

        Parameters
        ----------
        layers, percentiles, band_names
            See `to_table`.

        Returns
        -------
        dict
            A feature a segment: a Polygon with its holes, or a MultiPolygon where a label has several pieces; with the
            columns of `to_table` as properties, a number each, or None where that is NaN.

        Raises
        ------
        ValueError
            If the image is on the map, but does not say in which coordinate reference system, or if it takes rasterio
            to convert it, which comes with ``pip install 'imgcluster[geo]'``.

        Notes
        -----
        With a `georeference` coordinates are longitude and latitude on WGS 84, as RFC 7946 asks, in steps of a tenth of
        a millimeter. Without they are corners of pixels, x to the right and y down: the image goes from [0, 0] to
        [W, H], and the members "coordinate_system" and "image_size" of the collection say so. The area of a polygon by
        its coordinates is then that of its pixels. Either way outer rings have a positive area by the shoelace formula,
        holes a negative one. A segment across the 180th meridian goes on beyond 180 degrees.

        References
        ----------
        RFC 7946, The GeoJSON Format, 2016, doi:10.17487/RFC7946.

        Examples
        --------
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> ic.Segmentation([[0]], np.array([[7]], np.uint8)).to_geojson()["features"][0]["geometry"]
        {'type': 'Polygon', 'coordinates': [[[1, 0], [1, 1], [0, 1], [0, 0], [1, 0]]]}
        """
        layer = self._layer(layers=layers, percentiles=percentiles, band_names=band_names)
        return layer.members() | {"features": list(layer.features())}

    def save_geojson(
        self,
        path: PathLike,
        *,
        layers: Mapping[str, Any] | None = None,
        percentiles: Sequence[float] | float = (),
        band_names: Sequence[str] | str | None = None,
    ) -> None:
        """Write `to_geojson` to a file.

        Parameters
        ----------
        path : path
        layers, percentiles, band_names
            See `to_table`.

        Raises
        ------
        ImageWriteError
            If the file cannot be written.
        ValueError
            As `to_geojson`.
        """
        layer = self._layer(layers=layers, percentiles=percentiles, band_names=band_names)
        with replacing(path) as stream:
            for piece in layer.geojson():
                stream.write(piece)

    def save_polygons(
        self,
        path: PathLike,
        *,
        layers: Mapping[str, Any] | None = None,
        percentiles: Sequence[float] | float = (),
        band_names: Sequence[str] | str | None = None,
    ) -> None:
        """Write the polygons of segments with the columns of `to_table`, a field a number, for a program of maps.

        Parameters
        ----------
        path : path
            Ending in .geojson or .json, as `to_geojson` describes; in .gpkg, a GeoPackage, or .parquet, GeoParquet 1.1,
            in the coordinate reference system of the image.
        layers, percentiles, band_names
            See `to_table`.

        Raises
        ------
        ImageWriteError
            If the ending is another, or the file cannot be written; if a GeoPackage is asked for without pyogrio, which
            comes with ``pip install 'imgcluster[geo]'``, or GeoParquet without pyarrow, of ``'imgcluster[parquet]'``.
        ValueError
            As `to_geojson`.

        Warns
        -----
        ConversionWarning
            If the image has no coordinate reference system, so that the GeoPackage or GeoParquet file has an undefined
            one, in map units, or in pixels with y down where the image is not on a map either.

        Notes
        -----
        The layer of a GeoPackage has the name of the file; it is of polygons, or of multi-polygons if any segment has
        several pieces. Polygons are written as they are traced, so that memory does not grow with the image.
        """
        _polygon_files.check_polygons(path)
        layer = self._layer(layers=layers, percentiles=percentiles, band_names=band_names)
        _polygon_files.save_polygons(layer, path)
