"""``imgcluster segment``: pictures divided into clusters of their pixels, wherever these lie."""

from typing import Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._command import Command
from imgcluster.cli._presets import preset_option
from imgcluster.cli._run import make_run
from imgcluster.cli._run_options import (
    RunOptions,
    check_format,
    output_options,
    run_options,
)
from imgcluster.cli._segment_options import segment_options, table_parameters

_EPILOG = """\b
Examples:
  imgcluster segment photo.jpg -k 6
  imgcluster segment photo.jpg -k 6 --features rgbxy
  imgcluster segment photo.jpg -k 4 -m gmm --style labels -o gmm.png
"""


@click.command("segment", cls=Command, epilog=_EPILOG)
@click.argument("inputs", nargs=-1, type=click.Path(readable=False, allow_dash=True), metavar="INPUTS...")
@click.option(
    "-k",
    "--clusters",
    "n_clusters",
    metavar="INT",
    type=options.whole_number("n_clusters", 1, 256),
    default=6,
    show_default=True,
    help="Number of clusters.",
)
@click.option(
    "--features",
    type=click.Choice(["rgb", "rgbxy"]),
    default="rgb",
    show_default=True,
    help="Color, or color and position.",
)
@click.option(
    "--position-weight",
    metavar="NUMBER",
    type=options.number("position_weight"),
    help="Weight of positions in rgbxy.  [default: 1]",
)
@click.option(
    "-m",
    "--method",
    type=click.Choice(["kmeans", "soft-kmeans", "gmm"]),
    default="kmeans",
    show_default=True,
    help="How to cluster.",
)
@segment_options("mosaic")
@output_options
@run_options
@preset_option
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
    style: str,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Divide pictures into segments: clusters of pixels.

    Pixels of a cluster need not touch: this is the segmentation that a lecture on k-means and mixtures shows. Each of
    the INPUTS becomes a picture of its segments, NAME-segments.png, in their mean colors unless --style says
    otherwise. The input - is standard input and goes to standard output. In the name of a label map, table or GeoJSON
    {name} stands for the input's name.
    """
    console = options.make_console(ctx, quiet, verbose)
    if parameters["position_weight"] is None:
        del parameters["position_weight"]
    elif parameters["features"] == "rgb":
        raise click.UsageError("--position-weight is for --features rgbxy, got it with rgb; leave it out")
    wish = RunOptions.take(parameters)
    parameters = table_parameters(parameters, wish, style, inputs)
    run = make_run("segment", inputs, parameters, wish, console, style=style)
    check_format(run.wish, None)
    ctx.exit(run.go())
