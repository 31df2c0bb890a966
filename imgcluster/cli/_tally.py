"""What became of the files of a run: counted, summed up in a line, and written as a report."""

from collections import Counter
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from imgcluster.cli._console import count_text, print_error, size_text
from imgcluster.cli._targets import make_folder_of
from imgcluster.errors import ImgclusterError
from imgcluster.tasks import DONE_BEFORE, NOT_DONE, FileResult

if TYPE_CHECKING:
    from imgcluster.batch import Plan

_LOSSES = {"alpha": "transparency", "frames": "all frames but the first"}


class Tally:
    """What became of the files so far."""

    def __init__(self, inputs: Sequence[str], task: str, report: str | None, n_jobs: int | None) -> None:
        self._title = " ".join(["imgcluster", task, *inputs[:3], *(["..."] if len(inputs) > 3 else [])])
        self._report, self._n_jobs = report, n_jobs
        self._start = perf_counter()
        self.counts: Counter[str] = Counter()
        self._results: list[FileResult] = []  # for the report alone
        self.told: set[str] = set()
        self._lost: Counter[str] = Counter()
        self._before = self._after = 0

    def add(self, result: FileResult) -> None:
        """Count a result."""
        self.counts["not done" if result.reason.startswith(NOT_DONE) else result.status] += 1
        self.counts["refused"] += result.status == "skipped" and result.reason != DONE_BEFORE
        self.told.add(result.input)
        self._lost.update(_LOSSES.keys() & set(result.dropped))
        if result.bytes_before is not None and result.bytes_after is not None:
            self._before += result.bytes_before
            self._after += result.bytes_after
        if self._report is not None:
            self._results.append(result)

    def summary(self) -> str:
        """Sum up the run."""
        statuses = ["done", "skipped", "failed", *(["not done"] if self.counts["not done"] else [])]
        found = [f"{status} {self.counts[status]:,}" for status in statuses]
        if self._before:
            found.append(f"{size_text(self._before)} -> {size_text(self._after)}")
        return ", ".join([*found, f"{perf_counter() - self._start:.2f} s"])

    def losses(self) -> str:
        """Say what the pictures lost; an empty text when that is nothing."""
        return ", ".join(f"{_LOSSES[kind]} of {count_text(n, 'file')}" for kind, n in sorted(self._lost.items()))

    def write_report(self, plan: "Plan") -> int:
        """Write the report that is asked for, in the order of the plan; returns the exit code."""
        if self._report is None:
            return 0
        from imgcluster.report import write_report

        seconds = perf_counter() - self._start
        order = {file.input: i for i, file in enumerate(plan.files)}
        results = sorted(self._results, key=lambda result: order[result.input])
        try:
            make_folder_of(self._report)
            write_report(results, self._report, title=self._title, seconds=seconds, n_threads=self._n_jobs)
        except ImgclusterError as error:
            print_error(str(error))
            return 1
        return 0
