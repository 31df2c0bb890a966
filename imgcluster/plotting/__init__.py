"""Figures of fits and colors, drawn with matplotlib and never shown: the caller gets the Axes or the Figure.

A function with one picture takes `ax` and returns it; without one it makes a Figure of its own, which is ``ax.figure``.
A function with several takes `axes` and returns their Figure. No pyplot state and no global setting is touched, so the
figures work in scripts, notebooks, web servers and threads alike. A notebook draws what a cell returns, once;
`save_plot` writes a plot to a file.
"""

from imgcluster.plotting._canvas import cluster_colors, save_plot
from imgcluster.plotting._clouds import plot_cloud, plot_palette
from imgcluster.plotting._curves import name_objective, plot_choice, plot_objective
from imgcluster.plotting._distances import plot_distances
from imgcluster.plotting._mixtures import plot_mixture, plot_responsibilities
from imgcluster.plotting._planes import describe_optima, plot_optima, standing
from imgcluster.plotting._steps import plot_steps

__all__ = [
    "cluster_colors",
    "describe_optima",
    "name_objective",
    "plot_choice",
    "plot_cloud",
    "plot_distances",
    "plot_mixture",
    "plot_objective",
    "plot_optima",
    "plot_palette",
    "plot_responsibilities",
    "plot_steps",
    "save_plot",
    "standing",
]
