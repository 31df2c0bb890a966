"""Clusters of points in the plane: the two steps of k-means one by one, and local optima side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster import DensePoints, KMeans, SoftKMeans, check_array, initial_centers
from imgcluster.parameters import check_int, check_random_state
from imgcluster.plotting._canvas import (
    GRAY,
    INK,
    check_plane,
    cluster_colors,
    draw_centers,
    figure_of,
    frame,
    panels,
    point_size,
)
from imgcluster.types import Float64Array, FloatArray, Int32Array, Int64Array, RandomState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class _Panel(NamedTuple):
    """What one panel shows."""

    title: str
    centers: Float64Array
    labels: Int64Array | None  # None before the first assignment
    before: Float64Array | None  # where the centers come from, after a refit


def plot_steps(
    X: ArrayLike,
    init: ArrayLike | int,
    *,
    n_panels: int = 9,
    random_state: RandomState = 0,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw k-means step by step: the start, then an assignment and a refit by turns, as in PRML figure 9.1 [1]_.

    An assignment colors every point like its nearest center and draws the lines where two centers are equally near; a
    refit shows how the centers move to the means of their points.

    Parameters
    ----------
    X : array-like of shape (n_samples, 2)
    init : array-like of shape (k, 2), or int
        Where the centers start; for a number, at so many of the points, drawn.
    n_panels : int, default 9
        At most so many panels; there are fewer when an assignment changes nothing.
    random_state : int, numpy Generator or None
        Seed of the draw.
    axes : sequence of matplotlib Axes, optional
        Where to draw, one for each panel.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If X or init does not lie in the plane, or the axes are too few.

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 9.1.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.plotting import plot_steps
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 0.0], [4.0, 1.0]])
    >>> figure = plot_steps(X, [[1.0, 0.0], [4.0, 0.5]])
    >>> [ax.get_title() for ax in figure.axes]
    ['(a) start', '(b) assign 1', '(c) refit 1', '(d) assign 2: no change']
    """
    X = check_plane(X, (2,), "X")
    check_int("n_panels", n_panels, 1, len(ascii_lowercase))
    centers = _start(X, init, random_state)
    shown = [panel for _, panel in zip(range(n_panels), _steps(X, centers), strict=False)]
    places = panels(axes, len(shown), columns=3)
    for ax, letter, panel in zip(places, ascii_lowercase, shown, strict=False):
        _draw(ax, X, panel.centers, panel.labels, edges=panel.labels is not None and panel.before is None)
        if panel.before is not None:
            for old, new in zip(panel.before, panel.centers, strict=True):
                ax.plot([old[0], new[0]], [old[1], new[1]], ":", color=INK, linewidth=1.8, zorder=3)
        ax.set_title(f"({letter}) {panel.title}", fontsize=10)
    return figure_of(places)


def plot_optima(X: ArrayLike, models: Sequence[KMeans | SoftKMeans], *, axes: Sequence[Axes] | None = None) -> Figure:
    """Draw several fits of the same points side by side, each with its objective J and how far it is above the least.

    Parameters
    ----------
    X : array-like of shape (n_samples, 2)
        The points that all of them were fitted to.
    models : sequence of fitted KMeans (or SoftKMeans)
        For example from a bad and a good start.
    axes : sequence of matplotlib Axes, optional
        Where to draw, one for each model.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If X does not lie in the plane, or there is no model.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> from imgcluster.plotting import plot_optima
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 0.0], [4.0, 1.0]])
    >>> starts = [[2.0, 0.0], [2.0, 1.0]], [[0.0, 0.5], [4.0, 0.5]]
    >>> figure = plot_optima(X, [ic.KMeans(2, init=start).fit(X) for start in starts])
    >>> [ax.get_title() for ax in figure.axes]
    ['J = 16, 16.0 times the best', 'J = 1, the best']
    """
    X = check_plane(X, (2,), "X")
    if not models:
        raise ValueError("models must hold at least one fitted KMeans, got none")
    objectives = [float(model.history_.objective[-1]) for model in models]
    places = panels(axes, len(models), columns=3)
    for ax, model, objective in zip(places, models, objectives, strict=True):
        _draw(ax, X, model.cluster_centers_, model.labels_, edges=True)
        ax.set_title(f"J = {objective:.4g}, {_above(objective, min(objectives))}", fontsize=10)
    return figure_of(places)


