"""``imgcluster plot``: figures of fits, of the colors of a picture or of the points of a table."""

import io
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from imgcluster.cli import _options as options
from imgcluster.cli._codes import DONE, SKIPPED
from imgcluster.cli._command import Command
from imgcluster.cli._console import Console, write_stdout
from imgcluster.cli._inputs import name_of, report_failure
from imgcluster.cli._targets import SkippedError, Targets, check_streams, check_targets
from imgcluster.errors import ConversionWarning
from imgcluster.files import STREAM, make_folder_of, read_stdin
from imgcluster.warning import warn

if TYPE_CHECKING:
    from imgcluster.cluster import KMeans, Model

_METHODS = ("kmeans", "soft-kmeans", "gmm")
_FORMATS = (".png", ".svg", ".pdf")
_FITTED = ("objective", "mixture", "responsibilities")
_N_STARTS = 20  # random starts among which `optima` takes the worst and the best

_EPILOG = """\b
Kinds:
  objective         J or log-likelihood over the steps (picture, table)
  palette           swatches with shares (picture)
  cloud             colors in RGB or Lab, with centers (picture)
  steps             any method step by step (table, 2 columns)
  optima            a bad local optimum and a good one (table, 2)
  distances         the same points by each metric (table, 2)
  mixture           Gaussian mixture and density (table, 1 or 2)
  responsibilities  who belongs where, as colors (table, 1 or 2)

\b
Examples:
  imgcluster plot palette photo.jpg -k 16
  imgcluster plot cloud photo.jpg --space lab -o cloud.png
  imgcluster plot steps points.csv -k 2 --standardize
  imgcluster plot steps points.csv -m gmm --columns width,4
"""


class Kind(NamedTuple):
    """What a kind of plot can be drawn from."""

    picture: bool
    table: bool
    methods: tuple[str, ...]  # the first is the default
    n_columns: tuple[int, ...] = ()  # of a table; any number if empty


class Points(NamedTuple):
    """What is fitted."""

    X: Any
    weights: Any
    names: tuple[str, ...]  # of the columns; empty if there are none


class Drawn(NamedTuple):
    """A figure, the number of clusters, and what it shows in words."""

    figure: Any
    k: int
    said: str = ""


@dataclass(frozen=True)
class Wish:
    """What is to be drawn."""

    kind: str
    source: str
    is_table: bool
    n_clusters: int
    method: str
    space: str
    init: str
    columns: tuple[str, ...] | None
    standardize: bool
    random_state: int
    n_threads: int | None


_KINDS = {
    "objective": Kind(picture=True, table=True, methods=_METHODS),
    "palette": Kind(picture=True, table=False, methods=_METHODS),
    "cloud": Kind(picture=True, table=False, methods=_METHODS),
    "steps": Kind(picture=False, table=True, methods=_METHODS, n_columns=(2,)),
    "optima": Kind(picture=False, table=True, methods=("kmeans",), n_columns=(2,)),
    "distances": Kind(picture=False, table=True, methods=("kmeans",), n_columns=(2,)),
    "mixture": Kind(picture=False, table=True, methods=("gmm",), n_columns=(1, 2)),
    "responsibilities": Kind(picture=False, table=True, methods=("gmm", "soft-kmeans"), n_columns=(1, 2)),
}


@click.command("plot", cls=Command, epilog=_EPILOG)
@click.argument("kind", type=click.Choice(list(_KINDS)), metavar="KIND")
@click.argument("source", type=click.Path(readable=False, allow_dash=True), metavar="INPUT")
@click.option(
    "-k",
    "--clusters",
    "n_clusters",
    metavar="INT",
    type=options.whole_number("n_clusters", 1, 256),
    help="Clusters.  [default: 16 for pictures, else 2]",
)
@click.option("-m", "--method", type=click.Choice(_METHODS), help="How to cluster.  [default: by kind]")
@click.option(
    "--init",
    type=click.Choice(["k-means++", "random", "maximin"]),
    help="Where a fit starts.  [default: k-means++]",
)
@click.option("--space", type=click.Choice(["rgb", "lab"]), help="Axes of a cloud.  [default: rgb]")
@click.option("--columns", type=options.columns, metavar="A,B", help="A table's columns: names, or counted from 1.")
@click.option("--standardize", is_flag=True, help="Scale a table's columns to deviation 1.")
@click.option(
    "--width",
    metavar="INT",
    type=options.whole_number("width", 100, 10_000),
    default=1200,
    show_default=True,
    help="Width of a PNG in pixels.",
)
@click.option("-o", "--output", type=options.FILE, help="Output: .png, .svg or .pdf; - is stdout (PNG).")
@click.option("-d", "--output-dir", type=options.DIR, help="Folder of the output.  [default: outputs]")
@click.option("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@options.limit_options
@options.seed_option
@options.threads_option
@options.quiet_option
@options.verbose_option
@options.debug_option
@options.version_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    kind: str,
    source: str,
    output: str | None,
    output_dir: str | None,
    force: bool,
    width: int,
    quiet: bool,
    verbose: bool,
    **parameters: Any,
) -> None:
    """Draw a figure of a fit: KIND of INPUT.

    INPUT is a picture, whose colors are clustered, or a table of numbers (.csv, .tsv, .txt, .dat), one row per point.
    The figure becomes NAME-KIND.png. The input - is a picture on standard input, and goes to standard output.
    """
    console = options.make_console(ctx, quiet, verbose)
    wish = _make_wish(kind, source, parameters)
    _check_usage(source, output, output_dir)
    targets = Targets((source,), output, output_dir, ending=f"-{kind}.png", force=force)
    name = name_of(source)
    try:
        target = targets.claim(source)
        with console.showing_warnings():
            _plot(name, wish, target, width, console)
    except SkippedError as skipped:
        console.say(f"{name}: skipped, {skipped}")
        ctx.exit(DONE if output is None else SKIPPED)
    except BrokenPipeError:
        raise
    except Exception as error:
        report_failure(source, error, console)
        ctx.exit(1)


