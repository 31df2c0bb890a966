"""Clusters of points in the plane, with the lines between them: local optima side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster import KMeans, SoftKMeans
from imgcluster.plotting._canvas import (
    GRAY,
    INK,
    check_plane,
    cluster_colors,
    draw_centers,
    figure_of,
    frame,
    name_axes,
    names_of,
    panels,
    point_size,
)
from imgcluster.types import Float64Array, FloatArray, Int32Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SAME = 1e-9  # share of an objective that sums may lose to rounding


def plot_optima(
    X: ArrayLike,
    models: Sequence[KMeans | SoftKMeans],
    *,
    names: Sequence[str] | None = None,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw several fits of the same points side by side, each with its objective J and how far it is above the least.

    Where all agree but for rounding, each says so.

    Parameters
    ----------
    X : array-like of shape (n_samples, 2)
        The points that all of them were fitted to.
    models : sequence of fitted KMeans (or SoftKMeans)
        For example from a bad and a good start.
    names : sequence of str, optional
        Of the two axes; by default those of a data frame's columns.
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
    named = names_of(X, names, 2)
    X = check_plane(X, (2,), "X")
    if not models:
        raise ValueError("models must hold at least one fitted KMeans, got none")
    objectives = [float(model.history_.objective[-1]) for model in models]
    places = panels(axes, len(models), columns=3)
    for ax, model, objective in zip(places, models, objectives, strict=True):
        draw_clusters(ax, X, model.cluster_centers_, model.labels_, edges=True)
        ax.set_title(f"J = {objective:.4g}, {standing(objective, objectives)}", fontsize=10)
    name_axes(places, named)
    return figure_of(places)


def describe_optima(objectives: Sequence[float]) -> str:
    """Say in words what several starts of k-means found.

    Parameters
    ----------
    objectives : sequence of float
        J of each start.

    Returns
    -------
    str

    Examples
    --------
    >>> from imgcluster.plotting import describe_optima
    >>> describe_optima([16.0, 1.0, 1.0])
    '3 starts: J from 1 (2 of them) to 16, 16.0 times the best'
    >>> describe_optima([1.0, 1.0])
    '2 starts: J = 1, all agree'
    """
    best, worst, n = min(objectives), max(objectives), len(objectives)
    said = standing(worst, objectives)
    if n == 1 or worst - best <= SAME * abs(best):
        return f"{n} start{'s' if n > 1 else ''}: J = {best:.4g}, {said}"
    n_best = sum(objective - best <= SAME * abs(best) for objective in objectives)
    return f"{n} starts: J from {best:.4g} ({n_best} of them) to {worst:.4g}, {said}"


def standing(objective: float, objectives: Sequence[float]) -> str:
    """Say in words how an objective stands among all: how far above the least, or that all agree.

    Parameters
    ----------
    objective : float
    objectives : sequence of float
        J of each start.

    Returns
    -------
    str

    Examples
    --------
    >>> from imgcluster.plotting import standing
    >>> standing(1.25, [1.25, 1.0]), standing(1.0, [1.25, 1.0]), standing(1.0, [1.0, 1.0])
    ('25.0 % above the best', 'the best', 'all agree')
    """
    best = min(objectives)
    if len(objectives) > 1 and max(objectives) - best <= SAME * abs(best):
        return "all agree"
    if objective - best <= SAME * abs(best):
        return "the best"
    if best <= 0:
        return "not the best"
    if objective > 2 * best:
        return f"{objective / best:.1f} times the best"
    more = 100 * (objective / best - 1)
    digits = f"{more:.1f}" if more >= 0.05 else np.format_float_positional(more, precision=2, fractional=False)
    return f"{digits} % above the best"


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


def draw_clusters(ax: Axes, X: FloatArray, centers: FloatArray, labels: Int32Array | None, *, edges: bool) -> None:
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
