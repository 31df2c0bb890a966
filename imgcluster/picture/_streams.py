"""Streams opened as pictures, by what they begin with."""

from __future__ import annotations

import io
from typing import BinaryIO

from imgcluster.errors import ImageReadError
from imgcluster.picture._reading import FileSource
from imgcluster.picture.formats import format_of_head, formats_text, left_out_by_head
from imgcluster.picture.tiff import open_tiff
from imgcluster.wording import system_text

NPY = b"\x93NUMPY"


def rewound(stream: BinaryIO, name: str) -> tuple[BinaryIO, bytes]:
    """Return a seekable file and its first bytes; a file that cannot seek is read into memory."""
    try:
        if stream.seekable():
            stream.seek(0)
        else:
            stream = io.BytesIO(stream.read())
        head = stream.read(16)
    except OSError as error:
        raise ImageReadError(name, system_text(error), "check the device") from error
    if not isinstance(head, bytes):
        raise TypeError(f"{name} must be open in binary mode; open it with 'rb'")
    if not head:
        raise ImageReadError(name, "it is empty (0 bytes)", "get a fresh copy")
    return stream, head


def open_stream(stream: BinaryIO, head: bytes, name: str, n_threads: int, *, is_ours: bool) -> FileSource:
    """Open a file that begins with `head`, of whatever format."""
    format = format_of_head(head)
    if format is None:
        if (other := left_out_by_head(head)) is not None:
            raise ImageReadError(name, f"it is {other.title}, which is not read", other.way_out)
        raise ImageReadError(name, f"it is not a {formats_text()} picture", "convert it to one of these")
    if format.name == "TIFF":
        return open_tiff(stream, head, name, format, n_threads, is_ours=is_ours)
    return FileSource(stream, name, format, is_ours=is_ours)
