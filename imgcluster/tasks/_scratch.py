"""Pictures whose arrays lie in scratch files rather than in memory: large ones, or all if a folder is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from imgcluster.files import STREAM, is_url
from imgcluster.tasks._content import Content
from imgcluster.tasks._task import NO_PICTURE, Task
from imgcluster.tasks._volumes import is_volume

LARGE_PIXELS = 1 << 25
"""From here on the arrays of superpixels lie in scratch files: 20 bytes a pixel beside the picture."""

_MAPPED, _PER_SEGMENT, _DRAWN = 150_000_000, 4000, 8  # bytes in memory at a time; bytes a segment; bytes a pixel


def wants_scratch(task: Task, source: str, n_pixels: int) -> bool:
    """Check whether the arrays of a picture lie in scratch files."""
    if task.name != "superpixels" or source == STREAM or is_volume(task.parameters):
        return False
    if task.scratch is not None:
        return True
    return task.parameters.get("method", "boundary") == "boundary" and _n_pixels(source, n_pixels) > LARGE_PIXELS


def memory_beside_scratch(task: Task) -> tuple[int, int]:
    """Return bytes a pixel, and beside, that superpixels take in memory while their arrays lie in scratch files."""
    drawn = 0 if task.style == NO_PICTURE else _DRAWN
    return drawn, _MAPPED + _PER_SEGMENT * int(task.parameters.get("n_segments") or 0)


def _n_pixels(source: str, known: int) -> int:
    """Return how many pixels a file holds, if its header did not tell when it was found: a .npy file, or many bands."""
    if known or is_url(source):
        return known
    from imgcluster.picture import open_source

    # whatever is wrong is reported best where it is read
    with suppress(Exception), open_source(source, raw=True, n_threads=1) as opened:
        return opened.shape[0] * opened.shape[1]
    return 0


@contextmanager
def in_scratch(task: Task, content: Content, outputs: Mapping[str, str]) -> Iterator[None]:
    """Let the arrays of a picture that is not held in memory lie in scratch files within the block."""
    if not isinstance(content.source, str) or is_volume(task.parameters):
        yield
        return
    from imgcluster.kernels import made_by
    from imgcluster.picture import check_memory, open_source
    from imgcluster.superpixel import make_scratch

    folder = task.scratch or Path(next(path for path in outputs.values() if path != STREAM)).absolute().parent
    has_mask = any(task.parameters.get(name) is not None for name in ("mask", "nodata"))
    level = task.parameters.get("level", 0)
    with open_source(content.source, raw=True, level=level, n_threads=1) as source:
        check_memory(source.name, source.shape, *memory_beside_scratch(task))
    with make_scratch(content.source, folder, has_mask=has_mask, level=level) as space, made_by(space.empty):
        yield
