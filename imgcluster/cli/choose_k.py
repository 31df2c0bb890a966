"""``imgcluster choose-k``: how many clusters the colours of a picture, or the rows of a table, have."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._console import Console, count_text, read_stdin, write_stdout
from imgcluster.cli._targets import (
    STREAM,
    ExistingOutputError,
    SkippedError,
    Targets,
    check_targets,
    make_folder_of,
)

if TYPE_CHECKING:
    from imgcluster.cluster import Choice

_ENDING = "-choose-k.png"
_PLOTS = (".png", ".svg", ".pdf")

# heading of the column of values, and how they are written
_COLUMNS = {
    "elbow": ("distortion", "{:.4e}"),
    "silhouette": ("silhouette", "{:.3f}"),
    "bic": ("BIC", "{:.1f}"),
    "gap": ("gap", "{:.3f}"),
    "psnr": ("PSNR in dB", "{:.2f}"),
}

_EPILOG = """\b
Examples:
  imgcluster choose-k photo.jpg
  imgcluster choose-k photo.jpg --psnr 35
  imgcluster choose-k photo.jpg --ks 2,4,8 -o elbow.svg
  imgcluster choose-k points.csv --criterion bic --standardize
"""

Reader = Callable[[str], Any]
Chooser = Callable[[Any], "Choice"]


@dataclass(frozen=True)
class Outcome:
    """What became of one input; the fields are those of a line of ``--json``."""

    input: str
    output: str | None
    status: str
    reason: str | None = None
    criterion: str | None = None
    k: int | None = None
    table: list[dict[str, Any]] | None = None
    seconds: float | None = None


def _parse_ks(value: str) -> tuple[int, ...]:
    """Read 2:16 (both ends are tried), 2:16:2 or 2,4,8."""
    try:
        if ":" in value:
            first, last, *step = map(int, value.split(":"))
            ks = tuple(range(first, last + 1, *step))
        else:
            ks = tuple(map(int, value.split(",")))
    except (ValueError, TypeError):
        raise click.BadParameter(f"ks must be a range such as 2:16 or numbers such as 2,4,8, got {value!r}") from None
    if not ks or min(ks) < 1:
        raise click.BadParameter(f"ks must be numbers of at least 1, the smaller end first, got {value!r}")
    return ks


def _parse_psnr(value: str) -> float:
    """Read a target in dB."""
    try:
        number = float(value.lower().removesuffix("db"))
    except ValueError:
        raise click.BadParameter(f"psnr must be a number of dB, got {value!r}") from None
    if not 0 <= number < float("inf"):
        raise click.BadParameter(f"psnr must be finite and at least 0, got {value}")
    return number


@click.command("choose-k", epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="INPUTS...")
@click.option("--ks", metavar="KS", type=_parse_ks, help="To try: 2:16, or 2,4,8.  [default: 1:16]")
@click.option("--criterion", type=click.Choice(list(_COLUMNS)), help="What decides.  [default: elbow]")
@click.option("--psnr", metavar="DB", type=_parse_psnr, help="To reach, for the criterion psnr.  [default: 30]")
@click.option("--standardize", is_flag=True, help="Scale a table's columns to deviation 1.")
@click.option("-o", "--output", metavar="FILE", help="Plot of a single input: .png, .svg, .pdf.")
@click.option("-d", "--output-dir", metavar="DIR", help="Folder of the plots.  [default: outputs]")
@click.option("-f", "--force", is_flag=True, help="Overwrite existing files.")
@options.seed_option
@options.threads_option
@options.json_option
@options.quiet_option
@options.verbose_option
@options.debug_option
@options.version_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    inputs: tuple[str, ...],
    output: str | None,
    output_dir: str | None,
    force: bool,
    standardize: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Choose the number of clusters, by a criterion.

    INPUTS are pictures, whose colours are clustered, or tables of numbers (.csv, .tsv, .txt, .dat), a row a sample.
    The values, the choice and its reason are printed, and drawn into NAME-choose-k.png. The criterion bic is that
    of Gaussian mixtures, the others are those of k-means; psnr is for pictures, and finds the size of a palette.
    """
    console = options.make_console(ctx, quiet, verbose)
    _check_usage(inputs, output, output_dir)
    read = partial(_read, standardize=standardize)
    # the table takes standard output, so a picture from standard input has its plot in a folder, too
    folder = "outputs" if output is None and output_dir is None else output_dir
    targets = Targets(inputs, output, folder, ending=_ENDING, force=force)
    chooser = _make_chooser(_settle_criterion(parameters), console)
    counts: Counter[str] = Counter()
    for source in inputs:
        outcome = _attempt(source, targets, read, chooser, console)
        counts[outcome.status] += 1
        if as_json:
            write_stdout(f"{json.dumps(asdict(outcome))}\n".encode())
        elif outcome.status == "done":
            write_stdout(_text(outcome, name=len(inputs) > 1).encode())
    if len(inputs) > 1:
        console.say(", ".join(f"{status} {counts[status]}" for status in ("done", "skipped", "failed")))
    ctx.exit(1 if counts["failed"] else 0)


