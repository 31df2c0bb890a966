"""A run in progress: jobs are handed out, and their results recorded and reported file by file."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from imgcluster.batch._plan import Plan, PlannedFile, folders_of
from imgcluster.batch._progress import drawn
from imgcluster.batch.executors import Executor
from imgcluster.batch.state import Record, State
from imgcluster.cards import card
from imgcluster.errors import ImageWriteError
from imgcluster.facts import Code, Reason
from imgcluster.files import is_url, join, may_exist, remove_leftovers, remove_temporaries, shown
from imgcluster.picture import format_of_ending, read_header
from imgcluster.tasks import ORIGINAL, FileResult, Job, JobOutcome, Task, folders_touched, share_done
from imgcluster.wording import count_text

if TYPE_CHECKING:
    from imgcluster.batch.state import FolderLease, FolderLock

_DISK_FULL = "no space left on the device"
_PIXELS_A_BYTE = 4  # of lossy photos from cameras, on the safe side


class FolderRun(Iterator[FileResult]):
    """A run in progress: an iterator of results, one for each input; first those that need no work.

    Closing it, leaving a ``with`` block, or dropping it ends the workers and unlocks the folder; so does an exception
    in it, including KeyboardInterrupt. What was done stays done.

    Attributes
    ----------
    plan : Plan
        What the run does.
    """

    def __init__(self, books: Books, executor: Executor, *, progress: bool = False) -> None:
        self.plan = books.plan
        # the generator must not refer to this object, so that dropping it closes it at once
        results = books.results(executor)
        self._given: Counter[str] = Counter()  # results by their status
        self._books, self._results = books, drawn(results, len(books.plan.files)) if progress else results

    def __next__(self) -> FileResult:
        result = next(self._results)
        self._given[result.status] += 1
        return result

    def __enter__(self) -> FolderRun:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _repr_html_(self) -> str:
        """Show what the run has to do, and how far it is, in a notebook."""
        words = {"make": "to do", "check": "to check", "skip": "skipped", "fail": "failed"}
        counts = Counter(words[file.action] for file in self.plan.files)
        if self._given:
            counts = self._given + Counter({"left": len(self.plan.files) - self._given.total()})
        facts: list[tuple[str, object]] = [(name, f"{n:,}") for name, n in sorted(counts.items())]
        if self.n_pixels:
            facts.append(("pixels done", f"{self.n_pixels_done / self.n_pixels:.0%}"))
        stopped = [("stopped", self.stopped)] if self.stopped else []
        return card(f"Run of {count_text(len(self.plan.files), 'file')}", [*facts, *stopped])

    @property
    def n_pixels(self) -> int:
        """Return the pixels of the files to be processed, known once the first of them has started."""
        return self._books.n_pixels

    @property
    def n_pixels_done(self) -> int:
        """Return the pixels of those that are done, or have failed."""
        return self._books.n_pixels_done + self._books.n_pixels_of_one()

    @property
    def running(self) -> tuple[str, ...]:
        """Return the inputs being processed, the earliest started first."""
        return tuple(file.input for file in self._books.begun.values())

    @property
    def stopped(self) -> str:
        """Return why no new file is started any more; empty while there is no reason."""
        return self._books.stopped

    def close(self) -> None:
        """End the run; unfinished files are discarded."""
        self._results.close()
        self._books.close()


class Books:
    """The state of a run while an executor works: journal, lock, what has started, and why to stop."""

    def __init__(
        self, plan: Plan, task: Task, state: State, lock: FolderLock | FolderLease | None, *, fail_fast: bool
    ) -> None:
        self.plan, self.stopped = plan, ""
        self.n_pixels = self.n_pixels_done = 0
        self.begun: dict[int, PlannedFile] = {}
        self._sizes: dict[int, int] = {}
        self._task, self._state, self._lock, self._fail_fast = task, state, lock, fail_fast
        self._fingerprint = task.fingerprint() if state.is_kept else ""

    def n_pixels_of_one(self) -> int:
        """Return the pixels that are done of a file that is worked on in this process."""
        return int(self._sizes.get(next(iter(self.begun), -1), 0) * share_done())

    def results(self, executor: Executor) -> Generator[FileResult, None, None]:
        """Yield all results; however this ends, nothing keeps running and nothing unfinished remains."""
        restore = _end_on_sigterm()
        try:
            self._remove_leftovers()
            todo: list[tuple[int, PlannedFile]] = []
            for index, file in enumerate(self.plan.files):
                if file.action in ("make", "check"):
                    todo.append((index, file))
                    continue
                yield self._without_work(file)
                if file.action == "fail" and self._fail_fast:
                    self._stop(f"{shown(file.input)} failed")
            yield from self._work(todo, executor)
        finally:
            self._remove_leftovers()
            self.close()
            restore()

    def _work(self, todo: Sequence[tuple[int, PlannedFile]], executor: Executor) -> Iterator[FileResult]:
        """Have the files processed, and yield the result of each."""
        jobs = [job_of(index, file) for index, file in todo] if not self.stopped else []
        self._sizes = {job.index: job.n_pixels for job in jobs}
        self.n_pixels = sum(self._sizes.values())
        left = dict(todo)
        if jobs:
            self._announce(jobs)
            # not a plain loop over it: that would leave it open when this generator is closed
            with closing(executor.run(self._task, self._hand_out(jobs), len(jobs))) as outcomes:
                for outcome in outcomes:
                    self.begun.pop(outcome.index, None)
                    self.n_pixels_done += self._sizes[outcome.index]
                    yield self._settle(left.pop(outcome.index), outcome)
        for file in left.values():
            yield FileResult(file.input, "skipped", Reason(Code.STOPPED, {"why": self.stopped}))

    def _announce(self, jobs: Iterable[Job]) -> None:
        """Announce to the journal in one go what will be started."""
        try:
            self._state.announce([self._below(self.plan.files[job.index]) for job in jobs if job.outputs])
        except ImageWriteError as error:
            self._stop(str(error))

    def _hand_out(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Hand out the jobs, recording each before any of its output is written, until there is a reason to stop."""
        for job in jobs:
            file = self.plan.files[job.index]
            if self._lock is not None and self._lock.lost:
                self._stop(self._lock.lost)
            if not self.stopped and job.outputs:
                self._note_started(file)
            if self.stopped:
                return
            self.begun[job.index] = file
            yield job

    def _settle(self, file: PlannedFile, outcome: JobOutcome) -> FileResult:
        """Record what became of a file for the next run, and return its result."""
        result = replace(outcome.result, input=file.input)
        if is_url(file.input):
            # as the listing gives it, with which the next run compares
            outcome = replace(outcome, size=file.size, mtime_ns=file.mtime_ns)
        if result.status == "done":
            result = replace(result, outputs=_as_planned(result, file), kept=file.kept)
            result = self._with_made_before(file, result)
        if outcome.disk_full:
            self._stop(_DISK_FULL)
        if result.status == "failed":
            if not any(may_exist(path) for path in file.wanted.values()):
                self._note(lambda: self._state.record_dropped(self._below(file)))
            if self._fail_fast:
                self._stop(f"{shown(file.input)} failed")
            return result
        if result.status == "done":
            self._note_done(file, outcome, result)
        elif result.reason == Reason(Code.DONE_BEFORE) and file.record is not None:
            before = file.record.to_result()
            renewed = replace(file.record, size=outcome.size, mtime_ns=outcome.mtime_ns, result=before.to_dict())
            self._note(lambda: self._state.record_done(self._relative(file.picture), renewed))
            return self._done_before(file, file.record)
        elif file.wanted:
            # announced, but not made after all
            self._note(lambda: self._state.record_dropped(self._below(file)))
        return result

    def _without_work(self, file: PlannedFile) -> FileResult:
        """Return the result of a file that needs no work or cannot be processed."""
        if file.action == "fail":
            return FileResult(file.input, "failed", file.reason)
        if file.record is None:
            return FileResult(file.input, "skipped", file.reason)
        return self._done_before(file, file.record)

    def _done_before(self, file: PlannedFile, record: Record) -> FileResult:
        """Return the result of an earlier run as one of this run, which may ask for fewer outputs, or more."""
        return replace(
            record.to_result(),
            input=file.input,
            status="skipped",
            reason=Reason(Code.DONE_BEFORE),
            outputs=file.outputs,
            bytes_after=self._size_of(file.outputs, record),
            milliseconds=None,
        )

    def _with_made_before(self, file: PlannedFile, result: FileResult) -> FileResult:
        """Return a result that also names the outputs that exist since an earlier run."""
        before = [path for path in file.outputs if path not in (*file.wanted.values(), *file.kept)]
        record = self._state.record_of(self._relative(file.picture)) if before else None
        if record is None:
            return result
        outputs = tuple(path for path in file.outputs if path not in file.kept)
        return replace(result, outputs=outputs, bytes_after=(result.bytes_after or 0) + self._size_of(before, record))

    def _size_of(self, outputs: Iterable[str], record: Record) -> int:
        """Return the total size of outputs as they were made."""
        return sum(record.outputs.get(self._relative(path), 0) for path in outputs)

    def _note_done(self, file: PlannedFile, outcome: JobOutcome, result: FileResult) -> None:
        """Record what was made, for the next run."""
        if not self._state.is_kept:
            return
        places = {**file.wanted, ORIGINAL: file.original or ""}
        sizes = {self._relative(places[kind]): size for kind, size in outcome.sizes.items()}
        made = Record(self._fingerprint, outcome.size, outcome.mtime_ns, sizes, result.to_dict())
        self._note(lambda: self._state.record_done(self._relative(file.picture), made))

    def _note(self, write: Callable[[], None]) -> None:
        """Write to the journal; a run that cannot is stopped, because the next one would not know what it did."""
        try:
            write()
        except ImageWriteError as error:
            self._stop(str(error))

    def _stop(self, reason: str) -> None:
        """Start no new file."""
        self.stopped = self.stopped or reason

    def _below(self, file: PlannedFile) -> list[str]:
        """Return the outputs to make of a file as paths below the folder, which may be moved."""
        originals = [file.original] if file.original and file.wanted else []
        return [self._relative(path) for path in dict.fromkeys([*file.wanted.values(), *originals])]

    def _relative(self, output: str) -> str:
        """Return an output as a path below the folder."""
        return output[len(join(self.plan.output_dir, "")) :]

    def _note_started(self, file: PlannedFile) -> None:
        """Record what is about to be written."""
        self._note(lambda: self._state.record_started(self._below(file)))

    def _remove_leftovers(self) -> None:
        """Remove temporary files, including those of killed runs, where this run may write and runs have written."""
        if self._lock is None:
            return
        remembered = [join(self.plan.output_dir, path) for path in self._state.all_outputs()]
        for folder in {str(Path(folder)) for folder in folders_touched("", remembered) | folders_of(self.plan)}:
            remove_leftovers(folder)
        if is_url(self.plan.output_dir) and not self._lock.lost:
            remove_temporaries(self.plan.output_dir)

    def close(self) -> None:
        """Close the journal and unlock the folder."""
        try:
            if self._lock is None or not self._lock.lost:
                self._state.close()
        except ImageWriteError as error:
            # what is missing from it is redone
            self._stop(str(error))
        finally:
            if self._lock is not None:
                self._lock.release()


