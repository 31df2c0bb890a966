"""Batches of jobs inside a Dask worker: each file in its own process, so that one that crashes kills no worker."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from imgcluster import __version__
from imgcluster.batch.executors._local import Crew
from imgcluster.errors import SchedulerError
from imgcluster.tasks import COUNT, Job, JobOutcome, Task

_IDLE_SECONDS = 60.0  # then a process ends: its run may be gone


@dataclass
class _Share:
    """The processes of one run in this worker: those that work, and those that wait for the next batch."""

    busy: list[Crew] = field(default_factory=list)
    idle: list[Crew] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: bool = False

    def take(self, task: Task, timeout: float | None) -> Crew:
        """Return a crew of one process, which starts with its first job: this saves half a second per batch."""
        with self.lock:
            crew = self.idle.pop() if self.idle else Crew(task, 1, timeout)
            self.busy.append(crew)
            return crew

    def put_back(self, crew: Crew) -> None:
        """Keep a crew for the next batch, for a while."""
        with self.lock:
            self.busy.remove(crew)
            self.idle.append(crew)
        timer = threading.Timer(_IDLE_SECONDS, self._retire, [crew])
        timer.daemon = True
        timer.start()

    def drop(self, crew: Crew) -> None:
        """End a crew, which may be working on a job."""
        with self.lock:
            self.busy.remove(crew)
        crew.kill()

    def end(self) -> None:
        """End all processes; the thread that waits for those at work notices and cleans up."""
        with self.lock:
            self.ended = True
            idle, self.idle = self.idle, []
            for crew in self.busy:
                crew.interrupt()
        for crew in idle:
            crew.kill()

    def _retire(self, crew: Crew) -> None:
        """End a crew that no batch has taken."""
        with self.lock:
            if crew not in self.idle:
                return
            self.idle.remove(crew)
        crew.kill()


_SHARES: dict[str, _Share] = {}


def do_batch(
    run: str, key: str, version: str, task: Task, jobs: Sequence[Job], timeout: float | None
) -> list[JobOutcome]:
    """Do jobs one after another, until the run has ended or the disk is full; called by Dask in one of its threads."""
    if version != __version__:
        raise SchedulerError(f"a worker has imgcluster {__version__}, this run {version}; install the same everywhere")
    share = _SHARES.setdefault(run, _Share())
    crew = share.take(task, timeout)
    outcomes: list[JobOutcome] = []
    try:
        for job in jobs:
            if share.ended or _is_canceled(key):
                raise SchedulerError("the run has ended")
            crew.give(job)
            while crew.busy:
                outcomes += crew.collect()
            if outcomes[-1].disk_full:
                break
        if share.ended:
            raise SchedulerError("the run has ended")
    except BaseException:
        share.drop(crew)
        raise
    share.put_back(crew)
    return _merged(outcomes) if task.name == COUNT else outcomes


def _merged(outcomes: Sequence[JobOutcome]) -> list[JobOutcome]:
    """Add up the histograms of a batch, so that one travels instead of 64."""
    from imgcluster.colors import merge_histograms

    together = merge_histograms(outcome.histogram for outcome in outcomes if outcome.histogram is not None)
    return [replace(outcome, histogram=None if i else together) for i, outcome in enumerate(outcomes)]


def end_run(run: str) -> bool:
    """End what a run is doing in this worker, and return whether something is still running."""
    # it stays, marked as ended, for a batch that the scheduler sent before it knew
    share = _SHARES.setdefault(run, _Share())
    share.end()
    return bool(share.busy)


def _is_canceled(key: str) -> bool:
    """Check whether nobody waits for a batch any more because its client has gone."""
    from distributed import get_worker

    state = get_worker().state.tasks.get(key)
    return state is None or state.state not in ("executing", "long-running")
