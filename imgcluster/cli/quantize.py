"""``imgcluster quantize``: pictures with few colors from photos."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import isinf
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from imgcluster.cli import _options as options
from imgcluster.cli._console import Console, count_text, read_stdin, size_text, write_stdout
from imgcluster.cli._folder_options import FolderOptions, check_folder, folder_options, is_folder_run
from imgcluster.cli._folders import FolderTask, run_folder
from imgcluster.cli._inputs import Outcome, print_json, process_inputs, size_of
from imgcluster.cli._masks import Masks
from imgcluster.cli._presets import preset_option
from imgcluster.cli._targets import STREAM, Targets, check_format, check_streams, check_targets, make_folder_of

if TYPE_CHECKING:
    from imgcluster.palette import Palette
    from imgcluster.quantization import Quantized, QuantizedFile

_ENDING = "-quantized"

# what a search for colors takes, and a palette that is given leaves nothing to do
_SEARCH = {"n_colors": "-k/--colors", "method": "-m/--method", "effort": "--effort", "random_state": "--seed"}

_EPILOG = """\b
Examples:
  imgcluster quantize photo.jpg -k 16
  imgcluster quantize *.jpg -d small --effort best
  imgcluster quantize photos -r -d small --report small.html
  imgcluster quantize photo.png -k 1000 -o photo.webp
  curl -s URL | imgcluster quantize - -k 32 > photo.png
"""

Quantizer = Callable[[Any], "Quantized"]


class _Task(NamedTuple):
    """What is done to every input."""

    quantizer: Quantizer
    parameters: dict[str, Any]
    format: str  # of what has no ending: standard output
    masks: Masks | None


@dataclass(frozen=True)
class QuantizeOutcome(Outcome):
    """What became of one input; the fields are those of a line of ``--json``."""

    width: int | None = None
    height: int | None = None
    n_colors: int | None = None
    n_distinct: int | None = None
    mse: float | None = None
    psnr: float | None = None
    lossless: bool | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    seconds: float | None = None


@click.command("quantize", epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="INPUTS...")
@options.colors_option
@click.option(
    "-m",
    "--method",
    type=click.Choice(["kmeans", "soft-kmeans", "gmm"]),
    default="kmeans",
    show_default=True,
    help="How to cluster.",
)
@click.option("--palette", type=options.FILE, help="Use these colors: .gpl, .hex or .json.")
@click.option("-o", "--output", type=options.FILE, help="Output of a single input; - is stdout.")
@click.option("-d", "--output-dir", type=options.DIR_OR_URL, help="Folder of the outputs.  [default: outputs]")
@options.format_option("png", "webp", "gif", "tif", "bmp")
@click.option("--soft-masks", type=options.DIR, help="Also write a gray mask of each cluster.")
@click.option("-f", "--force", is_flag=True, help="Overwrite existing files.")
@folder_options
@preset_option
@options.effort_option
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
    palette: str | None,
    output: str | None,
    output_dir: str | None,
    format: str | None,
    soft_masks: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Write pictures again with few, well chosen colors.

    Each of the INPUTS becomes an indexed PNG, NAME-quantized.png, unless --format says otherwise. The input - is
    standard input and goes to standard output. With -o the ending chooses the format: .png, .webp, .gif, .tif or .bmp.
    Folders are done on all cores, and the same command goes on after any end: it does nothing twice.
    """
    console = options.make_console(ctx, quiet, verbose)
    folder = FolderOptions.take(parameters)
    wants_one = bool(as_json or soft_masks or output)
    if is_folder_run(inputs, folder, output_dir, wants_one=wants_one):
        n_threads = parameters.pop("n_threads")
        check_folder(inputs, folder, output_dir, n_threads, output=output, soft_masks=soft_masks)
        parameters["palette"] = _palette_of(ctx, palette)
        check_format(_n_colors(parameters), None, format or "png")
        task = FolderTask("quantize", output_dir, force, parameters, format or "png")
        ctx.exit(run_folder(inputs, task, folder, console, n_threads=n_threads, as_json=as_json))
    _check_usage(inputs, output, output_dir, format, as_json)
    format = format or "png"
    parameters["palette"] = _palette_of(ctx, palette)
    check_format(_n_colors(parameters), output, format)
    also_read = [] if palette is None else [palette]
    targets = Targets(inputs, output, output_dir, ending=f"{_ENDING}.{format}", force=force, also_read=also_read)
    masks = None if soft_masks is None else Masks(soft_masks, force)
    single = _Task(_make_quantizer(parameters, console), parameters, format, masks)
    work = partial(_quantize, targets=targets, task=single, console=console)
    report = print_json if as_json else None
    ctx.exit(process_inputs(inputs, work, targets, console, outcome_type=QuantizeOutcome, report=report))


def _check_usage(
    inputs: tuple[str, ...], output: str | None, output_dir: str | None, format: str | None, as_json: bool
) -> None:
    """Refuse what cannot be meant, before any file is read."""
    if not inputs:
        raise click.UsageError("no input given; name a picture, as in: imgcluster quantize photo.jpg -k 16")
    check_targets(inputs, output, output_dir, format)
    check_streams(inputs, output, output_dir, as_json=as_json)


