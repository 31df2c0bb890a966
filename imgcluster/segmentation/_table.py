"""Measurements of segments as a table with a row for each, and its files."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageWriteError
from imgcluster.files import name_of, replacing, shown
from imgcluster.kernels import RegionShapes
from imgcluster.types import Float64Array, Int32Array, PathLike

TABLE_ENDINGS = (".csv", ".json", ".parquet")

Columns: TypeAlias = dict[str, NDArray[Any]]

_RGB = ("red", "green", "blue")


def channel_names(n_channels: int, *, is_color: bool) -> tuple[str, ...]:
    """Name the channels: red, green and blue, or 0, 1, ..."""
    return _RGB if is_color else tuple(map(str, range(n_channels)))


def places(shapes: RegionShapes, centroids: Float64Array) -> dict[str, NDArray[Any]]:
    """Put areas and places into columns."""
    columns: dict[str, NDArray[Any]] = {
        "area": shapes.areas,
        "centroid_row": centroids[:, 0],
        "centroid_column": centroids[:, 1],
    }
    for i, side in enumerate(("top", "left", "bottom", "right")):
        columns[f"bbox_{side}"] = shapes.boxes[:, i]
    return columns


def plain_numbers(row: Iterable[Any]) -> list[Any]:
    """Return numbers with None for those that are not finite, which JSON cannot hold."""
    return [value if math.isfinite(value) else None for value in row]


def check_ending(path: PathLike, endings: tuple[str, ...] = TABLE_ENDINGS) -> str:
    """Return the ending of a file, if it is one of these."""
    ending = Path(name_of(path)).suffix.lower()
    if ending not in endings:
        allowed = f"{', '.join(endings[:-1])} or {endings[-1]}" if len(endings) > 1 else endings[0]
        raise ImageWriteError(shown(path), f"use the ending {allowed}")
    if ending == ".parquet":
        _pyarrow(path)
    return ending


def save_table(columns: dict[str, NDArray[Any]], path: PathLike) -> None:
    """Write columns as CSV, as JSON with an object for each row, or as Parquet, by the extension."""
    ending = check_ending(path)
    if ending == ".parquet":
        data = _parquet(columns, path)
    else:
        rows = map(plain_numbers, zip(*(column.tolist() for column in columns.values()), strict=True))
        data = (_csv(list(columns), rows) if ending == ".csv" else _json(list(columns), rows)).encode()
    with replacing(path) as stream:
        stream.write(data)


def save_npz(labels: Int32Array, table: Columns, edges: Columns, path: PathLike) -> None:
    """Write labels, table and edges, each an array, into a compressed file for numpy.load."""
    encoded = io.BytesIO()
    np.savez_compressed(encoded, labels=labels, table=_records(table), edges=_records(edges))
    with replacing(path) as stream:
        stream.write(encoded.getbuffer())


def _records(columns: Columns) -> NDArray[Any]:
    """Return columns as an array with a record a row."""
    kinds = [(name, column.dtype) for name, column in columns.items()]
    records = np.empty(len(next(iter(columns.values()))), kinds)
    for name, column in columns.items():
        records[name] = column
    return records


def _csv(names: list[str], rows: Iterable[list[Any]]) -> str:
    """Write rows as CSV with a line of names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def _json(names: list[str], rows: Iterable[list[Any]]) -> str:
    """Write rows as a JSON list of objects."""
    return "[" + ",\n ".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows) + "]\n"


def _parquet(columns: Columns, path: PathLike) -> bytes:
    """Write columns as Parquet, with nulls for NaN."""
    pyarrow, parquet = _pyarrow(path)
    arrays = {name: pyarrow.array(np.ascontiguousarray(column), from_pandas=True) for name, column in columns.items()}
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(arrays), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _pyarrow(path: PathLike) -> tuple[Any, Any]:
    """Import what writes Parquet."""
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        way_out = "install pyarrow with: pip install 'imgcluster[parquet]', or write .csv"
        raise ImageWriteError(shown(path), way_out) from error
    return pyarrow, parquet
