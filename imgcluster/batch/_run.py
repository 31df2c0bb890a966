"""A run over a folder: plan, lock, work, and one result a file."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, BinaryIO

from imgcluster._replacing import remove_leftovers
from imgcluster.batch._executor import choose_executor
from imgcluster.batch._inputs import AnyPath, Found, Search
from imgcluster.batch._job import DONE_BEFORE, Job, JobOutcome
from imgcluster.batch._lock import FolderLock
from imgcluster.batch._plan import Plan, PlannedFile, folders_of, make_plan
from imgcluster.batch._state import Record, State
from imgcluster.batch._task import Task, make_task
from imgcluster.batch._workers import Executor
from imgcluster.errors import ImageWriteError
from imgcluster.results import FileResult

_DISK_FULL = "no space left on the device"


class FolderRun(Iterator[FileResult]):
    """A run that is going on: an iterator of results, one for each input; first those that need no work.

    Closing it, leaving a ``with`` block, or dropping it ends the workers and lets the folder go; so does an exception
    in it, KeyboardInterrupt among them. What was done stays done.

    Attributes
    ----------
    plan : Plan
        What the run does.
    n_pixels : int
        Pixels of the files that are to be made, known when the first of them is begun.
    stopped : str
        Why no new file is begun any more; empty while there is no reason.
    """

    def __init__(
        self,
        plan: Plan,
        task: Task,
        state: State | None,
        lock: FolderLock | None,
        executor: Executor,
        *,
        fail_fast: bool,
    ) -> None:
        self.plan, self.n_pixels, self.stopped = plan, 0, ""
        self._task, self._state, self._lock, self._executor = task, state, lock, executor
        self._fingerprint = task.fingerprint()
        self._fail_fast = fail_fast
        self._begun: dict[int, PlannedFile] = {}
        self._results = self._go()

    def __next__(self) -> FileResult:
        return next(self._results)

    def __enter__(self) -> FolderRun:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def running(self) -> tuple[str, ...]:
        """Return the inputs at hand, the longest begun first."""
        return tuple(file.input for file in self._begun.values())

    def close(self) -> None:
        """End the run; the files at hand are discarded."""
        self._results.close()
        self._let_go()

    def _go(self) -> Generator[FileResult, None, None]:
        """Yield all results; however this ends, nothing goes on running and nothing half-made stays."""
        restore = _end_on_sigterm()
        try:
            self._remove_leftovers()
            todo: list[tuple[int, PlannedFile]] = []
            for index, file in enumerate(self.plan.files):
                if file.action in ("make", "check"):
                    todo.append((index, file))
                    continue
                yield _without_work(file)
                if file.action == "fail" and self._fail_fast:
                    self._stop(f"{file.input} failed")
            yield from self._work(todo)
        finally:
            self._remove_leftovers()
            self._let_go()
            restore()

    def _work(self, todo: Sequence[tuple[int, PlannedFile]]) -> Iterator[FileResult]:
        """Have the files done, and yield what became of each."""
        jobs = [_job_of(index, file, self._task.endings) for index, file in todo] if not self.stopped else []
        self.n_pixels = sum(job.n_pixels for job in jobs)
        left = dict(todo)
        if jobs:
            # not a plain loop over it: that would leave it open when this is closed
            with closing(self._executor.run(self._task, self._hand_out(jobs), len(jobs))) as outcomes:
                for outcome in outcomes:
                    self._begun.pop(outcome.index, None)
                    yield self._settle(left.pop(outcome.index), outcome)
        for file in left.values():
            yield FileResult(file.input, "skipped", f"not begun, because {self.stopped}")

    def _hand_out(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Give out the jobs, noting each before anything of it is written, until there is a reason to stop."""
        for job in jobs:
            file = self.plan.files[job.index]
            if not self.stopped and not job.otherwise:
                self._note(State.record_started, file)
            if self.stopped:
                return
            self._begun[job.index] = file
            yield job

    def _settle(self, file: PlannedFile, outcome: JobOutcome) -> FileResult:
        """Note what became of a file for the next run, and return its result."""
        result = replace(outcome.result, input=file.input)
        if outcome.disk_full:
            self._stop(_DISK_FULL)
        if result.status == "failed":
            if not any(Path(path).exists() for path in file.outputs):
                self._note(State.record_dropped, file)
            if self._fail_fast:
                self._stop(f"{file.input} failed")
            return result
        if result.status == "done":
            made = Record(self._fingerprint, outcome.size, outcome.mtime_ns, outcome.sizes, result.to_dict())
            self._note(State.record_done, file, made)
        elif result.reason == DONE_BEFORE and file.record is not None:
            before = file.record.to_result()
            renewed = replace(file.record, size=outcome.size, mtime_ns=outcome.mtime_ns, result=before.to_dict())
            self._note(State.record_done, file, renewed)
            return _done_before(file, before)
        return result

    def _note(self, write: Callable[..., None], file: PlannedFile, *what: Record) -> None:
        """Write into the journal; a run that cannot is stopped, because the next one would not know what it did."""
        try:
            if self._state is not None:
                write(self._state, self._below(file), *what)
        except ImageWriteError as error:
            self._stop(str(error))

    def _stop(self, reason: str) -> None:
        """Begin no new file."""
        self.stopped = self.stopped or reason

    def _below(self, file: PlannedFile) -> list[str]:
        """Return the outputs of a file as paths below the folder, which may move."""
        return [path[len(os.path.join(self.plan.output_dir, "")) :] for path in file.outputs]  # noqa: PTH118

    def _remove_leftovers(self) -> None:
        """Remove temporary files, those of killed runs among them, where this run may write and runs have written."""
        if self._lock is None or self._state is None:
            return
        below = {os.path.dirname(path) for path in self._state.all_outputs()}  # noqa: PTH120
        folders = {os.path.join(self.plan.output_dir, folder) for folder in below}  # noqa: PTH118
        for folder in {str(Path(folder)) for folder in folders | folders_of(self.plan)}:
            remove_leftovers(folder)

    def _let_go(self) -> None:
        """Close the journal and unlock the folder."""
        if self._state is not None:
            self._state.close()
        if self._lock is not None:
            self._lock.release()


