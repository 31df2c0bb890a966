"""Arrays that lie on a disk rather than in memory: mapped from nameless files, which vanish with their process."""

from __future__ import annotations

import errno
import math
import mmap
import os
import shutil
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from imgcluster.errors import ImageWriteError
from imgcluster.files._replacing import shown
from imgcluster.wording import system_text

_SMALL = 1 << 20  # bytes: arrays below stay in memory
_CHUNK = 1 << 24  # bytes of zeros at a time, where a system cannot reserve space
_MOST_MAPPED = 1 << 28  # bytes of files in the process's own memory, where a system tells
_TICK = 0.02  # seconds from one look at them to the next: in that time some 40 MB are touched
_STATUS = Path("/proc/self/statm")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Scratch:
    """Makes arrays on a disk, for as long as they are used.

    Within a `with` block a thread sees to it that little of them counts as memory of the process: pages beyond a limit
    stay with the system alone, which writes them to the disk when others need the memory.

    Parameters
    ----------
    folder : path
        Where; best on a disk, as /tmp may lie in memory.
    n_bytes : int
        How much will be needed at a time.

    Attributes
    ----------
    used, most : int
        Bytes that arrays take now, and at most so far.

    Raises
    ------
    ImageWriteError
        When the folder is missing, or has less space.
    """

    def __init__(self, folder: str | bytes | os.PathLike[str], n_bytes: int) -> None:
        self._folder, self._n_bytes = os.fsdecode(folder), n_bytes
        self.used = self.most = 0
        self._maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self._done = threading.Event()
        if self._free() < n_bytes:
            raise self._too_small()

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Make an array, whose space is reserved: a disk that is full is found here, not by a signal later on."""
        n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        if n_bytes < _SMALL:
            return np.empty(shape, dtype)
        try:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                _reserve(file.fileno(), n_bytes)
                mapped = mmap.mmap(file.fileno(), n_bytes)
        except OSError as error:
            if error.errno in _FULL:
                raise self._too_small() from error
            raise self._error(system_text(error), "name a folder of a disk") from error
        self._maps.add(mapped)
        self.used += n_bytes
        self.most = max(self.most, self.used)
        weakref.finalize(mapped, self._gone, n_bytes)
        return np.frombuffer(mapped, dtype).reshape(shape)

    def __enter__(self) -> Self:
        if hasattr(mmap, "MADV_DONTNEED") and _STATUS.exists():
            threading.Thread(target=self._keep_small, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _keep_small(self) -> None:
        """Give pages of files back to the system when there are many; it keeps them, and maps what is touched."""
        while not self._done.wait(_TICK):
            if int(_STATUS.read_text().split()[2]) * mmap.PAGESIZE > _MOST_MAPPED:
                for mapped in list(self._maps):
                    with suppress(OSError, ValueError):
                        mapped.madvise(mmap.MADV_DONTNEED)

    def _gone(self, n_bytes: int) -> None:
        self.used -= n_bytes

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as error:
            raise self._error(system_text(error), "name a folder that exists") from error

    def _too_small(self) -> ImageWriteError:
        needed = max(self._n_bytes, self.used)
        return self._error(
            f"scratch files need {needed / 1e9:.3g} GB, of which {self.used / 1e9:.3g} GB are written, but "
            f"{self._free() / 1e9:.3g} GB are free",
            "free some, or name a folder of another disk",
        )

    def _error(self, problem: str, way_out: str) -> ImageWriteError:
        return ImageWriteError(shown(self._folder), problem, f"{way_out} with scratch (--scratch)")


def _reserve(descriptor: int, n_bytes: int) -> None:
    """Make a file of this size that has its space on the disk."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, n_bytes)
        return
    zeros = memoryview(bytes(_CHUNK))
    while n_bytes:
        n_bytes -= os.write(descriptor, zeros[: min(n_bytes, _CHUNK)])
