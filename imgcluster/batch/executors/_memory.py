"""How much memory is available, and how much a job will take."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from imgcluster.tasks import COUNT, Job, Task, memory_beside_scratch, wants_scratch

_BANDED, _DECODED = 512_000_000, 6  # the most that quantize_large takes; bytes a pixel of what is decoded as a whole
_CGROUP = Path("/sys/fs/cgroup")


def bytes_needed(task: Task, job: Job) -> int:
    """Estimate the memory a job needs on top of that of an idle worker, from its header and its size."""
    if _in_bands(task, job):
        return _BANDED + (0 if _is_tiff(job) else _DECODED * job.n_pixels)
    if wants_scratch(task, job.source, job.n_pixels):
        per_pixel, beside = memory_beside_scratch(task)
        return per_pixel * job.n_pixels + beside
    # peaks measured on 6 megapixels: quantize 9 bytes a pixel, and more if almost every pixel has a color of its
    # own; superpixels 20 to 25, segment 21 to 25
    per_pixel = 20 if task.name in ("quantize", COUNT) else 32
    # a header does not tell the slices of a volume: then at most a voxel a byte
    n_voxels = job.n_bytes if task.parameters.get("ndim") == 3 else 0
    return per_pixel * max(job.n_pixels, n_voxels) + job.n_bytes


def _in_bands(task: Task, job: Job) -> bool:
    """Check whether a picture is read band by band, judging by name and header."""
    from imgcluster.picture import exceeds_memory

    is_banded = task.name == "quantize" and task.format in ("png", "tif", "tiff")
    rather_whole = task.parameters.get("max_bytes") is not None and not _is_tiff(job)
    return is_banded and not rather_whole and exceeds_memory(job.n_pixels)


def _is_tiff(job: Job) -> bool:
    """Check whether a picture is a TIFF, judging by its name."""
    return Path(job.source).suffix.lower() in (".tif", ".tiff")


def worker_bytes() -> int:
    """Return the memory of an idle worker: Python, NumPy, Pillow."""
    return 45_000_000


def memory_limit() -> int:
    """Return the bytes to use by default: most of what is free, in this container or machine."""
    free = [_physical() // 2]
    with suppress(OSError):
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        free = [int(found[1]) * 1024] if found else free
    with suppress(OSError, ValueError):
        limit, used = (int((_CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        free.append(limit - used)
    return max(0, min(free)) * 4 // 5


def _physical() -> int:
    """Return the size of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
