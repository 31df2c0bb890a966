"""k-means, soft k-means and EM step by step, in the plane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from imgcluster.cluster import (
    METHODS,
    DensePoints,
    GaussianMixture,
    HalfStep,
    KMeans,
    SoftKMeans,
    check_array,
    initial_centers,
)
from imgcluster.parameters import check_choice, check_int, check_random_state
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
from imgcluster.plotting._mixtures import draw_ellipses
from imgcluster.plotting._planes import draw_clusters
from imgcluster.types import Float64Array, FloatArray, RandomState

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 1000  # iterations of EM and soft k-means
_NARROW = 1e-6  # share of the least variance that is added to all


class _Panel(NamedTuple):
    """What one panel shows."""

    title: str
    centers: Float64Array
    state: HalfStep | None  # None before the first half-step
    before: Float64Array | None = None  # where the centers come from, after a refit
    covariances: Float64Array | None = None  # (k, 2, 2)


def plot_steps(
    X: ArrayLike,
    init: ArrayLike | int,
    *,
    method: str = "kmeans",
    n_panels: int = 9,
    random_state: RandomState = 0,
    names: Sequence[str] | None = None,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw k-means, soft k-means or EM step by step, as in PRML figures 9.1 and 9.8 [1]_.

    k-means: an assignment colors every point like its nearest center and draws the lines where two centers are equally
    near; a refit shows how the centers move to the means of their points. Soft k-means and EM: an E-step mixes the
    colors of every point by its responsibilities, and an M-step moves means and ellipses (one standard deviation); the
    first two are followed by iterations farther and farther apart, the last of them where nothing changes any more.

    Parameters
    ----------
    X : array-like of shape (n_samples, 2)
    init : array-like of shape (k, 2), or int
        Where the centers start; for a number, at so many of the points, drawn.
    method : {"kmeans", "soft-kmeans", "gmm"}, default "kmeans"
        For "gmm" weights start equal, and covariances as 1 / k of the variances of the data.
    n_panels : int, default 9
        At most so many panels; there are fewer when an assignment changes nothing.
    random_state : int, numpy Generator or None
        Seed of the draw.
    names : sequence of str, optional
        Of the two axes; by default those of a data frame's columns.
    axes : sequence of matplotlib Axes, optional
        Where to draw, one for each panel.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    ValueError
        If X or init does not lie in the plane, or the axes are too few.

    Notes
    -----
    ln p(X) is the log-likelihood sum_n ln sum_k pi_k N(x_n | mu_k, Sigma_k) (9.28) of the mixture that a panel shows,
    and F the objective of soft k-means, whose circles have the variance 1 / (2 beta).

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, sections 9.1 and 9.2.

    Examples
    --------
    >>> import numpy as np
    >>> from imgcluster.plotting import plot_steps
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 0.0], [4.0, 1.0]])
    >>> figure = plot_steps(X, [[1.0, 0.0], [4.0, 0.5]])
    >>> [ax.get_title() for ax in figure.axes]
    ['(a) start', '(b) assign 1', '(c) refit 1', '(d) assign 2: no change']
    """
    check_choice("method", method, METHODS)
    named = names_of(X, names, 2)
    X = check_plane(X, (2,), "X")
    check_int("n_panels", n_panels, 1, len(ascii_lowercase))
    centers = _start(X, init, random_state)
    taken = {"kmeans": _steps, "soft-kmeans": _soft_steps, "gmm": _em_steps}[method](X, centers, n_panels)
    shown = [panel for _, panel in zip(range(n_panels), taken, strict=False)]
    places = panels(axes, len(shown), columns=3)
    for ax, letter, panel in zip(places, ascii_lowercase, shown, strict=False):
        _draw(ax, X, panel)
        ax.set_title(f"({letter}) {panel.title}", fontsize=10)
    name_axes(places, named)
    return figure_of(places)


def _start(X: FloatArray, init: ArrayLike | int, random_state: RandomState) -> Float64Array:
    if isinstance(init, int | np.integer):
        check_int("init", init, 1, len(X))
        points = DensePoints(X, np.ones(len(X)))
        return initial_centers(points, int(init), "random", check_random_state(random_state))
    centers = check_array(init, "init").astype(np.float64)
    if centers.shape[1] != 2:
        raise ValueError(f"init must have shape (k, 2), got {centers.shape}")
    return centers


