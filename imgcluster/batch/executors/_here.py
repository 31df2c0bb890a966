"""Jobs one after the other in this process: nothing to start, and each uses all threads."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from imgcluster.tasks import Job, JobOutcome, Task, run_job


@dataclass(frozen=True)
class ThisProcess:
    """The current process, for few files: the start of workers would take longer than their work.

    Parameters
    ----------
    n_threads : int
        Threads for each file.
    """

    n_threads: int

    def run(self, task: Task, jobs: Iterator[Job], n_jobs: int) -> Generator[JobOutcome, None, None]:
        """Do the jobs, in their order."""
        task = replace(task, n_threads=self.n_threads)
        for job in jobs:
            yield run_job(task, job)
