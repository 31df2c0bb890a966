"""The path of one file: a task is applied to its content, outputs are written, and a result reports them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from imgcluster.errors import ConversionWarning, LossWarning
from imgcluster.files import STREAM, is_url, make_folder_of
from imgcluster.tasks._content import Content
from imgcluster.tasks._results import FileResult
from imgcluster.tasks._task import MASKS, Task
from imgcluster.warning import heard_by, silenced_libraries


def do_file(
    task: Task, content: Content, outputs: Mapping[str, str], n_threads: int, *, original: str | None = None
) -> FileResult:
    """Apply a task to the content of one file, and write the outputs.

    Parameters
    ----------
    task : Task
    content : Content
    outputs : mapping of str to str
        The files to write, by kind: "picture", "labels", ...; - is standard output.
    n_threads : int
        Threads; the bytes do not depend on it.
    original : str, optional
        Where the original is copied if its picture would be larger; see `Place`.

    Returns
    -------
    FileResult
        With the status "done", or "skipped" if the original is kept where it is: errors are raised.
    """
    for path in outputs.values():
        if path != STREAM:
            make_folder_of(path)
    warned: list[str] = []

    def hear(warning: Warning) -> None:
        # losses are part of the result
        if isinstance(warning, ConversionWarning) and not isinstance(warning, LossWarning):
            warned.append(str(warning))

    with silenced_libraries(), heard_by(hear):
        result = _function_of(task.name, original)(task, content, outputs, n_threads)
    if not task.writing.in_place:
        content.check_unchanged()
    return replace(
        result,
        bytes_before=content.size,
        hash=content.digest,
        warnings=tuple(dict.fromkeys(warned)),
    )


def _function_of(name: str, original: str | None) -> Callable[[Task, Content, Mapping[str, str], int], FileResult]:
    """Import the function that does a task."""
    if name == "quantize":
        from imgcluster.tasks._quantizing import quantize_content

        return partial(quantize_content, original=original)
    from imgcluster.tasks._segmenting import segment_content

    return segment_content


def wants_bands(task: Task, source: str, outputs: Mapping[str, str]) -> bool:
    """Check whether a picture is too large for memory, and its output can be written in bands."""
    if task.name != "quantize" or source == STREAM or MASKS in outputs:
        return False
    from imgcluster.quantization import wants_bands

    output = outputs.get("picture", STREAM)
    rather_whole = task.parameters.get("max_bytes") is not None
    return wants_bands(source, f"x.{task.format}" if output == STREAM else output, rather_whole=rather_whole)


def can_compare(task: Task, n_pixels: int, source: str, output: str) -> bool:
    """Check whether a picture is small enough to be quantized once more, with a palette of its own."""
    from imgcluster.picture import exceeds_memory

    # for a file elsewhere the number of pixels must be enough
    return not exceeds_memory(n_pixels) and (is_url(source) or not wants_bands(task, source, {"picture": output}))
