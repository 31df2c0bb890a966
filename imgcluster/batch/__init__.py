"""Many pictures at once: found, planned, done on worker processes or elsewhere, and gone on with after any end."""

from imgcluster.batch._folder import plan_folder, process_folder
from imgcluster.batch._manifest import Manifest, is_manifest, manifest_schema
from imgcluster.batch._palette import BuiltPalette, build_palette
from imgcluster.batch._plan import Plan, PlannedFile
from imgcluster.batch._run import FolderRun
from imgcluster.batch.executors import DaskWorkers, Executor, LocalWorkers
from imgcluster.tasks import Job, JobOutcome, Task, run_job

__all__ = [
    "BuiltPalette",
    "DaskWorkers",
    "Executor",
    "FolderRun",
    "Job",
    "JobOutcome",
    "LocalWorkers",
    "Manifest",
    "Plan",
    "PlannedFile",
    "Task",
    "build_palette",
    "is_manifest",
    "manifest_schema",
    "plan_folder",
    "process_folder",
    "run_job",
]
