"""Annotations of CVAT, its XML 1.1 for images: polygons, and masks of segments with holes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from imgcluster.segmentation.annotations._annotations import Annotations, colors, has_hole, runs


def pieces(annotations: Annotations) -> Iterator[bytes]:
    """Yield the file."""
    width, height = annotations.size
    yield b'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
    yield from (line.encode() for line in _meta(annotations))
    name = quoteattr(annotations.image_path)
    yield f'<image id="0" name={name} width="{width}" height="{height}">\n'.encode()
    yield from (line.encode() for line in _shapes(annotations))
    yield b"</image>\n</annotations>\n"


def _meta(annotations: Annotations) -> Iterator[str]:
    """Yield what is said of the task: the classes."""
    yield "<meta><task><name>imgcluster</name><size>1</size><mode>annotation</mode><labels>\n"
    for name, (red, green, blue) in colors(annotations.names).items():
        text = quoteattr(name)[1:-1]
        color = f"#{red:02x}{green:02x}{blue:02x}"
        yield f"<label><name>{text}</name><color>{color}</color><type>any</type><attributes></attributes></label>\n"
    yield "</labels></task></meta>\n"


def _shapes(annotations: Annotations) -> Iterator[str]:
    """Yield the shapes; the pieces of a segment are a group."""
    for part in annotations.full_parts():
        corners = [f"{x},{y}" for x, y in part.corners.tolist()]
        rings = [";".join(corners[start : end - 1]) for start, end in pairwise(part.rings.tolist())]
        rows = pairwise(part.polygons[part.segments].tolist())
        for segment, ((start, end), holed) in enumerate(zip(rows, has_hole(part), strict=True), part.first):
            about = f'label={quoteattr(annotations.classes[segment])} source="file" occluded="0"'
            if holed:
                top, left, bottom, right = annotations.full_box(segment)
                counts = ", ".join(map(str, runs(annotations.mask(segment).reshape(-1))))
                box = f'left="{left}" top="{top}" width="{right - left}" height="{bottom - top}"'
                yield f'<mask {about} rle="{counts}" {box} z_order="0"></mask>\n'
                continue
            group = f' group_id="{segment + 1}"' if end > start + 1 else ""
            for ring in rings[start:end]:
                yield f'<polygon {about} points="{ring}" z_order="0"{group}></polygon>\n'
