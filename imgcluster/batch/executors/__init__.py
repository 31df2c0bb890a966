"""What does the work of a run: processes or threads of this machine, or a Dask scheduler."""

from importlib import import_module
from typing import TYPE_CHECKING

from imgcluster.batch.executors._choice import check_workers, choose_executor
from imgcluster.batch.executors._executor import Executor
from imgcluster.batch.executors._here import ThisProcess

if TYPE_CHECKING:
    from imgcluster.batch.executors._dask import DaskWorkers
    from imgcluster.batch.executors._local import LocalWorkers
    from imgcluster.batch.executors._threads import Threads

__all__ = ["DaskWorkers", "Executor", "LocalWorkers", "ThisProcess", "Threads", "check_workers", "choose_executor"]

# what a single picture does without costs it nothing: subprocess, sockets, logging
_LATER = {"DaskWorkers": "_dask", "LocalWorkers": "_local", "Threads": "_threads"}


def __getattr__(name: str) -> object:
    """Import an executor when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
