"""Jobs on the workers of a Dask scheduler: when a worker dies, another one redoes its unfinished jobs."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import islice
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from imgcluster import __version__
from imgcluster.batch.executors._dask_worker import do_batch, end_run
from imgcluster.errors import SchedulerError
from imgcluster.facts import Code, Reason
from imgcluster.files import whole
from imgcluster.tasks import FileResult, Job, JobOutcome, Task
from imgcluster.warning import silenced_libraries
from imgcluster.wording import system_text

if TYPE_CHECKING:
    from distributed import Client, Future

_SCHEME = "dask://"
_PORT = 8786  # the default of `dask scheduler`
_BATCH = 64  # files: the cost of a batch (about 10 ms) is small beside theirs, and little is lost with a worker
_SHARES = 3  # a thread gets this fraction of the remaining files, so that the workers end at about the same time
_CONNECT_SECONDS = 6
_WORKERS_SECONDS = 10
_LONELY_SECONDS = 60  # a worker that has died may come back, or another may be started
_DEADLY = Reason(
    Code.WORKER_DIED, {"how": "died four times at it, on Dask; process it alone, on a machine with more memory"}
)


@dataclass(frozen=True)
class DaskWorkers:
    """Workers of a Dask scheduler, on any number of machines that see the same files under the same paths.

    Parameters
    ----------
    address : str
        dask://HOST:PORT of the scheduler.
    timeout : float or None
        Seconds that one file may take.
    batch : int
        Files that travel together, at most.

    Raises
    ------
    ValueError
        If the address is not valid.
    SchedulerError
        If Dask is not installed; in a run, if the scheduler cannot be reached, has no workers, or is lost.

    Notes
    -----
    Each thread of a worker does one file at a time, in a process of its own: a file that kills it fails alone, as on
    this machine. When a worker dies, its batches are redone elsewhere; a batch at which four workers died is split
    until the file is found. Files are written beside their target and renamed, so that doing one twice does no harm.
    """

    address: str
    timeout: float | None = None
    batch: int = _BATCH

    def __post_init__(self) -> None:
        _tcp_address(self.address)
        if find_spec("distributed") is None:
            raise SchedulerError(f"{self.address} needs Dask, which is not installed; pip install 'imgcluster[dask]'")

    def run(self, task: Task, jobs: Iterator[Job], n_jobs: int) -> Generator[JobOutcome, None, None]:
        """Do the jobs; closing the iterator ends what is running on the workers."""
        with _quiet():
            client = _connect(self.address)
            try:
                run = _DaskRun(client, self, _with_whole_paths(task), jobs, n_jobs)
                try:
                    yield from run.go()
                finally:
                    run.end()
            finally:
                with suppress(Exception):
                    client.close(timeout=2)


@dataclass
class _DaskRun:
    """The batches of one run that are at the scheduler, and those that wait to be submitted."""

    client: Client
    executor: DaskWorkers
    task: Task
    jobs: Iterator[Job]
    n_left: int
    name: str = field(default_factory=lambda: f"imgcluster-{secrets.token_hex(8)}")
    pending: dict[Future, list[Job]] = field(default_factory=dict)
    again: list[list[Job]] = field(default_factory=list)
    n_sent: int = 0

    def go(self) -> Iterator[JobOutcome]:
        """Keep two batches at each thread of the workers, and yield the outcome of each job."""
        while True:
            slots = self._n_slots() or 1
            while len(self.pending) < 2 * slots and (batch := self._next_batch(slots)):
                self._send(batch)
            if not self.pending:
                return
            for future in self._wait():
                yield from self._receive(future)

    def end(self) -> None:
        """Withdraw everything from the scheduler, and wait until the workers have stopped."""
        with suppress(Exception):
            self.client.cancel(list(self.pending), force=True)
            while self.client.status == "running" and any(self.client.run(end_run, self.name).values()):
                sleep(0.02)

    def _next_batch(self, slots: int) -> list[Job]:
        """Return the jobs of the next batch; an empty list if there are no more."""
        if self.again:
            return self.again.pop()
        size = min(self.executor.batch, -(-self.n_left // (_SHARES * slots)))
        self.n_left -= size
        return list(islice(self.jobs, max(1, size)))

    def _send(self, batch: list[Job]) -> None:
        """Submit a batch to the scheduler."""
        self.n_sent += 1
        key = f"{self.name}-{self.n_sent}"
        jobs = [_with_whole_paths_of(job) for job in batch]
        arguments = (self.name, key, __version__, self.task, jobs, self.executor.timeout)
        self.pending[self.client.submit(do_batch, *arguments, key=key, pure=False)] = batch

    def _wait(self) -> list[Future]:
        """Wait until a batch has ended, as long as there is a scheduler with workers."""
        from distributed import CancelledError, wait

        alone_since: float | None = None
        while True:
            try:
                with self.client.as_current():
                    ended = wait(list(self.pending), timeout=1, return_when="FIRST_COMPLETED").done
                return [future for future in self.pending if future in ended]
            except TimeoutError:
                pass
            except CancelledError as error:
                raise self._lost() from error
            alone_since = None if self._n_slots() else alone_since or monotonic()
            if alone_since and monotonic() - alone_since > _LONELY_SECONDS:
                raise SchedulerError(f"{_no_workers(self.executor.address)} left; run again to resume")

    def _n_slots(self) -> int:
        """Return how many threads the workers have."""
        try:
            slots = int(sum(self.client.nthreads().values()))
        except (OSError, TypeError) as error:
            raise self._lost() from error
        if self.client.status != "running":
            raise self._lost()
        return slots

    def _lost(self) -> SchedulerError:
        """Return the error of a run that has lost contact with its batches."""
        return SchedulerError(f"lost the scheduler at {self.executor.address}; run again to resume")

    def _receive(self, future: Future) -> Iterator[JobOutcome]:
        """Yield the outcomes of a batch that has ended, or have it redone in halves."""
        from distributed.scheduler import KilledWorker

        batch = self.pending.pop(future)
        try:
            outcomes: list[JobOutcome] = future.result()
        except KilledWorker:
            if len(batch) == 1:
                yield JobOutcome(batch[0].index, FileResult(batch[0].source, "failed", _DEADLY))
                return
            middle = len(batch) // 2
            self.again += [batch[middle:], batch[:middle]]
            return
        except SchedulerError:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise SchedulerError(f"the workers of {self.executor.address} cannot work: {_said(error)}") from error
        yield from outcomes


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from printing tracebacks where one line of ours is enough."""
    import distributed  # noqa: F401 (it sets the levels)

    logs = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


