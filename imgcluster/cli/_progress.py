"""The progress of a run over a folder: a bar on a terminal, a line for each file elsewhere."""

import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from imgcluster.cli._console import Console, count_text, print_error, print_lines, printable, size_text
from imgcluster.facts import NOT_BEGUN, Code, Reason
from imgcluster.files import STREAM

if TYPE_CHECKING:
    from tqdm import tqdm

    from imgcluster.tasks import FileResult

_BAR = "{desc} |{bar}| {percentage:.0f}% of {total_fmt} pixels, {remaining} left{postfix}"
_TICK = 0.25  # seconds
_MOST_LISTED = 16  # colors
_LONGEST = 48  # characters of a name beside the bar


class Run(Protocol):
    """What a bar needs to know about a run in progress."""

    @property
    def n_pixels(self) -> int:
        """Pixels of all files to be processed."""

    @property
    def n_pixels_done(self) -> int:
        """Pixels of those that have been processed."""

    @property
    def running(self) -> tuple[str, ...]:
        """The files being processed."""


class Progress:
    """What is reported of a run while it is in progress.

    On a terminal a separate thread draws the bar and the lines above it. No other may: Ctrl-C interrupts the main
    thread anywhere, even while it holds tqdm's lock, which would then never be released.
    """

    def __init__(self, run: Run, n_files: int, console: Console, *, bar: bool) -> None:
        self._run, self._n_files, self._console, self._bar = run, n_files, console, bar
        self._n_seen = 0
        self._lines: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._painter: Thread | None = None

    def __enter__(self) -> "Progress":
        if self._bar and not self._console.quiet and sys.stderr is not None and sys.stderr.isatty():
            self._painter = Thread(target=self._paint, daemon=True)
            self._painter.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lines.put(None)
        if self._painter is not None:
            self._painter.join()

    def tell(self, result: "FileResult") -> None:
        """Report what became of a file: failures always, what was done before only with ``-v``."""
        self._n_seen += 1
        console = self._console
        if result.status == "failed":
            self._print(partial(_report_failure, result, console))
        elif result.status == "skipped":
            if console.verbose or not (console.quiet or (self._bar and _is_expected(result.reason))):
                reason = "" if result.reason is None else result.reason.in_flags()
                kept = result.reason is not None and result.reason.code is Code.WOULD_GROW
                self._print(partial(console.say, f"{_name(result.input)}: {'' if kept else 'skipped, '}{reason}"))
        else:
            for text in result.warnings:
                self._print(partial(console.warn, f"{_name(result.input)}: {text}"))
            for path in result.kept:
                exists = Reason(Code.EXISTS, {"output": path}).in_flags()
                self._print(partial(console.say, f"{_name(result.input)}: not written, {exists}"))
            if console.verbose or (self._painter is None and not console.quiet):
                self._print(partial(self._report_done, result))

    def _report_done(self, result: "FileResult") -> None:
        """Report what was made of a file, and with ``-v`` what was lost and how the fit went."""
        outputs = ", ".join("stdout" if path == STREAM else path for path in result.outputs)
        found = figures(result) if result.reason is None else result.reason.in_flags()
        self._console.say(f"{_name(result.input)} -> {outputs}  {found}")
        if result.n_iter is not None:
            ended = "converged" if result.converged else "not converged"
            error = "" if result.mse is None else f", MSE {result.mse:.4g}"
            self._console.detail(f"last fit {count_text(result.n_iter, 'iteration')}, {ended}{error}")
        if result.shares:
            self._console.detail(_shares_text(result))
        if result.dropped and self._n_files > 1:
            self._console.detail(f"not kept: {result.dropped_text}")

    def _print(self, line: Callable[[], None]) -> None:
        """Print at once, or have it printed above the bar."""
        if self._painter is None:
            line()
        else:
            self._lines.put(line)

    def _paint(self) -> None:
        """Draw the bar repeatedly: the first file may take long, and the time shown should advance."""
        bar: tqdm[Any] | None = None
        # a closed terminal must not stop the work
        with suppress(OSError):
            while (line := self._next_line()) is not None:
                if bar is None and self._run.n_pixels:
                    bar = _make_bar(self._run.n_pixels)
                if line is not _no_line:
                    with bar.external_write_mode(file=sys.stderr) if bar is not None else nullcontext():
                        line()
                if bar is not None:
                    self._draw(bar)
            if bar is not None:
                bar.close()

    def _next_line(self) -> Callable[[], None] | None:
        """Wait briefly for the next line; returns None after the last."""
        try:
            return self._lines.get(timeout=_TICK)
        except Empty:
            return _no_line

    def _draw(self, bar: "tqdm[Any]") -> None:
        """Draw the bar in the current state of the run."""
        bar.n = min(self._run.n_pixels_done, self._run.n_pixels)
        bar.set_description_str(f"{self._n_seen:,} of {count_text(self._n_files, 'file')}", refresh=False)
        with suppress(RuntimeError):
            # the files being processed changed while they were listed
            bar.set_postfix_str(_shortened(printable((*self._run.running, "")[0])), refresh=False)
        bar.refresh()


