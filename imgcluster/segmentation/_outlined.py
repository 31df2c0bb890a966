"""Segments as polygons, for maps and for tools of annotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imgcluster.files import replacing
from imgcluster.segmentation._graph import Graph
from imgcluster.segmentation.annotations import (
    UNNAMED,
    Annotations,
    check_annotations,
    class_names,
    named_image,
    save_annotations,
    scale_to,
)
from imgcluster.segmentation.polygons import Layer, check_place, save_polygons
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
        a millimeter. Without, as after ``placed(None)``, they are corners of pixels, x to the right and y down: the
        image goes from [0, 0] to [W, H], and the members "coordinate_system" and "image_size" of the collection say so.
        The area of a polygon by its coordinates is then that of its pixels. Either way outer rings have a positive area
        by the shoelace formula, holes a negative one. A segment across the 180th meridian goes on beyond 180 degrees.

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
        check_place(path, self.georeference)
        layer = self._layer(layers=layers, percentiles=percentiles, band_names=band_names)
        save_polygons(layer, path)

    def save_annotations(
        self,
        path: PathLike,
        format: str,
        *,
        classes: Any = None,
        image_path: PathLike | None = None,
        full_shape: tuple[int, int] | None = None,
    ) -> None:
        """Write the segments as annotations for a tool in which people correct and classify them.

        Parameters
        ----------
        path : path
            Ending in .json, .geojson for QuPath, or .xml for CVAT.
        format : {"qupath", "qupath-detections", "labelme", "coco", "coco-rle", "cvat"}
            GeoJSON of QuPath, as annotations or detections, with the columns of `to_table` as measurements; JSON of
            labelme; JSON of COCO, with polygons or with run lengths (not compressed, column after column); XML 1.1 of
            CVAT for images.
        classes : array-like of shape (n_segments,), mapping of int to str, or path, optional
            The name or number of a class for each segment, in the order of labels, or by label; or a CSV file, a data
            frame or a series as for `relabel`, with classes in its last column. By default the `values`, if there
            are any, or all are of the class "segment".
        image_path : path, optional
            The picture: labelme opens it, seen from the folder of the annotations, others know it by its name. By
            default it has the name of the annotations, with .png.
        full_shape : tuple of two int, optional
            Height and width of the picture that is annotated, if the image is a smaller level of it, such as of a
            slide: coordinates, sizes and measurements of areas and lengths are in pixels of that picture.

        Raises
        ------
        ImageWriteError
            If the ending is not of the format, or the file cannot be written.
        ValueError
            If there is no such format, or `classes` do not fit; if `full_shape` is smaller than the image.

        Notes
        -----
        All are in pixels of the upright image, [0, 0] its outer corner, and fill in to exactly the labels. Polygons of
        labelme, COCO and CVAT have no holes: segments with holes are masks, or run lengths. Corners for labelme lie a
        hundredth of a pixel inside, as tools that use its files take pixels on the outline for inside.

        Labels are kept as name (QuPath), group_id (labelme) and attribute (COCO).

        Examples
        --------
        >>> import json
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> import numpy as np
        >>> import imgcluster as ic
        >>> two = ic.Segmentation([[0, 0, 1]], np.zeros((1, 3), np.uint8))
        >>> with TemporaryDirectory() as folder:
        ...     two.save_annotations(f"{folder}/a.json", "coco", classes=["sea", "land"], image_path="a.jpg")
        ...     annotations = json.loads(Path(folder, "a.json").read_text())["annotations"]
        >>> annotations[0]["segmentation"], annotations[0]["category_id"], annotations[1]["bbox"]
        ([[2, 0, 2, 1, 0, 1, 0, 0]], 1, [2, 0, 1, 1])
        """
        found = check_annotations(path, format)
        if classes is None:
            names = [UNNAMED] * self.n_segments if self.values is None else list(map(str, self.values.tolist()))
        else:
            names = class_names(classes, self.n_segments, self.start_label)
        annotations = Annotations(
            self.indices,
            self._regions.shapes.boxes,
            self.areas,
            self.to_table(),
            names,
            named_image(image_path, path, found),
            scale_to(full_shape, self.indices.shape),
        )
        save_annotations(annotations, path, format)
