"""Annotations of COCO: polygons, and run lengths of segments with holes, or of all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from imgcluster.segmentation.annotations._annotations import Annotations, as_json, has_hole


def pieces(annotations: Annotations, *, all_runs: bool = False) -> Iterator[bytes]:
    """Yield the file. Polygons of COCO are filled together, and so can have no holes."""
    width, height = annotations.size
    about = {
        "info": {"description": "segments by imgcluster"},
        "licenses": [],
        "images": [{"id": 1, "file_name": annotations.image_path, "width": width, "height": height}],
        "categories": [{"id": i, "name": name, "supercategory": ""} for i, name in enumerate(annotations.names, 1)],
    }
    yield from as_json(about, "annotations", _annotations(annotations, all_runs))


run_lengths = partial(pieces, all_runs=True)


def _annotations(annotations: Annotations, all_runs: bool) -> Iterator[dict[str, Any]]:
    """Yield the annotations, numbered from 1, as 0 means none to tools that score them."""
    category_of = {name: i for i, name in enumerate(annotations.names, 1)}
    labels, areas = annotations.columns["label"].tolist(), annotations.full_areas()
    for part in annotations.full_parts():
        corners = part.corners.reshape(-1).tolist()
        rings = [corners[2 * start : 2 * end - 2] for start, end in pairwise(part.rings.tolist())]
        rows = pairwise(part.polygons[part.segments].tolist())
        for segment, ((start, end), holed) in enumerate(zip(rows, has_hole(part), strict=True), part.first):
            top, left, bottom, right = annotations.full_box(segment)
            yield {
                "id": segment + 1,
                "image_id": 1,
                "category_id": category_of[annotations.classes[segment]],
                "segmentation": _runs(annotations, segment) if holed or all_runs else rings[start:end],
                "area": areas[segment],
                "bbox": [left, top, right - left, bottom - top],
                "iscrowd": 0,
                "attributes": {"label": labels[segment]},
            }


def _runs(annotations: Annotations, segment: int) -> dict[str, Any]:
    """Return a segment as run lengths of the whole picture, column after column, not compressed."""
    width, height = annotations.size
    top, left, _, _ = annotations.full_box(segment)
    columns, rows = annotations.mask(segment).T.nonzero()
    at = (left + columns) * height + top + rows
    begins = np.flatnonzero(np.diff(at, prepend=-2) > 1)
    bounds = np.stack([at[begins], at[np.append(begins[1:], len(at)) - 1] + 1], axis=1).reshape(-1)
    counts = np.diff(bounds, prepend=0, append=height * width).tolist()
    return {"size": [height, width], "counts": counts if counts[-1] else counts[:-1]}
