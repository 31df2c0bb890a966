"""Many pictures at once: found, planned, done on worker processes or elsewhere, and gone on with after any end."""

from imgcluster.batch._dask import DaskWorkers
from imgcluster.batch._folder import plan_folder, process_folder
from imgcluster.batch._job import Job, JobOutcome, run_job
from imgcluster.batch._palette import BuiltPalette, build_palette
from imgcluster.batch._plan import Plan, PlannedFile
from imgcluster.batch._run import FolderRun
from imgcluster.batch._task import Task
from imgcluster.batch._workers import Executor, LocalWorkers

__all__ = [
    "BuiltPalette",
    "DaskWorkers",
    "Executor",
    "FolderRun",
    "Job",
    "JobOutcome",
    "LocalWorkers",
    "Plan",
    "PlannedFile",
    "Task",
    "build_palette",
    "plan_folder",
    "process_folder",
    "run_job",
]
