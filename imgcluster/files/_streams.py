"""Standard input and output in place of files."""

from __future__ import annotations

import io
import sys

from imgcluster.errors import ImageReadError, ImageWriteError

STREAM = "-"
"""The name of standard input among inputs, and of standard output among outputs."""

_MOST_BYTES = 1 << 29


class NamedBytes(io.BytesIO):
    """The bytes of a file, with its name for messages."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


def read_stdin() -> NamedBytes:
    """Read all of standard input."""
    if sys.stdin is None:
        raise ImageReadError("stdin", "it is closed", "pipe a picture in or name a file")
    data = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        problem = f"it sends more than {_MOST_BYTES >> 20} MB, which are held in memory"
        raise ImageReadError("stdin", problem, "save them in a file and name that")
    if not data:
        raise ImageReadError("stdin", "it is empty", "pipe a picture in or name a file")
    return NamedBytes(data, "stdin")


def write_stdout(data: bytes | memoryview) -> None:
    """Write data to standard output at once, so that a full disk or a closed pipe shows here and not at exit."""
    if sys.stdout is None:
        raise stdout_error("it is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise stdout_error(error.strerror or str(error)) from error


def stdout_error(reason: str) -> ImageWriteError:
    """Return the error that nothing can be written to standard output."""
    return ImageWriteError("stdout", reason, "redirect it elsewhere")