def voronoi_edges(centers: ArrayLike, low: ArrayLike, high: ArrayLike) -> list[Float64Array]:
    """Find the lines where two centers are equally near and no other is nearer, in and somewhat around a box.

    Parameters
    ----------
    centers : array-like of shape (k, 2)
    low, high : array-like of shape (2,)
        Corners of the box.

    Returns
    -------
    list of ndarray of shape (2, 2)
        The ends of each edge.
    """
    centers, low, high = (np.asarray(a, dtype=np.float64) for a in (centers, low, high))
    edges = []
    for i in range(len(centers)):
        for j in range(i):
            difference = centers[i] - centers[j]
            length = np.hypot(*difference)
            if length == 0:
                continue
            middle, along = (centers[i] + centers[j]) / 2, np.array([-difference[1], difference[0]]) / length
            # seen from the middle, no point of the box is farther than this
            reach = np.abs(middle - (low + high) / 2).sum() + np.abs(high - low).sum()
            first, last = _nearest_stretch(np.delete(centers, [i, j], axis=0), centers[i], middle, along, reach)
            if first < last:
                edges.append(np.array([middle + first * along, middle + last * along]))
    return edges


def _nearest_stretch(
    others: Float64Array, center: Float64Array, middle: Float64Array, along: Float64Array, reach: float
) -> tuple[float, float]:
    """Return from where to where on the line middle + t along the center is as near as any of the others."""
    # ||p - other||^2 >= ||p - center||^2 is linear in t: slope * t <= room
    slope = 2 * (others - center) @ along
    room = ((others - middle) ** 2).sum(axis=1) - ((center - middle) ** 2).sum()
    if (room[slope == 0] < 0).any():
        return 0.0, 0.0
    last = np.append(room[slope > 0] / slope[slope > 0], reach).min()
    first = np.append(room[slope < 0] / slope[slope < 0], -reach).max()
    return float(first), float(last)


def _start(X: FloatArray, init: ArrayLike | int, random_state: RandomState) -> Float64Array:
    if isinstance(init, int | np.integer):
        check_int("init", init, 1, len(X))
        points = DensePoints(X, np.ones(len(X)))
        return initial_centers(points, int(init), "random", check_random_state(random_state))
    centers = check_array(init, "init").astype(np.float64)
    if centers.shape[1] != 2:
        raise ValueError(f"init must have shape (k, 2), got {centers.shape}")
    return centers


def _steps(X: FloatArray, centers: Float64Array) -> Iterator[_Panel]:
    """Take the half-steps one by one, until an assignment changes nothing."""
    yield _Panel("start", centers, None, None)
    labels = None
    for t in range(1, len(ascii_lowercase)):
        new = ((X[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
        same = labels is not None and bool((new == labels).all())
        labels = new
        yield _Panel(f"assign {t}{': no change' if same else ''}", centers, labels, None)
        if same:
            return
        before, model = centers, KMeans(len(centers), init=centers, n_swaps=0, max_iter=1, tol=0)
        centers = model.fit(X).cluster_centers_.astype(np.float64)
        yield _Panel(f"refit {t}", centers, labels, before)


def _draw(ax: Axes, X: FloatArray, centers: FloatArray, labels: Int64Array | Int32Array | None, *, edges: bool) -> None:
    """Draw the points in the colors of their clusters, the centers as crosses, and the lines between clusters."""
    from matplotlib.collections import LineCollection

    colors = cluster_colors(len(centers))
    low, high = frame(ax, X, square=True)
    shades = GRAY if labels is None else colors[labels]
    ax.scatter(X[:, 0], X[:, 1], s=point_size(len(X)), color=shades, alpha=0.8, linewidths=0)
    if edges:
        lines = voronoi_edges(centers, low, high)
        ax.add_collection(LineCollection(lines, colors=INK, linewidths=1.2, zorder=2.5), autolim=False)
    draw_centers(ax, centers, colors)
    ax.tick_params(labelsize=8)


def _above(objective: float, best: float) -> str:
    """Format how far an objective is above the best."""
    if objective <= best:
        return "the best"
    if best <= 0:
        return "not the best"
    if objective > 2 * best:
        return f"{objective / best:.1f} times the best"
    return f"{100 * (objective / best - 1):.1f} % above the best"