def _steps(X: FloatArray, centers: Float64Array, n_panels: int) -> Iterator[_Panel]:
    """Take the half-steps of k-means one by one, until an assignment changes nothing."""
    yield _Panel("start", centers, None)
    model = KMeans(len(centers), init=centers, n_swaps=0, max_iter=n_panels, tol=0, keep_path=True).fit(X)
    before, t = centers, 0
    for i, half in enumerate(model.history_.path):
        t += half.step == "assign"
        rests = model.converged_ and i == len(model.history_.path) - 1
        moved = before if half.step == "refit" else None
        yield _Panel(f"{half.step} {t}{': no change' if rests else ''}", half.centers, half, moved)
        before = half.centers


def _soft_steps(X: FloatArray, centers: Float64Array, n_panels: int) -> Iterator[_Panel]:
    """Take the first half-steps of soft k-means, and then iterations."""
    k = len(centers)
    model = SoftKMeans(k, init=centers, max_iter=_MOST, keep_path=True).fit(X)
    circles = np.repeat(np.eye(2)[None] / (2 * model.beta_), k, axis=0)
    path = model.history_.path
    yield _Panel(f"start: $\\beta$ = {model.beta_:.3g}", centers, None, covariances=circles)
    for name, i in _chosen(path, ("assign", "refit"), n_panels):
        yield _Panel(f"{name}: F = {path[i].objective:#.5g}", path[i].centers, path[i], _before(path, i), circles)


def _em_steps(X: FloatArray, centers: Float64Array, n_panels: int) -> Iterator[_Panel]:
    """Take the first half-steps of EM, and then iterations."""
    k, variances = len(centers), X.var(axis=0, dtype=np.float64)
    varied = variances[variances > 0]
    variances[variances == 0] = varied.min() if len(varied) else 1.0
    model = GaussianMixture(
        k,
        means_init=centers,
        weights_init=np.full(k, 1 / k),
        precisions_init=np.repeat(np.diag(k / variances)[None], k, axis=0),
        # small against every variance, whatever the units
        reg_covar=_NARROW * float(variances.min()),
        max_iter=_MOST,
        tol=1e-6,
        keep_path=True,
    ).fit(X)
    path: Any = model.history_.path
    yield _Panel("start", centers, None, covariances=path[0].covariances)
    for name, i in _chosen(path, ("E-step", "M-step"), n_panels):
        half = path[i]
        mixture = GaussianMixture.from_parameters(half.weights, half.centers, half.covariances)
        said = f"{name}: ln p(X) = {len(X) * mixture.score(X):.1f}"
        yield _Panel(said, half.centers, half, _before(path, i), half.covariances)


def _chosen(path: Sequence[HalfStep], names: tuple[str, str], n_panels: int) -> Iterator[tuple[str, int]]:
    """Choose half-steps to show, by their names and places: the first two, and the ends of some iterations."""
    ends = [i for i, half in enumerate(path) if half.step in ("refit", "maximize")]
    yield f"{names[0]} 1", 0
    if ends:
        yield f"{names[1]} 1", ends[0]
    if len(ends) > 1 and n_panels > 3:
        # each about as many times as far as the one before
        for t in np.unique(np.geomspace(2, len(ends), n_panels - 3).round().astype(int)):
            yield f"iteration {t}", ends[t - 1]


def _before(path: Sequence[HalfStep], i: int) -> Float64Array | None:
    """Return where centers come from in the half-step i, if it moves them."""
    return path[i - 1].centers if i and path[i].step in ("refit", "maximize") else None


def _draw(ax: Axes, X: FloatArray, panel: _Panel) -> None:
    """Draw one panel."""
    if panel.covariances is None:
        labels = panel.state.labels if panel.state else None
        draw_clusters(ax, X, panel.centers, labels, edges=labels is not None and panel.before is None)
    else:
        _draw_mixed(ax, X, panel)
    if panel.before is not None:
        for old, new in zip(panel.before, panel.centers, strict=True):
            ax.plot([old[0], new[0]], [old[1], new[1]], ":", color=INK, linewidth=1.8, zorder=3)


def _draw_mixed(ax: Axes, X: FloatArray, panel: _Panel) -> None:
    """Draw points in the mixed colors of their responsibilities, means and ellipses of one standard deviation."""
    assert panel.covariances is not None
    colors = cluster_colors(len(panel.centers))
    shares = panel.state.responsibilities if panel.state else None
    frame(ax, X, square=True)
    shades = GRAY if shares is None else shares @ colors
    ax.scatter(X[:, 0], X[:, 1], s=point_size(len(X)), color=shades, alpha=0.8, linewidths=0)
    for mean, covariance, color in zip(panel.centers, panel.covariances, colors, strict=True):
        draw_ellipses(ax, mean, covariance, color, sigmas=(1,))
    draw_centers(ax, panel.centers, colors)
    ax.tick_params(labelsize=8)
