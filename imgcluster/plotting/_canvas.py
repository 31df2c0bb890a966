"""What all plots share: colors that everybody can tell apart, axes, and the way to a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster import check_array
from imgcluster.errors import ImageWriteError
from imgcluster.files import deliver, shown
from imgcluster.parameters import check_int
from imgcluster.types import Float64Array, FloatArray, PathLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AnyPlot = TypeVar("AnyPlot", bound=Any)

BLUE, RED, INK, GRAY = "#0072B2", "#C1272D", "#222222", "#8C8C8C"
PANEL = 3.0  # inches, the side of one of several panels
MAX_WIDTH = 10_000
_FORMATS = (".png", ".svg", ".pdf")
# Okabe and Ito's colors in an order that keeps the first few far apart, without their yellow, too pale on white
_WITHOUT_TIME = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
_HUES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6A3D9A", "#7F5F3F")
_STRIP = 5.0  # one axis so many times as long as the other leaves a strip too thin to read


def cluster_colors(n_clusters: int) -> Float64Array:
    """Return a color for each cluster, which color-blind readers can distinguish, too.

    Parameters
    ----------
    n_clusters : int
        At least 1. The first eight are distinct hues [1]_, the next ones lighter and darker shades of them; from 25 on
        they repeat.

    Returns
    -------
    ndarray of shape (n_clusters, 3), float64
        sRGB in 0..1.

    References
    ----------
    .. [1] B. Wong, "Points of view: Color blindness", Nature Methods 8:441, 2011, doi:10.1038/nmeth.1618.

    Examples
    --------
    >>> from imgcluster.plotting import cluster_colors
    >>> cluster_colors(2).round(2).tolist()
    [[0.0, 0.45, 0.7], [0.84, 0.37, 0.0]]
    """
    check_int("n_clusters", n_clusters, 1)
    hues = np.array([[int(hue[i : i + 2], 16) for i in (1, 3, 5)] for hue in _HUES]) / 255
    shades: Float64Array = np.concatenate([hues, 0.5 + 0.5 * hues, 0.55 * hues])
    return shades[np.arange(n_clusters) % len(shades)]


def save_plot(
    plot: Figure | Axes, target: PathLike | BinaryIO, *, width: int = 1200, format: str | None = None
) -> None:
    """Write a plot to a file, whole or not at all.

    Parameters
    ----------
    plot : matplotlib Figure or Axes
        Axes stand for the figure they are in.
    target : path or binary file object
        The ending of a path chooses the format: .png, .svg or .pdf.
    width : int, default 1200
        Width of a PNG in pixels, 100 to 10000; the height follows from the shape of the figure.
    format : {"png", "svg", "pdf"}, optional
        By default that of the ending; "png" for a file object.

    Raises
    ------
    ImageWriteError
        If the ending names none of these formats, or the file cannot be written; an older one stays as it was.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from imgcluster.plotting import plot_objective, save_plot
    >>> model = ic.KMeans(2, random_state=0).fit([[0.0], [1.0], [5.0]])
    >>> save_plot(plot_objective(model), "objective.png", width=800)
    """
    check_int("width", width, 100, MAX_WIDTH)
    kind = _format_of(target, format)
    figure = figure_of([plot])
    buffer = BytesIO()
    # half a pixel more: matplotlib cuts the product of inches and dots an inch down to whole pixels
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "imgcluster"}):  # the same plot is the same file
        dpi = (width + 0.5) / figure.get_figwidth()
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=_WITHOUT_TIME.get(kind))
    deliver([buffer.getbuffer()], target)


def _format_of(target: PathLike | BinaryIO, format: str | None = None) -> str:
    """Return the format of a plot, from the ending of its path; raises ImageWriteError."""
    if format is None and not isinstance(target, str | bytes | os.PathLike):
        return "png"
    ending = Path(os.fsdecode(target)).suffix if format is None else f".{format}"  # type: ignore[arg-type]
    if ending.lower() not in _FORMATS:
        found = f"unknown extension {shown(ending)!r}" if ending else "no extension"
        raise ImageWriteError(shown(target), f"{found}", f"use one of {', '.join(_FORMATS)}")
    return ending.lower()[1:]


def one_axes(ax: Axes | None, size: tuple[float, float], projection: str | None = None) -> Axes:
    """Return the axes to draw in: those given, or the only ones of a new figure of that size in inches."""
    if ax is None:
        ax = _shows_itself(_new_figure(size).add_subplot(projection=projection))
    if projection is None:
        ax.spines[["top", "right"]].set_visible(False)
    return ax


def panels(axes: Sequence[Axes] | None, count: int, columns: int) -> list[Axes]:
    """Return axes for so many panels: the first of those given, or those of a new figure."""
    if axes is not None:
        given = list(np.ravel(np.asarray(axes, dtype=object)))
        if len(given) < count:
            raise ValueError(f"axes must hold at least {count} axes, got {len(given)}; make more or leave axes out")
        return given[:count]
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = _new_figure((PANEL * columns, (PANEL + 0.25) * rows))
    return [figure.add_subplot(rows, columns, i + 1) for i in range(count)]


def _new_figure(size: tuple[float, float]) -> Figure:
    """Make a figure of that size in inches that pyplot knows nothing of."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # inches of white around the axes; the default of 0.04 lets tick labels touch the edge
    return _shows_itself(Figure(figsize=size, layout=ConstrainedLayoutEngine(w_pad=0.09, h_pad=0.09)))


