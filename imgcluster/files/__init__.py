"""Files of this machine, opened and replaced as a whole, and files by URL, such as s3://bucket/photos/a.jpg.

This is the one place that knows fsspec, and it imports it only when it is needed.

This package does little with files by URL: check what is there, fetch, put, and keep small files of its own. On
object stores a file appears as a whole when it is put. On other file systems it is put beside its target and moved, so
that nobody sees half of one there either. file:// and local:// are plain paths, about which the system knows more.
"""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.files._keyed_tables import by_label, read_by_label
    from imgcluster.files._opening import open_file, read_errors
    from imgcluster.files._replacing import (
        TEMPORARY,
        deliver,
        is_running,
        make_folder_of,
        name_of,
        remove_leftovers,
        replacing,
        replacing_path,
        shown,
        write_error,
    )
    from imgcluster.files._scratch import Scratch
    from imgcluster.files._status import FileId, FileStatus
    from imgcluster.files._storage import (
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
    from imgcluster.files._streams import STREAM, NamedBytes, read_stdin, stdout_error, write_stdout
    from imgcluster.files._tables import TABLE_ENDINGS, NamedTable, WordsInTable, read_named_table, read_table
    from imgcluster.files._urls import belongs_to_process, is_url, join, place, plain, whole

__all__ = [
    "NO_FILE",
    "NO_PERMISSION",
    "STREAM",
    "TABLE_ENDINGS",
    "TEMPORARY",
    "FileId",
    "FileStatus",
    "NamedBytes",
    "NamedTable",
    "Scratch",
    "WordsInTable",
    "belongs_to_process",
    "by_label",
    "create",
    "deliver",
    "download",
    "is_running",
    "is_url",
    "join",
    "listing",
    "make_folder_of",
    "may_exist",
    "name_of",
    "open_file",
    "place",
    "plain",
    "read_by_label",
    "read_bytes",
    "read_errors",
    "read_named_table",
    "read_stdin",
    "read_table",
    "remove",
    "remove_leftovers",
    "remove_temporaries",
    "replacing",
    "replacing_path",
    "shown",
    "status",
    "statuses",
    "stdout_error",
    "upload",
    "whole",
    "write",
    "write_error",
    "write_stdout",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_keyed_tables": ("by_label", "read_by_label"),
            "_opening": ("open_file", "read_errors"),
            "_replacing": (
                "TEMPORARY",
                "deliver",
                "is_running",
                "make_folder_of",
                "remove_leftovers",
                "replacing",
                "replacing_path",
                "name_of",
                "shown",
                "write_error",
            ),
            "_scratch": ("Scratch",),
            "_status": ("FileId", "FileStatus"),
            "_storage": (
                "NO_FILE",
                "NO_PERMISSION",
                "create",
                "download",
                "listing",
                "may_exist",
                "read_bytes",
                "remove",
                "remove_temporaries",
                "status",
                "statuses",
                "upload",
                "write",
            ),
            "_streams": ("STREAM", "NamedBytes", "read_stdin", "stdout_error", "write_stdout"),
            "_tables": ("NamedTable", "TABLE_ENDINGS", "WordsInTable", "read_named_table", "read_table"),
            "_urls": ("belongs_to_process", "is_url", "join", "place", "plain", "whole"),
        },
    )
