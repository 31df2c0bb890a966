"""What does the work of a run: processes or threads on this machine, or a Dask scheduler."""

from typing import TYPE_CHECKING

from imgcluster.doors import door

if TYPE_CHECKING:
    from imgcluster.batch.executors._choice import check_workers, choose_executor
    from imgcluster.batch.executors._dask import DaskWorkers
    from imgcluster.batch.executors._executor import Executor
    from imgcluster.batch.executors._local import LocalWorkers
    from imgcluster.batch.executors._threads import Threads

__all__ = [
    "DaskWorkers",
    "Executor",
    "LocalWorkers",
    "Threads",
    "check_workers",
    "choose_executor",
]

if not TYPE_CHECKING:
    __getattr__ = door(
        __name__,
        {
            "_choice": ("check_workers", "choose_executor"),
            "_executor": ("Executor",),
            "_dask": ("DaskWorkers",),
            "_local": ("LocalWorkers",),
            "_threads": ("Threads",),
        },
    )