def process_folder(
    inputs: AnyPath | Iterable[AnyPath],
    task: str = "quantize",
    output_dir: AnyPath = "outputs",
    *,
    parameters: Mapping[str, Any] | None = None,
    format: str = "png",
    style: str | None = None,
    extras: Mapping[str, str] | None = None,
    own_psnr: bool = False,
    recursive: bool = False,
    include: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    files_from: AnyPath | BinaryIO | None = None,
    force: bool = False,
    n_jobs: int | None = None,
    max_memory: int | None = None,
    timeout: float | None = None,
    executor: str | Executor | None = None,
    fail_fast: bool = False,
) -> FolderRun:
    """Do a task to many pictures on all processors: resumable, and honest about every file.

    Parameters
    ----------
    inputs : path or iterable of paths
        Files, and folders of PNG, JPEG, WebP, GIF, TIFF and BMP files. Hidden files are left out, linked folders
        walked once.
    task : {"quantize", "superpixels", "segment"}
        What is done to each.
    output_dir : path
        Folder of the outputs, NAME-quantized.png and so on. The folders below an input folder are mirrored; of several
        input folders the names too. It is not walked when it is inside one of them.
    parameters : mapping, optional
        Parameters of the task's function by name, such as ``{"n_colors": 64}``; not `n_threads`.
    format : {"png", "webp", "gif", "tif", "tiff", "bmp"}
        Of the pictures; GIF only to quantize.
    style : {"overlay", "mosaic", "boundaries", "labels"}, optional
        What is drawn of segments; overlay of superpixels and mosaic of segments by default.
    extras : mapping, optional
        What else is written of segments, kind to ending: ``{"labels": ".npy", "table": ".csv", "geojson": ".geojson"}``
        gives NAME-labels.npy and so on.
    own_psnr : bool
        Whether to tell too, at twice the time, what PSNR each picture would have with a palette of its own, where
        `parameters` hold a palette.
    recursive : bool
        Whether to walk the folders below.
    include, exclude : str or iterable of str
        Globs for what is found in folders: of names, or with a slash of paths below the folder (``**`` is any depth).
        An excluded folder is not walked.
    files_from : path or binary file object, optional
        A list of further files, one a line or separated by null bytes; - is standard input. Their folders are mirrored.
    force : bool
        Whether outputs that exist may be overwritten. What is done already is not done again even so.
    n_jobs : int, optional
        Worker processes, by default as many as processors. Each works with one thread, unless there are fewer files.
    max_memory : int, optional
        Bytes that the workers may take together, estimated from the sizes of the pictures; by default most of what is
        free.
    timeout : float, optional
        Seconds that one file may take.
    executor : str or object with a method ``run``, optional
        What does the work instead of worker processes here: ``"dask://HOST:PORT"`` is a Dask scheduler whose workers
        see the same files under the same paths (`imgcluster.batch.DaskWorkers`), an object an
        `imgcluster.batch.Executor`.
    fail_fast : bool
        Whether to begin no new file once one has failed.

    Returns
    -------
    FolderRun
        An iterator of `FileResult`, one for each input. Work is done while it is iterated; it can be closed.

    Raises
    ------
    FolderBusyError
        If another run is writing into `output_dir`.
    ImageWriteError
        If `output_dir` cannot be written.
    ImageReadError
        If the list of files cannot be read.
    WorkerError
        While iterating, if worker processes do not start; SchedulerError if a Dask scheduler cannot be reached.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind, of the task's function too.

    Notes
    -----
    Names of outputs that would collide (a.png and a.jpg, also where only some file systems take two names for one)
    keep the extension of the input: a.jpg-quantized.png. A file is done when its outputs were made from the same
    content with the same parameters by the same version and are there with the same size; the content is compared only
    when size or time of the input differ. What was made is kept in hidden files ``.imgcluster-state*`` in `output_dir`.
    A file that fails, or kills or stops its worker, costs nothing but its own result. When the disk is full no new file
    is begun.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skimage import data
    >>> with TemporaryDirectory() as folder:
    ...     ic.write_image(data.astronaut()[::4, ::4], f"{folder}/astronaut.png")
    ...     run = ic.process_folder(folder, "quantize", f"{folder}/small", parameters={"n_colors": 16}, n_jobs=1)
    ...     for result in run:
    ...         print(Path(result.input).name, result.status, Path(result.outputs[0]).name, result.n_colors)
    astronaut.png done astronaut-quantized.png 16
    """
    made = make_task(task, parameters, format=format, style=style, extras=extras, own_psnr=own_psnr)
    workers = choose_executor(executor, n_jobs, max_memory, timeout)
    search = _search(recursive, include, exclude)
    folder, names = _output_folder(output_dir), _input_names(inputs, files_from)
    # the lock makes the folder, and where nothing is found there shall be none
    lock = FolderLock(folder) if Path(folder).is_dir() else None
    try:
        found = _find(search, names, files_from, folder)
        lock = lock or (FolderLock(folder) if found else None)
        state = State(folder)
        plan = make_plan(found, made, folder, state, force=force)
        return FolderRun(plan, made, state, lock, workers, fail_fast=fail_fast)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def plan_folder(
    inputs: AnyPath | Iterable[AnyPath],
    task: str = "quantize",
    output_dir: AnyPath = "outputs",
    *,
    parameters: Mapping[str, Any] | None = None,
    format: str = "png",
    style: str | None = None,
    extras: Mapping[str, str] | None = None,
    recursive: bool = False,
    include: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    files_from: AnyPath | BinaryIO | None = None,
    force: bool = False,
) -> Plan:
    """Tell what `process_folder` would do with the same parameters, without writing anything.

    Parameters
    ----------
    inputs, task, output_dir, parameters, format, style, extras, recursive, include, exclude, files_from, force
        As for `process_folder`.

    Returns
    -------
    Plan

    Raises
    ------
    ImageReadError, ValueError, TypeError
        As `process_folder` does.
    """
    made = make_task(task, parameters, format=format, style=style, extras=extras)
    folder, names = _output_folder(output_dir), _input_names(inputs, files_from)
    found = _find(_search(recursive, include, exclude), names, files_from, folder)
    return make_plan(found, made, folder, State(folder), force=force)


