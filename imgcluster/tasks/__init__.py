"""One file: a task is applied to it, and a result reports what became of it."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.tasks._content import Content
    from imgcluster.tasks._do_file import can_compare, do_file
    from imgcluster.tasks._job import Job, JobOutcome, reason_of, run_job, share_done
    from imgcluster.tasks._results import STATUSES, FileResult
    from imgcluster.tasks._scratch import memory_beside_scratch, wants_scratch
    from imgcluster.tasks._staging import folders_touched
    from imgcluster.tasks._tables import ANNOTATIONS, TABLE_PARAMETERS, TABLES
    from imgcluster.tasks._task import (
        COUNT,
        DRAWINGS,
        EXTRAS,
        MASKS,
        NAME,
        NO_PICTURE,
        Task,
        has_name,
        is_ending,
        make_task,
    )
    from imgcluster.tasks._volumes import VOLUME_LABELS
    from imgcluster.tasks._writing import ORIGINAL, STAYS, Writing

__all__ = [
    "ANNOTATIONS",
    "COUNT",
    "DRAWINGS",
    "EXTRAS",
    "MASKS",
    "NAME",
    "NO_PICTURE",
    "ORIGINAL",
    "STATUSES",
    "STAYS",
    "TABLES",
    "TABLE_PARAMETERS",
    "VOLUME_LABELS",
    "Content",
    "FileResult",
    "Job",
    "JobOutcome",
    "Task",
    "Writing",
    "can_compare",
    "do_file",
    "folders_touched",
    "has_name",
    "is_ending",
    "make_task",
    "memory_beside_scratch",
    "reason_of",
    "run_job",
    "share_done",
    "wants_scratch",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_content": ("Content",),
            "_do_file": ("can_compare", "do_file"),
            "_job": ("Job", "JobOutcome", "reason_of", "run_job", "share_done"),
            "_results": ("STATUSES", "FileResult"),
            "_scratch": ("memory_beside_scratch", "wants_scratch"),
            "_staging": ("folders_touched",),
            "_tables": ("ANNOTATIONS", "TABLES", "TABLE_PARAMETERS"),
            "_task": (
                "COUNT",
                "DRAWINGS",
                "EXTRAS",
                "MASKS",
                "NAME",
                "NO_PICTURE",
                "Task",
                "has_name",
                "is_ending",
                "make_task",
            ),
            "_volumes": ("VOLUME_LABELS",),
            "_writing": ("ORIGINAL", "STAYS", "Writing"),
        },
    )
