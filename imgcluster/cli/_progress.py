"""How far a run over a folder is: a bar on a terminal, a line for each file elsewhere."""

import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from math import isinf
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from imgcluster.cli._console import Console, count_text, print_error, printable, size_text
from imgcluster.tasks import DONE_BEFORE, NOT_DONE, FileResult

if TYPE_CHECKING:
    from tqdm import tqdm

_FLAGS = {
    "; force overwrites it": "; -f overwrites it",
    "; allow more with timeout": "; allow more with --timeout",
    ", more than max_memory; allow more": "; allow more with --max-memory",
}
_BAR = "{desc} |{bar}| {percentage:.0f}% of {total_fmt} pixels, {remaining} left{postfix}"
_TICK = 0.25  # seconds
_LONGEST = 48  # characters of a name beside the bar


class Run(Protocol):
    """What a bar asks of a run that goes on."""

    @property
    def n_pixels(self) -> int:
        """Pixels of all files that are to be made."""

    @property
    def n_pixels_done(self) -> int:
        """Pixels of those that are made."""

    @property
    def running(self) -> tuple[str, ...]:
        """The files at hand."""


class Progress:
    """What is told of a run while it goes on.

    On a terminal a thread of its own draws the bar and the lines above it. No other may: Ctrl-C interrupts the main
    thread anywhere, in the middle of tqdm's lock too, which would then never be free again.
    """

    def __init__(self, run: Run, n_files: int, console: Console) -> None:
        self._run, self._n_files, self._console = run, n_files, console
        self._n_seen = 0
        self._lines: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._painter: Thread | None = None

    def __enter__(self) -> "Progress":
        if not self._console.quiet and sys.stderr is not None and sys.stderr.isatty():
            self._painter = Thread(target=self._paint, daemon=True)
            self._painter.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._lines.put(None)
        if self._painter is not None:
            self._painter.join()

    def tell(self, result: FileResult) -> None:
        """Tell what became of a file: failures always, what was done before only a curious user."""
        self._n_seen += 1
        console = self._console
        if result.status == "failed":
            self._print(partial(print_error, f"{result.input}: {in_flags(result.reason)}"))
        elif result.status == "skipped":
            if console.verbose or not (console.quiet or _is_expected(result.reason)):
                self._print(partial(console.say, f"{result.input}: skipped, {in_flags(result.reason)}"))
        elif console.verbose or (self._painter is None and not console.quiet):
            self._print(partial(self._tell_done, result))

    def _tell_done(self, result: FileResult) -> None:
        """Say what was made of a file, and for ``-v`` what was lost."""
        self._console.say(f"{result.input} -> {', '.join(result.outputs)}  {figures(result)}")
        if result.dropped:
            self._console.detail(f"not kept: {', '.join(result.dropped)}")

    def _print(self, line: Callable[[], None]) -> None:
        """Print at once, or have it printed above the bar."""
        if self._painter is None:
            line()
        else:
            self._lines.put(line)

    def _paint(self) -> None:
        """Draw the bar again and again: the first file may take long, and time passes for people meanwhile."""
        bar: tqdm[Any] | None = None
        # a terminal that is gone must not stop the work
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
        """Wait for the next line, not for long; returns None after the last."""
        try:
            return self._lines.get(timeout=_TICK)
        except Empty:
            return _no_line

    def _draw(self, bar: "tqdm[Any]") -> None:
        """Draw the bar as the run stands."""
        bar.n = min(self._run.n_pixels_done, self._run.n_pixels)
        bar.set_description_str(f"{self._n_seen:,} of {count_text(self._n_files, 'file')}", refresh=False)
        with suppress(RuntimeError):
            # the files at hand changed while they were listed
            bar.set_postfix_str(_shortened(printable((*self._run.running, "")[0])), refresh=False)
        bar.refresh()


def _no_line() -> None:
    """Print nothing: it is only time to draw the bar again."""


def _is_expected(reason: str) -> bool:
    """Tell whether the last line of a run says enough of files that are skipped for this reason."""
    return reason == DONE_BEFORE or reason.startswith(NOT_DONE)


def in_flags(reason: str) -> str:
    """Name the flags of the command line where the library names its parameters."""
    for parameter, flag in _FLAGS.items():
        reason = reason.replace(parameter, flag)
    return reason


def figures(result: FileResult) -> str:
    """Say the figures of a result that is done."""
    found = [f"{result.width}x{result.height}"]
    if result.n_colors is not None:
        found.append(count_text(result.n_colors, "color"))
    if result.n_segments is not None:
        found.append(count_text(result.n_segments, "segment"))
    if result.bytes_before is not None and result.bytes_after is not None:
        found.append(f"{size_text(result.bytes_before)} -> {size_text(result.bytes_after)}")
    if result.psnr is not None:
        found.append("lossless" if isinf(result.psnr) else f"PSNR {result.psnr:.1f} dB")
    if result.milliseconds is not None:
        found.append(f"{result.milliseconds / 1000:.2f} s")
    return ", ".join(found)


def _make_bar(n_pixels: int) -> "tqdm[Any]":
    """Return a bar whose time left is told by pixels: files differ too much."""
    from tqdm import tqdm

    return tqdm(total=n_pixels, unit_scale=True, bar_format=_BAR, dynamic_ncols=True, leave=False, file=sys.stderr)


def _shortened(name: str) -> str:
    """Keep the end of a long name, which tells more than its beginning."""
    return name if len(name) <= _LONGEST else f"...{name[3 - _LONGEST :]}"
