"""Many pictures at once: found, planned, done on worker processes or elsewhere, and gone on with after any end."""

from importlib import import_module
from typing import TYPE_CHECKING

from imgcluster.batch._folder import plan_folder, process_folder
from imgcluster.batch._inputs import is_folder
from imgcluster.batch._names import name_inputs
from imgcluster.batch._plan import Plan, PlannedFile
from imgcluster.batch._run import FolderRun
from imgcluster.batch.executors import Executor
from imgcluster.tasks import Job, JobOutcome, Task, run_job

if TYPE_CHECKING:
    from imgcluster.batch._manifest import Manifest, is_manifest, manifest_schema
    from imgcluster.batch._palette import BuiltPalette, build_palette
    from imgcluster.batch.executors import DaskWorkers, LocalWorkers

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
    "is_folder",
    "is_manifest",
    "manifest_schema",
    "name_inputs",
    "plan_folder",
    "process_folder",
    "run_job",
]

# what a single picture does without costs it nothing
_LATER = {
    "BuiltPalette": "_palette",
    "DaskWorkers": "executors",
    "LocalWorkers": "executors",
    "Manifest": "_manifest",
    "build_palette": "_palette",
    "is_manifest": "_manifest",
    "manifest_schema": "_manifest",
}


def __getattr__(name: str) -> object:
    """Import what is not needed for a single picture when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
