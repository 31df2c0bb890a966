"""Measurements of segments as a table with a row for each, and its files."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageWriteError
from imgcluster.files import replacing
from imgcluster.kernels import RegionShapes
from imgcluster.types import Float64Array, PathLike

_RGB = ("red", "green", "blue")


def channel_names(n_channels: int, *, is_color: bool) -> tuple[str, ...]:
    """Name the channels: red, green and blue, or 0, 1, ..."""
    return _RGB if is_color else tuple(map(str, range(n_channels)))


def table(
    shapes: RegionShapes,
    centroids: Float64Array,
    mean_colors: Float64Array,
    variances: Float64Array,
    channels: tuple[str, ...],
) -> dict[str, NDArray[Any]]:
    """Put measurements into columns; `channels` are the names of the channels."""
    n = len(mean_colors)
    columns: dict[str, NDArray[Any]] = {
        "label": np.arange(n, dtype=np.int32),
        "area": shapes.areas,
        "centroid_row": centroids[:, 0],
        "centroid_column": centroids[:, 1],
    }
    for i, side in enumerate(("top", "left", "bottom", "right")):
        columns[f"bbox_{side}"] = shapes.boxes[:, i]
    for kind, values in (("mean", mean_colors), ("variance", variances)):
        for name, column in zip(channels, values.T, strict=True):
            columns[f"{kind}_{name}"] = column
    return columns


def save_table(columns: dict[str, NDArray[Any]], path: PathLike) -> None:
    """Write columns as CSV, or as JSON with an object for each row, by the extension."""
    extension = Path(os.fsdecode(path)).suffix.lower()
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    if extension == ".csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        data = text.getvalue()
    elif extension == ".json":
        data = "[" + ",\n ".join(json.dumps(dict(zip(columns, row, strict=True))) for row in rows) + "]\n"
    else:
        raise ImageWriteError(os.fsdecode(path), "use the ending .csv or .json")
    with replacing(path) as stream:
        stream.write(data.encode())
