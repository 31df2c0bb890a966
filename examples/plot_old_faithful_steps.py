"""k-means on the eruptions of Old Faithful, step by step (Bishop, PRML, figure 9.1).

Run as ``python examples/plot_old_faithful_steps.py``; writes outputs/old-faithful-steps.png.
"""

from pathlib import Path

from matplotlib.figure import Figure

from imgcluster.files import read_table
from imgcluster.plotting import plot_steps, save_plot

HERE = Path(__file__).resolve().parent


def draw() -> Figure:
    """Start with both centers in the wrong places, and take nine half-steps."""
    X = read_table(HERE / "old_faithful.csv", standardize=True)
    figure = plot_steps(X, [[-1.5, 1.0], [1.5, -1.0]], n_panels=9)
    figure.supxlabel("duration of an eruption, standardized", fontsize=10)
    figure.supylabel("waiting time until the next, standardized", fontsize=10)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "old-faithful-steps.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
