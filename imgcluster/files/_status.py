"""What is known of a file without opening it, here or elsewhere."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

FileId: TypeAlias = tuple[int, int] | str

# what distinguishes contents, in listings and for a single file alike; the most reliable first
_SUMS = ("ETag", "etag", "md5Hash", "md5", "checksum")
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


@dataclass(frozen=True, slots=True)
class FileStatus:
    """What is known of a file without opening it.

    Attributes
    ----------
    size : int
        In bytes.
    stamp : int
        Differs when the content does: the time of change in nanoseconds, or a number derived from an ETag and the like.
    kind : {"file", "folder", "other"}
        What it is.
    identity : tuple or str
        Distinguishes it from every other file, however it is named.
    """

    size: int
    stamp: int
    kind: Literal["file", "folder", "other"]
    identity: FileId


def local_status(found: os.stat_result) -> FileStatus:
    """Return the status of a file on this machine."""
    is_file, is_folder = stat.S_ISREG(found.st_mode), stat.S_ISDIR(found.st_mode)
    kind: Literal["file", "folder", "other"] = "file" if is_file else "folder" if is_folder else "other"
    return FileStatus(found.st_size, found.st_mtime_ns, kind, (found.st_dev, found.st_ino))


def listed_status(detail: Mapping[str, Any], identity: str) -> FileStatus:
    """Return the status of a file from the entry of its file system."""
    kind: Literal["file", "folder", "other"] = "file" if detail["type"] == "file" else "other"
    if detail["type"] == "directory":
        kind = "folder"
    return FileStatus(int(detail.get("size") or 0), _stamp(detail), kind, identity)


def _stamp(detail: Mapping[str, Any]) -> int:
    """Return a number that differs when the content does; if nothing shows that, one that is new each time."""
    for key in (*_SUMS, *_TIMES):
        if value := detail.get(key):
            # a listing has seconds where a single file has a date
            text = str(value.timestamp() if isinstance(value, datetime) else value)
            return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7])
    return secrets.randbits(56)
