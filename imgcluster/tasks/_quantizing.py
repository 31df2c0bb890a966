"""Quantizing the content of a file to a picture of few colors."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from imgcluster.facts import Loss
from imgcluster.files import STREAM, write_stdout
from imgcluster.tasks._content import Content
from imgcluster.tasks._results import FileResult
from imgcluster.tasks._task import MASKS, Task

if TYPE_CHECKING:
    from imgcluster.quantization import Quantized, QuantizedFile

_MOST_NAMED = 256  # colors of a palette that a result lists
_BLOCK = 1 << 20


def quantize_content(task: Task, content: Content, outputs: Mapping[str, str], n_threads: int) -> FileResult:
    """Quantize a picture, whole or band by band, and write it with its other outputs."""
    if not content.in_memory:
        return _in_bands(task, content, outputs["picture"], n_threads)
    from imgcluster.quantization import quantize

    result = quantize(content.source, n_threads=n_threads, **task.parameters)
    own = _own_psnr(task, content, result, n_threads) if task.compares else None
    written, lost = _write(result, task, outputs, n_threads)
    height, width = result.indices.shape
    return _result(result, (height, width), result.lost | lost, written, own)


def _own_psnr(task: Task, content: Content, result: Quantized, n_threads: int) -> float | None:
    """Return the PSNR with a palette of the picture's own; None if it is too large to try."""
    from imgcluster.picture import exceeds_memory
    from imgcluster.quantization import quantize

    if exceeds_memory(result.indices.size):
        return None
    parameters = {**task.parameters, "palette": None, "n_colors": len(result.palette)}
    return float(quantize(content.source, n_threads=n_threads, **parameters).psnr)


def _write(
    result: Quantized, task: Task, outputs: Mapping[str, str], n_threads: int
) -> tuple[dict[str, int], frozenset[Loss]]:
    """Write the masks, and the picture last: its presence means completeness. Return sizes of files and losses."""
    written: dict[str, int] = {}
    lost = frozenset[Loss]()
    if MASKS in outputs:
        written.update(_write_masks(result, outputs[MASKS]))
    target = outputs.get("picture")
    if target == STREAM:
        buffer = io.BytesIO()
        lost = result.save(buffer, format=task.format, n_threads=n_threads)
        write_stdout(buffer.getbuffer())
        written[STREAM] = buffer.tell()
    elif target is not None:
        lost = result.save(target, n_threads=n_threads)
        written[target] = Path(target).stat().st_size
    return written, lost


def _write_masks(result: Quantized, first: str) -> dict[str, int]:
    """Write a gray mask of each cluster, white where a pixel belongs to it entirely."""
    from imgcluster.picture import write_image

    stem, written = first.removesuffix("000.png"), {}
    for k in range(len(result.palette)):
        path = f"{stem}{k:03d}.png"
        write_image((255 * result.responsibilities(k) + 0.5).astype("uint8"), path)
        written[path] = os.stat(path).st_size  # noqa: PTH116 (half the time)
    return written


def _in_bands(task: Task, content: Content, target: str, n_threads: int) -> FileResult:
    """Quantize a picture that may not fit in memory, from file to file."""
    from imgcluster.quantization import quantize_large

    source, parameters = str(content.source), {**task.parameters, "n_threads": n_threads}
    if target == STREAM:
        from tempfile import TemporaryFile

        with TemporaryFile() as file:
            result = quantize_large(source, file, format=task.format, **parameters)
            written = {STREAM: file.tell()}
            file.seek(0)
            while data := file.read(_BLOCK):
                write_stdout(data)
    else:
        result = quantize_large(source, target, **parameters)
        written = {target: Path(target).stat().st_size}
    return _result(result, (result.height, result.width), result.lost, written, None)


def _result(
    made: Quantized | QuantizedFile,
    shape: tuple[int, int],
    lost: frozenset[Loss],
    written: Mapping[str, int],
    own_psnr: float | None,
) -> FileResult:
    """Return what was made."""
    paths = tuple(written)  # the picture, which was written last, comes first
    colors = [f"#{color.tobytes().hex()}" for color in made.palette] if len(made.palette) <= _MOST_NAMED else []
    return FileResult(
        "",
        "done",
        outputs=(*paths[-1:], *paths[:-1]),
        height=shape[0],
        width=shape[1],
        bytes_after=sum(written.values()),
        n_colors=len(made.palette),
        n_distinct=made.n_distinct,
        mse=float(made.mse),
        psnr=float(made.psnr),
        own_psnr=own_psnr,
        lossless=made.lossless,
        n_iter=None if made.model is None else int(made.model.n_iter_),
        converged=None if made.model is None else bool(made.model.converged_),
        dropped=tuple(sorted(lost - {Loss.DEPTH})),
        palette=tuple(colors),
    )
