"""Threads over chunks: kernels release the GIL, so plain threads are enough. And how far long work has come."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from imgcluster.parameters import check_int
from imgcluster.warning import silenced_libraries

T = TypeVar("T")
_GROUPS = Path("/sys/fs/cgroup")  # as a container sees its own
_LISTENER: ContextVar[Callable[[float], None] | None] = ContextVar("listener", default=None)


def make_bar(unit: str, total: int | None = None) -> Any:
    """Make a bar of tqdm for where this runs: a terminal, or a notebook."""
    with silenced_libraries():  # without ipywidgets a notebook gets the bar of a terminal, which serves as well
        from tqdm.auto import tqdm

        return tqdm(total=total, unit=unit)


@contextmanager
def reporting(listener: Callable[[float], None]) -> Iterator[None]:
    """Let `report` on this thread call a function within the block."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def report(share: float) -> None:
    """Say to whoever listens which share of the work on a picture is done."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(share)


def default_threads() -> int:
    """Count the processors this process may use: its affinity, a container's quota, and OMP_NUM_THREADS limit it.

    joblib sets that variable in its workers, so that they share the processors.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    limits = [affinity, int(asked) if asked.isdecimal() else affinity, _quota(_GROUPS) or affinity]
    return max(1, min(limits))


@cache
def _quota(groups: Path) -> int | None:
    """Return how many processors a control group has a share of, rounded up; None without a limit."""
    for quota, period in (("cpu.max", None), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            said = (groups / quota).read_text().split()
            of = int(said[1] if period is None else (groups / period).read_text())
            return None if said[0] in ("max", "-1") else -(-int(said[0]) // of)
        except (OSError, ValueError, IndexError, ZeroDivisionError):
            continue
    return None


def check_threads(n_threads: int | None) -> int:
    """Return the number of threads to use: as many as processors for None."""
    return default_threads() if n_threads is None else check_int("n_threads", n_threads, 1)


def run(task: Callable[[int], T], n_tasks: int, n_threads: int) -> list[T]:
    """Call task(0) ... task(n_tasks - 1) on up to n_threads threads; results come in the order of the tasks."""
    if n_threads < 2 or n_tasks < 2:
        return [task(i) for i in range(n_tasks)]
    results: dict[int, T] = {}
    failures: list[BaseException] = []
    todo = iter(range(n_tasks))  # next() on it is atomic, so it hands out the tasks

    def work() -> None:
        try:
            for i in todo:
                if failures:
                    return
                results[i] = task(i)
        except BaseException as failure:
            failures.append(failure)

    # plain threads: concurrent.futures would cost 10 ms of start-up
    threads = [threading.Thread(target=copy_context().run, args=(work,)) for _ in range(min(n_threads, n_tasks) - 1)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[i] for i in range(n_tasks)]
