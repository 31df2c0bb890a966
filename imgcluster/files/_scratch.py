"""Arrays that lie on a disk rather than in memory: mapped from nameless files, which vanish with their process."""

from __future__ import annotations

import errno
import math
import mmap
import os
import shutil
import tempfile
import weakref
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from imgcluster.errors import ImageWriteError
from imgcluster.files._replacing import shown

_SMALL = 1 << 20  # bytes: arrays below stay in memory
_CHUNK = 1 << 24  # bytes of zeros at a time, where a system cannot reserve space
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Scratch:
    """Makes arrays on a disk, for as long as they are used.

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
            raise self._error(f"{error.strerror}", "name a folder of a disk") from error
        self.used += n_bytes
        self.most = max(self.most, self.used)
        weakref.finalize(mapped, self._gone, n_bytes)
        return np.frombuffer(mapped, dtype).reshape(shape)

    def _gone(self, n_bytes: int) -> None:
        self.used -= n_bytes

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as error:
            raise self._error(f"{error.strerror}", "name a folder that exists") from error

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
