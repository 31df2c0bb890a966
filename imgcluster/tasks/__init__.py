"""One file: a task is done to it, and a result says what became of it."""

from imgcluster.tasks._do_file import can_compare, do_file
from imgcluster.tasks._job import Job, JobOutcome, reason_of, run_job
from imgcluster.tasks._results import STATUSES, FileResult
from imgcluster.tasks._staging import folders_touched
from imgcluster.tasks._task import COUNT, DRAWINGS, EXTRAS, MASKS, NAME, Task, has_name, is_ending, make_task

__all__ = [
    "COUNT",
    "DRAWINGS",
    "EXTRAS",
    "MASKS",
    "NAME",
    "STATUSES",
    "FileResult",
    "Job",
    "JobOutcome",
    "Task",
    "can_compare",
    "do_file",
    "folders_touched",
    "has_name",
    "is_ending",
    "make_task",
    "reason_of",
    "run_job",
]
