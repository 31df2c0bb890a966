"""Tables and annotations of segments beside their picture, and the parameters of a run that are for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from imgcluster.tasks._volumes import read_volumes

if TYPE_CHECKING:
    from imgcluster.picture import Georeference

TABLE_PARAMETERS = ("layers", "percentiles", "band_names")
"""Parameters of `Segmentation.to_table`, which superpixels and segment take among their own."""

TABLES = ("table", "npz", "polygons", "geojson")
"""The extras that hold a table."""


ANNOTATIONS = {
    "qupath": (".geojson", ".json"),
    "qupath-detections": (".geojson", ".json"),
    "labelme": (".json",),
    "coco": (".json",),
    "coco-rle": (".json",),
    "cvat": (".xml",),
}
"""The formats of annotations, and the endings of their files."""


def check_tables(name: str, parameters: Mapping[str, Any], extras: Mapping[str, str]) -> None:
    """Reject parameters of tables where no table is written, and those that are wrong whatever the picture is."""
    given = [parameter for parameter in TABLE_PARAMETERS if parameters.get(parameter) is not None]
    if name == "quantize" or not given:
        return
    if not any(kind in extras for kind in TABLES):
        way_out = "ask for one in extras, such as {'table': '.csv'}"
        raise ValueError(f"{given[0]} is for tables of segments, got it without a table, npz or polygons; {way_out}")
    from imgcluster.segmentation import check_percentiles

    check_percentiles(parameters.get("percentiles") or ())
    layers = parameters.get("layers")
    if layers is not None and not isinstance(layers, Mapping):
        from imgcluster.parameters import given_text

        raise TypeError(f"layers must map names to files, such as {{'height': 'dem.tif'}}, got {given_text(layers)}")


_NEEDED = {".parquet": ("pyarrow", "parquet"), ".gpkg": ("pyogrio", "geo")}
"""What it takes to write files of these endings, and the extra of this package that it comes with."""


def check_needed(extra: str, value: str) -> None:
    """Reject a file before any work if it could not be written at its end."""
    for ending, (module, of_extra) in _NEEDED.items():
        if value.lower().endswith(ending) and find_spec(module) is None:
            other = "" if extra == "polygons" else ", or write .csv"  # GeoJSON of a raster may need an extra, too
            way_out = f"install it with: pip install 'imgcluster[{of_extra}]'{other}"
            raise ValueError(f"{extra} {value} needs {module}; {way_out}")


def check_classes(name: str, parameters: Mapping[str, Any], extras: Mapping[str, str]) -> None:
    """Reject classes where no annotations are written."""
    if name != "quantize" and parameters.get("classes") is not None and not any(kind in extras for kind in ANNOTATIONS):
        way_out = "ask for some in extras, such as {'coco': '.json'}"
        raise ValueError(f"classes is for annotations of segments, got it without any; {way_out}")


def class_files(parameters: Mapping[str, Any]) -> list[str]:
    """Return the file of classes, if there is one."""
    classes = parameters.get("classes")
    return [os.fsdecode(classes)] if isinstance(classes, str | bytes | os.PathLike) else []


def layer_files(parameters: Mapping[str, Any]) -> list[str]:
    """Return the files of layers."""
    layers = parameters.get("layers") or {}
    return [os.fsdecode(path) for path in layers.values() if isinstance(path, str | bytes | os.PathLike)]


def of_tables(
    parameters: Mapping[str, Any], shape: tuple[int, ...], place: Georeference | None, image: str
) -> dict[str, Any]:
    """Return the parameters of tables, with layers that are read, as large as the picture and in its place."""
    found = {name: parameters[name] for name in TABLE_PARAMETERS if parameters.get(name) is not None}
    if "layers" in found:
        from imgcluster.segmentation import read_layers

        layers = read_volumes(found["layers"]) if len(shape) == 3 else found["layers"]
        found["layers"] = read_layers(layers, shape, place, image)
    return found
