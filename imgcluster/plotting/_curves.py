"""Curves: the objective over the half-steps of a fit, and a criterion over numbers of clusters."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from imgcluster.cluster import Choice, GaussianMixture, History, KMeans, MetricChoice, SoftKMeans
from imgcluster.plotting._canvas import BLUE, GRAY, INK, RED, integer_ticks, one_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# step: its color, marker and name in the legend; each iteration is one of the first and one of the second kind
_LOOKS = {
    "assign": (BLUE, "o", "assignment"),
    "expect": (BLUE, "o", "E-step"),
    "refit": (RED, "s", "refitting"),
    "maximize": (RED, "s", "M-step"),
}
_OTHER = (INK, "D")
_CRITERIA = {
    "elbow": "objective J",
    "silhouette": "mean silhouette",
    "bic": "BIC",
    "gap": "gap statistic",
    "psnr": "PSNR in dB",
}


def plot_objective(model: KMeans | SoftKMeans | GaussianMixture, *, ax: Axes | None = None) -> Axes:
    """Draw the objective after each assignment (blue) and each refitting (red), as in PRML figure 9.2 [1]_.

    For k-means and soft k-means it falls at every half-step; for a mixture the two are the E-step and the M-step, and
    the log-likelihood (the lower bound) rises.

    Parameters
    ----------
    model : fitted KMeans, SoftKMeans or GaussianMixture
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Notes
    -----
    Each half-step takes half a unit of the horizontal axis, so that iteration t ends at t.

    References
    ----------
    .. [1] C. M. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, section 9.1.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> from imgcluster.plotting import plot_objective
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> ax = plot_objective(ic.KMeans(4, n_swaps=0, random_state=0).fit(X))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('iteration', 'objective J')
    """
    history = model.history_
    ax = one_axes(ax, (6.4, 4.2))
    rises = "expect" in history.steps
    ax.set_ylabel(name_objective(model))
    _draw_steps(ax, history)
    integer_ticks(ax)
    ax.set_xlabel("iteration")
    ax.margins(x=0.03, y=0.06)
    # a falling curve leaves the upper right corner free, a rising one the lower right
    ax.legend(loc="lower right" if rises else "upper right", frameon=False, title="after", alignment="left")
    return ax


def name_objective(model: KMeans | SoftKMeans | GaussianMixture) -> str:
    """Return what the objective of a fit is called.

    Parameters
    ----------
    model : fitted KMeans, SoftKMeans or GaussianMixture

    Returns
    -------
    str
        That of a mixture is the log-likelihood less the penalty of reg_covar; soft k-means has its own, F.

    Examples
    --------
    >>> import imgcluster as ic
    >>> from imgcluster.plotting import name_objective
    >>> name_objective(ic.KMeans(2, random_state=0).fit([[0.0], [1.0], [5.0]]))
    'objective J'
    """
    if "expect" in model.history_.steps:
        return "log-likelihood"
    return "objective F" if hasattr(model, "beta_") else "objective J"


def plot_choice(choice: Choice, *, ax: Axes | None = None) -> Axes:
    """Draw a criterion against the number of clusters, with the chosen number marked and the reason above.

    The gap has bars of one standard error.

    Parameters
    ----------
    choice : Choice
        What `choose_k` returns.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If choice is anything else, such as a MetricChoice, which `plot_distances` draws.

    Examples
    --------
    >>> import numpy as np
    >>> import imgcluster as ic
    >>> from imgcluster.plotting import plot_choice
    >>> X = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]])
    >>> ax = plot_choice(ic.choose_k(X, [1, 2, 3, 4]))
    >>> ax.get_ylabel(), ax.get_legend().get_texts()[0].get_text()
    ('objective J', 'K = 2')
    """
    if not isinstance(choice, Choice):
        way_out = (
            "use plot_distances(X, choice, n_clusters)"
            if isinstance(choice, MetricChoice)
            else "pass what choose_k returns"
        )
        raise TypeError(f"plot_choice takes a Choice, of choose_k, got {type(choice).__name__}; {way_out}")
    ax = one_axes(ax, (6.4, 4.2))
    ax.plot(choice.ks, choice.values, color=BLUE, marker="o", markersize=5, linewidth=1.5)
    if choice.errors is not None:
        ax.errorbar(choice.ks, choice.values, choice.errors, fmt="none", ecolor=BLUE, elinewidth=1, capsize=3)
    if choice.k in choice.ks:
        value = choice.values[choice.ks.index(choice.k)]
        ax.axvline(choice.k, color=GRAY, linestyle="--", linewidth=1, zorder=1)
        label = f"K = {choice.k}"
        ax.plot([choice.k], [value], "o", markersize=13, markerfacecolor="none", markeredgecolor=RED, label=label)
        ax.legend(loc="best", frameon=False, handletextpad=0.2)
    integer_ticks(ax)
    ax.set_xlabel("number of clusters K")
    ax.set_ylabel(_CRITERIA.get(choice.criterion, choice.criterion))
    ax.set_title(textwrap.fill(choice.reason, 92), fontsize=9, loc="left")
    return ax


def _draw_steps(ax: Axes, history: History) -> None:
    """Draw a segment to each value in the color of the half-step that led there, and its marker."""
    from matplotlib.collections import LineCollection

    steps, values = np.array(history.steps), history.objective
    x = (1 + np.arange(len(values))) / 2
    points = np.stack([x, values], axis=1)
    colors = [_LOOKS.get(step, _OTHER)[0] for step in history.steps]
    segments = np.stack([points[:-1], points[1:]], axis=1)
    ax.add_collection(LineCollection(list(segments), colors=colors[1:], linewidths=1.5, zorder=2))
    size = float(np.clip(300 / max(len(values), 1), 3, 6))
    for step in dict.fromkeys(history.steps):
        color, marker, name = _LOOKS.get(step, (*_OTHER, step))
        here = steps == step
        ax.plot(x[here], values[here], marker, color=color, markersize=size, label=name, zorder=3)