def _find(search: Search, names: list[AnyPath], files_from: AnyPath | BinaryIO | None, folder: str) -> list[Found]:
    """Find the inputs, not walking the folder of outputs, unless it was given as one of inputs."""
    with suppress(OSError):
        status = os.stat(folder)  # noqa: PTH116
        if not any(Path(os.fsdecode(name)).is_dir() and Path(os.fsdecode(name)).samefile(folder) for name in names):
            search.walked.add((status.st_dev, status.st_ino))
    return search.find(names, files_from)


def _job_of(index: int, file: PlannedFile, kinds: Iterable[str]) -> Job:
    """Make the job of a planned file; the size of the picture is read from its header."""
    from imgcluster._headers import read_header

    header = None
    with suppress(OSError, ValueError), Path(file.input).open("rb") as stream:
        header = read_header(stream)
    return Job(
        index,
        file.input,
        dict(zip(kinds, file.outputs, strict=True)),
        n_pixels=header.width * header.height if header else 0,
        n_bytes=file.size,
        known_hash=file.record.hash if file.record is not None else "",
        otherwise=file.reason,
    )


def _without_work(file: PlannedFile) -> FileResult:
    """Return the result of a file that needs no work or allows none."""
    if file.action == "fail":
        return FileResult(file.input, "failed", file.reason)
    if file.record is None:
        return FileResult(file.input, "skipped", file.reason)
    return _done_before(file, file.record.to_result())


