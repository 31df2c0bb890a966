"""What became of the files of a run: counted, summed up in a line, and written as a report."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from imgcluster.cli._console import count_text, print_error, size_text
from imgcluster.errors import ImgclusterError
from imgcluster.facts import NOT_BEGUN, Code, Loss, Reason
from imgcluster.files import STREAM, make_folder_of

if TYPE_CHECKING:
    from imgcluster.batch import Plan
    from imgcluster.tasks import FileResult


def ignored(plan: "Plan") -> "Iterator[FileResult]":
    """Yield a result for each picture in a folder of a format that is not read."""
    from imgcluster.picture import left_out_by_ending
    from imgcluster.tasks import FileResult

    for path in plan.ignored_files:
        format = left_out_by_ending(os.path.splitext(path)[1])  # noqa: PTH122 (of URLs, too)
        assert format is not None
        reason = Reason(Code.NOT_READ, {"format": format.title, "way_out": format.way_out})
        yield FileResult(path, "skipped", reason)


class Tally:
    """What became of the files so far."""

    def __init__(self, inputs: Sequence[str], task: str, report: str | None, n_jobs: int | None) -> None:
        self._title = " ".join(["imgcluster", task, *inputs[:3], *(["..."] if len(inputs) > 3 else [])])
        self._report, self._n_jobs = report, n_jobs
        self._start = perf_counter()
        self.counts: Counter[str] = Counter()
        self._results: list[FileResult] = []  # for the report alone
        self._seen: set[str] = set()
        self._lost: Counter[Loss] = Counter()
        self._before = self._after = 0

    @property
    def n_files(self) -> int:
        """Return the number of files so far."""
        return len(self._seen)

    @property
    def only_input(self) -> str:
        """Return the name of the only file so far; empty if there are several."""
        (name, *others) = self._seen or {""}
        return "" if others else "stdin" if name == STREAM else name

    def add(self, result: "FileResult") -> None:
        """Count a result; a file of a format that is not read is counted, and is no input."""
        code = None if result.reason is None else result.reason.code
        if code is Code.NOT_READ:
            self.counts["ignored"] += 1
            if self._report is not None:
                self._results.append(result)
            return
        kept = code is Code.WOULD_GROW
        self.counts["kept" if kept else "not done" if code in NOT_BEGUN else result.status] += 1
        self.counts["not allowed"] += result.status == "skipped" and not kept and code is not Code.DONE_BEFORE
        self.counts["outputs not written"] += len(result.kept) if result.status == "done" else 0
        self.counts["out of reach"] += code is Code.OUT_OF_REACH
        self.counts["grew"] += bool(result.grew) and not kept and result.status == "done"
        self._seen.add(result.input)
        self._lost.update(result.dropped)
        if result.bytes_before is not None and result.bytes_after is not None:
            self._before += result.bytes_before
            self._after += result.bytes_after
        if self._report is not None:
            self._results.append(result)

    def left(self, plan: "Plan") -> "Iterator[FileResult]":
        """Yield results for those files of an interrupted run that do not have one."""
        from imgcluster.tasks import FileResult

        for file in plan.files:
            if file.input not in self._seen:
                yield FileResult(file.input, "skipped", Reason(Code.INTERRUPTED))

    def summary(self) -> str:
        """Sum up the run."""
        statuses = ["done", "skipped", "failed", *(name for name in ("not done", "ignored") if self.counts[name])]
        found = [f"{status} {self.counts[status]:,}" for status in statuses]
        if self.counts["kept"]:
            found.insert(1, f"kept {self.counts['kept']:,} that would have grown")
        if self._before:
            found.append(f"{size_text(self._before)} -> {size_text(self._after)}")
        if self.counts["grew"]:
            found.append(f"{self.counts['grew']:,} grew")
        return ", ".join([*found, f"{perf_counter() - self._start:.2f} s"])

    def losses(self) -> str:
        """List what the pictures lost; empty if nothing was lost."""
        if self.n_files == 1:
            return ", ".join(str(loss) for loss in sorted(self._lost))
        return ", ".join(f"{loss} of {count_text(self._lost[loss], 'file')}" for loss in sorted(self._lost))

    def write_report(self, plan: "Plan") -> int:
        """Write the report that was asked for, in the order of the plan; returns the exit code."""
        if self._report is None:
            return 0
        from imgcluster.report import write_report

        seconds = perf_counter() - self._start
        order = {file.input: i for i, file in enumerate(plan.files)}
        results = sorted(self._results, key=lambda result: order.get(result.input, len(order)))
        try:
            make_folder_of(self._report)
            write_report(results, self._report, title=self._title, seconds=seconds, n_threads=self._n_jobs)
        except ImgclusterError as error:
            print_error(str(error))
            return 1
        return 0
