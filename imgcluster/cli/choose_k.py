"""``imgcluster choose-k``: how many clusters the colors of a picture, or the rows of a table, have."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._command import Command
from imgcluster.cli._console import Console, count_text, write_stdout
from imgcluster.cli._inputs import Outcome, print_json, process_inputs
from imgcluster.cli._targets import ExistingOutputError, Targets, check_streams, check_targets
from imgcluster.files import STREAM, make_folder_of, read_stdin

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
class ChoiceOutcome(Outcome):
    """What became of one input; the fields are those of a line of ``--json``."""

    criterion: str | None = None
    k: int | None = None
    table: list[dict[str, Any]] | None = None
    seconds: float | None = None


def _parse_ks(value: str) -> tuple[int, ...]:
    """Parse 2:16 (both ends are tried), 2:16:2 or 2,4,8."""
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
    """Parse a target in dB."""
    try:
        number = float(value.lower().removesuffix("db"))
    except ValueError:
        raise click.BadParameter(f"psnr must be a number of dB, got {value!r}") from None
    if not 0 <= number < float("inf"):
        raise click.BadParameter(f"psnr must be finite and at least 0, got {value}")
    return number


@click.command("choose-k", cls=Command, epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="INPUTS...")
@click.option("--ks", metavar="KS", type=_parse_ks, help="To try: 2:16, or 2,4,8.  [default: 1:16]")
@click.option("--criterion", type=click.Choice(list(_COLUMNS)), help="What decides.  [default: elbow]")
@click.option("--psnr", metavar="DB", type=_parse_psnr, help="Target of the criterion psnr.  [default: 30]")
@click.option("--columns", type=options.columns, metavar="A,B", help="A table's columns: names, or counted from 1.")
@click.option("--standardize", is_flag=True, help="Scale a table's columns to deviation 1.")
@click.option("-o", "--output", type=options.FILE, help="Plot of a single input: .png, .svg, .pdf.")
@click.option("-d", "--output-dir", type=options.DIR, help="Folder of the plots.  [default: outputs]")
@click.option("-f", "--force", is_flag=True, help="Overwrite existing files.")
@options.limit_options
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
    columns: tuple[str, ...] | None,
    standardize: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Choose the number of clusters, by a criterion.

    INPUTS are pictures, whose colors are clustered, or tables of numbers (.csv, .tsv, .txt, .dat), one row per sample.
    The values, the choice and its reason are printed, and drawn into NAME-choose-k.png. The criterion bic is the one
    for Gaussian mixtures, the others are for k-means; psnr is for pictures, and finds the size of a palette.
    """
    console = options.make_console(ctx, quiet, verbose)
    _check_usage(inputs, output, output_dir)
    read = partial(_read, columns=columns, standardize=standardize)
    # the table uses standard output, so the plot of a picture from standard input goes to a folder, too
    folder = "outputs" if output is None and output_dir is None else output_dir
    targets = Targets(inputs, output, folder, ending=_ENDING, force=force)
    settled = _settle_criterion(parameters)
    _check_criterion(inputs, settled.get("criterion", "elbow"), settled.get("ks"))
    chooser = _make_chooser(settled, console)
    work = partial(_choose, targets=targets, read=read, chooser=chooser, console=console)
    report = print_json if as_json else partial(_print_table, name=len(inputs) > 1)
    ctx.exit(process_inputs(inputs, work, targets, console, outcome_type=ChoiceOutcome, report=report))


def _check_usage(inputs: tuple[str, ...], output: str | None, output_dir: str | None) -> None:
    """Reject options that make no sense, before any file is read."""
    if not inputs:
        raise click.UsageError("no input given; name a picture, as in: imgcluster choose-k photo.jpg")
    check_targets(inputs, output, output_dir)
    if output == STREAM:
        raise click.UsageError("-o - would mix the plot with the table on stdout; name a file: -o plot.png")
    if output is not None and Path(output).suffix.lower() not in _PLOTS:
        raise click.UsageError(f"-o/--output must end in {', '.join(_PLOTS)}, got {output!r}; try -o plot.png")
    # the plot of standard input goes to a folder, too
    check_streams(inputs, output, "outputs")


