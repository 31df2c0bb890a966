"""Gaussian mixtures: their densities over the points of a line or a plane, and responsibilities as colors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster import GaussianMixture, as_matrices, check_array
from imgcluster.plotting._canvas import (
    GRAY,
    INK,
    check_plane,
    cluster_colors,
    draw_centers,
    frame,
    name_axes,
    names_of,
    one_axes,
    point_size,
)
from imgcluster.types import Float64Array, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIGMAS = (1, 2)
_GRID = 160  # points an axis for the contours of the density
# contours of p(x) at these fractions of its maximum on the grid: each a third of the one inside it
_LEVELS = (1 / 243, 1 / 81, 1 / 27, 1 / 9, 1 / 3)


def plot_mixture(
    X: ArrayLike, model: GaussianMixture, *, names: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a Gaussian mixture and the points it was fitted to, on a line or in the plane.

    On a line: a histogram of the points, the weighted components pi_k N(x | mu_k, sigma_k^2) and their sum p(x). In the
    plane: the points in the mixed colors of their responsibilities, ellipses at 1 and 2 standard deviations around
    each mean, and contours of p(x).

    Parameters
    ----------
    X : array-like of shape (n_samples, 1) or (n_samples, 2)
    model : fitted GaussianMixture
        Of as many features.
    names : sequence of str, optional
        Of the features, for the axes; by default those of a data frame's columns.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If X has more than two features, or not those of the model.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> from imgcluster.plotting import plot_mixture
    >>> X = np.concatenate([np.linspace(-1, 1, 20), np.linspace(5, 6, 10)])[:, None]
    >>> ax = plot_mixture(X, ic.GaussianMixture(2, random_state=0).fit(X))
    >>> [line.get_label() for line in ax.lines]
    ['k = 1', 'k = 2', 'p(x)']
    """
    given, X = X, check_plane(X, (1, 2), "X")
    named = names_of(given, names, X.shape[1])
    # this raises a clear error if the model is not fitted, or was fitted to other features
    responsibilities = model.predict_proba(X)
    if X.shape[1] == 2:
        ax = _draw_plane(one_axes(ax, (6.4, 4.8)), X, model, responsibilities)
    else:
        ax = _draw_line(one_axes(ax, (6.4, 4.2)), X, model)
    name_axes([ax], named)
    return ax