def _done_before(file: PlannedFile, before: FileResult) -> FileResult:
    """Return the result of an earlier run as one of this."""
    return replace(
        before,
        input=file.input,
        status="skipped",
        reason=DONE_BEFORE,
        outputs=file.outputs,
        milliseconds=None,
    )


def _search(recursive: bool, include: str | Iterable[str], exclude: str | Iterable[str]) -> Search:
    """Return what to look for; a single glob counts as one."""
    wanted, unwanted = ((globs,) if isinstance(globs, str) else tuple(globs) for globs in (include, exclude))
    return Search(recursive, wanted, unwanted)


def _output_folder(output_dir: AnyPath) -> str:
    """Return the folder of the outputs as text."""
    folder = os.fsdecode(output_dir)
    if not folder:
        raise ValueError("output_dir must name a folder, got ''; use . for the current one")
    return folder


def _input_names(inputs: AnyPath | Iterable[AnyPath], files_from: AnyPath | BinaryIO | None) -> list[AnyPath]:
    """Return the inputs as a list; a single path counts as one."""
    names = [inputs] if isinstance(inputs, str | bytes | os.PathLike) else list(inputs)
    if not names and files_from is None:
        raise ValueError("inputs must name at least one file or folder, got none; or give a list by files_from")
    return names


def _end_on_sigterm() -> Callable[[], None]:
    """Make SIGTERM end the run as Ctrl-C does, where nobody else cares for it; returns what undoes this."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        return lambda: None

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)

    def restore() -> None:
        with suppress(ValueError):
            # closed in another thread: only the main one may
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    return restore
