"""What tables of segments hold beyond the bands of the picture: parameters of a run that its function does not take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from imgcluster.tasks._volumes import read_volumes

TABLE_PARAMETERS = ("layers", "percentiles", "band_names")
"""Parameters of `Segmentation.to_table`, which superpixels and segment take among their own."""

TABLES = ("table", "npz")
"""The extras that hold a table."""


def check_tables(name: str, parameters: Mapping[str, Any], extras: Mapping[str, str]) -> None:
    """Reject parameters of tables where no table is written, and those that are wrong whatever the picture is."""
    given = [parameter for parameter in TABLE_PARAMETERS if parameters.get(parameter) is not None]
    if name == "quantize" or not given:
        return
    if not any(kind in extras for kind in TABLES):
        way_out = "ask for one in extras, such as {'table': '.csv'}"
        raise ValueError(f"{given[0]} is for tables of segments, got it without a table or npz; {way_out}")
    from imgcluster.segmentation import check_percentiles

    check_percentiles(parameters.get("percentiles") or ())
    layers = parameters.get("layers")
    if layers is not None and not isinstance(layers, Mapping):
        raise TypeError(f"layers must map names to files, such as {{'height': 'dem.tif'}}, got {layers!r}")


def check_parquet(extra: str, value: str) -> None:
    """Reject Parquet before any work if it could not be written at its end."""
    if value.lower().endswith(".parquet") and find_spec("pyarrow") is None:
        way_out = "install it with: pip install 'imgcluster[parquet]', or write .csv"
        raise ValueError(f"{extra} {value} needs pyarrow; {way_out}")


def layer_files(parameters: Mapping[str, Any]) -> list[str]:
    """Return the files of layers."""
    layers = parameters.get("layers") or {}
    return [os.fsdecode(path) for path in layers.values() if isinstance(path, str | bytes | os.PathLike)]


def of_tables(parameters: Mapping[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the parameters of tables, with layers that are read and as large as the picture."""
    found = {name: parameters[name] for name in TABLE_PARAMETERS if parameters.get(name) is not None}
    if "layers" in found:
        from imgcluster.segmentation import read_layers

        layers = read_volumes(found["layers"]) if len(shape) == 3 else found["layers"]
        found["layers"] = read_layers(layers, shape)
    return found
