"""Layers of polygons as files: GeoJSON, GeoPackage and GeoParquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ConversionWarning, ImageWriteError
from imgcluster.files import name_of, replacing, replacing_path, shown
from imgcluster.picture import Georeference
from imgcluster.segmentation.polygons._polygons import Layer, converter, well_known_binary
from imgcluster.types import PathLike
from imgcluster.warning import silenced_libraries, warn

POLYGON_ENDINGS = (".geojson", ".json", ".gpkg", ".parquet")
_NEEDS = {".gpkg": ("pyogrio", "geo"), ".parquet": ("pyarrow", "parquet")}
_GEOPARQUET = "1.1.0"


def check_polygons(path: PathLike) -> str:
    """Return the ending of a file of polygons, if it can be written here."""
    ending = Path(name_of(path)).suffix.lower()
    if ending not in POLYGON_ENDINGS:
        raise ImageWriteError(shown(path), f"use the ending {', '.join(POLYGON_ENDINGS[:-1])} or {POLYGON_ENDINGS[-1]}")
    if ending in _NEEDS:
        module, extra = _NEEDS[ending]
        try:
            import_module(module)
        except ImportError as error:
            way_out = f"install it with: pip install 'imgcluster[{extra}]'"
            raise ImageWriteError(shown(path), f"{ending} needs {module}", way_out) from error
    return ending


def check_place(path: PathLike, georeference: Georeference | None) -> None:
    """Reject a file of polygons before any work if these cannot be put on the map in it."""
    ending = check_polygons(path)
    if georeference is None or georeference.transform is None:
        return
    if ending == ".parquet":
        _projjson(georeference.crs, path)
    elif ending != ".gpkg":
        converter(georeference.crs)


def save_polygons(layer: Layer, path: PathLike) -> None:
    """Write a layer in the format of the ending, as a whole or not at all."""
    ending = check_polygons(path)
    _warn_about_place(layer, path, ending)
    if ending == ".gpkg":
        _save_geopackage(layer, path)
    elif ending == ".parquet":
        _save_geoparquet(layer, path)
    else:
        with replacing(path) as stream:
            for piece in layer.geojson():
                stream.write(piece)


def _warn_about_place(layer: Layer, path: PathLike, ending: str) -> None:
    """Warn where coordinates are not what those who open the file expect."""
    if layer.georeference is not None and not layer.is_on_map:
        said = f"{shown(path)} is in pixels, as the raster has tie points and no affine transform"
        warn(f"{said}; rectify it first, as with gdalwarp", ConversionWarning)
    elif ending in _NEEDS and layer.crs is None:
        units = "map units" if layer.is_on_map else "pixels, y down"
        said = f"{shown(path)} has no coordinate reference system, as the picture has none; it is in {units}"
        warn(said, ConversionWarning)


class _SeveralPiecesError(Exception):
    """A segment is not simply one polygon."""


def _save_geopackage(layer: Layer, path: PathLike) -> None:
    """Write a GeoPackage: of polygons, or of multi-polygons once a segment has several pieces."""
    try:
        _write_geopackage(layer, path, is_multi=False)
    except _SeveralPiecesError:
        _write_geopackage(layer, path, is_multi=True)


def _write_geopackage(layer: Layer, path: PathLike, *, is_multi: bool) -> None:
    import pyogrio

    name = Path(name_of(path)).stem
    columns = [_for_ogr(column) for column in layer.columns.values()]
    names = _distinct_names(layer.columns)
    with replacing_path(path) as temporary:
        for part in _parts(layer):
            if not is_multi and len(part.polygons) != len(part.segments):
                raise _SeveralPiecesError
            rows = slice(part.first, part.first + len(part))
            try:
                with silenced_libraries():  # of a layer without a CRS, about which the user was warned
                    pyogrio.raw.write(
                        temporary,
                        np.array(well_known_binary(part, is_multi=is_multi), object),
                        [column[rows] for column in columns],
                        names,
                        layer=name,
                        driver="GPKG",
                        geometry_type="MultiPolygon" if is_multi else "Polygon",
                        crs=layer.crs,
                        append=temporary.exists(),
                    )
            except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, ValueError) as error:
                said = " ".join(str(error).split())
                raise ImageWriteError(shown(path), said, "check the space that is left, or write elsewhere") from error


def _parts(layer: Layer) -> Iterator[Any]:
    """Yield the parts of a layer in map coordinates, an empty one if it has no segment."""
    from imgcluster.segmentation.polygons._outlines import NOTHING

    if len(layer.last_rows) == 0:
        yield NOTHING
    yield from layer.outlines()


def _distinct_names(names: Iterable[str]) -> list[str]:
    """Return names that differ by more than case, which SQL does not see."""
    found: dict[str, str] = {}
    for name in names:
        numbered = (f"{name}_{i}" if i else name for i in count())
        free = next(other for other in numbered if other.lower() not in found)
        found[free.lower()] = free
    return list(found.values())


def _for_ogr(column: NDArray[Any]) -> NDArray[Any]:
    """Return a column in a type that OGR has."""
    if column.dtype.kind == "b" or (column.dtype.kind == "i" and column.dtype.itemsize < 4):
        return column.astype(np.int32)
    if column.dtype.kind == "u":
        is_large = len(column) > 0 and int(column.max()) > np.iinfo(np.int64).max
        return column.astype(np.float64 if is_large else np.int64)
    return column.astype(np.float64) if column.dtype.kind == "f" else np.ascontiguousarray(column)


def _save_geoparquet(layer: Layer, path: PathLike) -> None:
    """Write GeoParquet with a group of rows for each part."""
    import pyarrow
    from pyarrow import parquet

    kinds = {name: pyarrow.from_numpy_dtype(column.dtype) for name, column in layer.columns.items()}
    about = {"geo": json.dumps(_about_geometry(layer, path))}
    schema = pyarrow.schema({**kinds, "geometry": pyarrow.binary()}, metadata=about)
    with replacing(path) as stream, parquet.ParquetWriter(stream, schema) as writer:
        for part in _parts(layer):
            rows = slice(part.first, part.first + len(part))
            arrays = [
                pyarrow.array(np.ascontiguousarray(column[rows]), from_pandas=True) for column in layer.columns.values()
            ]
            shapes = pyarrow.array(well_known_binary(part), pyarrow.binary())
            writer.write_table(pyarrow.table([*arrays, shapes], schema=schema))


def _about_geometry(layer: Layer, path: PathLike) -> dict[str, Any]:
    """Return the metadata of GeoParquet."""
    column = {
        "encoding": "WKB",
        "geometry_types": ["Polygon", "MultiPolygon"],
        "crs": _projjson(layer.crs, path),
        "orientation": "counterclockwise",
        "edges": "planar",
    }
    return {"version": _GEOPARQUET, "primary_column": "geometry", "columns": {"geometry": column}}


def _projjson(crs: str | None, path: PathLike) -> Any:
    """Return a coordinate reference system as PROJJSON, which GeoParquet holds; None if there is none."""
    if crs is None:
        return None
    try:
        from rasterio.crs import CRS
    except ImportError as error:
        way_out = "install it with: pip install 'imgcluster[geo]'"
        raise ImageWriteError(shown(path), "GeoParquet with a reference system needs rasterio", way_out) from error
    return CRS.from_user_input(crs).to_dict(projjson=True)
