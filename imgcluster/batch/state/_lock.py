"""One run at a time in a folder of outputs."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from imgcluster.batch.state._lease import FolderLease
from imgcluster.errors import FolderBusyError, ImageWriteError
from imgcluster.files import is_url, shown, write_error

_NAME = ".imgcluster-state.lock"


def lock_folder(folder: str) -> FolderLock | FolderLease:
    """Acquire the right to write into a folder, by path or URL."""
    return FolderLease(folder) if is_url(folder) else FolderLock(folder)


class FolderLock:
    """The right to write into a folder, which is created if it is missing.

    The kernel holds the lock for the open file and releases it with the process, however that ends: a dead holder never
    blocks. The file itself stays, because removing it would let two runs lock two files of the same name.
    """

    lost = ""  # why the right has ended, which never happens here

    def __init__(self, folder: str) -> None:
        self._descriptor = -1
        path = Path(folder, _NAME)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except FileExistsError as error:
            raise ImageWriteError(shown(folder), "it is a file, not a folder", "choose another folder") from error
        except OSError as error:
            raise write_error(folder, error) from error
        try:
            self._take(folder)
        except BaseException:
            self.release()
            raise

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()

    def release(self) -> None:
        """Let others write; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _take(self, folder: str) -> None:
        """Lock the file and write the process id into it, or raise FolderBusyError with that of the holder."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise FolderBusyError(folder, self._holder()) from error
            raise write_error(folder, error) from error
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise write_error(folder, error) from error

    def _holder(self) -> int | None:
        """Read the holder's process id, which it writes a moment after it took the lock."""
        for _ in range(10):
            text = os.pread(self._descriptor, 32, 0)
            if text.strip().isdigit():
                return int(text)
            time.sleep(0.01)
        return None