def _settle_criterion(parameters: dict[str, Any]) -> dict[str, Any]:
    """Take the criterion from --psnr if it is not named, and leave the defaults to the library."""
    given = {name: value for name, value in parameters.items() if value is not None}
    if "psnr" in given and given.setdefault("criterion", "psnr") != "psnr":
        raise click.UsageError(
            f"--psnr is for the criterion psnr, got --criterion {given['criterion']}; leave one of them out"
        )
    return given


def _check_criterion(inputs: tuple[str, ...], criterion: str, ks: tuple[int, ...] | None) -> None:
    """Reject inputs and numbers that the criterion cannot take, in words of the command line."""
    from imgcluster.files import TABLE_ENDINGS

    table = next((source for source in inputs if Path(source).suffix.lower() in TABLE_ENDINGS), None)
    if criterion == "psnr" and table is not None:
        raise click.UsageError(f"the criterion psnr is for pictures, got the table {table!r}; use --criterion elbow")
    if ks is None:
        return
    if criterion == "elbow" and len(set(ks)) < 3:
        tried = ",".join(map(str, ks))
        raise click.UsageError(f"--ks must hold at least 3 numbers for an elbow, got {tried}; try --ks 1:16")
    if criterion == "silhouette" and min(ks) < 2:
        raise click.UsageError(
            f"--ks of the silhouette must be at least 2, got 1; start with --ks 2:{_last_from_2(ks)}"
        )


def _last_from_2(ks: tuple[int, ...]) -> int:
    """Return the end of a range from 2 that holds several numbers."""
    return max(ks) if max(ks) > 2 else 16


def _make_chooser(parameters: dict[str, Any], console: Console) -> Chooser:
    """Import the library, and bind its parameters."""
    from imgcluster import kernels
    from imgcluster.quantization import choose_k

    # asking for the backend raises KernelError here, once, and not for every input
    console.detail(f"kernels {kernels.backend()}, instruction set {kernels.isa()}")
    return partial(choose_k, **parameters)


def _read(source: str, *, columns: tuple[str, ...] | None, standardize: bool) -> Any:
    """Read a table of samples, or a picture."""
    from imgcluster.files import TABLE_ENDINGS, read_table
    from imgcluster.picture import read_image

    if source != STREAM and Path(source).suffix.lower() in TABLE_ENDINGS:
        return read_table(source, columns=columns, standardize=standardize)
    return read_image(read_stdin() if source == STREAM else source)


def _choose(
    source: str, name: str, *, targets: Targets, read: Reader, chooser: Chooser, console: Console
) -> ChoiceOutcome:
    """Read an input, choose, and plot."""
    target = None
    try:
        target = targets.claim(source)
    except ExistingOutputError as existing:
        # the table is wanted in any case
        console.say(f"{name}: no new plot, {existing}")
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
    return ChoiceOutcome(
        input=source,
        output=target,
        status="done",
        reason=choice.reason,
        criterion=choice.criterion,
        k=choice.k,
        table=choice.table(),
        seconds=round(seconds, 4),
    )


def _print_table(outcome: ChoiceOutcome, *, name: bool) -> None:
    """Print the table of an input that is done, with the choice marked, and the reason."""
    if outcome.table is None:
        return
    heading, shown = _COLUMNS[outcome.criterion or ""]
    values = ["lossless" if row["value"] is None else shown.format(row["value"]) for row in outcome.table]
    width = max(map(len, [heading, *values]))
    lines = [f"    k  {heading:>{width}}"]
    for row, value in zip(outcome.table, values, strict=True):
        error = f" +- {row['error']:.3f}" if "error" in row else ""
        lines.append(f"{'*' if row['chosen'] else ' '} {row['k']:3}  {value:>{width}}{error}")
    text = "\n".join([*([outcome.input] if name else []), *lines, outcome.reason or "", ""])
    write_stdout(text.encode())
