"""One file's part of a run, done in any process: read, compute, write, and say what became of it."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from imgcluster.errors import ConversionWarning, ImageReadError, ImageWriteError, ImgclusterError
from imgcluster.files import is_url, read_errors, shown
from imgcluster.tasks._results import DONE_BEFORE, FileResult
from imgcluster.tasks._staging import needs_stage, staged
from imgcluster.tasks._task import COUNT, Task, function_of

if TYPE_CHECKING:
    from imgcluster.colors import Histogram
    from imgcluster.quantization import Quantized, QuantizedFile

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Job:
    """One file's part of a run. It can be pickled."""

    index: int
    source: str
    outputs: Mapping[str, str]  # by kind, the picture first
    n_pixels: int = 0
    n_bytes: int = 0
    known_hash: str = ""  # of the content that the outputs were made from
    otherwise: str = ""  # why nothing may be written when the content is another


@dataclass(frozen=True)
class JobOutcome:
    """What became of a job, and what the next run must know of it."""

    index: int
    result: FileResult
    size: int = 0
    mtime_ns: int = 0
    sizes: tuple[int, ...] = ()
    stamps: tuple[int, ...] = ()  # as `imgcluster.files.FileStatus` has them; none of outputs elsewhere
    disk_full: bool = False
    histogram: Histogram | None = None  # of a task that counts colors; it travels packed


def run_job(task: Task, job: Job) -> JobOutcome:
    """Do one file; whatever goes wrong with it is its result."""
    start = perf_counter()
    outcome = _attempt(_run_staged if needs_stage(job.source, job.outputs.values()) else _run, task, job)
    spent = round(1000 * (perf_counter() - start), 3)
    return replace(outcome, result=replace(outcome.result, milliseconds=spent))


def _attempt(run: Callable[[Task, Job], JobOutcome], task: Task, job: Job) -> JobOutcome:
    """Do one file in a way, or say why that fails."""
    try:
        return run(task, job)
    except Exception as error:
        causes = (error, error.__cause__)
        full = any(isinstance(cause, OSError) and cause.errno in _FULL for cause in causes)
        return JobOutcome(job.index, FileResult(job.source, "failed", _reason(job.source, error)), disk_full=full)


def _run_staged(task: Task, job: Job) -> JobOutcome:
    """Do one file with copies of what is elsewhere."""
    with staged(job.source, job.outputs) as stage:
        outcome = _attempt(_run, task, replace(job, source=stage.source, outputs=stage.outputs))
        result = replace(outcome.result, input=job.source, reason=stage.told(outcome.result.reason))
        if result.status == "done":
            stage.deliver()
            result = replace(result, outputs=tuple(job.outputs.values()))
        return replace(outcome, result=result, stamps=())


def _run(task: Task, job: Job) -> JobOutcome:
    """Read, compute and write one file."""
    if task.name == COUNT:
        return _count(task, job)
    if task.name == "quantize" and _wants_bands(job.source, job.outputs["picture"]):
        return _run_in_bands(task, job)
    from imgcluster.picture import read_header, read_image_and_losses

    data, status = _read(job.source)
    digest = hashlib.sha256(data.getvalue()).hexdigest()
    if job.known_hash == digest or job.otherwise:
        return _without_work(job, digest, status)
    header = read_header(data)
    pixels, losses = read_image_and_losses(data)
    data.close()
    made = _SAVERS[task.name](task, pixels, job.outputs)
    sizes, stamps = _measured(job.outputs)
    result = FileResult(
        job.source,
        "done",
        outputs=tuple(job.outputs.values()),
        height=pixels.shape[0],
        width=pixels.shape[1],
        bytes_before=status.st_size,
        bytes_after=sum(sizes),
        hash=digest,
        dropped=(*(header.metadata if header else ()), *map(_dropped, losses)),
        **made,
    )
    return JobOutcome(job.index, result, status.st_size, status.st_mtime_ns, sizes, stamps)