def _as_planned(result: FileResult, file: PlannedFile) -> tuple[str, ...]:
    """Return the outputs as the plan spells them: an executor elsewhere may have had to spell them differently."""
    planned = tuple(file.wanted.values())
    if result.reason is not None and file.original:
        planned = (file.original,)
    return planned if len(planned) == len(result.outputs) else result.outputs


def job_of(index: int, file: PlannedFile) -> Job:
    """Create the job of a planned file."""
    return Job(
        index,
        file.input,
        file.wanted,
        original=file.original,
        name=file.name,
        n_pixels=_n_pixels(file),
        n_bytes=file.size,
        known_hash=file.record.hash if file.record is not None else "",
        otherwise=file.reason if file.action == "check" else None,
    )


def _n_pixels(file: PlannedFile) -> int:
    """Return the size of a picture from its header, or for a URL a guess from its bytes."""
    if is_url(file.input):
        kind = format_of_ending(os.path.splitext(file.input)[1])  # noqa: PTH122 (of a URL)
        return file.size * (_PIXELS_A_BYTE if kind is not None and kind.lossy else 1)
    header = None
    with suppress(OSError, ValueError), Path(file.input).open("rb") as stream:
        header = read_header(stream)
    return header.width * header.height if header else 0


def _end_on_sigterm() -> Callable[[], None]:
    """Make SIGTERM end the run as Ctrl-C does unless it is handled already; returns what undoes this."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        return lambda: None

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)

    def restore() -> None:
        with suppress(ValueError):
            # closed in another thread: only the main one may do this
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    return restore
