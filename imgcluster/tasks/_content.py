"""The content of an input: read once, or left on disk if it is too large, and identified by its hash."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from imgcluster.errors import ImageReadError
from imgcluster.files import STREAM, NamedBytes, read_errors, read_stdin, shown


@dataclass(frozen=True)
class Content:
    """The content of an input.

    Attributes
    ----------
    name : str
        The input, as messages name it.
    source : str or binary file object
        Where to read it from: its bytes, or the path of a file that should not be held in memory.
    size, mtime_ns : int
        Those of the file; the time is 0 for standard input.
    digest : str
        SHA-256 in hex.
    """

    name: str
    source: str | NamedBytes
    size: int
    mtime_ns: int
    digest: str

    @property
    def in_memory(self) -> bool:
        """Check whether the bytes are held in memory."""
        return not isinstance(self.source, str)

    def opened(self) -> BinaryIO:
        """Open the content at its start."""
        if isinstance(self.source, str):
            return Path(self.source).open("rb")
        return io.BytesIO(self.source.getbuffer())

    def check_unchanged(self) -> None:
        """Raise ImageReadError if a file on the disk has changed since it was hashed."""
        if isinstance(self.source, str):
            now = Path(self.source).stat()
            if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
                raise ImageReadError(self.name, "it changed while it was read", "try again")


def read_content(path: str) -> Content:
    """Read a whole file at once: what is hashed is what is decoded, whatever happens to the file meanwhile."""
    if path == STREAM:
        content, mtime_ns = read_stdin(), 0
    else:
        with read_errors(shown(path)):
            _check_regular(path)
            with Path(path).open("rb") as stream:
                mtime_ns = os.fstat(stream.fileno()).st_mtime_ns
                content = NamedBytes(stream.read(), path)
    data = content.getbuffer()
    return Content(shown(content.name), content, len(data), mtime_ns, hashlib.sha256(data).hexdigest())


def hash_content(path: str) -> Content:
    """Hash a file that should not be held in memory."""
    with read_errors(shown(path)):
        _check_regular(path)
        with Path(path).open("rb") as stream:
            status = os.fstat(stream.fileno())
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Content(shown(path), path, status.st_size, status.st_mtime_ns, digest)


def _check_regular(path: str) -> None:
    """Reject what is no file before it is opened: opening a named pipe would wait."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 (half the time)
        raise ImageReadError(shown(path), "it is a pipe or a device, not a file", "copy what it holds to a file")