def _measured(outputs: Mapping[str, str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return sizes and times of the outputs, by which the next run knows them again."""
    found = [Path(path).stat() for path in outputs.values()]
    return tuple(status.st_size for status in found), tuple(status.st_mtime_ns for status in found)


def can_compare(n_pixels: int, source: str, output: str) -> bool:
    """Tell whether a picture is small enough to be quantized once more, with a palette of its own."""
    # of a file elsewhere the number of pixels must do
    return _is_comparable(n_pixels) and (is_url(source) or not _wants_bands(source, output))


def _is_comparable(n_pixels: int) -> bool:
    """Tell whether so many pixels are few enough to be held twice."""
    from imgcluster.picture import exceeds_memory

    return not exceeds_memory(n_pixels)


def _wants_bands(source: str, output: str) -> bool:
    """Tell whether a picture is too large to be held in memory."""
    from imgcluster.quantization import wants_bands

    return wants_bands(source, output)


def _run_in_bands(task: Task, job: Job) -> JobOutcome:
    """Quantize a picture that may not fit in memory, from file to file."""
    from imgcluster.picture import read_header
    from imgcluster.quantization import quantize_large

    with Path(job.source).open("rb") as stream:
        status = os.fstat(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        header = read_header(stream)
    if job.known_hash == digest or job.otherwise:
        return _without_work(job, digest, status)
    _make_folder(job.outputs["picture"])
    with warnings.catch_warnings(record=True) as lost:
        warnings.simplefilter("always", ConversionWarning)
        made = quantize_large(job.source, job.outputs["picture"], n_threads=task.n_threads, **task.parameters)
    now = Path(job.source).stat()
    if (now.st_size, now.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
        raise ImageReadError(f"cannot read {shown(job.source)}: it changed while it was read; try again")
    sizes, stamps = _measured(job.outputs)
    losses = (str(warning.message).removeprefix(f"{shown(job.source)}: ") for warning in lost)
    result = FileResult(
        job.source,
        "done",
        outputs=tuple(job.outputs.values()),
        height=made.height,
        width=made.width,
        bytes_before=status.st_size,
        bytes_after=sum(sizes),
        hash=digest,
        dropped=(*(header.metadata if header else ()), *map(_dropped, losses)),
        **_palette_fields(made),
    )
    return JobOutcome(job.index, result, status.st_size, status.st_mtime_ns, sizes, stamps)


def _without_work(job: Job, digest: str, status: os.stat_result) -> JobOutcome:
    """Return what becomes of a file that was touched only, or may not be done again."""
    reason = DONE_BEFORE if job.known_hash == digest else job.otherwise
    result = FileResult(job.source, "skipped", reason, hash=digest)
    return JobOutcome(job.index, result, status.st_size, status.st_mtime_ns)


def _count(task: Task, job: Job) -> JobOutcome:
    """Count the colors of one file: what travels from the worker that reads to the process that merges."""
    histogram, losses = function_of(task.name)(job.source, task.n_threads)
    result = FileResult(job.source, "done", dropped=tuple(map(_dropped, losses)), bytes_before=job.n_bytes)
    return JobOutcome(job.index, result, histogram=histogram)


class _Content(io.BytesIO):
    """The bytes of a file, under its name for messages."""

    name = ""


def _read(path: str) -> tuple[_Content, os.stat_result]:
    """Read a whole file at once: what is hashed is what is decoded, whatever happens to the file meanwhile."""
    with read_errors(shown(path)):
        # before it is opened: that would wait at a named pipe
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 (half the time)
            raise ImageReadError(f"cannot read {shown(path)}: it is no regular file; copy it to one")
        with Path(path).open("rb") as stream:
            status = os.fstat(stream.fileno())
            content = _Content(stream.read())
    content.name = path
    return content, status


def _quantize(task: Task, pixels: Any, outputs: Mapping[str, str]) -> dict[str, Any]:
    """Quantize pixels and save them; returns the fields of the result that this alone knows."""
    from imgcluster.quantization import quantize

    result = quantize(pixels, n_threads=task.n_threads, **task.parameters)
    own = None
    if task.compares and _is_comparable(result.indices.size):
        parameters = {**task.parameters, "palette": None, "n_colors": len(result.palette)}
        own = float(quantize(pixels, n_threads=task.n_threads, **parameters).psnr)
    _make_folder(outputs["picture"])
    result.save(outputs["picture"], n_threads=task.n_threads)
    return {**_palette_fields(result), "own_psnr": own}


def _palette_fields(result: Quantized | QuantizedFile) -> dict[str, Any]:
    """Return the fields of a result that tell of its palette."""
    colors = [f"#{color.tobytes().hex()}" for color in result.palette] if len(result.palette) <= 256 else []
    return {"n_colors": len(result.palette), "psnr": float(result.psnr), "palette": tuple(colors)}


def _segments(task: Task, pixels: Any, outputs: Mapping[str, str]) -> dict[str, Any]:
    """Segment pixels and save what was asked for, the picture last: where it stands, all is there."""
    from imgcluster.picture import write_image

    result = function_of(task.name)(pixels, n_threads=task.n_threads, **task.parameters)
    _make_folder(outputs["picture"])
    savers = {"labels": result.save_labels, "table": result.save_table, "geojson": result.save_geojson}
    for kind, path in outputs.items():
        if kind != "picture":
            savers[kind](path)
    drawings = {
        "mosaic": result.mosaic,
        "overlay": result.overlay,
        "labels": result.label_colors,
        "boundaries": lambda: result.boundaries(thickness=None).astype("uint8") * 255,
    }
    # a photo in PNG is large anyway: levels above 1 save a sixth, and take five times as long as all the rest
    write_image(drawings[task.style](), outputs["picture"], compress_level=1 if task.style == "overlay" else 6)
    return {"n_segments": int(result.n_segments)}


_SAVERS: Mapping[str, Callable[[Task, Any, Mapping[str, str]], dict[str, Any]]] = {
    "quantize": _quantize,
    "superpixels": _segments,
    "segment": _segments,
}


def _make_folder(path: str) -> None:
    """Make the folder of an output when it is missing."""
    folder = Path(path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "a file is in the way" if isinstance(error, (FileExistsError, NotADirectoryError)) else error.strerror
        raise ImageWriteError(f"cannot make the folder {shown(folder)}: {why}; choose another") from error


def _dropped(loss: str) -> str:
    """Name what a warning of the reader tells of."""
    if loss.startswith("partly transparent"):
        return "alpha"
    return "frames" if loss.startswith("only the first") else loss


def _reason(path: str, error: Exception) -> str:
    """Say in one line why a file failed, without its name."""
    if isinstance(error, ImgclusterError | ValueError):
        text = str(error)
        for name in (shown(path), path):
            text = text.removeprefix(f"cannot read {name}: ").removeprefix(f"{name}: ")
        return text
    if isinstance(error, MemoryError):
        return "not enough memory for a picture of this size; use fewer workers or scale it down first"
    if isinstance(error, OSError) and error.strerror:
        return f"{shown(error.filename)}: {error.strerror}" if error.filename else error.strerror
    return f"unexpected {type(error).__name__}: {' '.join(str(error).split())}; please report it"
