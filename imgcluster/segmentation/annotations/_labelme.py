"""Annotations of labelme: polygons, and masks of segments with holes."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image

from imgcluster.segmentation.annotations._annotations import Annotations, as_json, has_hole
from imgcluster.segmentation.polygons import Outlines
from imgcluster.types import BoolArray, Float64Array

_VERSION = "5.4.1"  # the format of shapes, with masks
_INSET = 0.01


def pieces(annotations: Annotations) -> Iterator[bytes]:
    """Yield the file."""
    width, height = annotations.size
    about: dict[str, Any] = {
        "version": _VERSION,
        "flags": {},
        "imagePath": annotations.image_path,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }
    yield from as_json(about, "shapes", _shapes(annotations))


def _shapes(annotations: Annotations) -> Iterator[dict[str, Any]]:
    """Yield the shapes; those of a segment have its label as their group."""
    labels = annotations.columns["label"].tolist()
    for part in annotations.full_parts():
        corners = np.round(_inset(part), 2).tolist()
        rings = [corners[start : end - 1] for start, end in pairwise(part.rings.tolist())]
        rows = pairwise(part.polygons[part.segments].tolist())
        for segment, ((start, end), holed) in enumerate(zip(rows, has_hole(part), strict=True), part.first):
            about = {"label": annotations.classes[segment], "group_id": labels[segment], "description": "", "flags": {}}
            if holed:
                top, left, bottom, right = annotations.full_box(segment)
                points = [[left, top], [right - 1, bottom - 1]]
                mask = _png(annotations.mask(segment))
                yield about | {"shape_type": "mask", "points": points, "mask": mask}
                continue
            for ring in rings[start:end]:
                yield about | {"shape_type": "polygon", "points": ring, "mask": None}


def _inset(part: Outlines) -> Float64Array:
    """Move corners a hundredth of a pixel into their segments.

    Tools that draw polygons of labelme cut coordinates to whole pixels, and draw what lies on the outline, too: in
    exact corners they take a row and a column too many. What is drawn by centers of pixels stays as it is.
    """
    ends = part.rings[1:] - 1
    corners = part.corners.astype(np.float64)
    before = np.arange(len(corners)) - 1
    after = before + 2
    before[part.rings[:-1]], after[ends] = ends - 1, part.rings[:-1] + 1
    # the segment lies on the right hand
    inward = np.sign(corners[after] - corners) + np.sign(corners - corners[before])
    return corners + _INSET * np.stack([-inward[:, 1], inward[:, 0]], axis=1)


def _png(mask: BoolArray) -> str:
    """Return a mask as labelme holds it: a PNG of 0 and 1 in base64."""
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()
