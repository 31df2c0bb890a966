"""One file's part of a run, done in any process: an error becomes its result."""

from __future__ import annotations

import errno
import gc
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from imgcluster.errors import FileError, ImageWriteError, ImgclusterError, TargetError
from imgcluster.facts import Code, Reason
from imgcluster.files import STREAM, shown
from imgcluster.picture import limits
from imgcluster.tasks._content import Content, hash_content, read_content
from imgcluster.tasks._do_file import do_file, wants_bands
from imgcluster.tasks._placing import preserve
from imgcluster.tasks._results import FileResult
from imgcluster.tasks._scratch import wants_scratch
from imgcluster.tasks._staging import needs_stage, staged
from imgcluster.tasks._task import COUNT, Task, function_of
from imgcluster.tasks._volumes import is_volume
from imgcluster.tasks._writing import ORIGINAL
from imgcluster.threads import reporting
from imgcluster.wording import fault_text, is_of_loading

if TYPE_CHECKING:
    from imgcluster.colors import AlphaHistogram, Histogram

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Job:
    """One file's part of a run. It can be pickled."""

    index: int
    source: str
    outputs: Mapping[str, str]  # by kind, the picture first
    original: str | None = None  # where the source is copied if its picture would be larger; see Place
    name: str = ""  # its part in the names of its files
    n_pixels: int = 0
    n_bytes: int = 0
    known_hash: str = ""  # of the content that the outputs were made from
    otherwise: Reason | None = None  # why nothing may be written if the content differs

    @property
    def places(self) -> dict[str, str]:
        """Return every file that may be written, by kind."""
        return dict(self.outputs) | ({ORIGINAL: self.original} if self.original else {})


@dataclass(frozen=True)
class JobOutcome:
    """What became of a job, and what the next run must know about it."""

    index: int
    result: FileResult
    size: int = 0
    mtime_ns: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)  # of the outputs, by kind
    disk_full: bool = False
    unsound: bool = False  # a library could not be loaded: its process may not work any more
    histogram: Histogram | AlphaHistogram | None = None  # of a task that counts colors; it travels packed


_shares = [0.0]


def _told(share: float) -> None:
    _shares[0] = share


def share_done() -> float:
    """Return how far the job that this process is doing has come, 0 if it does not tell."""
    return _shares[0]


def run_job(task: Task, job: Job) -> JobOutcome:
    """Process one file; an error becomes its result."""
    start = perf_counter()
    with reporting(_told), limits(*(task.limits or ())):
        outcome = _attempt(_run_staged if needs_stage(job.source, job.outputs.values()) else _run, task, job)
    _told(0.0)
    spent = round(1000 * (perf_counter() - start), 3)
    return replace(outcome, result=replace(outcome.result, milliseconds=spent))


def _attempt(run: Callable[[Task, Job], JobOutcome], task: Task, job: Job) -> JobOutcome:
    """Process one file with a function, or return why that fails, and free what it held."""
    outcome = _tried(run, task, job)
    if outcome.result.status == "failed":
        # an error and its traceback refer to each other, and so keep the picture until cycles are looked for
        gc.collect()
    return outcome


def _tried(run: Callable[[Task, Job], JobOutcome], task: Task, job: Job) -> JobOutcome:
    """Process one file with a function, or return why that fails."""
    try:
        return run(task, job)
    except BrokenPipeError:
        # the reader of the pipe has closed it: that ends the run
        raise
    except Exception as error:
        causes = (error, error.__cause__)
        full = any(isinstance(cause, OSError) and cause.errno in _FULL for cause in causes)
        result = FileResult(job.source, "failed", reason_of(error, job.source), trace=traceback.format_exc())
        return JobOutcome(job.index, result, disk_full=full, unsound=is_of_loading(error))


def _run(task: Task, job: Job) -> JobOutcome:
    """Read, compute and write one file."""
    if task.name == COUNT:
        return _count(task, job)
    by_path = job.source != STREAM and is_volume(task.parameters)
    by_path = by_path or wants_bands(task, job.source, job.outputs) or wants_scratch(task, job.source, job.n_pixels)
    content = hash_content(job.source) if by_path else read_content(job.source)
    if job.otherwise is not None and (job.known_hash != content.digest or not job.outputs):
        return _without_work(job, content)
    preserves = task.writing.preserve and job.source != STREAM
    before = Path(job.source).stat() if preserves else None
    result = do_file(task.for_input(job.name), content, job.outputs, task.n_threads, original=job.original)
    written = set(result.outputs) - {STREAM}
    if before is not None:
        result = replace(result, warnings=result.warnings + preserve(before, written))
    sizes = {kind: Path(path).stat().st_size for kind, path in job.places.items() if path in written}
    return JobOutcome(job.index, replace(result, input=job.source), content.size, content.mtime_ns, sizes)


def _run_staged(task: Task, job: Job) -> JobOutcome:
    """Process one file with local copies of remote files."""
    with staged(job.source, job.places) as stage:
        outputs = {kind: stage.outputs[kind] for kind in job.outputs}
        here = replace(job, source=stage.source, outputs=outputs, original=stage.outputs.get(ORIGINAL, job.original))
        outcome = _attempt(_run, task, here)
        result = replace(outcome.result, input=job.source, reason=stage.renamed(outcome.result.reason))
        if result.status == "done":
            stage.deliver()
            result = replace(result, outputs=tuple(stage.names.get(path, path) for path in result.outputs))
        return replace(outcome, result=result)


def _without_work(job: Job, content: Content) -> JobOutcome:
    """Return the outcome for a file that was only touched, or must not be redone."""
    reason = Reason(Code.DONE_BEFORE) if job.known_hash == content.digest else job.otherwise
    result = FileResult(job.source, "skipped", reason, hash=content.digest)
    return JobOutcome(job.index, result, content.size, content.mtime_ns)


def _count(task: Task, job: Job) -> JobOutcome:
    """Count the colors of one file: the histogram travels from the worker that reads to the process that merges."""
    histogram, lost = function_of(task.name)(job.source, task.n_threads)
    result = FileResult(job.source, "done", dropped=tuple(sorted(lost)), bytes_before=job.n_bytes)
    return JobOutcome(job.index, result, histogram=histogram)


def reason_of(error: Exception, source: str) -> Reason:
    """Return why a file failed."""
    if isinstance(error, FileError):
        # a line about a file begins with its name
        own = error.name in (shown(source), "stdin" if source == STREAM else source)
        code = Code.UNWRITABLE if isinstance(error, ImageWriteError) else Code.UNREADABLE
        return Reason(code, {"problem": error.without_name if own else str(error)})
    if isinstance(error, TargetError):
        return Reason(Code.OUT_OF_REACH, {"problem": str(error)})
    if isinstance(error, ImgclusterError | ValueError | TypeError):
        return Reason(Code.BAD_VALUE, {"problem": str(error)})
    if isinstance(error, MemoryError):
        return Reason(Code.NO_MEMORY)
    if text := fault_text(error):
        return Reason(Code.INSTALLATION if is_of_loading(error) else Code.UNREADABLE, {"problem": text})
    said = " ".join(str(error).split())
    return Reason(Code.UNEXPECTED, {"problem": f"{type(error).__name__}: {said}"})
