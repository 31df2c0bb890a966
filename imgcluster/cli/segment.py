"""``imgcluster segment``: pictures cut into the clusters of their pixels, wherever these lie."""

from typing import Any

import click

from imgcluster.cli import _options as options
from imgcluster.cli._console import Console
from imgcluster.cli._folder_options import FolderOptions, folder_options, is_folder_run
from imgcluster.cli._folders import run_folder
from imgcluster.cli._presets import preset_option
from imgcluster.cli._segments import (
    Segmenter,
    make_folder_task,
    make_outputs,
    output_options,
    wants_single,
    write_segments,
)

_ENDING = "-segments"

_EPILOG = """\b
Examples:
  imgcluster segment photo.jpg -k 6
  imgcluster segment photo.jpg -k 6 --features rgbxy
  imgcluster segment photo.jpg -k 4 -m gmm --style labels -o gmm.png
"""


@click.command("segment", epilog=_EPILOG)
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
@output_options("mosaic")
@folder_options
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
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Cut pictures into few segments: clusters of pixels.

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
    folder = FolderOptions.take(parameters)
    if is_folder_run(inputs, folder, parameters["output_dir"], wants_one=wants_single(parameters, as_json=as_json)):
        task, n_threads = make_folder_task(inputs, "segment", parameters, folder)
        ctx.exit(run_folder(inputs, task, folder, console, n_threads=n_threads, as_json=as_json))
    outputs = make_outputs(
        inputs, parameters, ending=_ENDING, as_json=as_json, example="imgcluster segment photo.jpg -k 6"
    )
    segmenter = _make_segmenter(parameters, console)
    ctx.exit(write_segments(inputs, segmenter, outputs, console, as_json=as_json))


def _make_segmenter(parameters: dict[str, Any], console: Console) -> Segmenter:
    """Import the library, and bind its parameters."""
    from imgcluster import kernels
    from imgcluster.segmentation import segment

    # asking for the backend raises KernelError here, once, and not for every input
    console.detail(f"kernels {kernels.backend()}, instruction set {kernels.isa()}")
    return lambda pixels, _: segment(pixels, **parameters)
