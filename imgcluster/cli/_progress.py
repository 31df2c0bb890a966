"""How far a run over a folder is: a bar on a terminal, a line for each file elsewhere."""

import sys
from contextlib import ExitStack, suppress
from math import isinf
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from imgcluster.cli._console import Console, count_text, print_error, printable, size_text
from imgcluster.results import FileResult

if TYPE_CHECKING:
    from tqdm import tqdm

DONE_BEFORE = "done before"

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
    """What is told of a run while it goes on."""

    def __init__(self, run: Run, n_files: int, console: Console) -> None:
        self._run, self._n_files, self._console = run, n_files, console
        self._n_seen = 0
        self._bar: tqdm[Any] | None = None
        self._stop = Event()
        self._ticker: Thread | None = None

    def __enter__(self) -> "Progress":
        if not self._console.quiet and sys.stderr is not None and sys.stderr.isatty():
            self._ticker = Thread(target=self._tick, daemon=True)
            self._ticker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        if self._ticker is not None:
            self._ticker.join()

    def tell(self, result: FileResult) -> None:
        """Tell what became of a file: failures always, what was done before only a curious user."""
        self._n_seen += 1
        console = self._console
        if result.status == "failed":
            self._print(lambda: print_error(f"{result.input}: {result.reason}"))
        elif result.status == "skipped":
            if console.verbose or (result.reason != DONE_BEFORE and not console.quiet):
                self._print(lambda: console.say(f"{result.input}: skipped, {in_flags(result.reason)}"))
        elif console.verbose or (self._ticker is None and not console.quiet):
            self._print(lambda: self._tell_done(result))

    def _tell_done(self, result: FileResult) -> None:
        """Say what was made of a file, and for ``-v`` what was lost."""
        self._console.say(f"{result.input} -> {', '.join(result.outputs)}  {figures(result)}")
        if result.dropped:
            self._console.detail(f"not kept: {', '.join(result.dropped)}")

    def _print(self, line: Any) -> None:
        """Print above the bar."""
        with ExitStack() as above:
            if self._bar is not None:
                above.enter_context(type(self._bar).external_write_mode(file=sys.stderr))
            line()

    def _tick(self) -> None:
        """Draw the bar again and again: the first file may take long, and time passes for people meanwhile."""
        # a terminal that is gone must not stop the work
        with suppress(OSError):
            while not self._stop.wait(_TICK):
                if self._bar is None and self._run.n_pixels:
                    self._bar = _make_bar(self._run.n_pixels)
                if self._bar is not None:
                    self._draw(self._bar)
            if self._bar is not None:
                self._bar.close()

    def _draw(self, bar: "tqdm[Any]") -> None:
        """Draw the bar as the run stands."""
        bar.n = min(self._run.n_pixels_done, self._run.n_pixels)
        bar.set_description_str(f"{self._n_seen:,} of {count_text(self._n_files, 'file')}", refresh=False)
        with suppress(RuntimeError):
            # the files at hand changed while they were listed
            bar.set_postfix_str(_shortened(printable((*self._run.running, "")[0])), refresh=False)
        bar.refresh()


def in_flags(reason: str) -> str:
    """Name the flag of the command line where the library names its parameter."""
    return reason.replace("; force overwrites it", "; -f overwrites it")


def figures(result: FileResult) -> str:
    """Say the figures of a result that is done."""
    found = [f"{result.width}x{result.height}"]
    if result.n_colors is not None:
        found.append(count_text(result.n_colors, "colour"))
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
