"""The protocol of executors: anything that does the jobs of a run."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Protocol

from imgcluster.tasks import Job, JobOutcome, Task


class Executor(Protocol):
    """What does the jobs of a run: workers here, or elsewhere."""

    def run(self, task: Task, jobs: Iterator[Job], n_jobs: int) -> Generator[JobOutcome, None, None]:
        """Take up to n_jobs jobs, when there is room for them, and yield the outcome of each, in any order.

        The jobs may end early, and the iterator may be closed at any time: nothing may keep running then.
        """
        ...
