"""Streams opened as pictures, by what they begin with."""

from __future__ import annotations

import io
from typing import BinaryIO

from imgcluster.errors import ImageReadError
from imgcluster.picture._limits import check_size
from imgcluster.picture._reading import FileSource
from imgcluster.picture._tiff_pages import is_camera_raw
from imgcluster.picture.formats import (
    HEAD,
    LeftOut,
    format_of_head,
    formats_text,
    left_out_by_ending,
    left_out_by_head,
)
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
        head = stream.read(HEAD)
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
    if format is not None and format.name == "TIFF":
        reject_camera_raw(stream, name)
    if format is None:
        raise ImageReadError(name, *_of_no_format(head))
    if not format.is_installed:
        raise ImageReadError(name, f"it is {format.title}, and what reads it is not installed", format.way_in)
    if format.name == "TIFF":
        return open_tiff(stream, head, name, format, n_threads, is_ours=is_ours)
    source = FileSource(stream, name, format, is_ours=is_ours)
    # it is decoded as a whole, by whatever reads it in bands, too
    check_size(name, source.shape)
    return source


def reject_camera_raw(stream: BinaryIO, name: str) -> None:
    """Reject a TIFF whose first page may be a preview, and whose picture a sensor's measurements."""
    if is_camera_raw(stream):
        raise ImageReadError(name, *_not_read(left_out_by_ending(".dng")))


def _not_read(other: LeftOut | None) -> tuple[str, str]:
    assert other is not None
    return f"it is {other.title}, which is not read", other.way_out


def _of_no_format(head: bytes) -> tuple[str, str]:
    """Return what a file is that is of no format which is read, and the way out."""
    if (other := left_out_by_head(head)) is not None:
        return _not_read(other)
    if not head.strip(b"\0"):
        return "it begins with zeros alone, as a copy that broke off does", "get a fresh copy"
    return f"it is not a {formats_text()} picture, nor one of the rarer kinds", "convert it to one of these"
