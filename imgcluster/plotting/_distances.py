"""The same points by several distances."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster import KMeans, MetricChoice
from imgcluster.plotting._canvas import INK, RED, check_plane, figure_of, name_axes, names_of, panels
from imgcluster.plotting._planes import draw_clusters
from imgcluster.types import Float64Array, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 4
_LINE = 34  # characters of the reason above each panel


def plot_distances(
    X: ArrayLike,
    choice: MetricChoice,
    n_clusters: int,
    *,
    names: Sequence[str] | None = None,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw the clusters by each metric side by side, with the criterion that chose among them.

    Parameters
    ----------
    X : array-like of shape (n_samples, 2)
    choice : MetricChoice
        What `choose_metric` returns; the metric recommended has a red title, and the reason is above.
    n_clusters : int
    names : sequence of str, optional
        Of the two axes; by default those of a data frame's columns.
    axes : sequence of matplotlib Axes, optional
        Where to draw, one for each metric; without the reason.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If X does not lie in the plane, or the axes are too few.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> from imgcluster.plotting import plot_distances
    >>> X = np.array([[1.0, 0.0], [2.0, 0.1], [3.0, 0.0], [0.1, 1.0], [0.0, 2.0], [0.1, 3.0]])
    >>> choice = ic.choose_metric(X, 2, ["sqeuclidean", "cosine"], labels=[0, 0, 0, 1, 1, 1])
    >>> figure = plot_distances(X, choice, 2)
    >>> [ax.get_title() for ax in figure.axes]
    ['sqeuclidean: 1.000', 'cosine: 1.000']
    """
    named = names_of(X, names, 2)
    X = check_plane(X, (2,), "X")
    places = panels(axes, len(choice.metrics), columns=_COLUMNS)
    for ax, metric, row in zip(places, choice.metrics, choice.table(), strict=True):
        model = KMeans(n_clusters, metric=metric, n_init=5, n_swaps=0, random_state=0).fit(X)
        # directions are of length 1, which would be a heap of crosses at the origin
        centers = model.cluster_centers_ if metric != "cosine" else _means(X, model)
        draw_clusters(ax, X, centers, model.labels_, edges=metric == "sqeuclidean")
        error = f" \u00b1 {row['error']:.3f}" if "error" in row else ""
        ax.set_title(f"{row['metric']}: {row['value']:.3f}{error}", fontsize=10, color=RED if row["chosen"] else INK)
    name_axes(places, named)
    if axes is None:
        width = _LINE * min(len(places), _COLUMNS)
        figure_of(places).suptitle(textwrap.fill(choice.reason, width), fontsize=9)
    return figure_of(places)


def _means(X: FloatArray, model: KMeans) -> Float64Array:
    """Return the means of clusters, and 0 for one that is empty."""
    shares = model.responsibilities_
    means: Float64Array = shares.T @ X / np.maximum(shares.sum(axis=0), 1.0)[:, None]
    return means
