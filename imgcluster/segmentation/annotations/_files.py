"""Files of annotations: the formats, how they name the picture, and the classes of segments."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgcluster.errors import ImageWriteError
from imgcluster.files import by_label, name_of, read_by_label, replacing, shown
from imgcluster.parameters import check_choice, check_int, given_text, items_of, plain_array
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
    if Path(name_of(path)).suffix.lower() not in found.endings:
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
        return f"{Path(name_of(path)).stem}.png"
    name = name_of(image_path, "image_path")
    if not format.names_path:
        return Path(name).name
    return Path(os.path.relpath(name, Path(name_of(path)).parent)).as_posix()


def scale_to(full_shape: Any, shape: tuple[int, ...]) -> tuple[float, float]:
    """Return how many pixels of the full picture are as wide and high as one of the image."""
    if full_shape is None:
        return 1.0, 1.0
    sides = items_of(full_shape)
    if sides is None or len(sides) != 2:
        raise ValueError(f"full_shape must be a height and a width, got {given_text(full_shape)}")
    height, width = (check_int("full_shape", full, side) for full, side in zip(sides, shape, strict=True))
    return width / shape[1], height / shape[0]


def class_names(classes: Any, n: int, start_label: int) -> list[str]:
    """Return the class of each segment, from a table by place or by label: texts or whole numbers."""
    is_file = isinstance(classes, str | bytes | os.PathLike)
    table = read_by_label(classes).values if is_file else by_label(classes)
    if isinstance(table, Mapping):
        labels = range(start_label, start_label + n)
        unknown = next((label for label in table if label not in labels), None)
        missing = [label for label in labels if label not in table]
        if unknown is not None:
            raise ValueError(
                f"classes must be of labels of segments, {n} from {start_label} on, got {given_text(unknown)}"
            )
        if missing:
            first = ", ".join(map(str, missing[:5])) + (", ..." if len(missing) > 5 else "")
            which = (
                f"{len(missing)} are missing: {first}; add them" if len(missing) > 1 else f"{first} is missing; add it"
            )
            raise ValueError(f"classes must have a class for each of {n} segments, but {which}")
        values = [table[label] for label in labels]
    else:
        values = plain_array("classes", table).tolist()
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
        raise ValueError(f"classes must be names or numbers, got {given_text(value)}")
    return name
