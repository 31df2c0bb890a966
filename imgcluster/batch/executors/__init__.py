"""What does the work of a run: processes or threads of this machine, or a Dask scheduler."""

from imgcluster.batch.executors._choice import choose_executor, in_this_process
from imgcluster.batch.executors._dask import DaskWorkers
from imgcluster.batch.executors._local import Executor, LocalWorkers
from imgcluster.batch.executors._threads import Threads

__all__ = ["DaskWorkers", "Executor", "LocalWorkers", "Threads", "choose_executor", "in_this_process"]