def _n_colors(parameters: Mapping[str, Any]) -> int:
    """Return how many colors a palette is to have, or has."""
    palette = parameters["palette"]
    return int(parameters["n_colors"] if palette is None else len(palette))


def _palette_of(ctx: click.Context, path: str | None) -> "Palette | None":
    """Read the palette once for all inputs, when nothing contradicts it."""
    if path is None:
        return None
    for name, flags in _SEARCH.items():
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--palette and {flags} exclude each other; leave one out")
    from imgcluster.palette import Palette

    return Palette.read(path)


def _make_quantizer(parameters: dict[str, Any], console: Console) -> Quantizer:
    """Import the library, and bind its parameters."""
    from imgcluster import kernels
    from imgcluster.quantization import quantize

    # asking for the backend raises KernelError here, once, and not for every input
    console.detail(f"kernels {kernels.backend()}, instruction set {kernels.isa()}")
    return partial(quantize, **parameters)


def _quantize(source: str, name: str, *, targets: Targets, task: _Task, console: Console) -> QuantizeOutcome:
    """Read, quantize and write one picture."""
    from imgcluster.quantization import wants_bands

    target = targets.claim(source)
    start, stem = perf_counter(), "stdin" if source == STREAM else Path(source).stem
    if task.masks is not None:
        task.masks.check(stem)
    data = read_stdin() if source == STREAM else None
    result: Quantized | QuantizedFile
    if data is None and task.masks is None and wants_bands(source, f"x.{task.format}" if target == STREAM else target):
        result, size, n_written = _by_bands(source, target, task)
    else:
        result, size, n_written = _whole(source if data is None else data, target, task, stem)
    outcome = QuantizeOutcome(
        input=source,
        output=target,
        status="done",
        width=size[1],
        height=size[0],
        n_colors=len(result.palette),
        n_distinct=result.n_distinct,
        mse=float(result.mse),
        psnr=None if isinf(result.psnr) else float(result.psnr),
        lossless=result.lossless,
        bytes_in=size_of(source) if data is None else len(data.getbuffer()),
        bytes_out=n_written,
        seconds=round(perf_counter() - start, 4),
    )
    _tell(name, outcome, result, console)
    return outcome


def _whole(source: str | io.BytesIO, target: str, task: _Task, stem: str) -> tuple["Quantized", tuple[int, int], int]:
    """Quantize a picture that fits in memory: the result, height and width, bytes written."""
    from imgcluster.picture import read_image

    pixels = read_image(source)
    if target != STREAM:
        make_folder_of(target)
    result = task.quantizer(pixels)
    # 36 MB of a 12-megapixel photo that the encoder can use
    del pixels
    n_written = _save(result, target, task)
    if task.masks is not None:
        task.masks.write(result, stem)
    height, width = result.indices.shape
    return result, (height, width), n_written


def _by_bands(source: str, target: str, task: _Task) -> tuple["QuantizedFile", tuple[int, int], int]:
    """Quantize a picture that may not fit in memory: the result, height and width, bytes written."""
    from imgcluster.quantization import quantize_large

    if target != STREAM:
        make_folder_of(target)
        result = quantize_large(source, target, **task.parameters)
        return result, (result.height, result.width), Path(target).stat().st_size
    with TemporaryFile() as file:
        result = quantize_large(source, file, format=task.format, **task.parameters)
        n_written = file.tell()
        file.seek(0)
        while data := file.read(1 << 20):
            write_stdout(data)
    return result, (result.height, result.width), n_written


def _save(result: "Quantized", target: str, task: _Task) -> int:
    """Write the picture and return its size in bytes."""
    n_threads = task.parameters["n_threads"]
    if target != STREAM:
        result.save(Path(target), n_threads=n_threads)
        return Path(target).stat().st_size
    buffer = io.BytesIO()
    result.save(buffer, format=task.format, n_threads=n_threads)
    write_stdout(buffer.getvalue())
    return buffer.tell()


def _tell(name: str, outcome: QuantizeOutcome, result: "Quantized | QuantizedFile", console: Console) -> None:
    """Say the result in a line, and how the fit went in another for ``-v``."""
    target = "stdout" if outcome.output == STREAM else outcome.output
    sizes = " -> ".join(size_text(size) for size in (outcome.bytes_in, outcome.bytes_out) if size is not None)
    distinct = count_text(outcome.n_distinct or 0, "color")
    if outcome.lossless:
        quality = f"{sizes}, has only {distinct}: all kept, lossless"
    else:
        quality = f"{distinct} -> {outcome.n_colors:,}, {sizes}, PSNR {result.psnr:.1f} dB"
    console.say(f"{name} -> {target}  {outcome.width}x{outcome.height}, {quality}, {outcome.seconds:.2f} s")
    if result.model is not None:
        model = result.model
        fit = f"last fit {count_text(model.n_iter_, 'iteration')}, {'' if model.converged_ else 'not '}converged"
        objective = model.history_.objective[-1]
        console.detail(f"{fit}, objective {objective:.6g}, MSE {result.mse:.4g}, {outcome.seconds:.3f} s")
