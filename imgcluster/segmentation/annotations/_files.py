"""Files of annotations: the formats, how they name the picture, and the classes of segments."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imgcluster.errors import ImageWriteError
from imgcluster.files import read_errors, replacing, shown
from imgcluster.parameters import check_choice, check_int
from imgcluster.segmentation.annotations import _coco, _cvat, _labelme, _qupath
from imgcluster.segmentation.annotations._annotations import Annotations
from imgcluster.types import PathLike


@dataclass(frozen=True)
class AnnotationFormat:
    """A format of annotations: what writes it, the endings of its files, and whether these name a path to the picture.

    Others name the picture by its name alone.
    """

    pieces: Callable[[Annotations], Iterator[bytes]]
    endings: tuple[str, ...]
    names_path: bool = False


ANNOTATION_FORMATS = {
    "qupath": AnnotationFormat(_qupath.pieces, (".geojson", ".json")),
    "qupath-detections": AnnotationFormat(_qupath.detections, (".geojson", ".json")),
    "labelme": AnnotationFormat(_labelme.pieces, (".json",), names_path=True),
    "coco": AnnotationFormat(_coco.pieces, (".json",)),
    "coco-rle": AnnotationFormat(_coco.run_lengths, (".json",)),
    "cvat": AnnotationFormat(_cvat.pieces, (".xml",)),
}
"""The formats of annotations."""


def check_annotations(path: PathLike, format: str) -> AnnotationFormat:
    """Return the format, if the file has an ending of it."""
    check_choice("format", format, tuple(ANNOTATION_FORMATS))
    found = ANNOTATION_FORMATS[format]
    if Path(os.fsdecode(path)).suffix.lower() not in found.endings:
        raise ImageWriteError(shown(path), f"annotations of {format} have the ending {' or '.join(found.endings)}")
    return found


def save_annotations(annotations: Annotations, path: PathLike, format: str) -> None:
    """Write annotations, as a whole or not at all."""
    found = check_annotations(path, format)
    with replacing(path) as stream:
        for piece in found.pieces(annotations):
            stream.write(piece)


def named_image(image_path: PathLike | None, path: PathLike, format: AnnotationFormat) -> str:
    """Return how a format names the picture: from the folder of the annotations, or without any folder."""
    if image_path is None:
        return f"{Path(os.fsdecode(path)).stem}.png"
    name = os.fsdecode(image_path)
    if not format.names_path:
        return Path(name).name
    return Path(os.path.relpath(name, Path(os.fsdecode(path)).parent)).as_posix()


def scale_to(full_shape: Any, shape: tuple[int, ...], format: str) -> tuple[float, float]:
    """Return how many pixels of the full picture are as wide and high as one of the image."""
    if full_shape is None or tuple(full_shape) == shape:
        return 1.0, 1.0
    if not format.startswith("qupath"):
        raise ValueError(f"full_shape is for qupath, got it for {format}, which is of the image itself; leave it out")
    height, width = (check_int("full_shape", side, 1) for side in full_shape)
    return width / shape[1], height / shape[0]


def class_names(classes: Any, n: int, start_label: int) -> list[str]:
    """Return the class of each segment, from a table by place or by label: texts or whole numbers."""
    table = _read(classes) if isinstance(classes, str | bytes | os.PathLike) else classes
    if isinstance(table, Mapping):
        labels = range(start_label, start_label + n)
        unknown = next((label for label in table if label not in labels), None)
        missing = next((label for label in labels if label not in table), None)
        if unknown is not None:
            raise ValueError(f"classes must be of labels of segments, {n} from {start_label} on, got {unknown!r}")
        if missing is not None:
            raise ValueError(f"classes must have a class for each of {n} segments, but {missing} is missing; add it")
        values = [table[label] for label in labels]
    else:
        values = np.asarray(table).tolist()
        if not isinstance(values, list) or len(values) != n:
            got = len(values) if isinstance(values, list) else "a single value"
            raise ValueError(f"classes must have a class for each of {n} segments, got {got}; to_table has their order")
    return [_name(value) for value in values]


def _name(value: Any) -> str:
    """Return the name of a class."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    name = str(value)
    if not name or isinstance(value, list):
        raise ValueError(f"classes must be names or numbers, got {value!r}")
    return name


def _read(path: PathLike) -> dict[int, str]:
    """Read classes by label from a CSV file: labels in its first column, classes in its last one."""
    name = os.fsdecode(path)
    with read_errors(shown(name)):
        content = Path(name).read_bytes()
    try:
        rows = [row for row in csv.reader(content.decode("utf-8-sig").splitlines()) if row]
    except (UnicodeDecodeError, csv.Error):
        raise ValueError(f"{shown(name)} is not a table in UTF-8; save it as CSV") from None
    if rows and not rows[0][0].strip().lstrip("-").isdigit():
        rows = rows[1:]
    found: dict[int, str] = {}
    for row in rows:
        label = row[0].strip()
        if len(row) < 2 or not label.lstrip("-").isdigit():
            raise ValueError(f"{shown(name)} must have a label and a class in each row, got {','.join(row)!r}")
        found[int(label)] = row[-1].strip()
    return found