def _shows_itself(plot: AnyPlot) -> AnyPlot:
    """Let a notebook draw what a cell returns: figures that pyplot does not know are shown once, and only so."""
    plot._repr_png_ = partial(_png_of, plot)
    return plot


def _png_of(plot: Figure | Axes) -> bytes:
    """Return the figure of a plot as a PNG, at its own resolution."""
    buffer = BytesIO()
    figure_of([plot]).savefig(buffer, format="png")
    return buffer.getvalue()


def figure_of(axes: Sequence[Axes | Figure]) -> Figure:
    """Return the figure that holds the axes, not one that is a part of it."""
    figure: Figure | None = axes[0].get_figure(root=True)
    assert figure is not None
    return figure


def check_plane(X: ArrayLike, n_features: tuple[int, ...], what: str) -> FloatArray:
    """Return X checked, with as many features as the plot can show."""
    array = check_array(X)
    if array.shape[1] not in n_features:
        allowed = " or ".join(f"(n_samples, {d})" for d in n_features)
        raise ValueError(f"{what} must have shape {allowed}, got {array.shape}; choose the columns to show")
    return array


def frame(ax: Axes, X: FloatArray, *, square: bool) -> tuple[Float64Array, Float64Array]:
    """Set the limits of the plane around the points, with one scale for both axes unless that leaves a strip.

    Square axes keep one size in panels side by side. Others fill their place, because the layout does not know how far
    axes will shrink, and cuts off a legend beside them; their limits are to be set last, since they stay adjustable.
    """
    low, high = X.min(axis=0).astype(np.float64), X.max(axis=0).astype(np.float64)
    span = high - low
    span[span == 0] = max(span.max(), 1.0)
    low, high = (low + high - 1.16 * span) / 2, (low + high + 1.16 * span) / 2
    if span.max() > _STRIP * span.min():
        ax.set_box_aspect(1 if square else None)
    elif square:
        middle, half = (low + high) / 2, (high - low).max() / 2
        low, high = middle - half, middle + half
        ax.set_aspect("equal", adjustable="box")
    else:
        # of axes that share their limits with others these cannot follow the box, and would cut off points
        groups = ax.get_shared_x_axes(), ax.get_shared_y_axes()
        shared = any(len(group.get_siblings(ax)) > 1 for group in groups)
        ax.set_aspect("equal", adjustable="box" if shared else "datalim")
    ax.set_xlim(low[0], high[0], auto=not square)
    ax.set_ylim(low[1], high[1], auto=not square)
    return low, high


def names_of(X: ArrayLike, names: Sequence[str] | None, n_features: int) -> tuple[str, ...]:
    """Return the names of the axes: those given, or those of a data frame's columns; empty if there are none."""
    found = tuple(getattr(X, "columns", ()) if names is None else names)
    if found and len(found) != n_features:
        raise ValueError(f"names must be {n_features}, one for each feature, got {list(found)}")
    return tuple(str(name).replace("$", r"\$") for name in found)  # a dollar would begin a formula


def name_axes(places: Sequence[Axes], names: Sequence[str]) -> None:
    """Write names below and beside a panel, or once for the figure if it has several of its own."""
    if not names:
        return
    y = names[1] if len(names) > 1 else ""
    figure = figure_of(places)
    if len(places) > 1 and list(figure.axes) == list(places):
        figure.supxlabel(names[0], fontsize=10)
        figure.supylabel(y, fontsize=10)
        return
    for ax in places:
        ax.set(xlabel=names[0], ylabel=y or ax.get_ylabel())


def draw_centers(ax: Axes, centers: FloatArray, colors: Float64Array) -> None:
    """Draw centers as crosses in the colors of their clusters, with a rim that lifts them off their points."""
    x, y = centers.T
    ax.scatter(x, y, s=110, c=colors, marker="X", edgecolors=INK, linewidths=1.3, zorder=4, clip_on=False)


def integer_ticks(ax: Axes) -> None:
    """Count along the horizontal axis in whole numbers."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def point_size(n: int) -> float:
    """Return the area of a marker, in square points, with which n points neither vanish nor run together."""
    return float(np.clip(4000 / n, 2, 28))
