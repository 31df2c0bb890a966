"""Choosing what does the work of a run: processes here, or a scheduler elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from imgcluster.batch.executors._executor import Executor
from imgcluster.batch.executors._here import ThisProcess
from imgcluster.files import belongs_to_process

_FEW = 16  # so few files are not worth the start of worker processes


def choose_executor(
    executor: str | Executor | None,
    n_jobs: int | None,
    max_memory: int | None,
    timeout: float | None,
    paths: Sequence[str],
    *,
    in_workers: bool,
) -> Executor:
    """Return the executor for files: this process if they are few, or if another would not see all of them."""
    from imgcluster.threads import check_threads

    check_workers(executor, n_jobs, max_memory, timeout)
    found = next((path for path in paths if belongs_to_process(path)), None)
    if found is not None:
        for name, value in (("executor", executor), ("timeout", timeout)):
            if value is not None:
                raise ValueError(f"{name} is for worker processes, which cannot see {found}; leave it out")
        return ThisProcess(1)
    if executor is not None:
        return _elsewhere(executor, timeout)
    n_workers = check_threads(None) if n_jobs is None else n_jobs
    if len(paths) <= _FEW and not in_workers and max_memory is None and timeout is None:
        return ThisProcess(n_workers)
    from imgcluster.batch.executors._local import LocalWorkers

    return LocalWorkers(n_workers, max_memory, timeout)


def check_workers(
    executor: str | Executor | None, n_jobs: int | None, max_memory: int | None, timeout: float | None
) -> None:
    """Check the parameters for workers."""
    from imgcluster.parameters import check_int, check_number

    if timeout is not None and check_number("timeout", timeout, 0) == 0:
        raise ValueError(f"timeout must be more than 0 seconds, got {timeout}")
    for name, value in (("n_jobs", n_jobs), ("max_memory", max_memory)):
        if value is not None and executor is not None:
            raise ValueError(f"{name} is for worker processes here, got {value} with an executor; leave one out")
        if value is not None:
            check_int(name, value, 1)
    if executor is not None:
        _elsewhere(executor, timeout)


def _elsewhere(executor: str | Executor, timeout: float | None) -> Executor:
    """Return the executor that is given, or the workers at an address."""
    if isinstance(executor, str):
        from imgcluster.batch.executors._dask import DaskWorkers

        return DaskWorkers(executor, timeout)
    if not callable(getattr(executor, "run", None)):
        raise TypeError(f"executor must be an address or have a method run, got {type(executor).__name__}")
    return executor
