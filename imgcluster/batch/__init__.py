"""Many pictures at once: found, planned, processed by workers here or elsewhere, resumed after any interruption."""

from typing import TYPE_CHECKING

from imgcluster.doors import door
from imgcluster.tasks import Job, JobOutcome, Task, run_job

if TYPE_CHECKING:
    from imgcluster.batch._folder import plan_folder, process_folder
    from imgcluster.batch._inputs import is_folder
    from imgcluster.batch._manifest import Manifest, is_manifest, manifest_schema
    from imgcluster.batch._names import name_inputs
    from imgcluster.batch._palette import BuiltPalette, build_palette
    from imgcluster.batch._patterns import check_pattern
    from imgcluster.batch._plan import Plan, PlannedFile
    from imgcluster.batch._run import FolderRun
    from imgcluster.batch.executors import DaskWorkers, Executor, LocalWorkers

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
    "check_pattern",
    "is_folder",
    "is_manifest",
    "manifest_schema",
    "name_inputs",
    "plan_folder",
    "process_folder",
    "run_job",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_folder": ("plan_folder", "process_folder"),
            "_inputs": ("is_folder",),
            "_names": ("name_inputs",),
            "_patterns": ("check_pattern",),
            "_plan": ("Plan", "PlannedFile"),
            "_run": ("FolderRun",),
            "executors": ("Executor", "DaskWorkers", "LocalWorkers"),
            "_manifest": ("Manifest", "is_manifest", "manifest_schema"),
            "_palette": ("BuiltPalette", "build_palette"),
        },
    )
