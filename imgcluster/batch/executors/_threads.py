"""Jobs on threads of this process: nothing to start or send, but what kills one kills all."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice

from imgcluster.tasks import Job, JobOutcome, Task, run_job


@dataclass(frozen=True)
class Threads:
    """Threads of this process: decoders and kernels release the GIL.

    Parameters
    ----------
    n_threads : int
        Files that are processed at once; when there are fewer, each gets several threads.
    """

    n_threads: int

    def run(self, task: Task, jobs: Iterator[Job], n_jobs: int) -> Generator[JobOutcome, None, None]:
        """Do the jobs; closing the iterator waits for those in progress."""
        n_workers = max(1, min(self.n_threads, n_jobs))
        task = replace(task, n_threads=max(1, self.n_threads // n_workers))
        running: set[Future[JobOutcome]] = set()
        pool = ThreadPoolExecutor(n_workers)
        try:
            while True:
                running |= {pool.submit(run_job, task, job) for job in islice(jobs, n_workers - len(running))}
                if not running:
                    return
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ended)
        finally:
            pool.shutdown(cancel_futures=True)