def _make_wish(kind: str, source: str, parameters: dict[str, Any]) -> Wish:
    """Fill in the defaults, and reject what the kind of plot cannot do."""
    from imgcluster.files import TABLE_ENDINGS

    able, is_table = _KINDS[kind], Path(source).suffix.lower() in TABLE_ENDINGS
    if is_table and not able.table:
        raise click.UsageError(f"{kind} is drawn from a picture, got the table {source!r}; name a picture")
    if not is_table and not able.picture:
        raise click.UsageError(
            f"{kind} is drawn from a table ({', '.join(TABLE_ENDINGS)}), got {source!r}; name a table"
        )
    method = parameters["method"] or able.methods[0]
    if method not in able.methods:
        raise click.UsageError(f"the method of {kind} must be {' or '.join(able.methods)}, got {method!r}")
    if parameters["space"] and kind != "cloud":
        raise click.UsageError(f"--space is for cloud, got it for {kind}; leave it out")
    if parameters["init"] and kind not in _FITTED:
        raise click.UsageError(f"--init is for {', '.join(_FITTED)}, got it for {kind}; leave it out")
    if (method, parameters["init"]) == ("gmm", "maximin"):
        raise click.UsageError("--init of gmm must be k-means++ or random, got 'maximin'; take one of these")
    for name in ("standardize", "columns"):
        if parameters[name] and not is_table:
            raise click.UsageError(f"--{name} is for tables, got the picture {source!r}; leave it out")
    defaults = {"method": method, "init": "k-means++", "space": "rgb", "n_clusters": 2 if is_table else 16}
    given = {name: value for name, value in parameters.items() if value is not None}
    return Wish(kind, source, is_table, **{"n_threads": None, "columns": None, **defaults, **given})


def _check_usage(source: str, output: str | None, output_dir: str | None) -> None:
    """Reject outputs that cannot be written, before any file is read."""
    check_targets((source,), output, output_dir)
    if output is not None and output != STREAM and Path(output).suffix.lower() not in _FORMATS:
        raise click.UsageError(f"-o/--output must end in {', '.join(_FORMATS)}, got {output!r}; try -o plot.png")
    check_streams((source,), output, output_dir, what="figure")


def _plot(name: str, wish: Wish, target: str, width: int, console: Console) -> None:
    """Draw the figure and write it."""
    from imgcluster import kernels
    from imgcluster.plotting import save_plot

    start = perf_counter()
    console.detail(f"kernels {kernels.backend()}, instruction set {kernels.isa()}")
    drawn = _draw_colors(wish) if wish.kind in ("palette", "cloud") else _draw_fit(wish)
    if target == STREAM:
        buffer = io.BytesIO()
        save_plot(drawn.figure, buffer, width=width)
        write_stdout(buffer.getvalue())
    else:
        make_folder_of(target)
        save_plot(drawn.figure, target, width=width)
    shown = "stdout" if target == STREAM else target
    said = f"{drawn.said}, " if drawn.said else ""
    console.say(f"{name} -> {shown}  {wish.kind}, K = {drawn.k}, {said}{perf_counter() - start:.2f} s")


def _draw_colors(wish: Wish) -> Drawn:
    """Quantize a picture, and draw its palette or its colors around it."""
    from imgcluster.picture import read_image
    from imgcluster.plotting import plot_cloud, plot_palette
    from imgcluster.quantization import quantize

    pixels = read_image(read_stdin() if wish.source == STREAM else wish.source)
    seed, n_threads = wish.random_state, wish.n_threads
    result = quantize(pixels, wish.n_clusters, method=wish.method, random_state=seed, n_threads=n_threads)
    if wish.kind == "cloud":
        cloud = plot_cloud(pixels, result.palette, space=wish.space, random_state=wish.random_state)
        return Drawn(cloud, len(result.palette))
    return Drawn(plot_palette(result.palette, result.indices), len(result.palette))


