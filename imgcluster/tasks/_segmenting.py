"""Segments from the content of a file: a drawing of them, label maps, tables and polygons."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgcluster.errors import ImageReadError
from imgcluster.facts import Loss
from imgcluster.files import STREAM, write_stdout
from imgcluster.tasks._annotating import annotation_savers
from imgcluster.tasks._content import Content
from imgcluster.tasks._results import FileResult
from imgcluster.tasks._scratch import in_scratch
from imgcluster.tasks._tables import class_files, layer_files, of_tables
from imgcluster.tasks._task import MERGE, Task, function_of
from imgcluster.tasks._volumes import is_volume, read_content_volume

if TYPE_CHECKING:
    from imgcluster.picture import Georeference, Metadata
    from imgcluster.segmentation import Segmentation


_BYTES = {"superpixels": 25, "segment": 22}  # a pixel, with a drawing, as measured on 64 megapixels
_PYRAMIDS = (".tif", ".tiff", ".svs", ".ndpi")  # files that may have levels


def segment_content(task: Task, content: Content, outputs: Mapping[str, str], n_threads: int) -> FileResult:
    """Segment a picture, and write its outputs, the drawing last: its presence means completeness."""
    with in_scratch(task, content, outputs):
        return _segment(task, content, outputs, n_threads)


def _segment(task: Task, content: Content, outputs: Mapping[str, str], n_threads: int) -> FileResult:
    image, shape, metadata, lost = _read(task, content)
    place = _place(content) if task.name == "segment" else getattr(image, "georeference", None)
    columns = of_tables(task.parameters, shape, place, content.name)
    _check_place(outputs, place)
    result = _segmented(task, image, place, n_threads)
    written: dict[str, int] = {}
    savers: dict[str, Callable[[str], None]] = {
        "labels": result.save_labels,
        "table": partial(result.save_table, **columns),
        "edges": result.save_edges,
        "polygons": partial(result.save_polygons, **columns),
        "geojson": partial(result.save_geojson, **columns),
        "npz": partial(result.save_npz, **columns),
        **annotation_savers(result, task.parameters, content, outputs),
    }
    for kind, save in savers.items():
        if kind in outputs:
            save(outputs[kind])
            written[outputs[kind]] = Path(outputs[kind]).stat().st_size
    if "picture" in outputs:
        size, not_kept = _write(result, task, outputs["picture"], metadata)
        written[outputs["picture"]] = size
        lost |= not_kept
    height, width = shape[-2:]
    model = getattr(result, "model", None)
    return FileResult(
        "",
        "done",
        outputs=tuple(outputs.values()),
        height=height,
        width=width,
        n_slices=shape[0] if len(shape) == 3 else None,
        bytes_after=sum(written.values()),
        n_segments=int(result.n_segments),
        n_iter=None if model is None else int(model.n_iter_),
        converged=None if model is None else bool(model.converged_),
        dropped=tuple(sorted(lost)),
    )


def _segmented(task: Task, image: Any, place: Georeference | None, n_threads: int) -> Segmentation:
    """Cut a picture into segments, merge them if that is asked for, and put them on the map."""
    result: Segmentation = function_of(task.name)(image, n_threads=n_threads, **task.of_function)
    if task.parameters.get(MERGE) is not None:
        # a picture of few colors, or a mask, may have fewer segments than were asked for
        result = result.merge(min(task.parameters[MERGE], max(result.n_segments, 1)))
    return result.placed(place) if task.name == "segment" else result


def _check_place(outputs: Mapping[str, str], place: Georeference | None) -> None:
    """Reject polygons that cannot be put on the map, before any work."""
    for kind in ("polygons", "geojson"):
        if kind in outputs:
            from imgcluster.segmentation.polygons import check_place

            check_place(outputs[kind], place)


def _place(content: Content) -> Georeference | None:
    """Return where a picture that was read as colors lies on the map."""
    from imgcluster.picture import read_georeference

    # a TIFF that is only read as colors has no place
    with suppress(ImageReadError, ValueError):
        return read_georeference(content.source) if Path(content.name).suffix.lower() in _PYRAMIDS else None
    return None


def _read(task: Task, content: Content) -> tuple[Any, tuple[int, ...], Metadata, frozenset[Loss]]:
    """Return what is segmented, its shape without channels, the metadata to keep and what reading lost."""
    from imgcluster.kernels import in_memory
    from imgcluster.picture import Metadata, check_memory, open_source

    if is_volume(task.parameters):
        volume = read_content_volume(content)
        return volume, volume.shape[:3], Metadata(), frozenset()
    is_deep = task.name == "superpixels"
    with open_source(content.source, raw=is_deep, level=task.parameters.get("level", 0)) as source:
        if in_memory():
            check_memory(source.name, source.shape, _BYTES[task.name])
        raw = task.parameters.get("channels") == "raw"
        picture = source.values(raw=raw) if is_deep else source.read(background="white")
    _check_mask(task, content.name, picture.shape, picture.georeference)
    metadata = Metadata() if task.writing.strip else picture.metadata
    return picture if is_deep else picture.pixels, picture.shape, metadata, picture.lost - {Loss.DEPTH}


def _check_mask(task: Task, name: str, shape: tuple[int, int], place: Georeference | None) -> None:
    """Reject a mask that is not as large as the picture, or lies elsewhere on the map."""
    from imgcluster.picture import check_same_place, read_georeference

    mask = task.parameters.get("mask")
    if mask is None:
        return
    others = layer_files(task.parameters) + class_files(task.parameters)
    path = next((path for path in task.reads if path not in others), "")
    which = f"the mask {path}" if path else "the mask"
    if mask.shape != shape:
        sizes = [f"{width} x {height}" for height, width in (mask.shape, shape)]
        way_out = "resize the mask without smoothing"
        if any(Path(file).suffix.lower() in _PYRAMIDS for file in (path, name)):
            way_out = f"choose a level of theirs by --level or --mask-level, or {way_out}"
        raise ValueError(f"{which} has {sizes[0]} pixels, {name} {sizes[1]}; {way_out}")
    if path and place is not None:
        of_mask = read_georeference(path, task.parameters.get("mask_level", 0))
        check_same_place(which, of_mask, name, place, shape)


def _write(result: Segmentation, task: Task, target: str, metadata: Metadata) -> tuple[int, frozenset[Loss]]:
    """Draw the segments and write the picture; return its size in bytes, and the metadata that it does not keep."""
    from imgcluster.picture import write_picture

    # a photo in PNG is large anyway: levels above 1 save a sixth, and take five times as long as all the rest
    level = 1 if task.style == "overlay" else 6
    if target != STREAM:
        lost = write_picture(draw(result, task.style), target, metadata=metadata, compress_level=level)
        return Path(target).stat().st_size, lost
    buffer = io.BytesIO()
    drawing = draw(result, task.style)
    lost = write_picture(drawing, buffer, metadata=metadata, format=task.format, compress_level=level)
    write_stdout(buffer.getbuffer())
    return buffer.tell(), lost


def draw(result: Segmentation, style: str) -> Any:
    """Draw the segments in one of the styles."""
    if style == "boundaries":
        return result.boundaries(thickness=None).astype("uint8") * 255
    return {"mosaic": result.mosaic, "overlay": result.overlay, "labels": result.label_colors}[style]()