def _connect(address: str) -> Client:
    """Connect to a scheduler that has workers."""
    from distributed import Client

    if why := _unanswered(address):
        raise SchedulerError(f"cannot reach a Dask scheduler at {address}: {why}; is it running?")
    try:
        with silenced_libraries():  # about versions of other packages: each batch compares ours
            client = Client(_tcp_address(address), timeout=_CONNECT_SECONDS, set_as_default=False, name="imgcluster")
    except Exception as error:
        raise SchedulerError(f"cannot reach a Dask scheduler at {address}: {_said(error)}; is it running?") from error
    try:
        client.wait_for_workers(1, timeout=_WORKERS_SECONDS)
    except TimeoutError as error:
        client.close()
        raise SchedulerError(f"{_no_workers(address)}; start some: dask worker {_tcp_address(address)}") from error
    except BaseException:
        client.close()
        raise
    return client


def _unanswered(address: str) -> str:
    """Return why nothing answers at an address; empty if a Dask scheduler does."""
    host, _, port = _tcp_address(address).removeprefix("tcp://").rpartition(":")
    found = [f"no answer in {_CONNECT_SECONDS} s"]

    def ask() -> None:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS) as connection:
                # Dask speaks first: the length of its greeting in eight bytes
                greeting = connection.recv(8, socket.MSG_WAITALL)
        except TimeoutError:
            return
        except OSError as error:
            found[0] = system_text(error)
            return
        is_dask = len(greeting) == 8 and int.from_bytes(greeting, "little") < 1 << 20
        found[0] = "" if is_dask else "something else answers"

    # in a thread: neither the look-up of a name nor Dask's own greeting has a time limit
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_CONNECT_SECONDS)
    return found[0]


def _tcp_address(address: str) -> str:
    """Return the address as Dask writes it."""
    place = address.removeprefix(_SCHEME).rstrip("/")
    host, colon, port = place.rpartition(":")
    if place.endswith("]") or not colon:
        host, port = place, str(_PORT)
    sound = host and (":" not in host or host.startswith("[")) and "/" not in host and port.isdecimal()
    if not address.startswith(_SCHEME) or not sound or not 0 < int(port) < 65536:
        raise ValueError(
            f"executor must be dask://HOST:PORT, got {address!r}; the port of a scheduler is often {_PORT}"
        )
    return f"tcp://{host}:{port}"


def _with_whole_paths(task: Task) -> Task:
    """Return a task for processes that work in other folders."""
    paths = {k: os.path.abspath(os.fsdecode(v)) for k, v in task.parameters.items() if _is_file(k, v)}  # noqa: PTH100
    return replace(task, parameters={**task.parameters, **paths}, n_threads=1)


def _is_file(name: str, value: Any) -> bool:
    """Check whether a parameter names a file."""
    return name in ("palette", "mask") and isinstance(value, str | os.PathLike)


def _with_whole_paths_of(job: Job) -> Job:
    """Return a job for processes that work in other folders."""
    outputs = {kind: whole(path) for kind, path in job.outputs.items()}
    original = whole(job.original) if job.original else job.original
    return replace(job, source=whole(job.source), outputs=outputs, original=original)


def _no_workers(address: str) -> str:
    """Format the message that there are no workers."""
    return f"the Dask scheduler at {address} has no workers"


def _said(error: BaseException) -> str:
    """Return what an exception says in one line, without what Dask adds."""
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
