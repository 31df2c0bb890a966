"""Measurements of segments as a table with a row for each, and its files."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgcluster.errors import ImageWriteError
from imgcluster.files import replacing
from imgcluster.kernels import RegionShapes
from imgcluster.types import Float64Array, Int64Array, PathLike

_RGB = ("red", "green", "blue")


def channel_names(n_channels: int, *, is_color: bool) -> tuple[str, ...]:
    """Name the channels: red, green and blue, or 0, 1, ..."""
    return _RGB if is_color else tuple(map(str, range(n_channels)))


def table(shapes: RegionShapes, centroids: Float64Array) -> dict[str, NDArray[Any]]:
    """Put measurements of shapes into columns."""
    n = len(centroids)
    columns: dict[str, NDArray[Any]] = {
        "label": np.arange(n, dtype=np.int32),
        "area": shapes.areas,
        "centroid_row": centroids[:, 0],
        "centroid_column": centroids[:, 1],
    }
    for i, side in enumerate(("top", "left", "bottom", "right")):
        columns[f"bbox_{side}"] = shapes.boxes[:, i]
    return columns


def statistics(
    channels: tuple[str, ...], means: Float64Array, variances: Float64Array, counts: Int64Array | None
) -> dict[str, NDArray[Any]]:
    """Put measurements of channels of these names into columns; `counts` are those of finite values."""
    columns: dict[str, NDArray[Any]] = {}
    for kind, values in (("mean", means), ("variance", variances), ("count", counts)):
        if values is not None:
            columns |= {f"{kind}_{name}": column for name, column in zip(channels, values.T, strict=True)}
    return columns


def plain_numbers(row: Iterable[Any]) -> list[Any]:
    """Return numbers with None for those that are not finite, which JSON cannot hold."""
    return [value if math.isfinite(value) else None for value in row]


def save_table(columns: dict[str, NDArray[Any]], path: PathLike) -> None:
    """Write columns as CSV, or as JSON with an object for each row, by the extension."""
    extension = Path(os.fsdecode(path)).suffix.lower()
    rows = map(plain_numbers, zip(*(column.tolist() for column in columns.values()), strict=True))
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
