"""Annotations and detections of QuPath, in its GeoJSON."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from imgcluster.segmentation.annotations._annotations import Annotations, as_json, colors
from imgcluster.segmentation.polygons import geometries, rows_of


def pieces(annotations: Annotations, *, object_type: str = "annotation") -> Iterator[bytes]:
    """Yield the file, in pixels of the full resolution, which is what QuPath takes GeoJSON to be in."""
    yield from as_json({"type": "FeatureCollection"}, "features", _features(annotations, object_type))


detections = partial(pieces, object_type="detection")


def _features(annotations: Annotations, object_type: str) -> Iterator[dict[str, Any]]:
    """Yield the features; their ids are the same whenever the same picture is written."""
    color_of = colors(annotations.names)
    rows = rows_of(annotations.full_columns())
    for part in annotations.full_parts():
        classes = annotations.classes[part.first : part.first + len(part)]
        for geometry, name, row in zip(geometries(part), classes, rows):  # noqa: B905 (rows go on)
            label = row["label"]
            yield {
                "type": "Feature",
                "id": str(uuid5(NAMESPACE_URL, f"{annotations.image_path}#{label}")),
                "geometry": geometry,
                "properties": {
                    "objectType": object_type,
                    "name": str(label),
                    "classification": {"name": name, "color": color_of[name]},
                    "measurements": {key: value for key, value in row.items() if value is not None},
                },
            }
