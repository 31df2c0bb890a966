"""What does the work of a run: processes here, or a scheduler elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from imgcluster.batch.executors._dask import DaskWorkers
from imgcluster.batch.executors._local import Executor, LocalWorkers
from imgcluster.batch.executors._threads import Threads
from imgcluster.files import belongs_to_process


def in_this_process(
    workers: Executor, executor: str | Executor | None, timeout: float | None, paths: Iterable[str]
) -> Executor:
    """Return what does the work: this process where another would not see all of the files."""
    found = next((path for path in paths if belongs_to_process(path)), None)
    if found is None or isinstance(workers, Threads):
        return workers
    for name, value in (("executor", executor), ("timeout", timeout)):
        if value is not None:
            raise ValueError(f"{name} is for worker processes, which cannot see {found}; leave it out")
    return Threads(1)


def choose_executor(
    executor: str | Executor | None, n_jobs: int | None, max_memory: int | None, timeout: float | None
) -> Executor:
    """Check what is asked of workers, and return them."""
    from imgcluster.parameters import check_int, check_number
    from imgcluster.threads import check_threads

    if timeout is not None and check_number("timeout", timeout, 0) == 0:
        raise ValueError(f"timeout must be more than 0 seconds, got {timeout}")
    if executor is None:
        n_workers = check_threads(None) if n_jobs is None else check_int("n_jobs", n_jobs, 1)
        if max_memory is not None:
            max_memory = check_int("max_memory", max_memory, 1)
        return LocalWorkers(n_workers, max_memory, timeout)
    for name, value in (("n_jobs", n_jobs), ("max_memory", max_memory)):
        if value is not None:
            raise ValueError(f"{name} is for worker processes here, got {value} with an executor; leave one out")
    if isinstance(executor, str):
        return DaskWorkers(executor, timeout)
    if not callable(getattr(executor, "run", None)):
        raise TypeError(f"executor must be an address or have a method run, got {type(executor).__name__}")
    return executor
