"""One file: a task is done to it, and a result says what became of it."""

from imgcluster.tasks._job import Job, JobOutcome, can_compare, run_job
from imgcluster.tasks._results import DONE_BEFORE, NOT_DONE, STATUSES, FileResult
from imgcluster.tasks._staging import folders_touched
from imgcluster.tasks._task import COUNT, Task, make_task

__all__ = [
    "COUNT",
    "DONE_BEFORE",
    "NOT_DONE",
    "STATUSES",
    "FileResult",
    "Job",
    "JobOutcome",
    "Task",
    "can_compare",
    "folders_touched",
    "make_task",
    "run_job",
]