def _check_usage(inputs: tuple[str, ...], output: str | None, output_dir: str | None) -> None:
    """Refuse what cannot be meant, before any file is read."""
    if not inputs:
        raise click.UsageError("no input given; name a picture, as in: imgcluster choose-k photo.jpg")
    check_targets(inputs, output, output_dir)
    if output == STREAM:
        raise click.UsageError("-o - would mix the plot with the table on stdout; name a file: -o plot.png")
    if output is not None and Path(output).suffix.lower() not in _PLOTS:
        raise click.UsageError(f"-o/--output must end in {', '.join(_PLOTS)}, got {output!r}; try -o plot.png")
    if STREAM in inputs and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("standard input is a terminal; pipe a picture in or name a file")


def _settle_criterion(parameters: dict[str, Any]) -> dict[str, Any]:
    """Take the criterion from --psnr where it is not named, and leave the library its defaults."""
    given = {name: value for name, value in parameters.items() if value is not None}
    if "psnr" in given and given.setdefault("criterion", "psnr") != "psnr":
        raise click.UsageError(
            f"--psnr is for the criterion psnr, got --criterion {given['criterion']}; leave one of them out"
        )
    return given


def _make_chooser(parameters: dict[str, Any], console: Console) -> Chooser:
    """Import the library, and bind its parameters."""
    from imgcluster import kernels
    from imgcluster.choose_k import choose_k

    # asking for the backend raises KernelError here, once, and not for every input
    console.detail(f"kernels {kernels.backend()}, instruction set {kernels.isa()}")
    return partial(choose_k, **parameters)


def _attempt(source: str, targets: Targets, read: Reader, chooser: Chooser, console: Console) -> Outcome:
    """Choose for one input, and tell what became of it; an error ends this input only."""
    name = "stdin" if source == STREAM else source or "''"
    try:
        try:
            target = targets.claim(source)
        except ExistingOutputError as existing:
            # the table was asked for in any case
            console.say(f"{name}: no new plot, {existing}")
            target = None
        with console.warnings_about(name):
            return _choose(source, name, target, read, chooser, console)
    except SkippedError as skipped:
        console.say(f"{name}: skipped, {skipped}")
        return Outcome(source, targets.name_for(source), "skipped", str(skipped))
    except BrokenPipeError:
        raise
    except Exception as error:
        return Outcome(source, None, "failed", console.failure(name, error))


def _read(source: str, *, standardize: bool) -> Any:
    """Read a table of samples, or a picture."""
    from imgcluster.imageio import read_image
    from imgcluster.tables import ENDINGS, read_table

    if source != STREAM and Path(source).suffix.lower() in ENDINGS:
        return read_table(source, standardize=standardize)
    return read_image(read_stdin() if source == STREAM else source)


def _choose(source: str, name: str, target: str | None, read: Reader, chooser: Chooser, console: Console) -> Outcome:
    """Read an input, choose, and plot."""
    start = perf_counter()
    array = read(source)
    choice = chooser(array)
    if target is not None:
        from imgcluster.plotting import plot_choice, save_plot

        make_folder_of(target)
        save_plot(plot_choice(choice), target)
    seconds = perf_counter() - start
    height, width = array.shape[:2]
    size = f"{width}x{height}" if array.ndim == 3 else f"{count_text(height, 'row')} of {count_text(width, 'column')}"
    console.say(f"{name}{f' -> {target}' if target else ''}  {size}, {choice.criterion}, {seconds:.2f} s")
    return Outcome(
        input=source,
        output=target,
        status="done",
        reason=choice.reason,
        criterion=choice.criterion,
        k=choice.k,
        table=choice.table(),
        seconds=round(seconds, 4),
    )


def _text(outcome: Outcome, *, name: bool) -> str:
    """Write the table, with the choice marked, and the reason."""
    assert outcome.table is not None
    heading, shown = _COLUMNS[outcome.criterion or ""]
    values = ["lossless" if row["value"] is None else shown.format(row["value"]) for row in outcome.table]
    width = max(map(len, [heading, *values]))
    lines = [f"    k  {heading:>{width}}"]
    for row, value in zip(outcome.table, values, strict=True):
        error = f" +- {row['error']:.3f}" if "error" in row else ""
        lines.append(f"{'*' if row['chosen'] else ' '} {row['k']:3}  {value:>{width}}{error}")
    return "\n".join([*([outcome.input] if name else []), *lines, outcome.reason or "", ""])
