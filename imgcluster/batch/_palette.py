"""One palette for many pictures: each is counted by a worker, the counts are added up, and the sum is clustered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from imgcluster.batch._inputs import AnyPath, Found
from imgcluster.batch._plan import PlannedFile
from imgcluster.batch._progress import counted
from imgcluster.batch._run import job_of
from imgcluster.batch._wish import choose_search, input_names
from imgcluster.batch.executors import Executor, Threads, check_workers, choose_executor
from imgcluster.errors import NoPictureError
from imgcluster.facts import Code, Reason
from imgcluster.files import FileStatus, is_url, place, shown, status
from imgcluster.picture import Limits, limits
from imgcluster.tasks import COUNT, FileResult, Task
from imgcluster.types import Float64Array, RandomState

if TYPE_CHECKING:
    from imgcluster.colors import AlphaHistogram, Histogram
    from imgcluster.palette import Palette


@dataclass(frozen=True)
class BuiltPalette:
    """A palette, and what it was made of.

    Attributes
    ----------
    palette : Palette
        Dark to light.
    histogram : Histogram or AlphaHistogram
        All colors of all pictures.
    results : tuple of FileResult
        What became of each input, in the order of the inputs.
    """

    palette: Palette
    histogram: Histogram | AlphaHistogram = field(repr=False)
    results: tuple[FileResult, ...] = field(repr=False)

    @property
    def shares(self) -> Float64Array:
        """The share of pixels whose nearest color is that of the palette, of shape (k,), float64."""
        import numpy as np

        from imgcluster.colors import AlphaHistogram
        from imgcluster.palette import nearest_alpha_colors, nearest_colors

        if isinstance(self.histogram, AlphaHistogram):
            labels = nearest_alpha_colors(self.histogram, self.palette.colors).labels
        else:
            labels = nearest_colors(self.histogram, self.palette.colors).labels
        counts = np.bincount(labels, self.histogram.counts, len(self.palette))
        shares: Float64Array = counts / counts.sum()
        return shares


def build_palette(
    inputs: AnyPath | Iterable[AnyPath],
    n_colors: int = 256,
    *,
    effort: str = "default",
    random_state: RandomState = 0,
    recursive: bool = False,
    include: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    files_from: AnyPath | BinaryIO | None = None,
    n_jobs: int | None = None,
    executor: str | Executor | None = None,
    n_threads: int | None = None,
    max_pixels: int | None = None,
    max_memory: int | None = None,
    on_result: Callable[[FileResult], object] | None = None,
    progress: bool = False,
) -> BuiltPalette:
    """Find the best n_colors colors for all pixels of many pictures, exactly.

    Every distinct color of every picture is counted, on threads here or on a Dask scheduler, the counts are added up,
    and the sum is clustered as one picture is (`extract_palette`). The palette is the same, to the bit, for any order
    of the inputs and any number of workers.

    Parameters
    ----------
    inputs : path or iterable of paths
        Files and folders, by path or URL. Each file counts once, however often it is named or linked.
    n_colors : int
        Palette size, 1 to 65536; at most as many as there are distinct colors are returned.
    effort : {"default", "fast", "best"}
        How long to search for a better local minimum.
    random_state : int, numpy Generator or None
        Seed.
    recursive, include, exclude, files_from : optional
        As for `process_folder`.
    n_jobs : int, optional
        Pictures that are read at once, each by one thread; by default as many as processors.
    executor : str or object with a method ``run``, optional
        What counts the colors instead of local threads, as for `process_folder`.
    n_threads : int or None
        Threads of the search; None uses all processors.
    max_pixels, max_memory : int, optional
        Of a picture, as for `quantize`.
    on_result : callable, optional
        Called with the `FileResult` of each input as soon as it is known.
    progress : bool
        Whether to draw a bar while colors are counted, for a terminal or a notebook.

    Returns
    -------
    BuiltPalette

    Raises
    ------
    NoPictureError
        If there are no pictures, or none can be read.
    ImageReadError
        If the list of files cannot be read, or the storage of a URL cannot be reached.
    SchedulerError
        If a Dask scheduler cannot be reached.
    ValueError, TypeError
        If a parameter is out of its range or of the wrong kind.

    Notes
    -----
    The sum takes 128 MB. Counting writes nothing, so that it needs no worker processes, and threads are twice as
    fast. On Dask a worker adds up the counts of a batch, and they travel packed, about 60 KB for a single photo.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from tempfile import TemporaryDirectory
    >>> from skimage import data
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("astronaut", "coffee"):
    ...         ic.write_image(getattr(data, name)()[::4, ::4], f"{folder}/{name}.png")
    ...     built = ic.build_palette(folder, 16, n_jobs=1)
    >>> len(built.palette), built.histogram.n_pixels, [result.status for result in built.results]
    (16, 31384, ['done', 'done'])
    """
    from imgcluster.colors import merge_histograms
    from imgcluster.palette import EFFORTS, MAX_COLORS, extract_palette
    from imgcluster.parameters import check_choice, check_flag, check_int, check_random_state
    from imgcluster.threads import check_threads

    n_colors = check_int("n_colors", n_colors, 1, MAX_COLORS)
    check_choice("effort", effort, EFFORTS)
    check_flag("progress", progress)
    rng, n_threads = check_random_state(random_state), check_threads(n_threads)
    workers = _counters(executor, n_jobs)
    found = choose_search(recursive, include, exclude).find(input_names(inputs, files_from), files_from)
    if executor is not None:
        workers = choose_executor(executor, n_jobs, None, None, [file.path for file in found], in_workers=True)
    with limits(max_pixels, max_memory) as allowed:
        allowed = allowed if executor is None else allowed.elsewhere()
    with counted(progress, len(found)) as count:
        counting = _Counting(found, workers, on_result, allowed, count)
        histogram = merge_histograms(counting.histograms())
    results = tuple(counting.results[i] for i in range(len(found)))
    if not any(result.status == "done" for result in results):
        failed = next((r for r in results if r.status == "failed"), None)
        problem = "there is none" if failed is None else f"{shown(failed.input)}: {failed.text}"
        raise NoPictureError("any picture", problem, "" if failed else "name others")
    palette = extract_palette(histogram, n_colors, effort=effort, random_state=rng, n_threads=n_threads)
    return BuiltPalette(palette, histogram, results)


def _counters(executor: str | Executor | None, n_jobs: int | None) -> Executor:
    """Return the executor that counts: local threads unless something else was asked for."""
    from imgcluster.parameters import check_int
    from imgcluster.threads import check_threads

    check_workers(executor, n_jobs, None, None)
    return Threads(check_threads(None) if n_jobs is None else check_int("n_jobs", n_jobs, 1))


@dataclass
class _Counting:
    """The counting of all pictures, and the results so far."""

    found: Sequence[Found]
    workers: Executor
    on_result: Callable[[FileResult], object] | None
    limits: Limits
    count: Callable[[], object]
    results: dict[int, FileResult] = field(default_factory=dict)

    def histograms(self) -> Iterator[Histogram | AlphaHistogram]:
        """Yield the histograms as they come, of one picture or of several."""
        todo: list[PlannedFile | None] = []
        seen: set[str] = set()
        for i, file in enumerate(self.found):
            where = place(file.path) if is_url(file.path) else os.path.realpath(file.path)
            again = file.repeated or where in seen
            seen.add(where)
            found = _status(file)
            reason = _reason_against(file, found)
            if reason is not None:
                self._tell(i, FileResult(file.path, "failed", reason))
            elif again:
                reason = Reason(Code.GIVEN_TWICE)
                self._tell(i, FileResult(file.path, "skipped", reason))
            size = 0 if found is None else found.size  # 0 on an error, which its worker will report
            todo.append(PlannedFile(file.path, size=size) if reason is None else None)
        jobs = [job_of(i, file) for i, file in enumerate(todo) if file is not None]
        if not jobs:
            return
        with closing(self.workers.run(Task(COUNT, {}, limits=self.limits), iter(jobs), len(jobs))) as outcomes:
            for outcome in outcomes:
                self._tell(outcome.index, replace(outcome.result, input=self.found[outcome.index].path))
                if outcome.histogram is not None:
                    yield outcome.histogram

    def _tell(self, index: int, result: FileResult) -> None:
        """Keep the result of a file, and report it to the callback."""
        self.results[index] = result
        self.count()
        if self.on_result is not None:
            self.on_result(result)


def _reason_against(file: Found, found: FileStatus | None) -> Reason | None:
    """Return why a file is not to be opened: opening a pipe that a folder holds would wait for who writes to it."""
    if problem := _problem(file):
        return Reason(Code.UNREADABLE, {"problem": problem})
    return Reason(Code.NOT_A_FILE) if found is not None and found.kind == "other" and not file.named else None


def _problem(file: Found) -> str:
    """Return what the search found wrong with a file."""
    return file.status if isinstance(file.status, str) else file.problem


def _status(file: Found) -> FileStatus | None:
    """Return the status of a file, asked for once; None on an error, which the search or its worker reports."""
    if isinstance(file.status, FileStatus):
        return file.status
    with suppress(OSError, ValueError):
        return None if _problem(file) else status(file.path)
    return None
