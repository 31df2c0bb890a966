"""Jobs on worker processes of this machine: a crash costs one file."""

from __future__ import annotations

import errno
import math
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from time import monotonic

from imgcluster.batch.executors._memory import bytes_needed, memory_limit, worker_bytes
from imgcluster.errors import WorkerError
from imgcluster.facts import Code, Reason
from imgcluster.files import remove_leftovers
from imgcluster.tasks import FileResult, Job, JobOutcome, Task, folders_touched
from imgcluster.wording import system_text

# what ends a worker is told in a few bytes that no library is needed for, as these may be what cannot be loaded: a
# string as pickle writes it
_START = """\
import os, sys
sys.path[:] = sys.argv[2:]
try:
    end = os.dup(int(sys.argv[1]))
    from imgcluster.batch.executors._worker import main
    main(int(sys.argv[1]))
except Exception as error:
    said = f"{getattr(error, 'errno', None) or 0} {isinstance(error, MemoryError):d} {type(error).__name__}: {error}"
    said = said.encode(errors="replace")[:2000]
    data = b"\\x80\\x03X" + len(said).to_bytes(4, "little") + said + b"."
    os.write(end, len(data).to_bytes(4, "big") + data)
    os._exit(1)
"""
_MOST_FAILED_STARTS = 3
# of libraries that would start a thread for every processor in every worker
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class LocalWorkers:
    """Worker processes on this machine, each with its own Python interpreter.

    Parameters
    ----------
    n_workers : int
        How many at most.
    max_memory : int or None
        Bytes that all of them may take together, as estimated from the headers; None is what is
        available, and a picture that needs more is then tried alone.
    timeout : float or None
        Seconds that one file may take.
    """

    n_workers: int
    max_memory: int | None = None
    timeout: float | None = None

    def run(self, task: Task, jobs: Iterator[Job], n_jobs: int) -> Generator[JobOutcome, None, None]:
        """Do the jobs; closing the iterator kills the workers."""
        n_workers = min(self.n_workers, n_jobs)
        if self.max_memory is not None:
            # as much for pictures as for the processes themselves
            n_workers = min(n_workers, self.max_memory // (2 * worker_bytes()))
        n_workers = max(1, n_workers)
        # fewer files than processors: the bytes do not depend on the number of threads
        task = replace(task, n_threads=max(1, self.n_workers // n_workers))
        room = (self.max_memory or memory_limit()) - n_workers * worker_bytes()
        crew = Crew(task, n_workers, self.timeout)
        try:
            waiting: Job | None = None
            while True:
                while crew.has_idle():
                    waiting = waiting or next(jobs, None)
                    if waiting is None or (crew.busy and crew.memory + bytes_needed(task, waiting) > room):
                        break
                    if self.max_memory and bytes_needed(task, waiting) > room:
                        yield _too_large(task, waiting, n_workers)
                    else:
                        crew.give(waiting)
                    waiting = None
                if waiting is None and not crew.busy:
                    return
                yield from crew.collect()
        finally:
            crew.kill()


def _too_large(task: Task, job: Job, n_workers: int) -> JobOutcome:
    """Reject a job that does not fit in the memory allowed."""
    needed = (bytes_needed(task, job) + n_workers * worker_bytes()) / 1e6
    enough = f"{math.ceil(needed / 100) / 10:g}G"
    reason = Reason(Code.MAX_MEMORY, {"megabytes": f"{needed:,.0f}", "enough": enough})
    return JobOutcome(job.index, FileResult(job.source, "failed", reason))


@dataclass
class _Worker:
    """A process, the socket to it, and its current job."""

    process: subprocess.Popen[bytes]
    connection: Connection
    ready: bool = False
    job: Job | None = None
    last_words: str = ""  # why it ended
    deadline: float = field(default=float("inf"))


class Crew:
    """The workers of one run; they are started when needed, and restarted when they have died."""

    def __init__(self, task: Task, size: int, timeout: float | None) -> None:
        self._task, self._size, self._timeout = task, size, timeout
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    @property
    def busy(self) -> list[_Worker]:
        """Return the workers that have a job."""
        return [worker for worker in self._workers if worker.job is not None]

    @property
    def memory(self) -> int:
        """Return the bytes that the current jobs need."""
        return sum(bytes_needed(self._task, worker.job) for worker in self._workers if worker.job is not None)

    def has_idle(self) -> bool:
        """Check whether a worker is idle, or may be started."""
        return len(self.busy) < self._size

    def give(self, job: Job) -> None:
        """Hand a job to an idle worker; another does it if this one has died in the meantime."""
        while True:
            idle = next((worker for worker in self._workers if worker.job is None), None) or self._start()
            try:
                idle.connection.send(job)
            except OSError:
                self._bury(idle)
                continue
            idle.job = job
            if idle.ready:
                self._set_deadline(idle)
            return

    def collect(self) -> Iterator[JobOutcome]:
        """Wait until something happens to a job, and yield its outcome."""
        nearest = min((worker.deadline for worker in self.busy), default=float("inf"))
        seconds = None if nearest == float("inf") else max(0.0, nearest - monotonic())
        ready = wait([worker.connection for worker in self._workers], seconds)
        for worker in [worker for worker in self._workers if worker.connection in ready]:
            outcome = self._hear(worker)
            if outcome is not None:
                yield outcome
        for worker in [worker for worker in self.busy if worker.deadline <= monotonic()]:
            if not worker.connection.poll() and worker.job is not None:
                job = worker.job
                self._bury(worker)
                reason = Reason(Code.TIMEOUT, {"seconds": f"{self._timeout:g}"})
                yield JobOutcome(job.index, FileResult(job.source, "failed", reason))

    def kill(self) -> None:
        """End all workers, and remove what they had begun to write."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers.copy():
            self._bury(worker)

    def interrupt(self) -> None:
        """End all workers, from a thread other than the one that waits for them and cleans up."""
        for worker in self._workers.copy():
            worker.process.kill()

    def _start(self) -> _Worker:
        """Start a worker, and send it the task first."""
        try:
            ours, theirs = Pipe()
        except OSError as error:
            raise _cannot_start(error) from error
        command = [sys.executable, "-c", _START, str(theirs.fileno()), *sys.path]
        try:
            with theirs:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    # what image libraries print there contains untrusted names
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, **_ONE_THREAD},
                    pass_fds=[theirs.fileno()],
                )
        except OSError as error:
            ours.close()
            raise _cannot_start(error) from error
        worker = _Worker(process, ours)
        self._workers.append(worker)
        with suppress(OSError):
            ours.send(self._task)
        return worker

    def _hear(self, worker: _Worker) -> JobOutcome | None:
        """Handle a message of a worker: that it is ready, the outcome of its job, or, if it hung up, that it died."""
        try:
            outcome: JobOutcome | str | None = worker.connection.recv()
        except (EOFError, OSError):
            return self._lost(worker)
        if isinstance(outcome, str):
            worker.last_words = _end_in_words(outcome)
            return None
        if outcome is None:
            worker.ready, self._failed_starts = True, 0
            self._set_deadline(worker)
        else:
            worker.job, worker.deadline = None, float("inf")
        return outcome

    def _lost(self, worker: _Worker) -> JobOutcome | None:
        """Count the job of a dead worker as failed; a worker that was never ready had not begun it."""
        job = worker.job
        self._bury(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= _MOST_FAILED_STARTS:
                why = worker.last_words or f"see what this prints: {sys.executable} -c 'import imgcluster.batch'"
                raise WorkerError(f"worker processes end as they start; {why}")
            if job is not None:
                self.give(job)
            return None
        if job is None:
            return None
        return JobOutcome(
            job.index,
            FileResult(job.source, "failed", Reason(Code.WORKER_DIED, {"how": _death(worker)})),
        )

    def _bury(self, worker: _Worker) -> None:
        """Make sure that a worker is dead, and remove what it had begun to write."""
        self._workers.remove(worker)
        worker.process.kill()
        worker.connection.close()
        worker.process.wait()
        if worker.job is not None:
            for folder in folders_touched(worker.job.source, worker.job.outputs.values()):
                remove_leftovers(folder, worker.process.pid)

    def _set_deadline(self, worker: _Worker) -> None:
        """Start the clock of a job."""
        if self._timeout is not None:
            worker.deadline = monotonic() + self._timeout


_DEATHS: Mapping[int, str] = {
    signal.SIGKILL: "was killed, maybe out of memory; use fewer workers or scale it down first",
    signal.SIGSEGV: "crashed on it; please report it",
}


def _cannot_start(error: OSError) -> WorkerError:
    """Return the error that the system starts no process."""
    return WorkerError(f"cannot start a worker process: {system_text(error)}; use fewer with n_jobs")


def _end_in_words(said: str) -> str:
    """Return why a worker ended, from what it said at its end: the code of an error, if memory was missing, and it."""
    code, no_memory, text = said.split(" ", 2)
    if int(code) or int(no_memory):
        return system_text(OSError(int(code) or errno.ENOMEM, os.strerror(int(code) or errno.ENOMEM)))
    return " ".join(text.split())


def _death(worker: _Worker) -> str:
    """Format how a worker ended."""
    code = worker.process.returncode
    if worker.last_words:
        return f"ended: {worker.last_words}"
    if code == 1:
        return "ended, and could not tell why; with n_jobs 1 that is printed"
    if code >= 0:
        return f"ended with status {code}; please report it"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"{_DEATHS.get(-code, 'was ended')} ({name})"
