"""Quantizing the content of a file to a picture of few colors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO

from imgcluster.errors import ImageWriteError
from imgcluster.facts import Loss, losses_text
from imgcluster.tasks._content import Content
from imgcluster.tasks._placing import Place, Written, may_stand, put
from imgcluster.tasks._results import FileResult
from imgcluster.tasks._task import MASKS, Task
from imgcluster.tasks._writing import Writing

if TYPE_CHECKING:
    from imgcluster.quantization import Quantized, QuantizedFile
    from imgcluster.types import UInt8Array

_MOST_NAMED = 256  # colors of a palette that a result lists


def quantize_content(
    task: Task, content: Content, outputs: Mapping[str, str], n_threads: int, *, original: str | None = None
) -> FileResult:
    """Quantize a picture, whole or band by band, and write it with its other outputs."""
    place = None
    if "picture" in outputs:
        place = Place(outputs["picture"], task.format, original, task.writing.in_place, task.writing.backup)
        if original is not None and not may_stand(content, place.ending, stripped=task.writing.strip):
            place = replace(place, original=None)
    if not content.in_memory:
        assert place is not None  # masks are for pictures in memory
        return _in_bands(task, content, place, n_threads)
    if task.parameters.get("frame") is None and _is_animated(content):
        return _all_frames(task, content, place, n_threads, has_masks=MASKS in outputs)
    from imgcluster.quantization import quantize

    ending = None if place is None else place.ending
    result = quantize(content.source, n_threads=n_threads, format=ending, **task.parameters)
    _check_in_place(task, content, result.lost)
    own = _own_psnr(task, content, result, n_threads) if task.compares else None
    masks = _write_masks(result, outputs[MASKS]) if MASKS in outputs else {}
    written, lost = Written(), frozenset[Loss]()
    if place is not None:
        # last: its presence means completeness
        save = partial(_save, result, n_threads, task.writing)
        lost, written = put(save, place, content)
    return _result(task, result, result.indices.shape, result.lost | lost, written, own, masks)


def _check_in_place(task: Task, content: Content, lost: frozenset[Loss]) -> None:
    """Reject to replace an original of which more than colors would be lost."""
    found = lost & {Loss.FRAMES, Loss.ALPHA} - _asked(task)
    if task.writing.in_place and found:
        way_out = "leave out in_place (--in-place)"
        raise ImageWriteError(content.name, f"in place it would lose {losses_text(found)}", way_out)


def _asked(task: Task) -> frozenset[Loss]:
    """Return what is left out because it was asked for, which needs no word."""
    return frozenset() if task.parameters.get("background") is None else frozenset({Loss.ALPHA})


def _save(
    result: Quantized, n_threads: int, writing: Writing, target: str | BinaryIO, format: str | None
) -> frozenset[Loss]:
    """Write the picture."""
    return result.save(target, format=format, n_threads=n_threads, strip=writing.strip, optimize=writing.optimize)


def _own_psnr(task: Task, content: Content, result: Quantized, n_threads: int) -> float | None:
    """Return the PSNR with a palette of the picture's own; None if it is too large to try."""
    from imgcluster.picture import exceeds_memory
    from imgcluster.quantization import quantize

    if exceeds_memory(result.indices.size):
        return None
    parameters = {**task.parameters, "palette": None, "n_colors": len(result.palette)}
    return float(quantize(content.source, n_threads=n_threads, **parameters).psnr)


def _write_masks(result: Quantized, first: str) -> dict[str, int]:
    """Write a gray mask of each cluster, white where a pixel belongs to it entirely."""
    from imgcluster.picture import write_image

    stem, written = first.removesuffix("000.png"), {}
    for k in range(len(result.palette)):
        path = f"{stem}{k:03d}.png"
        write_image((255 * result.responsibilities(k) + 0.5).astype("uint8"), path)
        written[path] = os.stat(path).st_size  # noqa: PTH116 (half the time)
    return written


def _is_animated(content: Content) -> bool:
    """Check whether a file holds an animation."""
    from imgcluster.picture import HEAD, format_of_head, open_source

    with content.opened() as stream:
        format = format_of_head(stream.read(HEAD))
    if format is None or format.write_frames is None:
        return False
    with open_source(content.source) as source:
        return source.animation is not None


def _all_frames(task: Task, content: Content, place: Place | None, n_threads: int, *, has_masks: bool) -> FileResult:
    """Quantize an animation, frame by frame."""
    from imgcluster.quantization import quantize_file

    if place is None or has_masks:
        raise ValueError("soft masks are of one picture, got an animation; take one frame (frame=0, --frame 0)")

    def save(target: str | BinaryIO, format: str | None) -> QuantizedFile:
        writing: dict[str, Any] = {"strip": task.writing.strip, "optimize": task.writing.optimize}
        return quantize_file(content.source, target, format=format, n_threads=n_threads, **writing, **task.parameters)

    result, written = put(save, place, content)
    return _result(task, result, (result.height, result.width), result.lost, written)


def _in_bands(task: Task, content: Content, place: Place, n_threads: int) -> FileResult:
    """Quantize a picture that may not fit in memory, from file to file."""
    from imgcluster.quantization import quantize_large

    def save(target: str | BinaryIO, format: str | None) -> QuantizedFile:
        writing = {"strip": task.writing.strip, "optimize": task.writing.optimize}
        options = {**task.parameters, **writing, "format": format, "n_threads": n_threads}
        made = quantize_large(str(content.source), target, **options)
        _check_in_place(task, content, made.lost)
        return made

    result, written = put(save, place, content)
    return _result(task, result, (result.height, result.width), result.lost, written)


def _n_frames(made: Quantized | QuantizedFile) -> int | None:
    """Return the number of frames of an animation."""
    n_frames = getattr(made, "n_frames", 1)
    return n_frames if n_frames > 1 else None


def _result(
    task: Task,
    made: Quantized | QuantizedFile,
    shape: tuple[int, ...],
    lost: frozenset[Loss],
    written: Written,
    own_psnr: float | None = None,
    masks: Mapping[str, int] = MappingProxyType({}),
) -> FileResult:
    """Return what was made."""
    sizes = {**written.sizes, **masks}
    result = FileResult(
        "",
        "done" if sizes else "skipped",
        written.reason,
        outputs=tuple(sizes),
        height=shape[0],
        width=shape[1],
        bytes_after=sum(sizes.values()) if sizes else None,
        n_distinct=made.n_distinct,
        n_frames=_n_frames(made),
        grew=written.grew if written.sizes or written.reason else None,
    )
    if written.reason is not None:
        return result
    is_given = task.parameters.get("palette") is not None
    colors = [_hex_of(color) for color in made.palette] if len(made.palette) <= _MOST_NAMED else []
    return replace(
        result,
        n_colors=len(made.palette),
        mse=float(made.mse),
        psnr=float(made.psnr),
        own_psnr=own_psnr,
        lossless=made.lossless,
        n_iter=None if made.model is None else int(made.model.n_iter_),
        converged=None if made.model is None else bool(made.model.converged_),
        dropped=tuple(sorted(lost - {Loss.DEPTH} - _asked(task))),
        palette=tuple(colors),
        shares=tuple(round(float(share), 6) for share in made.shares) if colors and is_given else (),
    )


def _hex_of(color: UInt8Array) -> str:
    """Return a color as #rrggbb, or #rrggbbaa if it is not opaque."""
    digits = color.tobytes().hex()
    return f"#{digits[:6] if digits[6:] == 'ff' else digits}"
