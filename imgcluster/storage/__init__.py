"""Files by URL, such as s3://bucket/photos/a.jpg: the one place that knows fsspec, which it imports when it is needed.

What this package does with such files is little: see what is there, fetch, put, and keep small files of its own. On
object stores a file appears as a whole when it is put. On other file systems it is put beside and moved, so that there,
too, nobody sees half of one. file:// and local:// are plain paths, for which this machine knows more than fsspec does.
"""

from imgcluster.storage._files import (
    NO_FILE,
    NO_PERMISSION,
    create,
    download,
    listing,
    may_exist,
    read_bytes,
    remove,
    remove_temporaries,
    status,
    statuses,
    upload,
    write,
)
from imgcluster.storage._status import FileId, FileStatus
from imgcluster.storage._urls import belongs_to_process, is_url, join, place, plain, whole

__all__ = [
    "NO_FILE",
    "NO_PERMISSION",
    "FileId",
    "FileStatus",
    "belongs_to_process",
    "create",
    "download",
    "is_url",
    "join",
    "listing",
    "may_exist",
    "place",
    "plain",
    "read_bytes",
    "remove",
    "remove_temporaries",
    "status",
    "statuses",
    "upload",
    "whole",
    "write",
]