def _draw_fit(wish: Wish) -> Drawn:
    """Fit points of a table or colors of a picture, and draw how or what was found."""
    points = _points(wish)
    if not wish.is_table and wish.n_clusters > len(points.X):
        colors = f"{len(points.X)} distinct color{'s' if len(points.X) > 1 else ''}"
        message = f"the image has only {colors}, so n_clusters is {len(points.X)} instead of {wish.n_clusters}"
        warn(message, ConversionWarning)
        wish = replace(wish, n_clusters=len(points.X))
    figure, said = _drawn(wish, points)
    return Drawn(figure, wish.n_clusters, said)


def _drawn(wish: Wish, points: Points) -> tuple[Any, str]:
    """Draw a fit of points; returns the figure, and its conclusion in the words that it has itself."""
    from imgcluster import plotting

    X, names = points.X, points.names
    if wish.kind == "steps":
        figure = plotting.plot_steps(
            X, wish.n_clusters, method=wish.method, random_state=wish.random_state, names=names
        )
        return figure, figure.axes[-1].get_title().partition(" ")[2]
    if wish.kind == "optima":
        return _draw_optima(wish, points)
    if wish.kind == "distances":
        return _draw_distances(wish, points)
    model = _make_model(wish).fit(X, sample_weight=points.weights)
    said = f"{plotting.name_objective(model)} = {model.history_.objective[-1]:.6g}"
    if wish.kind == "objective":
        return plotting.plot_objective(model), said
    if wish.kind == "mixture":
        return plotting.plot_mixture(X, model, names=names), said  # type: ignore[arg-type]  # the only method is gmm
    shares = model.predict_proba(X)  # type: ignore[union-attr]  # and here no kmeans
    return plotting.plot_responsibilities(X, shares, names=names), said


def _draw_optima(wish: Wish, points: Points) -> tuple[Any, str]:
    """Fit from random starts, and draw the worst and the best, or say that all agree."""
    from imgcluster import plotting

    fits = _from_random_starts(points.X, wish)
    said = plotting.describe_optima([fit.inertia_ for fit in fits])
    figure = plotting.plot_optima(points.X, [fits[-1], fits[0]], names=points.names)
    figure.suptitle(said, fontsize=10)
    return figure, said


def _draw_distances(wish: Wish, points: Points) -> tuple[Any, str]:
    """Compare the metrics, and draw the clusters by each."""
    from imgcluster import plotting
    from imgcluster.cluster import choose_metric

    choice = choose_metric(points.X, wish.n_clusters, random_state=wish.random_state, n_threads=wish.n_threads)
    figure = plotting.plot_distances(points.X, choice, wish.n_clusters, names=points.names)
    return figure, choice.reason.rstrip(".")


def _points(wish: Wish) -> Points:
    """Read points and their weights: rows of a table, or the distinct colors of a picture."""
    if wish.is_table:
        from imgcluster.cli._columns import check_columns
        from imgcluster.files import read_named_table

        table = read_named_table(wish.source, columns=wish.columns, standardize=wish.standardize)
        check_columns(table, _KINDS[wish.kind].n_columns, wish.kind)
        ending = ", standardized" if wish.standardize else ""
        return Points(table.values, None, tuple(f"{name}{ending}" for name in table.names))
    from imgcluster.colors import RGB, Histogram, weighted_points
    from imgcluster.picture import read_image

    histogram = Histogram.from_pixels(read_image(read_stdin() if wish.source == STREAM else wish.source))
    features = weighted_points(histogram, RGB, 8)
    return Points(features.X, features.weights, ())


def _make_model(wish: Wish) -> "Model":
    """Return the model to fit."""
    from imgcluster.cluster import ROUNDING_VARIANCE, make_model

    # for 8-bit colors the variance of rounding is added: saturated ones would be a component of no width
    reg_covar = 1e-6 if wish.is_table else ROUNDING_VARIANCE
    return make_model(
        wish.method,
        wish.n_clusters,
        init=wish.init,
        reg_covar=reg_covar,
        random_state=wish.random_state,
        n_threads=wish.n_threads,
    )


def _from_random_starts(X: Any, wish: Wish) -> "list[KMeans]":
    """Fit from random starts, the best first."""
    from imgcluster.cluster import KMeans

    seeds = range(wish.random_state, wish.random_state + _N_STARTS)
    fits = [
        KMeans(wish.n_clusters, init="random", n_swaps=0, random_state=s, n_threads=wish.n_threads).fit(X)
        for s in seeds
    ]
    return sorted(fits, key=lambda fit: fit.inertia_)
