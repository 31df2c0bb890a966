"""Segments from the content of a file: a drawing of them, label maps, tables and polygons."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcluster.files import STREAM, write_stdout
from imgcluster.tasks._content import Content
from imgcluster.tasks._reading import read_picture
from imgcluster.tasks._results import FileResult
from imgcluster.tasks._task import Task, function_of

if TYPE_CHECKING:
    from imgcluster.segmentation import Segmentation


def segment_content(task: Task, content: Content, outputs: Mapping[str, str], n_threads: int) -> FileResult:
    """Segment a picture, and write what is wanted of the segments, the drawing last: where it stands, all is there."""
    pixels, lost = read_picture(content)
    result: Segmentation = function_of(task.name)(pixels, n_threads=n_threads, **task.parameters)
    written: dict[str, int] = {}
    savers = {"labels": result.save_labels, "table": result.save_table, "geojson": result.save_geojson}
    for kind, save in savers.items():
        if kind in outputs:
            save(outputs[kind])
            written[outputs[kind]] = Path(outputs[kind]).stat().st_size
    if "picture" in outputs:
        written[outputs["picture"]] = _write(result, task, outputs["picture"])
    height, width = result.labels.shape
    model = getattr(result, "model", None)
    return FileResult(
        "",
        "done",
        outputs=tuple(outputs.values()),
        height=height,
        width=width,
        bytes_after=sum(written.values()),
        n_segments=int(result.n_segments),
        n_iter=None if model is None else int(model.n_iter_),
        converged=None if model is None else bool(model.converged_),
        dropped=tuple(sorted(lost)),
    )


def _write(result: Segmentation, task: Task, target: str) -> int:
    """Draw the segments and write the picture; return its size in bytes."""
    from imgcluster.picture import write_image

    # a photo in PNG is large anyway: levels above 1 save a sixth, and take five times as long as all the rest
    level = 1 if task.style == "overlay" else 6
    if target != STREAM:
        write_image(draw(result, task.style), target, compress_level=level)
        return Path(target).stat().st_size
    buffer = io.BytesIO()
    write_image(draw(result, task.style), buffer, format=task.format, compress_level=level)
    write_stdout(buffer.getbuffer())
    return buffer.tell()


def draw(result: Segmentation, style: str) -> Any:
    """Draw the segments in one of the styles."""
    if style == "boundaries":
        return result.boundaries(thickness=None).astype("uint8") * 255
    return {"mosaic": result.mosaic, "overlay": result.overlay, "labels": result.label_colors}[style]()