def _shares_text(result: "FileResult") -> str:
    """List the colors that were used, by their share of the pixels."""
    used = sorted(zip(result.shares, result.palette, strict=True), key=lambda found: -found[0])
    used = [found for found in used if found[0]]
    listed = ", ".join(f"{color} {100 * share:.1f} %" for share, color in used[:_MOST_LISTED])
    rest = f", {len(used) - _MOST_LISTED} more" if len(used) > _MOST_LISTED else ""
    return f"{len(used)} of {count_text(len(result.palette), 'color')} used: {listed}{rest}"


def _no_line() -> None:
    """Print nothing: it is only time to draw the bar again."""


def _report_failure(result: "FileResult", console: Console) -> None:
    """Report why a file failed, with the traceback if ``--debug`` is given."""
    reason = "" if result.reason is None else result.reason.in_flags()
    print_error(f"{_name(result.input)}: {reason}")
    if console.debug and result.trace:
        print_lines(result.trace)


def _is_expected(reason: Reason | None) -> bool:
    """Check whether the last line of a run says enough about files that are skipped for this reason."""
    return reason is not None and (reason.code is Code.DONE_BEFORE or reason.code in NOT_BEGUN)


def _name(source: str) -> str:
    """Return the displayed name of an input."""
    return "stdin" if source == STREAM else source or "''"


def figures(result: "FileResult") -> str:
    """List the figures of a result that is done."""
    depth = "" if result.n_slices is None else f"x{result.n_slices}"
    found = [f"{result.width}x{result.height}{depth}"]
    if result.n_frames is not None:
        found.append(count_text(result.n_frames, "frame"))
    if result.n_segments is not None:
        found.append(count_text(result.n_segments, "segment"))
    sizes = ""
    if result.bytes_before is not None and result.bytes_after is not None:
        sizes = f"{size_text(result.bytes_before)} -> {size_text(result.bytes_after)}{' (grew)' if result.grew else ''}"
    if result.n_colors is not None:
        distinct = count_text(result.n_distinct or 0, "color")
        if result.mse == 0:
            kept = "all kept, lossless" if result.lossless else "all kept"
            found += [sizes, f"has only {distinct}: {kept}"]
        else:
            found += [f"{distinct} -> {result.n_colors:,}", sizes, f"PSNR {result.psnr:.1f} dB"]
    if result.milliseconds is not None:
        found.append(f"{result.milliseconds / 1000:.2f} s")
    return ", ".join(filter(None, found))


def _make_bar(n_pixels: int) -> "tqdm[Any]":
    """Return a bar that estimates the time left from pixels: files differ too much."""
    from tqdm import tqdm

    return tqdm(total=n_pixels, unit_scale=True, bar_format=_BAR, dynamic_ncols=True, leave=False, file=sys.stderr)


def _shortened(name: str) -> str:
    """Keep the end of a long name, which is more informative than its beginning."""
    return name if len(name) <= _LONGEST else f"...{name[3 - _LONGEST :]}"