def plot_responsibilities(
    X: ArrayLike, responsibilities: ArrayLike, *, names: Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw points in the colors of their responsibilities, as in PRML figure 9.5 [1]_.

    Each cluster has a color, and a point that belongs to several of them the mixture of their colors: the mean,
    weighted by its responsibilities.

    Parameters
    ----------
    X : array-like of shape (n_samples, 1) or (n_samples, 2)
        Points on a line are drawn at the height of each of their responsibilities, too.
    responsibilities : array-like of shape (n_samples, k)
        Not negative, with rows that add up to 1: of `predict_proba`, or ``np.eye(k)[labels]`` to show classes.
    names : sequence of str, optional
        Of the features, for the axes; by default those of a data frame's columns.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If X has more than two features, or the responsibilities are not such numbers.

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 9.2.

    Examples
    --------
    >>> from imgcluster.plotting import plot_responsibilities
    >>> ax = plot_responsibilities([[0.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.5, 0.5]])
    >>> ax.collections[0].get_facecolors()[:, :3].round(2).tolist()
    [[0.0, 0.45, 0.7], [0.42, 0.41, 0.35]]
    """
    given, X = X, check_plane(X, (1, 2), "X")
    named = names_of(given, names, X.shape[1])
    shares = _check_responsibilities(responsibilities, len(X))
    colors = cluster_colors(shares.shape[1])
    if X.shape[1] == 2:
        ax = one_axes(ax, (6.4, 4.8))
        ax.scatter(X[:, 0], X[:, 1], c=shares @ colors, s=point_size(len(X)), linewidths=0)
        frame(ax, X, square=False)
    else:
        ax = one_axes(ax, (6.4, 4.2))
        for k, color in enumerate(colors):
            ax.plot(X[:, 0], shares[:, k], "o", color=color, markersize=4, markeredgewidth=0)
        ax.scatter(X[:, 0], np.full(len(X), -0.06), c=shares @ colors, s=28, marker="|", linewidths=1)
        ax.set(xlabel="x", ylabel="responsibility", ylim=(-0.1, 1.05), yticks=[0, 0.25, 0.5, 0.75, 1])
    _name_components(ax, colors)
    name_axes([ax], named)
    return ax


def _draw_plane(ax: Axes, X: FloatArray, model: GaussianMixture, responsibilities: FloatArray) -> Axes:
    """Draw points, the contours of the density, ellipses and means."""
    colors = cluster_colors(len(model.means_))
    ax.scatter(X[:, 0], X[:, 1], c=responsibilities @ colors, s=point_size(len(X)), alpha=0.55, linewidths=0)
    covariances = as_matrices(model.covariances_, model.covariance_type, len(colors), 2)
    # as far as the outermost contour can reach
    reach = 3.5 * np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    low, high = (model.means_ - reach).min(axis=0), (model.means_ + reach).max(axis=0)
    x, y = np.meshgrid(np.linspace(low[0], high[0], _GRID), np.linspace(low[1], high[1], _GRID))
    log_density = model.score_samples(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
    density = np.exp(log_density - log_density.max())
    ax.contour(x, y, density, levels=_LEVELS, colors=GRAY, linewidths=0.8)
    for mean, covariance, color in zip(model.means_, covariances, colors, strict=True):
        draw_ellipses(ax, mean, covariance, color)
    draw_centers(ax, model.means_, colors)
    _name_components(ax, colors, model.weights_)
    frame(ax, X, square=False)
    return ax


def draw_ellipses(
    ax: Axes, mean: FloatArray, covariance: FloatArray, color: FloatArray, sigmas: Sequence[float] = _SIGMAS
) -> None:
    """Draw where a component's density is that of 1 and of 2 standard deviations."""
    from matplotlib.patches import Ellipse

    variances, directions = np.linalg.eigh(covariance)
    angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
    for sigma in sigmas:
        short, long = 2 * sigma * np.sqrt(np.maximum(variances, 0))
        line = {"fill": False, "edgecolor": color, "linewidth": 1.8, "zorder": 3}
        ax.add_patch(Ellipse((mean[0], mean[1]), long, short, angle=angle, **line))


def _draw_line(ax: Axes, X: FloatArray, model: GaussianMixture) -> Axes:
    """Draw a histogram, the weighted components and their sum."""
    variances = as_matrices(model.covariances_, model.covariance_type, len(model.means_), 1)[:, 0, 0]
    means, widths = model.means_[:, 0], np.sqrt(variances)
    # rules made for one hump, such as that of Freedman and Diaconis, are too coarse for several
    bins = int(np.clip(2 * np.sqrt(len(X)), 10, 100))
    ax.hist(X[:, 0], bins=bins, density=True, color="#D9D9D9", edgecolor="white", linewidth=0.5)
    low = min(X.min(), (means - 3 * widths).min())
    high = max(X.max(), (means + 3 * widths).max())
    # narrow components need points of their own
    x = np.unique(np.concatenate([np.linspace(low, high, 500), *(means + widths * np.linspace(-4, 4, 81)[:, None])]))
    x = x[(low <= x) & (x <= high)]
    densities = model.weights_ * np.exp(-0.5 * ((x[:, None] - means) / widths) ** 2) / (np.sqrt(2 * np.pi) * widths)
    for k, color in enumerate(cluster_colors(len(means))):
        ax.plot(x, densities[:, k], color=color, linewidth=1.8, label=f"k = {k + 1}")
    ax.plot(x, densities.sum(axis=1), color=INK, linewidth=1.2, linestyle="--", label="p(x)")
    ax.set(xlabel="x", ylabel="density")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return ax


def _name_components(ax: Axes, colors: Float64Array, weights: FloatArray | None = None) -> None:
    """Put a legend of the components beside the axes, where no point can be."""
    from matplotlib.lines import Line2D

    names = [f"k = {k + 1}" for k in range(len(colors))]
    if weights is not None:
        names = [f"{name}: $\\pi$ = {weight:.2f}" for name, weight in zip(names, weights, strict=True)]
    handles = [
        Line2D([], [], color=color, marker="o", linestyle="", label=name)
        for color, name in zip(colors, names, strict=True)
    ]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), frameon=False, handletextpad=0.2)


def _check_responsibilities(responsibilities: ArrayLike, n: int) -> FloatArray:
    shares = check_array(responsibilities, "responsibilities")
    if len(shares) != n:
        raise ValueError(f"responsibilities must have a row for each of the {n} points, got {len(shares)}")
    sums = shares.sum(axis=1)
    if (shares < 0).any() or (abs(sums - 1) > 1e-3).any():
        raise ValueError(
            f"responsibilities must not be negative and add up to 1 in each row, got a least value of {shares.min():g} "
            f"and sums from {sums.min():g} to {sums.max():g}; pass what predict_proba returns"
        )
    return shares
