"""``imgcluster quantize``: pictures with few colors from photos."""

from collections.abc import Mapping
from typing import Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._presets import preset_option
from imgcluster.cli._run import make_run
from imgcluster.cli._run_options import RunOptions, check_format, output_options, picture_options, run_options

# parameters of a search for colors, which have no effect when a palette is given
_SEARCH = {"n_colors": "-k/--colors", "method": "-m/--method", "effort": "--effort", "random_state": "--seed"}

_EPILOG = """\b
Examples:
  imgcluster quantize photo.jpg -k 16
  imgcluster quantize *.jpg -d small --effort best
  imgcluster quantize photos -r -d small --report small.html
  imgcluster quantize photo.png -k 1000 -o photo.webp
  curl -s URL | imgcluster quantize - -k 32 > photo.png
"""


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
@click.option("--lock", type=options.FILE, help="Colors to keep exactly, as for --palette.")
@options.color_space_option
@click.option("--background", metavar="COLOR", help="Put transparent parts on a color.")
@click.option(
    "--dither",
    type=click.Choice(["none", "floyd-steinberg", "blue-noise", "ordered", "auto"]),
    default="none",
    show_default=True,
    help="How to mix colors from neighboring pixels.",
)
@click.option("--dither-strength", metavar="0..1", type=options.number("dither_strength"), help="How much.")
@click.option(
    "--lossy",
    metavar="PERCENT",
    type=options.number("lossy"),
    default=0.0,
    help="Mean error to give for smaller files.",
)
@output_options
@picture_options
@click.option("--soft-masks", "masks", type=options.DIR, help="Also write a gray mask for each cluster.")
@run_options
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
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Reduce pictures to a few well-chosen colors.

    Each of the INPUTS becomes an indexed PNG, NAME-quantized.png, unless --format says otherwise. The input - is
    standard input and goes to standard output. With -o the ending chooses the format: .png, .webp, .gif, .tif or .bmp.
    Of folders, a picture that would be larger than its original is not written: the original is copied in its place.
    Folders are processed on all cores; after an interruption the same command resumes and does nothing twice.
    """
    console = options.make_console(ctx, quiet, verbose)
    run = make_run("quantize", inputs, parameters, RunOptions.take(parameters), console)
    if palette is not None:
        parameters["palette"] = palette
    check_format(run.wish, _n_colors(ctx, palette, parameters))
    ctx.exit(run.go())


def _n_colors(ctx: click.Context, palette: str | None, parameters: Mapping[str, Any]) -> int:
    """Return how many colors the palette is to have, or has, unless the options contradict each other."""
    if palette is None:
        return int(parameters["n_colors"])
    for name, flags in _SEARCH.items():
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--palette and {flags} exclude each other; leave one out")
    from imgcluster.palette import Palette

    return len(Palette.read(palette))
